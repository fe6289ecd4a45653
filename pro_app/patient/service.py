"""Take in a patient's form: gather what is known, decide, apply, all in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from pro_app.core.facts import Mode
from pro_app.core.instrument import Answer
from pro_app.core.submission import (
    Accepted,
    AlreadyHad,
    AnswerProblem,
    Conflict,
    Incoming,
    Refusal,
    Refused,
    decide,
)
from pro_app.instruments import demonstration_if_any
from pro_app.patient.occasion import Occasion
from pro_app.store.drafts import drop_draft
from pro_app.store.flags import Closed, close_flag
from pro_app.store.forms import NewForm, keep_form
from pro_app.store.receiving import Clash, Ground, gather, is_known_wording, keeping
from pro_app.store.transaction import Actor, Tx, transaction


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled-in form as it was sent, checked for shape and not yet for sense.

    `answered_on` is set only where the server itself can prove another day than
    today. The device's times are kept as evidence and decide nothing.
    """

    submission_id: str
    visit: str
    answers: Mapping[str, object]
    language: str
    item_languages: Mapping[str, str] = field(default_factory=dict)
    wording_sha256: str | None = None
    started_at: datetime | None = None
    device_at: datetime | None = None
    device_offset_minutes: int | None = None
    answered_on: date | None = None


class Hindrance(StrEnum):
    """Why a form is not taken, apart from what the core refuses."""

    NOT_LIVE = "NOT_LIVE"  # the study has not begun on this copy of the system
    NO_WORDING = "NO_WORDING"  # there are no words that may be shown in this language
    UNKNOWN_WORDING = "UNKNOWN_WORDING"  # it was filled in on words that nobody knows
    ID_IN_USE = "ID_IN_USE"  # the submission id is another form's


@dataclass(frozen=True, slots=True)
class Taken:
    """The form is kept for good; `again` when it was before this request."""

    submission_id: str
    visit: str
    received_at: datetime
    again: bool


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Nothing was kept."""

    why: Refusal | Hindrance
    problems: tuple[AnswerProblem, ...] = ()


Outcome = Taken | NotTaken


def receive_form(actor: Actor, patient_id: int, filled: Filled, *, at: Occasion) -> Outcome:
    """What became of a form that a patient hands in herself.

    The same submission id gives the same receipt, however often and from however
    many places at once it comes.
    """
    try:
        with transaction(actor, at.now) as tx:
            return settled(tx, take(tx, patient_id, filled, at=at))
    except Clash:
        return NotTaken(Hindrance.ID_IN_USE)


def settled(tx: Tx, outcome: Outcome) -> Outcome:
    """The outcome; where nothing was written, the transaction is let go."""
    if isinstance(outcome, NotTaken) or outcome.again:
        tx.abandon()
    return outcome


def take(tx: Tx, patient_id: int, filled: Filled, *, at: Occasion) -> Outcome:
    """The same within an open transaction, which the caller ends."""
    known_visit = any(visit.code == filled.visit for visit in at.study.visits)
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
    answered_on = filled.answered_on or at.today
    incoming = Incoming(
        submission_id=filled.submission_id,
        visit=filled.visit,
        answered_on=answered_on,
        began_on=min(answered_on, at.day_of(ground.begun_at)) if ground.begun_at else answered_on,
        answers=filled.answers,
        by_patient=True,
    )
    decision = decide(
        incoming,
        facts=ground.facts,
        known=ground.known,
        study=at.study,
        instrument=at.instrument,
        today=at.today,
    )
    if isinstance(decision, AlreadyHad):
        had = next(f for f in ground.received if f.submission_id == filled.submission_id)
        return Taken(had.submission_id, had.visit, had.received_at, again=True)
    if isinstance(decision, Refused):
        return NotTaken(decision.reason, decision.problems)
    wording = _wording(tx, filled, ground, at)
    if isinstance(wording, Hindrance):
        return NotTaken(wording)
    return _keep(tx, patient_id, filled, incoming, decision, wording, ground, at)


def _wording(tx: Tx, filled: Filled, ground: Ground, at: Occasion) -> str | Hindrance:
    """The hash of the words she saw, or why her form can't be taken."""
    if ground.by_others:
        return Hindrance.ID_IN_USE
    if at.production and ground.live_at is None:
        return Hindrance.NOT_LIVE
    current = ground.wording_sha256
    demonstration = None
    if not at.production:
        demonstration = demonstration_if_any(at.study.instrument, filled.language)
        current = current or (demonstration.sha256 if demonstration else None)
    said = filled.wording_sha256
    if said is None or said == current:
        return current or Hindrance.NO_WORDING
    # A phone that was offline may have shown the words that were valid before.
    if demonstration and said == demonstration.sha256:
        return said
    if is_known_wording(tx.connection, at.instrument, filled.language, said):
        return said
    return Hindrance.UNKNOWN_WORDING


def _keep(
    tx: Tx,
    patient_id: int,
    filled: Filled,
    incoming: Incoming,
    decision: Accepted | Conflict,
    wording: str,
    ground: Ground,
    at: Occasion,
) -> Taken:
    stands = isinstance(decision, Accepted)
    new = NewForm(
        submission_id=filled.submission_id,
        patient_id=patient_id,
        visit=filled.visit,
        standing=stands,
        answered_on=incoming.answered_on,
        mode=Mode.PHONE_SELF,
        language=filled.language,
        answers=decision.answers,
        wording_sha256=wording,
        item_languages=_other_languages(filled, decision.answers),
        started_at=ground.begun_at or filled.started_at,
        device_at=filled.device_at,
        device_offset_minutes=filled.device_offset_minutes,
    )
    if ground.begun_at:
        drop_draft(tx, patient_id, filled.visit)
    if ground.flagged:
        close_flag(tx, patient_id, filled.visit, Closed.FORM)
    with keeping(tx):
        keep_form(tx, new, at.instrument)
        tx.record(
            "form.received" if stands else "form.conflict",
            ground.number,
            visit=filled.visit,
            changes={
                "submission_id": (None, filled.submission_id),
                "answered_on": (None, incoming.answered_on.isoformat()),
            },
        )
    return Taken(filled.submission_id, filled.visit, tx.now, again=False)


def _other_languages(filled: Filled, answers: Mapping[str, Answer]) -> dict[str, str]:
    """Item → language, for the items answered in another one than the form's."""
    return {
        code: language
        for code, language in filled.item_languages.items()
        if language != filled.language and code in answers
    }
