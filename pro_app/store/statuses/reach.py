"""The last proofs that patients can be reached: one statement for a whole page."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, ScalarSelect, Select, and_, bindparam, func, select

from pro_app.core.contact import Outcome
from pro_app.core.plan import asked_from
from pro_app.core.reach import Proof, Reach, Way, reach
from pro_app.core.study import Study
from pro_app.store.engine.built import built_once
from pro_app.store.engine.known import known
from pro_app.store.tables import (
    contact_attempt,
    form,
    patient,
    patient_link,
    patient_version,
    sign_in,
)


def reach_of(
    connection: Connection, study: Study, numbers: Iterable[str], *, today: date
) -> dict[str, Reach]:
    """Trial number → whether the patient can be reached, as of a day."""
    found = connection.execute(_last_proofs(), {"numbers": sorted(set(numbers))})
    return {
        row.number: reach(
            (proof for proof in _proofs(row, study.time_zone) if proof.on <= today),
            asked_from(study, row.randomised_on),
            today=today,
        )
        for row in found
    }


@built_once
def _last_proofs() -> Select[Any]:
    version = and_(patient_version.c.patient_id == patient.c.id, known(patient_version, None))
    return (
        select(
            patient.c.number,
            patient_version.c.randomised_on,
            _last_form().label("form_on"),
            _last_page().label("page_at"),
            _last_call().label("call_at"),
        )
        .join(patient_version, version)
        .where(patient.c.number.in_(bindparam("numbers", expanding=True)))
    )


def _proofs(row: Any, time_zone: str) -> Iterator[Proof]:
    def day(at: datetime) -> date:
        return at.astimezone(ZoneInfo(time_zone)).date()

    if row.form_on:
        yield Proof(row.form_on, Way.FORM)
    if row.page_at:
        yield Proof(day(row.page_at), Way.PAGE)
    if row.call_at:
        yield Proof(day(row.call_at), Way.CALL)


def _last_form() -> ScalarSelect[Any]:
    own = and_(form.c.patient_id == patient.c.id, ~form.c.proxy)
    return select(func.max(form.c.answered_on)).where(own).scalar_subquery()


def _last_page() -> ScalarSelect[Any]:
    """When the patient last looked at the pages, not counting the hospital's tablet."""
    return (
        select(func.max(sign_in.c.seen_at))
        .join(patient_link, patient_link.c.id == sign_in.c.link_id)
        .where(patient_link.c.patient_id == patient.c.id, ~patient_link.c.tablet)
        .scalar_subquery()
    )


def _last_call() -> ScalarSelect[Any]:
    reached = and_(
        contact_attempt.c.patient_id == patient.c.id,
        contact_attempt.c.outcome == Outcome.REACHED.value,
        known(contact_attempt, None),
    )
    return select(func.max(contact_attempt.c.made_at)).where(reached).scalar_subquery()
