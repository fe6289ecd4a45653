"""Read the facts of many patients at once, for the core to compute statuses from."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    literal_column,
    select,
    true,
)

from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts, ReasonFact
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.known import known
from pro_app.store.forms.amended import Amended, in_parts, read_amended
from pro_app.store.patients.numbers import fits_search
from pro_app.store.tables import event, form, patient, patient_version, reason


@dataclass(frozen=True, slots=True)
class Known:
    """A patient's row and all facts about them, as known at some instant."""

    id: int
    language: str | None
    facts: PatientFacts


@dataclass(frozen=True, slots=True)
class Scope:
    """Which patients a reader may see and asks for.

    `numbers_after` is where the last page ended; `number_meant` fits beside `number_contains`.
    """

    sites: Sites
    ids: tuple[int, ...] | None = None
    number_contains: str = ""
    numbers_after: str = ""
    limit: int | None = None
    number_meant: str | None = None


def read_facts(
    connection: Connection, scope: Scope, *, known_at: datetime | None = None
) -> list[Known]:
    """Facts of the patients in scope, ordered by trial number, in five queries.

    Forms are as corrections and decisions have left them.
    """
    people = connection.execute(_people(scope, known_at)).all()
    if not people:
        return []
    narrow = scope.limit is not None or scope.ids is not None or bool(scope.number_contains)
    ids = [row.id for row in people] if narrow else None
    narrow = ids is not None
    events = _by_patient(connection, _events(known_at, narrow), ids)
    forms = _by_patient(connection, _forms(known_at, narrow), ids)
    reasons = _by_patient(connection, _reasons(known_at, narrow), ids)
    amended = read_amended(connection, known_at=known_at, patient_ids=ids)
    return [
        Known(
            id=row.id,
            language=row.language,
            facts=PatientFacts(
                patient_id=row.number,
                site=row.first_site,
                screened_on=row.screened_on,
                pro_consent_on=row.pro_consent_on,
                randomised_on=row.randomised_on,
                able=row.able,
                events=tuple(EventFact(EventKind(k), on, to) for _, k, on, to in events[row.id]),
                forms=_counting(row.id, forms[row.id], amended),
                reasons=tuple(ReasonFact(v, code, on) for _, v, code, on in reasons[row.id]),
                known_at=known_at,
                randomised_time=row.randomised_time,
            ),
        )
        for row in people
    ]


def _counting(patient_id: int, rows: Sequence[Any], amended: Amended) -> tuple[FormFact, ...]:
    if patient_id not in amended.patients:
        return tuple(FormFact(v, on, n) for _, v, on, n, _ in rows)
    return amended.facts(patient_id, ((id, FormFact(v, on, n)) for _, v, on, n, id in rows))


def _people(scope: Scope, known_at: datetime | None) -> Select[Any]:
    version = patient_version
    query = (
        select(
            patient.c.id,
            patient.c.number,
            patient.c.first_site,
            version.c.language,
            version.c.screened_on,
            version.c.pro_consent_on,
            version.c.randomised_on,
            version.c.able,
            version.c.randomised_time,
        )
        .join(version, and_(version.c.patient_id == patient.c.id, known(version, known_at)))
        .order_by(patient.c.number)
    )
    query = query.where(at_sites(patient.c.site, scope.sites))
    if scope.ids is not None:
        query = query.where(patient.c.id.in_(scope.ids))
    if scope.number_contains:
        query = query.where(fits_search(scope.number_contains, scope.number_meant))
    if scope.numbers_after:
        query = query.where(patient.c.number > scope.numbers_after)
    return query.limit(scope.limit) if scope.limit is not None else query


@built_once
def _events(known_at: datetime | None, narrow: bool) -> Select[Any]:
    return (
        select(event.c.patient_id, event.c.kind, event.c.happened_on, event.c.to_site)
        .where(known(event, known_at), _of_these(event, narrow))
        .order_by(event.c.happened_on, event.c.id)
    )


@built_once
def _forms(known_at: datetime | None, narrow: bool) -> Select[Any]:
    query = (
        select(
            form.c.patient_id,
            form.c.visit,
            form.c.answered_on,
            form.c.items_answered,
            form.c.id,
        )
        .where(standing(), _of_these(form, narrow))
        .order_by(form.c.id)
    )
    return query if known_at is None else query.where(form.c.received_at <= known_at)


def standing() -> ColumnElement[bool]:
    """Whether a form is the one that counts for its visit: the first, and answered by the patient.

    In the very words of the index `uq_form_standing`: SQLite uses it for no others.
    """
    return literal_column("(form.standing AND NOT form.proxy)")


@built_once
def _reasons(known_at: datetime | None, narrow: bool) -> Select[Any]:
    return (
        select(reason.c.patient_id, reason.c.visit, reason.c.code, reason.c.said_on)
        .where(known(reason, known_at), _of_these(reason, narrow))
        .order_by(reason.c.id)
    )


def _of_these(table: Table, narrow: bool) -> ColumnElement[bool]:
    """Whether a row is of one of the patients `ids`, or of anybody."""
    return table.c.patient_id.in_(bindparam("ids", expanding=True)) if narrow else true()


def _by_patient(
    connection: Connection, query: Select[Any], ids: Sequence[int] | None
) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for part in in_parts(ids):
        for row in connection.execute(query, {} if part is None else {"ids": part}):
            found[row[0]].append(row)
    return found
