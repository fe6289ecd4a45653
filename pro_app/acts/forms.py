"""Keep a form, whichever door it comes by: gather, decide, apply with all that follows.

A door reads its input into `Filled` and shows the outcome. What is decided stands in
`core.submission`, and what follows from a form that is kept in `apply`, for one as for many.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pro_app.acts.filled import Filled
from pro_app.acts.occasion import Occasion
from pro_app.core.facts import Assistance, Mode, PatientFacts
from pro_app.core.instrument import Answer, Instrument
from pro_app.core.refused import Refused, Why
from pro_app.core.study import Study
from pro_app.core.submission import (
    Accepted,
    AlreadyHad,
    Conflict,
    Decision,
    Incoming,
    KnownForm,
    decide,
)
from pro_app.instruments import demonstration_if_any
from pro_app.store.engine.locked import Locked
from pro_app.store.engine.transaction import Actor, Tx, transaction
from pro_app.store.forms.aftermath import (
    NOTHING,
    Loose,
    Place,
    close_flags,
    close_form_tasks,
    drop_drafts,
)
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.forms.receiving import Clash, Ground, gather, is_known_wording, keeping
from pro_app.store.statuses.flags import Closed


@dataclass(frozen=True, slots=True)
class Taken:
    """The form is kept for good; `again` when it was before this request."""

    submission_id: str
    visit: str
    received_at: datetime
    again: bool


#: `Refused`: nothing was kept.
Outcome = Taken | Refused


@dataclass(frozen=True, slots=True)
class Kept:
    """A form to be written of a patient with this trial number; what is open of its visit."""

    number: str
    form: NewForm
    loose: Loose = NOTHING

    @property
    def place(self) -> Place:
        return self.form.patient_id, self.form.visit

    @property
    def ends_draft(self) -> bool:
        """Whether the visit's draft is dropped: not when somebody else answered for the patient."""
        if self.loose.draft_id is None:
            return False
        return not self.form.proxy or self.loose.draft_id == self.form.submission_id


def keep(
    actor: Actor, patient_id: int, filled: Filled, *, at: Occasion, reason: str | None = None
) -> Outcome:
    """What became of one form, in a transaction of its own; the trail keeps `reason`.

    The same submission id gives the same receipt, however often and from however many
    places at once it comes.
    """
    try:
        with transaction(actor, at.now) as tx:
            return settled(tx, take(tx, patient_id, filled, at=at, reason=reason))
    except Clash:
        return Refused(Why.ID_IN_USE)
    except Locked:
        return Refused(Why.LOCKED)


def settled(tx: Tx, outcome: Outcome) -> Outcome:
    """The outcome; where nothing was written, the transaction is abandoned."""
    if isinstance(outcome, Refused) or outcome.again:
        tx.abandon()
    return outcome


def take(
    tx: Tx, patient_id: int, filled: Filled, *, at: Occasion, reason: str | None = None
) -> Outcome:
    """The same within an open transaction, which the caller ends."""
    known_visit = at.study.has_visit(filled.visit)
    ground = gather(
        tx,
        patient_id,
        # What a stranger may have typed goes no further than the decision.
        visit=filled.visit if known_visit else "",
        submission_id=filled.submission_id,
        instrument=at.instrument,
        language=filled.language,
        today=at.today,
    )
    if ground.by_others:
        return Refused(Why.ID_IN_USE)
    filled = _believed(filled, ground.facts)
    decision = judge(filled, ground.facts, ground.known, at.study, at.instrument, today=at.today)
    if isinstance(decision, AlreadyHad):
        had = next(f for f in ground.received if f.submission_id == filled.submission_id)
        return Taken(had.submission_id, had.visit, had.received_at, again=True)
    if isinstance(decision, Refused):
        return decision
    wording = _wording(tx, filled, ground, at)
    if isinstance(wording, Refused):
        return wording
    new = made(
        patient_id,
        filled,
        decision,
        mode=filled.mode or at.mode,
        today=at.today,
        wording_sha256=wording,
        begun_at=ground.begun_at,
    )
    apply(tx, [Kept(ground.number, new, ground.loose)], at.instrument, reason=reason)
    return Taken(filled.submission_id, filled.visit, tx.now, again=False)


def _believed(filled: Filled, facts: PatientFacts) -> Filled:
    """The form without the times of a phone that can't be right: nobody had a form by then."""
    day, first = filled.answered_on, facts.screened_on
    if filled.finished_at is None or first is None or day is None or day >= first:
        return filled
    return replace(filled, started_at=None, finished_at=None, answered_on=None)


