"""Who is left to the core: the few patients of whom the rule in SQL does not speak."""

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    literal_column,
    or_,
    select,
    union,
)

from pro_app.core.facts import ENDED_BY, EventKind
from pro_app.store.engine.built import built_once
from pro_app.store.engine.known import known
from pro_app.store.forms.amended import blank_first
from pro_app.store.tables import correction, correction_decision, event, form, form_decision, void

_RETURNS = sorted(set(ENDED_BY.values()))


@built_once
def left_to_core(as_of: date) -> CompoundSelect[Any]:
    """The ids of patients of whom the rule in SQL does not speak, and the core has to.

    Whoever returned from a withdrawal, went to another site after the day (the plan has
    the sites of today), or has a form that was corrected, decided on or declared wrong,
    or several of a visit of which the first is blank.
    """
    # By IN, not by a join, for which SQLite may read every form to find none.
    signed = select(correction.c.form_id).where(
        correction.c.id.in_(
            select(correction_decision.c.correction_id).where(correction_decision.c.signed)
        )
    )
    changed = select(form.c.patient_id).where(form.c.id.in_(signed))
    decisions = select(form_decision.c.form_id).where(known(form_decision, None))
    decided = select(form.c.patient_id).where(form.c.id.in_(decisions), ~form.c.proxy)
    moved = and_(event.c.kind == EventKind.TRANSFER, event.c.happened_on > as_of)
    # As the index says it: SQLite uses it for no bound values.
    seldom: ColumnElement[bool] = literal_column(
        "event.kind IN ('return_consent', 'return_to_questionnaires', 'transfer')"
    )
    events = select(event.c.patient_id).where(
        seldom, known(event, None), or_(event.c.kind.in_(_RETURNS), moved)
    )
    wrong = select(void.c.patient_id).where(void.c.form_id.is_not(None))
    blank = select(blank_first().subquery("blank_first").c.patient_id)
    return union(changed, decided, events, wrong, blank)


def ids_left_to_core(connection: Connection, as_of: date) -> frozenset[int]:
    """The same patients, read."""
    return frozenset(connection.execute(left_to_core(as_of)).scalars())
