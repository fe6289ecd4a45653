"""Whose rows may not leave: read by whatever gives rows of patients away."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from pro_app.core.facts import EventKind
from pro_app.core.leaving import Decided, Held, Ruling, Step, held, may_leave
from pro_app.store.engine.known import known, voided
from pro_app.store.forms.amended import in_parts, read_amended
from pro_app.store.tables import consent_decision, event, form, patient, void

_KINDS = (EventKind.WITHDRAWAL_CONSENT.value, EventKind.RETURN_CONSENT.value)
_AT_ONCE = 5000


def held_back(
    connection: Connection,
    *,
    known_at: datetime | None = None,
    patient_ids: Sequence[int] | None = None,
) -> dict[str, Held]:
    """Trial number → what of the patient's data may not leave; of the others all may.

    As known now, which decides whatever leaves, or at an earlier instant. Of all
    patients or of these, where a page shows a few.
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


def held_forms(connection: Connection, form_ids: Iterable[int] | None = None) -> frozenset[int]:
    """The forms that are held back, by the day that stands: of all, or of whose these are."""
    owners = None if form_ids is None else _owners(connection, list(form_ids))
    held = held_back(connection, patient_ids=owners) if owners is None or owners else {}
    numbers = list(held)
    found: set[int] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        query = (
            select(form.c.id, form.c.patient_id, form.c.answered_on, patient.c.number)
            .join(patient, patient.c.id == form.c.patient_id)
            .where(patient.c.number.in_(numbers[start : start + _AT_ONCE]))
        )
        rows = connection.execute(query).all()
        amended = read_amended(connection, patient_ids=sorted({row.patient_id for row in rows}))
        for row in rows:
            touched = amended.forms.get(row.id)
            stands = touched.fact if touched else row
            if not may_leave(held, row.number, stands.answered_on):
                found.add(row.id)
    return frozenset(found)


def _owners(connection: Connection, form_ids: Sequence[int]) -> list[int]:
    if not form_ids:
        return []
    query = select(form.c.patient_id).where(form.c.id.in_(form_ids)).distinct()
    return list(connection.execute(query).scalars())


def held_back_of(connection: Connection, numbers: Iterable[str]) -> dict[str, Held]:
    """The same of the patients with these numbers; what is no number is nobody's."""
    query = select(patient.c.id).where(patient.c.number.in_(sorted(set(numbers))))
    return held_back(connection, patient_ids=list(connection.execute(query).scalars()))


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