def judge(
    filled: Filled,
    facts: PatientFacts,
    known: Sequence[KnownForm],
    study: Study,
    instrument: Instrument,
    *,
    today: date,
) -> Decision:
    """What to do with a form, given what is known of the patient today."""
    incoming = Incoming(
        submission_id=filled.submission_id,
        visit=filled.visit,
        answered_on=filled.answered_on or today,
        answers=filled.answers,
        by_patient=filled.by_patient,
        day_told=filled.answered_on is not None,
        told_at=filled.told_at,
    )
    return decide(
        incoming, facts=facts, known=known, study=study, instrument=instrument, today=today
    )


def made(
    patient_id: int,
    filled: Filled,
    decision: Accepted | Conflict,
    *,
    mode: Mode,
    today: date,
    wording_sha256: str | None = None,
    begun_at: datetime | None = None,
) -> NewForm:
    """The form as it is stored: its answers as the core read them, its times the server's."""
    return NewForm(
        submission_id=filled.submission_id,
        patient_id=patient_id,
        visit=filled.visit,
        standing=isinstance(decision, Accepted),
        answered_on=filled.answered_on or today,
        mode=mode,
        language=filled.language,
        answers=decision.answers,
        wording_sha256=wording_sha256,
        item_languages=_other_languages(filled, decision.answers),
        entered_by=filled.entered_by,
        why_not_self=filled.why_not_self,
        proxy=filled.assistance is Assistance.PROXY,
        assistance=filled.assistance.value if filled.assistance else None,
        started_at=begun_at or filled.started_at,
        finished_at=filled.finished_at,
        item_times=filled.item_times,
        device_at=filled.device_at,
        device_offset_minutes=filled.device_offset_minutes,
    )


def apply(
    tx: Tx, kept: Sequence[Kept], instrument: Instrument, *, reason: str | None = None
) -> None:
    """Write forms with their scores, and all that follows from them, whichever door they came by.

    The missing flag and the task of a form that could not be taken are closed, what was
    begun of the visit goes, and the trail has it. What is computed follows by itself: the
    status, the alerts, the call that was promised.
    Errors: Clash when another patient's form has one of the submission ids; Locked.
    """
    # Someone else's answers leave the patient's own missing; a blank form leaves the reason.
    came = [each for each in kept if not each.form.proxy and each.form.items_answered]
    close_flags(tx, (each.place for each in came if each.loose.flagged), Closed.FORM)
    close_form_tasks(tx, (each.place for each in kept if each.loose.asked_for))
    drop_drafts(tx, (each.place for each in kept if each.ends_draft))
    with keeping():
        keep_forms(tx, [each.form for each in kept], instrument)
    tx.record_many(entry for each in kept for entry in _entries(tx, each, reason))


def _entries(tx: Tx, kept: Kept, reason: str | None) -> Iterator[dict[str, Any]]:
    """What the trail says of a form that is kept: the same fields, whichever door it came by."""
    new, draft_id = kept.form, kept.loose.draft_id
    if kept.ends_draft and draft_id != new.submission_id:
        changes: dict[str, Sequence[Any]] = {"submission_id": (draft_id, None)}
        yield tx.entry("draft.discarded", kept.number, visit=new.visit, changes=changes)
    yield tx.entry(
        "form.received" if new.standing else "form.conflict",
        kept.number,
        visit=new.visit,
        changes={
            "submission_id": (None, new.submission_id),
            "answered_on": (None, new.answered_on.isoformat()),
            "mode": (None, new.mode.value),
            "entered_by": (None, new.entered_by),
            "assistance": (None, new.assistance),
        },
        reason=reason,
    )


def _wording(tx: Tx, filled: Filled, ground: Ground, at: Occasion) -> str | Refused | None:
    """The hash of the words that were seen, or why the form can't be taken."""
    current = ground.wording_sha256
    demonstration = None
    if not at.production:
        demonstration = demonstration_if_any(at.study.instrument, filled.language)
        current = current or (demonstration.sha256 if demonstration else None)
    if not filled.by_patient:
        return current if filled.printed else None
    if at.production and ground.live_at is None:
        return Refused(Why.NOT_LIVE)
    said = filled.wording_sha256
    if said is None or said == current:
        return current or Refused(Why.NO_WORDING)
    # A phone that was offline may have shown the words that were valid before.
    if demonstration and said == demonstration.sha256:
        return said
    if is_known_wording(tx.connection, at.instrument, filled.language, said):
        return said
    return Refused(Why.UNKNOWN_WORDING)


def _other_languages(filled: Filled, answers: Mapping[str, Answer]) -> dict[str, str]:
    """Item → language, for the items answered in another one than the form's."""
    return {
        code: language
        for code, language in filled.item_languages.items()
        if language != filled.language and code in answers
    }
