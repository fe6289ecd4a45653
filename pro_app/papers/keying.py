"""Take in a form that somebody of the staff keys in."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pro_app.core.facts import Assistance
from pro_app.core.instrument import Instrument
from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.core.submission import (
    Accepted,
    AlreadyHad,
    Conflict,
    Decision,
    Incoming,
    Refusal,
    Refused,
    decide,
)
from pro_app.papers.fields import Keyed
from pro_app.store.desk.tasks import close_form_task
from pro_app.store.engine.transaction import Actor, Tx, reading, transaction
from pro_app.store.forms.form_detail import form_id_of
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.forms.receiving import Clash, Ground, gather, keeping
from pro_app.store.patients.patients import Patient, find_patient
from pro_app.store.statuses.flags import Closed, close_flag

__all__ = ["NotKept", "Patient", "find", "key_in"]


class NotKept(StrEnum):
    """Why nothing was kept, apart from what the core refuses."""

    ID_IN_USE = "ID_IN_USE"  # this page was sent for another patient


def find(number: str, *, sites: Sites) -> Patient | None:
    with reading() as connection:
        return find_patient(connection, number, sites=sites)


def key_in(
    keyed: Keyed,
    *,
    patient: Patient,
    visit: str,
    submission_id: str,
    study: Study,
    instrument: Instrument,
    shown_sha256: str | None,
    actor: Actor,
    now: datetime,
    today: date,
) -> int | NotKept | Refusal:
    """The form's id; a page that is sent twice gets the same one.

    Never refused for its day, unless that has not come: it is stored and classified.
    `shown_sha256` is that of the words shown today where none are licensed.
    """
    incoming = _incoming(keyed, visit, submission_id)
    try:
        with transaction(actor, now) as tx:
            ground = _ground(tx, keyed, incoming, patient.id, instrument, today)
            decision = _decide(incoming, ground, study, instrument, today)
            if isinstance(decision, NotKept | Refused):
                tx.abandon()
                return decision.reason if isinstance(decision, Refused) else decision
            if isinstance(decision, AlreadyHad):
                tx.abandon()
            else:
                sha256 = ground.wording_sha256 or shown_sha256
                new = _form(tx, keyed, incoming, patient.id, decision, sha256)
                _keep(tx, new, ground, instrument)
            return _id_of(tx, submission_id)
    except Clash:
        return NotKept.ID_IN_USE


def _incoming(keyed: Keyed, visit: str, submission_id: str) -> Incoming:
    return Incoming(
        submission_id=submission_id,
        visit=visit,
        answered_on=keyed.answered_on,
        began_on=keyed.answered_on,
        answers=keyed.answers,
        by_patient=False,
    )


def _ground(
    tx: Tx,
    keyed: Keyed,
    incoming: Incoming,
    patient_id: int,
    instrument: Instrument,
    today: date,
) -> Ground:
    return gather(
        tx,
        patient_id,
        visit=incoming.visit,
        submission_id=incoming.submission_id,
        instrument=instrument,
        language=keyed.language,
        today=today,
    )


def _decide(
    incoming: Incoming, ground: Ground, study: Study, instrument: Instrument, today: date
) -> Decision | NotKept:
    if ground.by_others:
        return NotKept.ID_IN_USE
    return decide(
        incoming,
        facts=ground.facts,
        known=ground.known,
        study=study,
        instrument=instrument,
        today=today,
    )


def _form(
    tx: Tx,
    keyed: Keyed,
    incoming: Incoming,
    patient_id: int,
    decision: Accepted | Conflict,
    sha256: str | None,
) -> NewForm:
    return NewForm(
        submission_id=incoming.submission_id,
        patient_id=patient_id,
        visit=incoming.visit,
        standing=isinstance(decision, Accepted),
        answered_on=keyed.answered_on,
        mode=keyed.mode,
        language=keyed.language,
        answers=decision.answers,
        wording_sha256=sha256 if keyed.printed else None,
        entered_by=tx.actor.name,
        why_not_self=keyed.why_not_self or None,
        proxy=keyed.assistance is Assistance.PROXY,
        assistance=keyed.assistance.value,
    )


def _keep(tx: Tx, new: NewForm, ground: Ground, instrument: Instrument) -> None:
    # Someone else's answers leave hers missing.
    if ground.flagged and new.standing and not new.proxy:
        close_flag(tx, new.patient_id, new.visit, Closed.FORM)
    if ground.asked_for:
        close_form_task(tx, new.patient_id, new.visit)
    changes: dict[str, Sequence[Any]] = {
        "submission_id": (None, new.submission_id),
        "answered_on": (None, new.answered_on.isoformat()),
        "mode": (None, new.mode.value),
        "entered_by": (None, new.entered_by),
        "assistance": (None, new.assistance),
    }
    with keeping():
        keep_forms(tx, [new], instrument)
    tx.record(
        "form.received" if new.standing else "form.conflict",
        ground.number,
        visit=new.visit,
        changes=changes,
    )


def _id_of(tx: Tx, submission_id: str) -> int:
    found = form_id_of(tx.connection, submission_id)
    assert found is not None  # noqa: S101 - it was there, or was written just now
    return found
