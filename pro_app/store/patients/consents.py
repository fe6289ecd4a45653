"""Consents: later versions, and what a site decided after a withdrawal.

The first consent stands in the patient's own data; no later version moves its day.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from pro_app.core.facts import EventFact, EventKind
from pro_app.core.release import Ruled, Ruling, is_withheld
from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import consent, consent_decision, event, patient


@dataclass(frozen=True, slots=True)
class Consent:
    """A later version of the consent; `on` is the day on which it was signed."""

    id: int
    version: str
    on: date
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a site decided on the data of a patient who withdrew consent to further use.

    `source`: what shows it, a letter or the vote of a board.
    """

    ruling: Ruling
    source: str
    recorded_at: datetime
    recorded_by: str


def consents_of(connection: Connection, patient_ids: Iterable[int]) -> dict[int, list[Consent]]:
    """Patient id → the later versions, by day."""
    found: dict[int, list[Consent]] = {}
    ids = list(patient_ids)
    for start in range(0, len(ids), 5000):
        query = (
            select(
                consent.c.patient_id,
                consent.c.id,
                consent.c.version,
                consent.c.consented_on,
                consent.c.recorded_at,
                consent.c.recorded_by,
            )
            .where(consent.c.patient_id.in_(ids[start : start + 5000]), known(consent, None))
            .order_by(consent.c.consented_on, consent.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.patient_id, []).append(Consent(*row[1:]))
    return found


def add_consents(tx: Tx, rows: Sequence[tuple[int, str, date]]) -> None:
    """Keep later versions: (patient id, version, day) each. The trail's record is the caller's."""
    if rows:
        tx.execute(
            insert(consent),
            [
                {
                    "patient_id": patient_id,
                    "version": version,
                    "consented_on": on,
                    "recorded_at": tx.now,
                    "recorded_by": tx.actor.name,
                }
                for patient_id, version, on in rows
            ],
        )


def supersede_consent(tx: Tx, consent_id: int) -> None:
    """From now on this version is known otherwise; it stays for the record."""
    tx.execute(update(consent).where(consent.c.id == consent_id).values(superseded_at=tx.now))


def decision_of(connection: Connection, patient_id: int) -> Decision | None:
    """What the site decided, None while it has not."""
    query = select(
        consent_decision.c.decision,
        consent_decision.c.source,
        consent_decision.c.recorded_at,
        consent_decision.c.recorded_by,
    ).where(consent_decision.c.patient_id == patient_id, known(consent_decision, None))
    row = connection.execute(query).one_or_none()
    return Decision(Ruling(row[0]), *row[1:]) if row else None


def keep_decision(tx: Tx, patient_id: int, ruling: Ruling, source: str) -> None:
    """What the site decides from now on; an earlier decision stays for the record."""
    tx.execute(
        update(consent_decision)
        .where(consent_decision.c.patient_id == patient_id, known(consent_decision, None))
        .values(superseded_at=tx.now)
    )
    tx.execute(
        insert(consent_decision),
        {
            "patient_id": patient_id,
            "decision": ruling.value,
            "source": source,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )


def withheld(connection: Connection, patient_ids: Sequence[int] | None = None) -> dict[int, str]:
    """Patient id → trial number of those of whom no row may leave: see `is_withheld`.

    Everything that hands out rows asks this first, whatever day or instant it is for; counts
    without rows go on including them. Few withdraw, so that all of them are looked at.
    """
    kinds = (EventKind.WITHDRAWAL_CONSENT.value, EventKind.RETURN_CONSENT.value)
    happened = (
        select(
            event.c.patient_id,
            patient.c.number,
            event.c.kind,
            event.c.happened_on,
            event.c.recorded_at,
        )
        .join(patient, patient.c.id == event.c.patient_id)
        .where(event.c.kind.in_(kinds), known(event, None))
    )
    decided = (
        select(
            consent_decision.c.patient_id,
            patient.c.number,
            consent_decision.c.decision,
            consent_decision.c.recorded_at,
        )
        .join(patient, patient.c.id == consent_decision.c.patient_id)
        .where(known(consent_decision, None))
    )
    if patient_ids is not None:
        happened = happened.where(event.c.patient_id.in_(patient_ids))
        decided = decided.where(consent_decision.c.patient_id.in_(patient_ids))
    numbers: dict[int, str] = {}
    events: dict[int, list[tuple[EventFact, datetime]]] = defaultdict(list)
    for row in connection.execute(happened):
        numbers[row.patient_id] = row.number
        fact = EventFact(EventKind(row.kind), row.happened_on)
        events[row.patient_id].append((fact, row.recorded_at))
    rulings: dict[int, Ruled] = {}
    for patient_id, number, ruling, at in connection.execute(decided):
        numbers[patient_id] = number
        rulings[patient_id] = Ruled(Ruling(ruling), at)
    return {i: n for i, n in numbers.items() if is_withheld(events[i], rulings.get(i))}
