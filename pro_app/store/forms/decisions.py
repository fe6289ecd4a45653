"""What the site has to decide of forms: which of two counts, and whether one is let in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    insert,
    literal_column,
    or_,
    select,
    union,
    update,
)

from pro_app.core.corrections import Question
from pro_app.core.course import NEVER, course
from pro_app.core.facts import ENDS_QUESTIONNAIRES, PatientFacts
from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.few import few
from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.amended import Amended, read_amended
from pro_app.store.patients.leaving import held_forms
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.tables import (
    correction,
    correction_decision,
    event,
    form,
    form_decision,
    patient,
    patient_version,
    planned_visit,
)


class Why(StrEnum):
    """Why a form waits for a decision."""

    SECOND = "SECOND"  # another form of the same visit came before it
    BEFORE_CONSENT = "BEFORE_CONSENT"  # answered before the first PRO consent, or without one
    AFTER_WITHDRAWAL = "AFTER_WITHDRAWAL"  # answered inside a withdrawal from questionnaires
    NOT_PLANNED = "NOT_PLANNED"  # of a visit that is not planned: not randomised

    @property
    def question(self) -> Question | None:
        """What is asked; None: nothing can be decided as long as the visit is not planned."""
        if self is Why.NOT_PLANNED:
            return None
        return Question.CONFLICT if self is Why.SECOND else Question.QUARANTINE


@dataclass(frozen=True, slots=True)
class WaitingForm:
    """`since_on`: the day of the withdrawal, or of the consent, if there is one.

    `by_rule`: it counts for now, since the form before it is blank. `held_back`: it came
    after consent to further use was withdrawn; how much is answered in it is not shown.
    """

    form_id: int
    number: str
    visit: str
    why: Why
    answered_on: date
    items_answered: int
    mode: str
    received_at: datetime
    since_on: date | None = None
    by_rule: bool = False
    held_back: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    form_id: int
    question: Question
    counts: bool
    why: str
    recorded_at: datetime
    recorded_by: str
    superseded_at: datetime | None


def decide(tx: Tx, form_id: int, question: Question, *, counts: bool, why: str) -> None:
    """What the site says to a question from now on; what it said before stays for the record."""
    tx.execute(
        update(form_decision)
        .where(
            form_decision.c.form_id == form_id,
            form_decision.c.question == question.value,
            known(form_decision, None),
        )
        .values(superseded_at=tx.now)
    )
    tx.execute(
        insert(form_decision),
        {
            "form_id": form_id,
            "question": question.value,
            "counts": counts,
            "why": why,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )


def decisions_of(connection: Connection, form_id: int) -> list[Decision]:
    """Every decision on a form, in their order."""
    query = (
        select(
            form_decision.c.form_id,
            form_decision.c.question,
            form_decision.c.counts,
            form_decision.c.why,
            form_decision.c.recorded_at,
            form_decision.c.recorded_by,
            form_decision.c.superseded_at,
        )
        .where(form_decision.c.form_id == form_id)
        .order_by(form_decision.c.id)
    )
    return [Decision(id, Question(q), *row) for id, q, *row in connection.execute(query)]


_WHICH = (
    *(form.c.id, form.c.patient_id, patient.c.number, form.c.visit, form.c.answered_on),
    *(form.c.items_answered, form.c.mode, form.c.received_at, form.c.standing),
)


def _undecided(question: Question) -> ColumnElement[bool]:
    return ~exists().where(
        form_decision.c.form_id == form.c.id,
        form_decision.c.question == question.value,
        form_decision.c.superseded_at.is_(None),
    )


def waiting(connection: Connection, sites: Sites) -> list[WaitingForm]:
    """The forms that nobody has decided on, the latest received first.

    One form may wait twice: for whether it counts beside another, and for whether it is let in.
    """
    found = [*_second(connection, sites), *_put_aside(connection, sites)]
    held = held_forms(connection, [each.form_id for each in found])
    found = [replace(each, held_back=each.form_id in held) for each in found]
    return sorted(found, key=lambda each: each.received_at, reverse=True)


@built_once
def _seconds(sites: Sites) -> Select[Any]:
    # As the index says it: SQLite uses it for no bound value.
    not_standing: ColumnElement[bool] = literal_column("NOT form.standing AND NOT form.proxy")
    undecided = _undecided(Question.CONFLICT)
    second = few(select(form.c.id).where(not_standing, undecided), "second")
    return (
        select(*_WHICH)
        .join_from(second, form, form.c.id == second.c.id)
        .join(patient, patient.c.id == form.c.patient_id)
        .where(at_sites(patient.c.site, sites), ~of_void_patient())
    )


def _second(connection: Connection, sites: Sites) -> list[WaitingForm]:
    rows = connection.execute(_seconds(sites)).all()
    amended = _amended(connection, rows)
    return [
        _waiting(row, Why.SECOND, amended, by_rule=row.id in amended.by_rule)
        for row in rows
        if row.id not in amended.voided and not _alone(row, amended)
    ]


def _alone(row: Any, amended: Amended) -> bool:
    """Whether a form counts since the one before it was declared wrong: nothing to decide."""
    decided = amended.forms.get(row.id)
    counts = amended.winners.get((row.patient_id, row.visit)) == row.id
    return counts and row.id not in amended.by_rule and not (decided and decided.decided)


@built_once
def _maybe_aside(sites: Sites) -> Select[Any]:
    """The forms that may lie before consent, inside a withdrawal or outside of any plan.

    By their first day, or since they were given another. They are few and found first, each
    by an index, and looked at one by one.
    """
    person = patient_version
    theirs = select(form.c.id).join_from(
        person, form, and_(form.c.patient_id == person.c.patient_id, known(person, None))
    )
    early = theirs.where(form.c.answered_on < person.c.pro_consent_on)
    never = theirs.where(or_(person.c.pro_consent_on.is_(None), person.c.randomised_on.is_(None)))
    left = (
        select(form.c.id)
        .join_from(event, form, form.c.patient_id == event.c.patient_id)
        .where(known(event, None), event.c.kind.in_(sorted(ENDS_QUESTIONNAIRES)))
        .where(form.c.answered_on > event.c.happened_on)
    )
    redated = (
        select(correction.c.form_id)
        .join(correction_decision, correction_decision.c.correction_id == correction.c.id)
        .where(correction_decision.c.signed)
    )
    found = few(union(early, never, left, redated), "found")
    unplanned = ~exists().where(
        planned_visit.c.patient_id == form.c.patient_id, planned_visit.c.visit == form.c.visit
    )
    return (
        select(*_WHICH, unplanned.label("unplanned"))
        .join_from(found, form, form.c.id == found.c.id)
        .join(patient, patient.c.id == form.c.patient_id)
        .where(~form.c.proxy, _undecided(Question.QUARANTINE), at_sites(patient.c.site, sites))
        .where(~of_void_patient())
    )


def _put_aside(connection: Connection, sites: Sites) -> list[WaitingForm]:
    rows = connection.execute(_maybe_aside(sites)).all()
    if not rows:
        return []
    amended = _amended(connection, rows)
    scope = Scope(EVERYWHERE, ids=tuple(sorted({row.patient_id for row in rows})))
    facts = {known.id: known.facts for known in read_facts(connection, scope)}
    found = []
    for row in rows:
        waits = _waiting(row, Why.SECOND, amended)
        why, since_on = _why_aside(waits.answered_on, facts[row.patient_id], row.unplanned)
        if why and amended.counts(row):
            found.append(replace(waits, why=why, since_on=since_on))
    return found


def _why_aside(
    answered_on: date, facts: PatientFacts, unplanned: bool
) -> tuple[Why | None, date | None]:
    """Why a form that counts is not let in by itself, and the day that decides it.

    The same as core.ledger says of it, which a test holds true.
    """
    days = course(facts, (), NEVER)
    if answered_on > days.death:
        return None, None
    if answered_on < days.consent:
        return Why.BEFORE_CONSENT, facts.pro_consent_on
    inside = [since for since, until in days.withdrawals if since < answered_on < until]
    if inside:
        return Why.AFTER_WITHDRAWAL, min(inside)
    return (Why.NOT_PLANNED if unplanned else None), None


def _amended(connection: Connection, rows: Sequence[Any]) -> Amended:
    ids = sorted({row.patient_id for row in rows})
    return read_amended(connection, patient_ids=ids) if ids else Amended()


def _waiting(row: Any, why: Why, amended: Amended, *, by_rule: bool = False) -> WaitingForm:
    touched = amended.forms.get(row.id)
    fact = touched.fact if touched else row
    return WaitingForm(
        form_id=row.id,
        number=row.number,
        visit=row.visit,
        why=why,
        answered_on=fact.answered_on,
        items_answered=fact.items_answered,
        mode=row.mode,
        received_at=row.received_at,
        by_rule=by_rule,
    )
