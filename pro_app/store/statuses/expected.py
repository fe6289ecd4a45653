"""Which forms are expected and not there: the one SQL form of that rule.

It says the same as `core.ledger` does of a visit without a form; a property
test holds the two against each other. Lists and the nightly job need it because
they must not compute every status of every patient to find fifty.
"""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, or_, select

from pro_app.core.facts import ENDS_QUESTIONNAIRES, EventKind
from pro_app.core.study import Study
from pro_app.store.engine.known import known
from pro_app.store.statuses.facts import standing
from pro_app.store.tables import event, form, patient_version, planned_visit, reason


def end_kinds(study: Study) -> list[str]:
    """The events before whose day a visit's target must lie for it to be expected."""
    kinds = {EventKind.DEATH, *ENDS_QUESTIONNAIRES, *study.stop_events}
    return sorted(str(kind) for kind in kinds)


def first_end_of_each(study: Study) -> FromClause:
    """Patient id → day of the first such event; for statements over everybody."""
    return (
        select(event.c.patient_id, func.min(event.c.happened_on).label("end_on"))
        .where(known(event, None), event.c.kind.in_(end_kinds(study)))
        .group_by(event.c.patient_id)
        .subquery("first_end")
    )


def first_end_of_this(study: Study) -> ColumnElement[Any]:
    """The same for the row at hand; cheap where few rows are looked at.

    The protocol's stop counts from randomisation on, so not for a row without target.
    """
    ends: ColumnElement[bool] = event.c.kind.in_(end_kinds(study))
    if study.stop_events:
        anyway = event.c.kind.in_(sorted({EventKind.DEATH, *ENDS_QUESTIONNAIRES}))
        ends = and_(ends, or_(anyway, planned_visit.c.target_on.is_not(None)))
    return (
        select(func.min(event.c.happened_on))
        .where(event.c.patient_id == planned_visit.c.patient_id, known(event, None), ends)
        .scalar_subquery()
    )


def asked_no_more(patient_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a patient died or withdrew: nobody calls her any more, whatever is expected."""
    return exists().where(
        event.c.patient_id == patient_id,
        known(event, None),
        event.c.kind.in_(sorted({EventKind.DEATH, *ENDS_QUESTIONNAIRES})),
    )


def joined() -> FromClause:
    """Planned visits with the patient's state, the standing form and the reason, if any."""
    return (
        planned_visit.join(
            patient_version,
            and_(
                patient_version.c.patient_id == planned_visit.c.patient_id,
                known(patient_version, None),
            ),
        )
        .outerjoin(
            form,
            and_(
                form.c.patient_id == planned_visit.c.patient_id,
                form.c.visit == planned_visit.c.visit,
                standing(),
            ),
        )
        .outerjoin(
            reason,
            and_(
                reason.c.patient_id == planned_visit.c.patient_id,
                reason.c.visit == planned_visit.c.visit,
                known(reason, None),
            ),
        )
    )


def may_answer() -> ColumnElement[bool]:
    """Whether she consented to questionnaires and is not known to be unable."""
    return and_(patient_version.c.pro_consent_on.is_not(None), patient_version.c.able.is_not(False))


def expected(end_on: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a form of this visit is expected of her at all.

    `end_on` is the day of the first event that ends expectation. Before
    randomisation there is no target day, and a death or withdrawal ends it.
    """
    return and_(
        may_answer(),
        or_(end_on.is_(None), end_on >= planned_visit.c.target_on),
    )


def without_form() -> ColumnElement[bool]:
    return form.c.id.is_(None)


def window_open(today: date) -> ColumnElement[bool]:
    return and_(
        planned_visit.c.opens_on <= today,
        or_(planned_visit.c.closes_on.is_(None), planned_visit.c.closes_on >= today),
    )


def still_missing(end_on: ColumnElement[Any], today: date) -> ColumnElement[bool]:
    """Whether the window closed without a form that was expected of her."""
    return and_(
        planned_visit.c.closes_on < today,
        patient_version.c.able.is_(True),
        expected(end_on),
        without_form(),
    )
