"""Alerts: what a rule of the study found in a form, from the finding to the closing note."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.amended import read_amended
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.statuses.cuts import Cut
from pro_app.store.tables import alert, form, form_score, patient


@dataclass(frozen=True, slots=True)
class Looked:
    """A form as the rules see it: values as chosen, scores as they are now and at baseline."""

    form_id: int
    patient_id: int
    number: str
    visit: str
    answers: Mapping[str, int | None]
    scores: Mapping[str, float | None]
    baseline: Mapping[str, float | None]
    raised: frozenset[str]  # the rules that it raised an alert by already


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that nobody has closed."""

    id: int
    number: str
    visit: str
    rule: str
    opened_at: datetime
    owner: str | None
    acknowledged_at: datetime | None
    escalated_at: datetime | None


def forms_since(
    connection: Connection, since: datetime, *, baseline: str, scoring_version: str
) -> Iterator[Looked]:
    """The forms received since an instant that the patient filled in and that count.

    Answers and scores are those that hold now, after what was signed and decided.
    """
    recent = (
        select(*_FORM, patient.c.number, form.c.answers)
        .join(patient, patient.c.id == form.c.patient_id)
        .where(form.c.received_at >= since, ~form.c.proxy)
    )
    rows = list(connection.execute(recent))
    people = sorted({row.patient_id for row in rows})
    if not people:
        return
    amended = read_amended(connection, patient_ids=people)
    rows = [row for row in rows if amended.counts(row)]
    first = select(*_FORM).where(
        form.c.patient_id.in_(people), form.c.visit == baseline, ~form.c.proxy
    )
    base = {row.patient_id: row.id for row in connection.execute(first) if amended.counts(row)}
    ids = {row.id for row in rows}
    scores = _scores(connection, {*base.values(), *ids}, scoring_version)
    raised = _raised(connection, ids)
    for row in rows:
        touched = amended.forms.get(row.id)
        answers = touched.truth.answers if touched and touched.truth else row.answers
        yield Looked(
            row.id,
            row.patient_id,
            row.number,
            row.visit,
            {code: v if isinstance(v, int) else None for code, v in answers.items()},
            scores.get(row.id, {}),
            scores.get(base.get(row.patient_id, 0), {}),
            frozenset(raised.get(row.id, ())),
        )


_FORM = (form.c.id, form.c.patient_id, form.c.visit, form.c.standing)


def _raised(connection: Connection, form_ids: set[int]) -> dict[int, set[str]]:
    """Form → the rules that raised an alert of it."""
    raised: dict[int, set[str]] = {}
    query = select(alert.c.form_id, alert.c.rule).where(alert.c.form_id.in_(form_ids))
    for each in connection.execute(query):
        raised.setdefault(each.form_id, set()).add(each.rule)
    return raised


def _scores(
    connection: Connection, form_ids: set[int], scoring_version: str
) -> dict[int, dict[str, float | None]]:
    """Form -> scale -> score, of the last revision."""
    query = (
        select(form_score.c.form_id, form_score.c.scores)
        .where(form_score.c.form_id.in_(form_ids), form_score.c.scoring_version == scoring_version)
        .order_by(form_score.c.revision)
    )
    return {
        row.form_id: {code: parts[0] for code, parts in row.scores.items()}
        for row in connection.execute(query)
    }


def open_alert(tx: Tx, found: Looked, rule: str) -> None:
    tx.execute(
        insert(alert),
        {
            "patient_id": found.patient_id,
            "form_id": found.form_id,
            "rule": rule,
            "opened_at": tx.now,
        },
    )


_OPEN = (
    alert.c.id,
    patient.c.number,
    form.c.visit,
    alert.c.rule,
    alert.c.opened_at,
    alert.c.owner,
    alert.c.acknowledged_at,
    alert.c.escalated_at,
)


def _open_alerts() -> Any:
    return (
        select(*_OPEN)
        .join(patient, patient.c.id == alert.c.patient_id)
        .join(form, form.c.id == alert.c.form_id)
        .where(alert.c.closed_at.is_(None))
    )


def open_alerts(connection: Connection, *, sites: Sites, limit: int) -> Cut[OpenAlert]:
    """The alerts of these sites that nobody has closed, escalated ones and the oldest first."""
    query = (
        _open_alerts()
        .where(at_sites(patient.c.site, sites), ~of_void_patient())
        .order_by(alert.c.escalated_at.is_(None), alert.c.opened_at, alert.c.id)
        .add_columns(func.count().over().label("total"))
        .limit(limit)
    )
    rows = list(connection.execute(query))
    return Cut(tuple(OpenAlert(*row[:-1]) for row in rows), rows[0].total if rows else 0)


def not_taken(connection: Connection) -> list[OpenAlert]:
    """Those that nobody has taken on, and that are not escalated yet."""
    query = _open_alerts().where(alert.c.acknowledged_at.is_(None), alert.c.escalated_at.is_(None))
    return [OpenAlert(*row) for row in connection.execute(query)]


def lock_alert(tx: Tx, alert_id: int, *, sites: Sites) -> OpenAlert | None:
    """An open alert, locked; None when there is none of this number at these sites."""
    query = _open_alerts().where(alert.c.id == alert_id).with_for_update(of=alert)
    query = query.where(at_sites(patient.c.site, sites), ~of_void_patient())
    row: Any = tx.execute(query).one_or_none()
    return OpenAlert(*row) if row else None


def change(tx: Tx, alert_id: int, **values: Any) -> None:
    tx.execute(update(alert).where(alert.c.id == alert_id).values(**values))
