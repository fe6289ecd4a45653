"""Which form counts where the site has to say so: second ones, and those after a withdrawal."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from pro_app.core.facts import ENDS_QUESTIONNAIRES, EventKind
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.few import few
from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.amended import Amended, read_amended
from pro_app.store.statuses.facts import standing
from pro_app.store.tables import (
    correction,
    correction_decision,
    event,
    form,
    form_decision,
    patient,
)


class Why(StrEnum):
    """Why a form waits for a decision."""

    SECOND = "SECOND"  # another form of the same visit came before it
    AFTER_WITHDRAWAL = "AFTER_WITHDRAWAL"  # answered after she withdrew from questionnaires


@dataclass(frozen=True, slots=True)
class WaitingForm:
    """`since_on`: the day of the withdrawal, None for a second form."""

    form_id: int
    number: str
    visit: str
    why: Why
    answered_on: date
    items_answered: int
    mode: str
    received_at: datetime
    since_on: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    form_id: int
    counts: bool
    why: str
    recorded_at: datetime
    recorded_by: str
    superseded_at: datetime | None


def decide(tx: Tx, form_id: int, *, counts: bool, why: str) -> None:
    """What the site says of a form from now on; what it said before stays for the record."""
    tx.execute(
        update(form_decision)
        .where(form_decision.c.form_id == form_id, known(form_decision, None))
        .values(superseded_at=tx.now)
    )
    tx.execute(
        insert(form_decision),
        {
            "form_id": form_id,
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
            form_decision.c.counts,
            form_decision.c.why,
            form_decision.c.recorded_at,
            form_decision.c.recorded_by,
            form_decision.c.superseded_at,
        )
        .where(form_decision.c.form_id == form_id)
        .order_by(form_decision.c.id)
    )
    return [Decision(*row) for row in connection.execute(query)]


_WHICH = (
    *(form.c.id, form.c.patient_id, patient.c.number, form.c.visit, form.c.answered_on),
    *(form.c.items_answered, form.c.mode, form.c.received_at),
)
_UNDECIDED = ~exists().where(
    form_decision.c.form_id == form.c.id, form_decision.c.superseded_at.is_(None)
)


def waiting(connection: Connection, sites: Sites) -> list[WaitingForm]:
    """The forms that nobody has decided on, the latest received first."""
    found = [*_second(connection, sites), *_after_withdrawal(connection, sites)]
    return sorted(found, key=lambda each: each.received_at, reverse=True)


def _second(connection: Connection, sites: Sites) -> list[WaitingForm]:
    # As the index says it: SQLite uses it for no bound value.
    not_standing: ColumnElement[bool] = literal_column("NOT form.standing AND NOT form.proxy")
    second = few(select(form.c.id).where(not_standing, _UNDECIDED), "second")
    query = (
        select(*_WHICH)
        .join_from(second, form, form.c.id == second.c.id)
        .join(patient, patient.c.id == form.c.patient_id)
    )
    query = query.where(at_sites(patient.c.site, sites))
    return [
        _waiting(row, Why.SECOND, row.answered_on, row.items_answered)
        for row in connection.execute(query)
    ]


def _maybe_late(sites: Sites) -> Select[Any]:
    """The forms that came after a withdrawal by their first day, or that were given another."""
    ended = (
        select(event.c.patient_id, func.min(event.c.happened_on).label("since_on"))
        .where(known(event, None), event.c.kind.in_(sorted(ENDS_QUESTIONNAIRES)))
        .group_by(event.c.patient_id)
        .subquery("ended")
    )
    died = (
        select(func.min(event.c.happened_on))
        .where(
            event.c.patient_id == form.c.patient_id,
            event.c.kind == EventKind.DEATH.value,
            known(event, None),
        )
        .scalar_subquery()
    )
    redated = exists().where(
        correction.c.form_id == form.c.id,
        correction_decision.c.correction_id == correction.c.id,
        correction_decision.c.signed,
    )
    query = (
        select(*_WHICH, form.c.standing, ended.c.since_on, died.label("died_on"))
        .join(ended, ended.c.patient_id == form.c.patient_id)
        .join(patient, patient.c.id == form.c.patient_id)
        .where(standing(), or_(form.c.answered_on > ended.c.since_on, redated), _UNDECIDED)
    )
    return query.where(at_sites(patient.c.site, sites))


def _after_withdrawal(connection: Connection, sites: Sites) -> list[WaitingForm]:
    """By the day as it was corrected: few have withdrawn, so these are looked at one by one."""
    rows = connection.execute(_maybe_late(sites)).all()
    ids = sorted({row.patient_id for row in rows})
    amended = read_amended(connection, patient_ids=ids) if ids else Amended()
    found = []
    for row in rows:
        touched = amended.forms.get(row.id)
        fact = touched.fact if touched else row
        late = fact.answered_on > row.since_on
        dead = row.died_on is not None and fact.answered_on > row.died_on
        if late and not dead and amended.counts(row):
            found.append(_waiting(row, Why.AFTER_WITHDRAWAL, fact.answered_on, fact.items_answered))
    return found


def _waiting(row: Any, why: Why, answered_on: date, items_answered: int) -> WaitingForm:
    return WaitingForm(
        form_id=row.id,
        number=row.number,
        visit=row.visit,
        why=why,
        answered_on=answered_on,
        items_answered=items_answered,
        mode=row.mode,
        received_at=row.received_at,
        since_on=row.since_on if why is Why.AFTER_WITHDRAWAL else None,
    )
