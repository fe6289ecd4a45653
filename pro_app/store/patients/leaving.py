"""Whose rows may not leave: read by whatever gives rows of patients away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from pro_app.core.facts import EventKind
from pro_app.core.leaving import Decided, Held, Ruling, Step, held
from pro_app.store.engine.known import known, voided
from pro_app.store.forms.amended import in_parts
from pro_app.store.tables import consent_decision, event, patient, void

_KINDS = (EventKind.WITHDRAWAL_CONSENT.value, EventKind.RETURN_CONSENT.value)


def held_back(
    connection: Connection,
    *,
    known_at: datetime | None = None,
    patient_ids: Sequence[int] | None = None,
) -> dict[str, Held]:
    """Trial number → what of the patient's data may not leave; of the others all may.

    As known now, which decides whatever leaves, or at an earlier instant. Of all
    patients or of these.
    """
    steps: dict[str, list[Step]] = {}
    decisions: dict[str, Decided] = {}
    for part in in_parts(patient_ids):
        for number, kind, on, at in connection.execute(_of(_steps(known_at), part)):
            steps.setdefault(number, []).append(Step(EventKind(kind), on, at))
        for number, ruling, at in connection.execute(_of(_decisions(known_at), part)):
            decisions[number] = Decided(Ruling(ruling), at)
    found = {n: held(steps.get(n, ()), decisions.get(n)) for n in sorted({*steps, *decisions})}
    return {number: each for number, each in found.items() if each is not None}


def _steps(known_at: datetime | None) -> Select[Any]:
    wrong = voided(void.c.event_id == event.c.id, known_at)
    return (
        select(patient.c.number, event.c.kind, event.c.happened_on, event.c.recorded_at)
        .join(patient, patient.c.id == event.c.patient_id)
        .where(known(event, known_at), event.c.kind.in_(_KINDS), ~wrong)
    )


def _decisions(known_at: datetime | None) -> Select[Any]:
    decision = consent_decision
    return (
        select(patient.c.number, decision.c.decision, decision.c.recorded_at)
        .join(patient, patient.c.id == decision.c.patient_id)
        .where(known(decision, known_at))
    )


def _of(query: Select[Any], patient_ids: Sequence[int] | None) -> Select[Any]:
    return query if patient_ids is None else query.where(patient.c.id.in_(patient_ids))
