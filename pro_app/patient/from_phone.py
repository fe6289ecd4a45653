"""Keep what is filled in so far on a phone, so that any phone can go on with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pro_app.acts.occasion import Occasion
from pro_app.core.instants import corrected
from pro_app.core.instrument import AnswerState
from pro_app.core.refused import Refused, Why
from pro_app.core.submission import check_answers
from pro_app.patient import questionnaire
from pro_app.patient.drafting import draft_in_time
from pro_app.patient.overview import may_begin, openable
from pro_app.store.engine.state import read_state
from pro_app.store.engine.transaction import Actor, Tx, transaction
from pro_app.store.forms.drafts import Draft, add_draft, save_draft
from pro_app.store.forms.forms import Received
from pro_app.store.forms.receiving import facts_of, lock, received_of


@dataclass(frozen=True, slots=True)
class Unfinished:
    """All that a phone holds of an unfinished form, checked for shape alone.

    `base` is the revision that the phone knows, 0 of a form that it began itself.
    Both instants are of the phone's clock. Units: `item_times` in seconds after the
    start, [first seen, last chosen].
    """

    submission_id: str
    base: int
    answers: Mapping[str, object]
    language: str
    item_languages: Mapping[str, str] = field(default_factory=dict)
    item_times: Mapping[str, Sequence[int | None]] = field(default_factory=dict)
    started_at: datetime | None = None
    device_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The server holds the same as the phone, under this revision."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Newer:
    """The server holds something else that the phone has not seen; nothing was written."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class AlreadyIn:
    """The form of this visit was handed in; nothing was written."""

    form: Received


@dataclass(frozen=True, slots=True)
class NotOpen:
    """The patient can't begin this form now."""


@dataclass(frozen=True, slots=True)
class Expired:
    """It was begun too long ago; what the server held of it is discarded."""


Answer = Kept | Newer | AlreadyIn | NotOpen | Expired | Refused


def keep_unfinished(
    actor: Actor, patient_id: int, visit: str, sent: Unfinished, *, at: Occasion
) -> Answer:
    """What became of the state that the phone sent; the same again changes nothing."""
    if not at.study.has_visit(visit):
        return Refused(Why.UNKNOWN_VISIT)
    problems = check_answers(sent.answers, at.instrument)[1]
    if problems:
        return Refused(Why.BAD_ANSWERS, detail=problems)
    with transaction(actor, at.now) as tx:
        number = lock(tx, patient_id)
        answer, wrote = _keep(tx, patient_id, number, visit, sent, at)
        if not wrote:
            tx.abandon()
        return answer


def _keep(
    tx: Tx, patient_id: int, number: str, visit: str, sent: Unfinished, at: Occasion
) -> tuple[Answer, bool]:
    """The answer, and whether anything was written."""
    for form in received_of(tx.connection, patient_id):
        if form.submission_id == sent.submission_id or (form.standing and form.visit == visit):
            return AlreadyIn(form), False
    draft, expired = draft_in_time(tx, patient_id, number, visit, at)
    if expired and expired.submission_id == sent.submission_id:
        return Expired(), True
    if draft is None:
        begun = _begin(tx, patient_id, number, visit, sent, at)
        return begun, isinstance(begun, Kept) or expired is not None
    if draft.submission_id != sent.submission_id:
        return Newer(draft), False
    after = _given(sent, at)
    languages = _languages(sent, after, draft.item_languages)
    if (after, languages) == (draft.answers, draft.item_languages):
        return Kept(draft), False
    if draft.revision != sent.base:
        return Newer(draft), False
    revision = save_draft(tx, draft, after, languages, sent.item_times)
    tx.record(
        "draft.saved",
        number,
        visit=visit,
        changes=questionnaire.changes(draft.answers, after),
    )
    return Kept(replace(draft, revision=revision)), True


def _begin(
    tx: Tx, patient_id: int, number: str, visit: str, sent: Unfinished, at: Occasion
) -> Kept | NotOpen | Expired:
    answers = _given(sent, at)
    started_at = corrected(sent.started_at, device_at=sent.device_at, now=at.now) or at.now
    draft = Draft(
        patient_id=patient_id,
        visit=visit,
        submission_id=sent.submission_id,
        answers=answers,
        item_languages=_languages(sent, answers, {}),
        item_times=sent.item_times,
        revision=1,
        started_at=started_at,
        updated_at=at.now,
    )
    if at.has_expired(draft):
        return Expired()
    facts = facts_of(tx.connection, patient_id)
    begins = may_begin(facts, read_state(tx.connection), at)
    if not begins or openable(facts, visit, at.day_of(started_at), at) is None:
        return NotOpen()
    add_draft(tx, draft)
    begun = {"submission_id": (None, draft.submission_id)}
    tx.record("draft.begun", number, visit=visit, changes=begun)
    if answers:
        changes = questionnaire.changes({}, answers)
        tx.record("draft.saved", number, visit=visit, changes=changes)
    return Kept(draft)


def _given(sent: Unfinished, at: Occasion) -> dict[str, int | str]:
    """Item → answer, in the order of the instrument; what was not shown does not stand there."""
    checked = check_answers(sent.answers, at.instrument)[0]
    return {
        code: answer.state.value if answer.value is None else answer.value
        for code, answer in checked.items()
        if answer.state is not AnswerState.NOT_SHOWN
    }


def _languages(
    sent: Unfinished, answers: Mapping[str, int | str], before: Mapping[str, str]
) -> dict[str, str]:
    """The language in which each answered item was shown, as far as anybody said."""
    said = {**before, **sent.item_languages}
    return {code: said.get(code, sent.language) for code in answers}
