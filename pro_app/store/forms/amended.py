"""What became of forms after they came in: corrections, decisions, a rule; in one query."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    literal,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)

from pro_app.core.corrections import (
    Changes,
    Decided,
    Question,
    Rival,
    Truth,
    chosen,
    corrected,
    counts_by_rule,
)
from pro_app.core.facts import FormFact
from pro_app.store.engine.built import built_once
from pro_app.store.engine.few import few
from pro_app.store.engine.known import known
from pro_app.store.forms.voided import Left, left_of_voided
from pro_app.store.tables import correction, correction_decision, form, form_decision

#: Stands where every form of a visit was declared wrong or set aside: no form has this id.
NO_FORM = 0


@dataclass(frozen=True, slots=True)
class SignedCorrection:
    changes: Changes
    asked_by: str
    source: str
    written_at: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """A form that was corrected or decided on, or that a rule bears on.

    `truth` is None where no one corrected it. `decided`: what the site said of it beside
    the other forms of its visit; `let_in`: of it in quarantine; None: nothing.
    """

    id: int
    patient_id: int
    visit: str
    answered_on: date
    items_answered: int
    decided: bool | None
    let_in: bool | None
    truth: Truth | None
    signed: tuple[SignedCorrection, ...]

    @property
    def fact(self) -> FormFact:
        if self.truth is None:
            return FormFact(self.visit, self.answered_on, self.items_answered, self.let_in)
        answered_on, items_answered = self.truth.answered_on, self.truth.items_answered
        return FormFact(self.visit, answered_on, items_answered, self.let_in)


@dataclass(frozen=True, slots=True)
class Amended:
    """`forms` by id; `winners`: (patient id, visit) → the form that counts instead of the first.

    A decision made it so, or, of those in `by_rule`, the rule that a blank form outranks
    no answered one, or that another form was declared wrong: NO_FORM where none is left.
    `voided`: the forms that were.
    """

    forms: dict[int, Touched] = field(default_factory=dict)
    winners: dict[tuple[int, str], int] = field(default_factory=dict)
    by_rule: frozenset[int] = frozenset()
    patients: frozenset[int] = frozenset()
    voided: frozenset[int] = frozenset()

    def counts(self, row: Any) -> bool:
        """Whether a form (id, patient_id, visit, standing) is the one of its visit that counts."""
        winner = self.winners.get((row.patient_id, row.visit))
        return bool(row.standing) if winner is None else bool(winner == row.id)

    def facts(self, patient_id: int, rows: Iterable[tuple[int, FormFact]]) -> tuple[FormFact, ...]:
        """The forms that count for a patient's visits, from those that came first.

        Where a rule chose, the blank form stands before the answered one: of the two the
        ledger takes the last that has come by its day.
        """
        found: list[FormFact] = []
        for form_id, fact in rows:
            if self.winners.get((patient_id, fact.visit)) == NO_FORM:
                continue
            winner = self.winners.get((patient_id, fact.visit), form_id)
            counting = (form_id, winner) if winner in self.by_rule else (winner,)
            for each in counting:
                touched = self.forms.get(each)
                found.append(touched.fact if touched else fact)
        return tuple(found)


def read_amended(
    connection: Connection,
    *,
    known_at: datetime | None = None,
    patient_ids: Sequence[int] | None = None,
) -> Amended:
    """All that was signed and decided by then, for every patient or for these."""
    rows: list[Any] = []
    for part in in_parts(patient_ids):
        query = _query(known_at, part is not None)
        rows += connection.execute(query, {} if part is None else {"ids": part}).all()
    voided, left = left_of_voided(connection, known_at=known_at, patient_ids=patient_ids)
    if not rows and not left:
        return Amended()
    of_form: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        of_form[row.id].append(row)
    forms = {form_id: _touched(found) for form_id, found in of_form.items()}
    decided: dict[tuple[int, str], list[Decided]] = defaultdict(list)
    for row in rows:
        if row.question == Question.CONFLICT.value:
            decided[row.patient_id, row.visit].append(Decided(row.id, row.counts, row.number))
    winners = {where: chosen(each) for where, each in decided.items()}
    ruled = _ruled(rows, forms)
    winning = ruled | {where: winner for where, winner in winners.items() if winner is not None}
    for where, theirs in left.items():
        for each in theirs:
            forms.setdefault(each.id, _untouched(each))
        winning[where] = _first_left([forms[each.id] for each in theirs], winners.get(where))
    patients = {each.patient_id for each in forms.values()} | {patient for patient, _ in left}
    by_rule = frozenset(form_id for where, form_id in ruled.items() if where not in left)
    return Amended(forms, winning, by_rule, frozenset(patients), voided)


def _untouched(each: Left) -> Touched:
    return Touched(
        id=each.id,
        patient_id=each.patient_id,
        visit=each.visit,
        answered_on=each.answered_on,
        items_answered=each.items_answered,
        decided=None,
        let_in=None,
        truth=None,
        signed=(),
    )


def _first_left(theirs: Sequence[Touched], winner: int | None) -> int:
    """The form that counts since another one of the visit was declared wrong; NO_FORM: none.

    As if that one had never come: what the site decided of the others holds.
    """
    if any(each.id == winner for each in theirs):
        return winner or NO_FORM
    open_ones = [each for each in theirs if each.decided is not False]
    answered = [each.id for each in open_ones if each.fact.items_answered]
    return next(iter([*answered, *(each.id for each in open_ones)]), NO_FORM)


def _ruled(rows: Iterable[Any], forms: Mapping[int, Touched]) -> dict[tuple[int, str], int]:
    """(patient id, visit) → the form that counts since the one that came first is blank."""
    rivals: dict[tuple[int, str], list[Rival]] = defaultdict(list)
    for row in sorted((row for row in rows if row.rival), key=lambda row: int(row.id)):
        held = forms[row.id]
        rivals[row.patient_id, row.visit].append(
            Rival(row.id, row.standing, held.fact.items_answered, held.decided)
        )
    found = {where: counts_by_rule(each) for where, each in rivals.items()}
    return {where: winner for where, winner in found.items() if winner is not None}


def _touched(rows: Sequence[Any]) -> Touched:
    signed = tuple(
        SignedCorrection(row.changes, row.asked_by, row.source, row.written_at, row.decided_at)
        for row in sorted(rows, key=lambda row: row.number)
        if row.changes is not None
    )
    # Only a correction's row comes with the answers, which the others have no need of.
    first = next((row for row in rows if row.changes is not None), rows[0])
    handed_in = Truth(first.answered_on, first.answers or {})
    said = {row.question: row.counts for row in rows if row.question}
    return Touched(
        id=first.id,
        patient_id=first.patient_id,
        visit=first.visit,
        answered_on=first.answered_on,
        items_answered=first.items_answered,
        decided=said.get(Question.CONFLICT.value),
        let_in=said.get(Question.QUARANTINE.value),
        truth=corrected(handed_in, (each.changes for each in signed)) if signed else None,
        signed=signed,
    )


def _none(kind: Any) -> ColumnElement[Any]:
    """A column of the union in which a part has nothing to say."""
    return type_coerce(null(), kind)


_WHICH = (
    *(form.c.id, form.c.patient_id, form.c.visit, form.c.answered_on, form.c.items_answered),
    form.c.standing,
)
_SIGNED = (
    *(correction.c.changes, correction.c.asked_by, correction.c.source),
    *(correction.c.written_at, correction_decision.c.decided_at),
)


@built_once
def _query(known_at: datetime | None, narrow: bool) -> Any:
    """Of every patient, or of those that are bound as `ids`."""
    by_then = literal(True) if known_at is None else correction_decision.c.decided_at <= known_at
    signed: Select[Any] = (
        select(
            *_WHICH,
            correction.c.id.label("number"),
            _none(Text).label("question"),
            _none(Boolean).label("counts"),
            literal(False).label("rival"),
            form.c.answers,
            *_SIGNED,
        )
        .join_from(form, correction, correction.c.form_id == form.c.id)
        .join(correction_decision, correction_decision.c.correction_id == correction.c.id)
        .where(correction_decision.c.signed, by_then)
    )
    empty = [null().label(f"empty_{n}") for n in range(1 + len(_SIGNED))]
    decided: Select[Any] = (
        select(
            *_WHICH,
            form_decision.c.id,
            form_decision.c.question,
            form_decision.c.counts,
            literal(False),
            *empty,
        )
        .join_from(form, form_decision, form_decision.c.form_id == form.c.id)
        .where(known(form_decision, known_at), ~form.c.proxy)
    )
    pairs = few(blank_first(), "pairs")
    rivals: Select[Any] = (
        select(*_WHICH, literal(0), _none(Text), _none(Boolean), literal(True), *empty)
        .join_from(
            form,
            pairs,
            and_(pairs.c.patient_id == form.c.patient_id, pairs.c.visit == form.c.visit),
        )
        .where(~form.c.proxy)
    )
    if known_at is not None:
        rivals = rivals.where(form.c.received_at <= known_at)
    parts = [signed, decided, rivals]
    if narrow:
        these = form.c.patient_id.in_(bindparam("ids", expanding=True))
        parts = [part.where(these) for part in parts]
    return union_all(*parts)


def blank_first() -> Select[Any]:
    """(patient, visit) of several own forms whose first one is blank, or was corrected: few.

    Of these patients the core says which form counts, see `counts_by_rule`.
    """
    first, second = form.alias("first_form"), form.alias("second_form")
    was_corrected = exists().where(correction.c.form_id == first.c.id)
    same_visit = and_(first.c.patient_id == second.c.patient_id, first.c.visit == second.c.visit)
    return (
        select(second.c.patient_id, second.c.visit)
        .join_from(second, first, same_visit)
        .where(
            # As the indexes say it: SQLite uses them for no other words.
            literal_column("(first_form.standing AND NOT first_form.proxy)"),
            literal_column("(NOT second_form.standing AND NOT second_form.proxy)"),
            or_(first.c.items_answered == 0, was_corrected),
        )
        .distinct()
    )


def in_parts(ids: Sequence[int] | None, size: int = 5000) -> Iterable[Sequence[int] | None]:
    """Parts that a statement can carry: SQLite takes 32,766 parameters, PostgreSQL 65,535."""
    if ids is None:
        return [None]
    return [ids[start : start + size] for start in range(0, len(ids), size)]
