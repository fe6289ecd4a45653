"""Queries to the site: what is asked about a patient, a visit, a field; and what was answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, update

from pro_app.core.review import Deed, QueryState, state_after
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.few import few
from pro_app.store.engine.transaction import Tx
from pro_app.store.patients.numbers import find_number, fits_search
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.statuses.cuts import Cut
from pro_app.store.tables import data_query, form, patient, query_note


@dataclass(frozen=True, slots=True)
class Query:
    """`last` deed and the `words` with it; `form_id` and `field` where it asks so closely."""

    id: int
    patient_id: int
    number: str
    site: str
    visit: str | None
    form_id: int | None
    field: str | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    last: str
    words: str | None

    @property
    def state(self) -> QueryState:
        return state_after(Deed(self.last))


@dataclass(frozen=True, slots=True)
class Note:
    deed: Deed
    words: str | None
    written_at: datetime
    written_by: str


def open_query(
    tx: Tx, patient_id: int, visit: str | None, form_id: int | None, field: str | None, words: str
) -> int:
    """The id of a new query, with its first note."""
    row = {
        "patient_id": patient_id,
        "visit": visit,
        "form_id": form_id,
        "field": field,
        "opened_at": tx.now,
        "opened_by": tx.actor.name,
    }
    made = int(tx.execute(insert(data_query).returning(data_query.c.id), row).scalar_one())
    _write(tx, made, Deed.ASKED, words)
    return made


def add_note(tx: Tx, query_id: int, deed: Deed, words: str | None) -> None:
    """What was done with a query that was locked before, in its order."""
    _write(tx, query_id, deed, words)
    if deed in (Deed.CLOSED, Deed.OPENED_AGAIN):
        closed = deed is Deed.CLOSED
        tx.execute(
            update(data_query)
            .where(data_query.c.id == query_id)
            .values(
                closed_at=tx.now if closed else None,
                closed_by=tx.actor.name if closed else None,
            )
        )


def _write(tx: Tx, query_id: int, deed: Deed, words: str | None) -> None:
    tx.execute(
        insert(query_note),
        {
            "query_id": query_id,
            "deed": deed.value,
            "words": words,
            "written_at": tx.now,
            "written_by": tx.actor.name,
        },
    )


def find_query(connection: Connection, query_id: int, *, sites: Sites) -> Query | None:
    """The query, None when there is none with this id of a patient at these sites."""
    row = connection.execute(_at(_query(), sites).where(data_query.c.id == query_id)).one_or_none()
    return _made(row) if row else None


def lock_query(tx: Tx, query_id: int, *, sites: Sites) -> Query | None:
    """The same, locked: whose turn it is holds until the transaction ends."""
    tx.execute(select(data_query.c.id).where(data_query.c.id == query_id).with_for_update())
    return find_query(tx.connection, query_id, sites=sites)


def notes_of(connection: Connection, query_id: int) -> list[Note]:
    """The whole exchange, in its order."""
    query = (
        select(
            query_note.c.deed, query_note.c.words, query_note.c.written_at, query_note.c.written_by
        )
        .where(query_note.c.query_id == query_id)
        .order_by(query_note.c.id)
    )
    return [Note(Deed(row.deed), *row[1:]) for row in connection.execute(query)]


def queries_of(
    connection: Connection, *, patient_id: int | None = None, form_id: int | None = None
) -> list[Query]:
    """Every query about a patient, or about one form; the oldest first."""
    query = _query().order_by(data_query.c.id)
    if patient_id is not None:
        query = query.where(data_query.c.patient_id == patient_id)
    if form_id is not None:
        query = query.where(data_query.c.form_id == form_id)
    return [_made(row) for row in connection.execute(query)]


def list_queries(
    connection: Connection,
    state: QueryState,
    *,
    sites: Sites,
    number: str = "",
    limit: int,
    skip: int = 0,
) -> list[Query]:
    """The queries that are so far: the oldest first, of closed ones the last closed first."""
    order = (
        (data_query.c.closed_at.desc(), data_query.c.id.desc())
        if state is QueryState.CLOSED
        else (data_query.c.opened_at, data_query.c.id)
    )
    query = _at(_query(), sites).where(*_so_far(state)).order_by(*order)
    if number:
        meant = find_number(connection, number, sites=sites)
        query = query.where(fits_search(number, meant))
    return [_made(row) for row in connection.execute(query.limit(limit).offset(skip))]


def count_open(connection: Connection, *, sites: Sites) -> dict[QueryState, int]:
    """How many wait for the site, and how many for whoever asked."""
    last = _last(query_note.c.deed).label("last")
    query = select(last, func.count()).join_from(data_query, patient)
    found = dict.fromkeys((QueryState.OPEN, QueryState.ANSWERED), 0)
    counted = _at(query, sites).where(data_query.c.closed_at.is_(None)).group_by("last")
    for deed, count in connection.execute(counted):
        found[state_after(Deed(deed))] += count
    return found


def waiting_for_site(
    connection: Connection, *, sites: Sites, limit: int, counted: int = 1000
) -> Cut[Query]:
    """The queries that these sites have to answer, the oldest first."""
    rows = connection.execute(_waiting_for_site(sites, limit, counted)).all()
    found = rows[0].total if rows else 0
    return Cut(tuple(_made(row) for row in rows), found, more=found >= counted)


@built_once
def _waiting_for_site(sites: Sites, limit: int, counted: int) -> Select[Any]:
    not_closed = few(select(data_query.c.id).where(data_query.c.closed_at.is_(None)), "not_closed")
    waiting = _at(_query(), sites).where(
        data_query.c.id.in_(select(not_closed.c.id)), *_so_far(QueryState.OPEN)
    )
    some = waiting.with_only_columns(data_query.c.id).limit(counted).subquery()
    total = select(func.count()).select_from(some).scalar_subquery().label("total")
    ordered = waiting.order_by(data_query.c.opened_at, data_query.c.id).limit(limit)
    return ordered.add_columns(total)


@dataclass(frozen=True, slots=True)
class Exported:
    """A query as it was known at an instant; `form` is the id of what was handed in."""

    id: int
    number: str
    visit: str | None
    form: str | None
    field: str | None
    deeds: tuple[tuple[Deed, datetime], ...]


def read_queries(connection: Connection, *, known_at: datetime) -> list[Exported]:
    """Every query with what was done by the instant, without a word of it."""
    query = (
        select(
            data_query.c.id,
            patient.c.number,
            data_query.c.visit,
            form.c.submission_id,
            data_query.c.field,
            query_note.c.deed,
            query_note.c.written_at,
        )
        .join_from(data_query, patient)
        .outerjoin(form, form.c.id == data_query.c.form_id)
        .join(query_note, query_note.c.query_id == data_query.c.id)
        .where(query_note.c.written_at <= known_at)
        .order_by(data_query.c.id, query_note.c.id)
    )
    deeds: dict[Any, list[tuple[Deed, datetime]]] = {}
    for row in connection.execute(query):
        deeds.setdefault(row[:5], []).append((Deed(row.deed), row.written_at))
    return [Exported(*(*about, tuple(done))) for about, done in deeds.items()]


def _last(column: ColumnElement[Any]) -> Any:
    """Of a query's last note."""
    return (
        select(column)
        .where(query_note.c.query_id == data_query.c.id)
        .order_by(query_note.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _so_far(state: QueryState) -> list[ColumnElement[bool]]:
    if state is QueryState.CLOSED:
        return [data_query.c.closed_at.is_not(None)]
    deeds = [deed.value for deed in Deed if state_after(deed) is state]
    return [data_query.c.closed_at.is_(None), _last(query_note.c.deed).in_(deeds)]


def _query() -> Select[Any]:
    return select(
        data_query.c.id,
        data_query.c.patient_id,
        patient.c.number,
        patient.c.site,
        data_query.c.visit,
        data_query.c.form_id,
        data_query.c.field,
        data_query.c.opened_at,
        data_query.c.opened_by,
        data_query.c.closed_at,
        _last(query_note.c.deed).label("last"),
        _last(query_note.c.words).label("words"),
    ).join_from(data_query, patient)


def _at(query: Select[Any], sites: Sites) -> Select[Any]:
    return query.where(at_sites(patient.c.site, sites), ~of_void_patient())


def _made(row: Any) -> Query:
    return Query(*row[:12])
