"""Take in a patient's form: gather what is known, decide, apply, all in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from pro_app.acts.occasion import Occasion
from pro_app.core.facts import Assistance
from pro_app.core.instants import corrected
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
from pro_app.core.tasks import TaskKind
from pro_app.instruments import demonstration_if_any
from pro_app.store.desk.tasks import close_form_task, find_open_task, open_task
from pro_app.store.engine.locked import Locked
from pro_app.store.engine.transaction import Actor, Tx, transaction
from pro_app.store.forms.drafts import drop_draft
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.forms.receiving import Clash, Ground, gather, is_known_wording, keeping, lock
from pro_app.store.statuses.flags import Closed, close_flag


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled-in form as it was sent, checked for shape and not yet for sense.

    `device_at` is what the phone's clock showed when the form was sent; `started_at`
    and `finished_at` are of the same clock until `put_right` has made them the
    server's. Without `answered_on` the form belongs to today. Units: `item_times` in
    seconds after the start, [first seen, last chosen].
    """

    submission_id: str
    visit: str
    answers: Mapping[str, object]
    language: str
    item_languages: Mapping[str, str] = field(default_factory=dict)
    wording_sha256: str | None = None
    assistance: Assistance | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    item_times: Mapping[str, Sequence[int | None]] | None = None
    device_at: datetime | None = None
    device_offset_minutes: int | None = None
    answered_on: date | None = None


class Hindrance(StrEnum):
    """Why a form is not taken, apart from what the core refuses."""

    NOT_LIVE = "NOT_LIVE"  # the study has not begun on this copy of the system
    NO_WORDING = "NO_WORDING"  # there are no words that may be shown in this language
    UNKNOWN_WORDING = "UNKNOWN_WORDING"  # it was filled in on words that nobody knows
    ID_IN_USE = "ID_IN_USE"  # the submission id is another form's
    LOCKED = "LOCKED"  # her record, or her site's, is locked


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
    """What became of a form that a patient's phone hands in.

    The same submission id gives the same receipt, however often and from however
    many places at once it comes.
    """
    return receive(actor, patient_id, put_right(filled, at), at=at)


def receive(
    actor: Actor, patient_id: int, filled: Filled, *, at: Occasion, reason: str | None = None
) -> Outcome:
    """The same of a form with the server's times; the trail keeps `reason`."""
    try:
        with transaction(actor, at.now) as tx:
            return settled(tx, take(tx, patient_id, filled, at=at, reason=reason))
    except Clash:
        return NotTaken(Hindrance.ID_IN_USE)
    except Locked:
        return NotTaken(Hindrance.LOCKED)


def put_right(filled: Filled, at: Occasion) -> Filled:
    """The form with the server's times for the phone's, and with the day that follows.

    A form may have waited on the phone without a network: it belongs to the day on
    which she finished it, however wrong the phone's clock is.
    """

    def by_server(instant: datetime | None) -> datetime | None:
        return corrected(instant, device_at=filled.device_at, now=at.now)

    finished_at = by_server(filled.finished_at)
    return replace(
        filled,
        started_at=by_server(filled.started_at),
        finished_at=finished_at,
        answered_on=filled.answered_on or (at.day_of(finished_at) if finished_at else None),
    )


def tell_nurse(actor: Actor, patient_id: int, visit: str, why: str, *, at: Occasion) -> None:
    """Have the nurse told, once, that the server refuses a form which she handed in.

    Her phone keeps it, and nobody but the nurse can help.
    """
    planned = any(each.code == visit for each in at.study.visits)
    with transaction(actor, at.now) as tx:
        number = lock(tx, patient_id)
        if find_open_task(tx.connection, patient_id, TaskKind.FORM_NOT_TAKEN):
            tx.abandon()
            return
        known = visit if planned else None
        open_task(tx, patient_id, TaskKind.FORM_NOT_TAKEN, visit=known, detail=why)
        tx.record("form.not_taken", number, visit=known, changes={"why": (None, why)})


def settled(tx: Tx, outcome: Outcome) -> Outcome:
    """The outcome; where nothing was written, the transaction is let go."""
    if isinstance(outcome, NotTaken) or outcome.again:
        tx.abandon()
    return outcome


def take(
    tx: Tx, patient_id: int, filled: Filled, *, at: Occasion, reason: str | None = None
) -> Outcome:
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
        began_on=_began_on(filled, ground, answered_on, at),
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
    return _keep(tx, patient_id, filled, incoming, decision, wording, ground, at, reason)


def _began_on(filled: Filled, ground: Ground, answered_on: date, at: Occasion) -> date:
    """The day on which she began: by the server's draft, else by what her phone says.

    A start so long ago that the draft would have been discarded proves nothing.
    """
    begun_at = ground.begun_at
    if begun_at is None and filled.started_at and filled.finished_at:
        taken = filled.finished_at - filled.started_at
        if taken <= timedelta(hours=at.instrument.draft_hours):
            begun_at = filled.started_at
    return min(answered_on, at.day_of(begun_at)) if begun_at else answered_on


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
    reason: str | None,
) -> Taken:
    new = _kept(patient_id, filled, incoming, decision, wording, ground, at)
    if ground.drafted:
        drop_draft(tx, patient_id, filled.visit)
    # Someone else's answers leave hers missing.
    if ground.flagged and not new.proxy:
        close_flag(tx, patient_id, filled.visit, Closed.FORM)
    if ground.asked_for:
        close_form_task(tx, patient_id, filled.visit)
    changes = {
        "submission_id": (None, filled.submission_id),
        "answered_on": (None, incoming.answered_on.isoformat()),
    }
    if filled.assistance:
        changes["assistance"] = (None, filled.assistance.value)
    with keeping():
        keep_forms(tx, [new], at.instrument)
    tx.record(
        "form.received" if new.standing else "form.conflict",
        ground.number,
        visit=filled.visit,
        changes=changes,
        reason=reason,
    )
    return Taken(filled.submission_id, filled.visit, tx.now, again=False)


def _kept(
    patient_id: int,
    filled: Filled,
    incoming: Incoming,
    decision: Accepted | Conflict,
    wording: str,
    ground: Ground,
    at: Occasion,
) -> NewForm:
    """The form as it is stored: its answers as the core read them, its times the server's."""
    return NewForm(
        submission_id=filled.submission_id,
        patient_id=patient_id,
        visit=filled.visit,
        standing=isinstance(decision, Accepted),
        answered_on=incoming.answered_on,
        mode=at.mode,
        language=filled.language,
        answers=decision.answers,
        wording_sha256=wording,
        item_languages=_other_languages(filled, decision.answers),
        proxy=filled.assistance is Assistance.PROXY,
        assistance=filled.assistance,
        started_at=ground.begun_at or filled.started_at,
        finished_at=filled.finished_at,
        item_times=filled.item_times,
        device_at=filled.device_at,
        device_offset_minutes=filled.device_offset_minutes,
    )


def _other_languages(filled: Filled, answers: Mapping[str, Answer]) -> dict[str, str]:
    """Item → language, for the items answered in another one than the form's."""
    return {
        code: language
        for code, language in filled.item_languages.items()
        if language != filled.language and code in answers
    }
