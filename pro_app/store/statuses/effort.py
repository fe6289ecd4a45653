"""What the sites did for their forms, counted by visit."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    distinct,
    func,
    null,
    select,
)

from pro_app.core.contact import Attempted, Outcome
from pro_app.core.effort import VisitEffort, with_pooled
from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.known import known
from pro_app.store.forms.voided import is_void
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.statuses.counts import By
from pro_app.store.tables import allocation, contact_attempt, form, patient


def effort_by_visit(
    connection: Connection,
    study: Study,
    *,
    sites: Sites,
    as_of: date,
    by: By | None,
) -> dict[str | None, tuple[VisitEffort, ...]]:
    """Group → a row for each visit, one for attempts about none, and all together.

    Of all patients at these sites, whether they are in a rate or not, but for what was
    declared wrong. The group is
    None where nothing tells them apart, and "" where no arm is recorded.
    """
    attempts = _of_group(_attempts(), by, sites).where(
        known(contact_attempt, None), contact_attempt.c.made_at < _end_of(as_of, study)
    )
    forms = _of_group(_forms(), by, sites).where(form.c.answered_on <= as_of, ~is_void())
    tried: dict[tuple[str | None, str | None], tuple[int, int]] = {}
    for part, visit, calls, reminders in connection.execute(attempts):
        tried[part, visit] = (calls, reminders)
    came: dict[tuple[str | None, str | None], tuple[int, int]] = {}
    for part, visit, keyed, stand in connection.execute(forms):
        came[part, visit] = (keyed, stand)
    visits: list[str | None] = [visit.code for visit in study.all_visits]
    found = {}
    for group in {part for part, _ in (*tried, *came)}:
        about_none = [None] if (group, None) in tried else []
        rows = [
            VisitEffort(
                visit, *tried.get((group, visit), (0, 0)), *came.get((group, visit), (0, 0))
            )
            for visit in [*visits, *about_none]
        ]
        found[group] = with_pooled(rows)
    return found


def read_attempts(
    connection: Connection, study: Study, *, as_of: date, known_at: datetime
) -> list[Attempted]:
    """Every attempt made by a day, as known at an instant."""
    query = (
        select(
            patient.c.number,
            contact_attempt.c.visit,
            contact_attempt.c.outcome,
            contact_attempt.c.made_at,
        )
        .join(patient, patient.c.id == contact_attempt.c.patient_id)
        .where(known(contact_attempt, known_at), contact_attempt.c.made_at < _end_of(as_of, study))
    )
    zone = ZoneInfo(study.time_zone)
    return [
        Attempted(n, visit, Outcome(code), at.astimezone(zone).date())
        for n, visit, code, at in connection.execute(query)
    ]


def _attempts() -> Select[Any]:
    reminder = contact_attempt.c.outcome == Outcome.REMINDED.value
    return (
        select(contact_attempt.c.visit, _times(~reminder), _times(reminder))
        .join(patient, patient.c.id == contact_attempt.c.patient_id)
        .group_by(contact_attempt.c.visit)
    )


def _forms() -> Select[Any]:
    # Of two own forms of a visit one counts, whichever: each patient once.
    came = func.count(distinct(case((~form.c.proxy, form.c.patient_id))))
    return (
        select(form.c.visit, _times(form.c.entered_by.is_not(None)), came)
        .join(patient, patient.c.id == form.c.patient_id)
        .group_by(form.c.visit)
    )


def _of_group(query: Select[Any], by: By | None, sites: Sites) -> Select[Any]:
    """The counts of each group, its name in front."""
    part: ColumnElement[Any] = cast(null(), Text)
    if by == "site":
        part = patient.c.site
    if by == "arm":
        part = func.coalesce(allocation.c.arm, "")
        current = and_(allocation.c.patient_id == patient.c.id, known(allocation, None))
        query = query.outerjoin(allocation, current)
    query = query.where(at_sites(patient.c.site, sites), ~of_void_patient())
    counts = list(query.selected_columns)
    query = query.with_only_columns(part, *counts, maintain_column_froms=True)
    return query.group_by(part) if by else query


def _times(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _end_of(day: date, study: Study) -> datetime:
    return datetime.combine(day + timedelta(1), time.min, ZoneInfo(study.time_zone))
