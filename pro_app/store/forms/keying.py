"""Paper forms keyed a second time by another person, and how differences were settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, exists, func, insert, literal_column, select

from pro_app.core.corrections import Truth
from pro_app.core.facts import Mode
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.few import few
from pro_app.store.engine.transaction import Tx
from pro_app.store.patients.leaving import held_forms
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.tables import form, keying_decision, patient, second_keying


@dataclass(frozen=True, slots=True)
class SecondKeying:
    """`differences`: field → [first, second]; `settled`: those on which somebody decided.

    Each settled field maps to the correction it led to, None where the first was right.
    """

    form_id: int
    differences: Mapping[str, Sequence[Any]]
    keyed_at: datetime
    keyed_by: str
    settled: Mapping[str, int | None]

    @property
    def open(self) -> dict[str, Sequence[Any]]:
        return {f: pair for f, pair in self.differences.items() if f not in self.settled}


@dataclass(frozen=True, slots=True)
class PaperForm:
    """`differences` is None until it was keyed a second time, then how many are open."""

    form_id: int
    number: str
    visit: str
    answered_on: date
    received_at: datetime
    entered_by: str | None
    differences: int | None


def keep_second(
    tx: Tx, form_id: int, keyed: Truth, differences: Mapping[str, Sequence[Any]]
) -> None:
    """Errors: IntegrityError when it was keyed a second time before."""
    tx.execute(
        insert(second_keying),
        {
            "form_id": form_id,
            "answers": dict(keyed.answers),
            "answered_on": keyed.answered_on,
            "differences": {field: list(pair) for field, pair in differences.items()},
            "keyed_at": tx.now,
            "keyed_by": tx.actor.name,
        },
    )


def settle(tx: Tx, form_id: int, field: str, *, correction_id: int | None) -> None:
    """Errors: IntegrityError when this difference was settled before."""
    tx.execute(
        insert(keying_decision),
        {
            "form_id": form_id,
            "field": field,
            "correction_id": correction_id,
            "decided_at": tx.now,
            "decided_by": tx.actor.name,
        },
    )


def find_second(connection: Connection, form_id: int) -> SecondKeying | None:
    row = connection.execute(
        select(second_keying).where(second_keying.c.form_id == form_id)
    ).one_or_none()
    if row is None:
        return None
    query = select(keying_decision.c.field, keying_decision.c.correction_id).where(
        keying_decision.c.form_id == form_id
    )
    settled = {each.field: each.correction_id for each in connection.execute(query)}
    return SecondKeying(row.form_id, row.differences, row.keyed_at, row.keyed_by, settled)


_PAPER = (
    *(form.c.id, patient.c.number, form.c.visit, form.c.answered_on, form.c.received_at),
    form.c.entered_by,
)


def keyed_once(connection: Connection, *, sites: Sites, limit: int) -> list[PaperForm]:
    """The paper forms that nobody has keyed a second time, the latest received first.

    Those that are held back are not to be keyed again: nobody sees what differs.
    """
    query = (
        select(*_PAPER)
        .join(patient, patient.c.id == form.c.patient_id)
        .where(
            # As the index says it: SQLite uses it for no bound value.
            literal_column(f"form.mode = '{Mode.PAPER.value}'"),
            ~exists().where(second_keying.c.form_id == form.c.id),
        )
        .order_by(form.c.received_at.desc(), form.c.id.desc())
        .limit(limit)
    )
    query = query.where(at_sites(patient.c.site, sites), ~of_void_patient())
    rows = connection.execute(query).all()
    held = held_forms(connection, [row.id for row in rows])
    return [PaperForm(*row, None) for row in rows if row.id not in held]


def differing(connection: Connection, *, sites: Sites) -> list[PaperForm]:
    """The paper forms whose two keyings differ in what can be seen and nobody has settled yet."""
    settled = (
        select(func.count())
        .where(keying_decision.c.form_id == second_keying.c.form_id)
        .scalar_subquery()
    )
    second = few(
        select(second_keying.c.form_id, second_keying.c.differences, settled.label("settled")),
        "second",
    )
    query = (
        select(*_PAPER, second.c.differences, second.c.settled)
        .join_from(second, form, form.c.id == second.c.form_id)
        .join(patient, patient.c.id == form.c.patient_id)
        .order_by(form.c.received_at.desc(), form.c.id.desc())
    )
    query = query.where(at_sites(patient.c.site, sites), ~of_void_patient())
    rows = [row for row in connection.execute(query) if len(row.differences) > row.settled]
    held = held_forms(connection, [row.id for row in rows])
    return [
        PaperForm(*row[:6], len(row.differences) - row.settled)
        for row in rows
        if row.id not in held
    ]
