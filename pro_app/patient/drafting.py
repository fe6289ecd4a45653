"""Begin a form and save it at every step: a patient can rest and go on, on any phone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pro_app.acts.filled import Filled
from pro_app.acts.forms import Outcome, Taken, settled, take
from pro_app.acts.occasion import Occasion
from pro_app.core.facts import Assistance
from pro_app.core.refused import Refused, Why
from pro_app.patient import questionnaire
from pro_app.patient.codes import code_of
from pro_app.patient.overview import locked_of, openable
from pro_app.patient.questionnaire import Given, Page
from pro_app.patient.service import tell_nurse
from pro_app.store.engine.locked import Locked
from pro_app.store.engine.transaction import Actor, Tx, transaction
from pro_app.store.forms.drafts import (
    Draft,
    begin_draft,
    changed_since,
    drop_draft,
    find_draft,
    save_draft,
)
from pro_app.store.forms.receiving import Clash, facts_of, lock, received_of


@dataclass(frozen=True, slots=True)
class Saved:
    """The answers so far, and which lines of the page still have none.

    `elsewhere`: lines of the page that were answered differently, on another phone or
    in another window, after the page was made; what the page said stands now.
    """

    given: Given
    blank: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingThere:
    """There is no draft to go on with; `expired` when it was too old and is now gone."""

    expired: bool = False


def begin_form(
    actor: Actor, patient_id: int, visit: str, *, submission_id: str, at: Occasion
) -> bool:
    """Whether there is a draft to go on with now: the one begun, or a new one with this id.

    A draft that is too old is discarded first; False when the visit is not open, or locked.
    """
    with transaction(actor, at.now) as tx:
        number = lock(tx, patient_id)
        draft, expired = draft_in_time(tx, patient_id, number, visit, at)
        if draft:
            tx.abandon()
            return True
        facts = facts_of(tx.connection, patient_id)
        opened = openable(facts, visit, None, at)
        if opened is None or visit in locked_of(tx.connection, facts, at):
            if not expired:
                tx.abandon()
            return False
        begin_draft(tx, patient_id, visit, submission_id)
        changes = {"submission_id": (None, submission_id)}
        tx.record("draft.begun", number, visit=visit, changes=changes)
        return True


def save_page(
    actor: Actor,
    patient_id: int,
    visit: str,
    page: Page,
    fields: Mapping[str, str],
    language: str,
    *,
    asking: bool,
    revision: int | None = None,
    at: Occasion,
) -> Saved | NothingThere:
    """What the draft holds after a page was sent in, in the language it was shown in.

    `asking`: if lines are blank the patient is about to be asked about them, which the
    trail keeps beside the answers as they were then. `revision` is that of the draft
    from which the page was made.
    """

    def fill(given: Given) -> Given:
        return questionnaire.filled_in(page, fields, given, at.instrument)

    return _change(
        actor, patient_id, visit, page, fill, language, asking=asking, revision=revision, at=at
    )


def leave_blank(
    actor: Actor, patient_id: int, visit: str, page: Page, language: str, *, at: Occasion
) -> Saved | NothingThere:
    """What the draft holds once the patient said that this page's blank lines stay blank."""

    def skip(given: Given) -> Given:
        return questionnaire.left_blank(page, given)

    return _change(actor, patient_id, visit, page, skip, language, asking=False, at=at)


def hand_in(
    actor: Actor,
    patient_id: int,
    visit: str,
    submission_id: str,
    language: str,
    *,
    assistance: str | None = None,
    at: Occasion,
) -> Outcome | NothingThere:
    """What became of the draft with this id, handed in; again and again the same.

    A draft that has grown too old is discarded instead. `assistance` is what was said
    about it, the name of one of Assistance; anything else says nothing.
    """
    helped = Assistance(assistance) if assistance in set(Assistance) else None
    try:
        with transaction(actor, at.now) as tx:
            outcome = _take_draft(tx, patient_id, visit, submission_id, language, helped, at)
    except Clash:
        outcome = Refused(Why.ID_IN_USE)
    except Locked:
        outcome = Refused(Why.LOCKED)
    if isinstance(outcome, Refused):
        tell_nurse(actor, patient_id, visit, code_of(outcome), at=at)
    return outcome


def _take_draft(
    tx: Tx,
    patient_id: int,
    visit: str,
    submission_id: str,
    language: str,
    helped: Assistance | None,
    at: Occasion,
) -> Outcome | NothingThere:
    number = lock(tx, patient_id)
    had = _had(tx, patient_id, submission_id)
    if had:
        return settled(tx, had)
    draft, expired = draft_in_time(tx, patient_id, number, visit, at)
    if expired:
        return NothingThere(expired=True)
    if draft is None or draft.submission_id != submission_id:
        tx.abandon()
        return NothingThere()
    filled = Filled(
        submission_id,
        visit,
        draft.answers,
        language,
        draft.item_languages,
        assistance=helped,
        finished_at=at.now,
        item_times=draft.item_times,
    )
    return settled(tx, take(tx, patient_id, filled, at=at))


def _had(tx: Tx, patient_id: int, submission_id: str) -> Taken | None:
    for form in received_of(tx.connection, patient_id):
        if form.submission_id == submission_id:
            return Taken(form.submission_id, form.visit, form.received_at, again=True)
    return None


def draft_in_time(
    tx: Tx, patient_id: int, number: str, visit: str, at: Occasion
) -> tuple[Draft | None, Draft | None]:
    """The draft to go on with, and the one that was too old and is now discarded."""
    draft = find_draft(tx.connection, patient_id, visit)
    if draft is None or not at.has_expired(draft):
        return draft, None
    drop_draft(tx, patient_id, visit)
    changes = {"submission_id": (draft.submission_id, None)}
    tx.record("draft.discarded", number, visit=visit, changes=changes)
    return None, draft


def _change(
    actor: Actor,
    patient_id: int,
    visit: str,
    page: Page,
    change: Callable[[Given], Given],
    language: str,
    *,
    asking: bool,
    revision: int | None = None,
    at: Occasion,
) -> Saved | NothingThere:
    with transaction(actor, at.now) as tx:
        number = lock(tx, patient_id)
        draft, expired = draft_in_time(tx, patient_id, number, visit, at)
        if draft is None:
            if not expired:
                tx.abandon()
            return NothingThere(expired is not None)
        after = change(draft.answers)
        changed = questionnaire.changes(draft.answers, after)
        blank = tuple(line.code for line in questionnaire.blanks(page, after))
        elsewhere: tuple[str, ...] = ()
        if changed:
            meanwhile = changed_since(tx.connection, number, draft, revision)
            elsewhere = tuple(c for c in page.codes if c in changed and c in meanwhile)
            languages = {**draft.item_languages, **dict.fromkeys(changed, language)}
            save_draft(tx, draft, after, languages)
            tx.record("draft.saved", number, visit=visit, changes=changed)
        if asking and blank:
            # The question may prompt a change, so the trail shows that it was asked.
            tx.record("draft.asked", number, visit=visit, changes={"blank": (None, blank)})
        elif not changed:
            tx.abandon()
        return Saved(after, blank, elsewhere)
