"""What became of forms after they came in: signed corrections and decisions, in one query."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Select,
    and_,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from pro_app.core.corrections import Changes, Decided, Truth, chosen, corrected
from pro_app.core.facts import FormFact
from pro_app.store.engine.known import known
from pro_app.store.tables import correction, correction_decision, form, form_decision


@dataclass(frozen=True, slots=True)
class SignedCorrection:
    changes: Changes
    asked_by: str
    source: str
    written_at: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """A form that was corrected or decided on; `truth` is None where no one corrected it."""

    id: int
    patient_id: int
    visit: str
    answered_on: date
    items_answered: int
    counts: bool | None
    truth: Truth | None
    signed: tuple[SignedCorrection, ...]

    @property
    def fact(self) -> FormFact:
        let_in = True if self.counts else None
        if self.truth is None:
            return FormFact(self.visit, self.answered_on, self.items_answered, let_in)
        return FormFact(self.visit, self.truth.answered_on, self.truth.items_answered, let_in)


@dataclass(frozen=True, slots=True)
class Amended:
    """`forms` by id; `winners`: (patient id, visit) → the form that a decision let count."""

    forms: dict[int, Touched] = field(default_factory=dict)
    winners: dict[tuple[int, str], int] = field(default_factory=dict)
    patients: frozenset[int] = frozenset()

    def counts(self, row: Any) -> bool:
        """Whether a form (id, patient_id, visit, standing) is the one of its visit that counts."""
        winner = self.winners.get((row.patient_id, row.visit))
        return bool(row.standing) if winner is None else bool(winner == row.id)

    def facts(self, patient_id: int, rows: Iterable[tuple[int, FormFact]]) -> tuple[FormFact, ...]:
        """The forms that count for a patient's visits, from those that came first."""
        found = {}
        for form_id, fact in rows:
            form_id = self.winners.get((patient_id, fact.visit), form_id)
            touched = self.forms.get(form_id)
            found[fact.visit] = touched.fact if touched else fact
        return tuple(found.values())


def read_amended(
    connection: Connection,
    *,
    known_at: datetime | None = None,
    patient_ids: Sequence[int] | None = None,
) -> Amended:
    """All that was signed and decided by then, for every patient or for these."""
    rows: list[Any] = []
    for part in in_parts(patient_ids):
        rows += connection.execute(_query(known_at, part)).all()
    if not rows:
        return Amended()
    of_form: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        of_form[row.id].append(row)
    forms = {form_id: _touched(found) for form_id, found in of_form.items()}
    decided: dict[tuple[int, str], list[Decided]] = defaultdict(list)
    for row in rows:
        if row.counts is not None:
            decided[row.patient_id, row.visit].append(Decided(row.id, row.counts, row.number))
    winners = {where: chosen(each) for where, each in decided.items()}
    return Amended(
        forms,
        {where: winner for where, winner in winners.items() if winner is not None},
        frozenset(each.patient_id for each in forms.values()),
    )


def _touched(rows: Sequence[Any]) -> Touched:
    signed = tuple(
        SignedCorrection(row.changes, row.asked_by, row.source, row.written_at, row.decided_at)
        for row in sorted(rows, key=lambda row: row.number)
        if row.counts is None
    )
    # A decision's row comes without the answers, which it has no need of.
    first = next((row for row in rows if row.counts is None), rows[0])
    handed_in = Truth(first.answered_on, first.answers or {})
    return Touched(
        id=first.id,
        patient_id=first.patient_id,
        visit=first.visit,
        answered_on=first.answered_on,
        items_answered=first.items_answered,
        counts=next((row.counts for row in rows if row.counts is not None), None),
        truth=corrected(handed_in, (each.changes for each in signed)) if signed else None,
        signed=signed,
    )


def _query(known_at: datetime | None, patient_ids: Sequence[int] | None) -> Any:
    which = (form.c.id, form.c.patient_id, form.c.visit, form.c.answered_on, form.c.items_answered)
    by_then = literal(True) if known_at is None else correction_decision.c.decided_at <= known_at
    signed: Select[Any] = (
        select(
            *which,
            correction.c.id.label("number"),
            type_coerce(null(), Boolean).label("counts"),
            form.c.answers,
            correction.c.changes,
            correction.c.asked_by,
            correction.c.source,
            correction.c.written_at,
            correction_decision.c.decided_at,
        )
        .join(correction, correction.c.form_id == form.c.id)
        .join(correction_decision, correction_decision.c.correction_id == correction.c.id)
        .where(correction_decision.c.signed, by_then)
    )
    empty = [null().label(f"empty_{n}") for n in range(6)]
    decided: Select[Any] = (
        select(*which, form_decision.c.id, form_decision.c.counts, *empty)
        .join(form_decision, form_decision.c.form_id == form.c.id)
        .where(and_(known(form_decision, known_at), ~form.c.proxy))
    )
    if patient_ids is not None:
        signed = signed.where(form.c.patient_id.in_(patient_ids))
        decided = decided.where(form.c.patient_id.in_(patient_ids))
    return union_all(signed, decided)


def in_parts(ids: Sequence[int] | None, size: int = 5000) -> Iterable[Sequence[int] | None]:
    """Parts that a statement can carry: SQLite takes 32,766 parameters, PostgreSQL 65,535."""
    if ids is None:
        return [None]
    return [ids[start : start + size] for start in range(0, len(ids), size)]
