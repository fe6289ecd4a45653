"""Ask the site about a patient, a visit, a field; answer; close. No answer is changed by it."""

from dataclasses import dataclass
from datetime import date

from pro_app.acts.occasion import StaffOccasion
from pro_app.clock import day_of
from pro_app.core.corrections import ANSWERED_ON
from pro_app.core.instrument import Instrument
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.review import Deed, QueryState, may_follow
from pro_app.core.study import Study
from pro_app.security.roles import Role
from pro_app.store.desk import data_queries as queries
from pro_app.store.desk.data_queries import Note, Query
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms.form_detail import find_form
from pro_app.store.patients.patients import find_patient

#: A page of the list.
ROWS = 100

#: Who asks the site, and says when an answer is enough.
ASKERS = (Role.DATA_MANAGER, Role.STATISTICIAN, Role.MONITOR)


@dataclass(frozen=True, slots=True)
class About:
    """What is asked about: a patient, one of their visits, or one of their forms and a field."""

    number: str
    site: str
    visit: str | None = None
    form_id: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A query and for how many days it has been, or was, open."""

    query: Query
    age_days: int


@dataclass(frozen=True, slots=True)
class QueryList:
    """`more`: another page follows."""

    rows: tuple[Listed, ...]
    counts: dict[QueryState, int]
    more: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    listed: Listed
    notes: tuple[Note, ...]


def fields_of(instrument: Instrument) -> tuple[str, ...]:
    """The fields of a form that can be asked about."""
    return (ANSWERED_ON, *instrument.item_codes)


def listed(state: QueryState, *, number: str, page: int, at: StaffOccasion) -> QueryList:
    with reading(snapshot=True) as connection:
        found = queries.list_queries(
            connection,
            state,
            sites=at.sites,
            number=number,
            limit=ROWS + 1,
            skip=ROWS * (page - 1),
        )
        counts = queries.count_open(connection, sites=at.sites)
    rows = tuple(_aged(each, at.study, at.today) for each in found[:ROWS])
    return QueryList(rows, counts, len(found) > ROWS)


def _aged(query: Query, study: Study, today: date) -> Listed:
    until = day_of(query.closed_at, study.time_zone) if query.closed_at else today
    return Listed(query, (until - day_of(query.opened_at, study.time_zone)).days)


def exchange(query_id: int, *, at: StaffOccasion) -> Exchange | None:
    """A query with all that was said, None when there is none with this id at these sites."""
    with reading(snapshot=True) as connection:
        found = queries.find_query(connection, query_id, sites=at.sites)
        if found is None:
            return None
        return Exchange(
            _aged(found, at.study, at.today), tuple(queries.notes_of(connection, query_id))
        )


def of_patient(number: str, *, at: StaffOccasion) -> list[Listed]:
    """Every query about a patient, the oldest first."""
    with reading() as connection:
        found = find_patient(connection, number, sites=at.sites)
        rows = queries.queries_of(connection, patient_id=found.id) if found else []
    return [_aged(each, at.study, at.today) for each in rows]


def of_form(form_id: int, *, at: StaffOccasion) -> list[Listed]:
    """Every query about a form that was found at these sites before; the oldest first."""
    with reading() as connection:
        rows = queries.queries_of(connection, form_id=form_id)
    return [_aged(each, at.study, at.today) for each in rows]


def about_patient(number: str, *, at: StaffOccasion) -> About | None:
    with reading() as connection:
        found = find_patient(connection, number, sites=at.sites)
    return About(number, found.site) if found else None


def about_form(form_id: int, *, at: StaffOccasion) -> About | None:
    with reading() as connection:
        held = find_form(connection, form_id, sites=at.sites)
    return About(held.number, held.site, held.visit, held.id) if held else None


def ask(
    about: About, *, visit: str | None, field: str | None, words: str, at: StaffOccasion
) -> int | Refused:
    """The id of a new query. A field can be asked about where a form is."""
    visit = about.visit or visit
    if visit and visit not in [each.code for each in at.study.all_visits]:
        return Refused(Why.UNKNOWN_VISIT)
    if field and (about.form_id is None or field not in fields_of(at.instrument)):
        return Refused(Why.UNKNOWN_FIELD)
    words = words.replace("\0", "").strip()
    if problem := _words_problem(words):
        return problem
    with transaction(at.actor, at.now) as tx:
        found = find_patient(tx.connection, about.number, sites=at.sites)
        if found is None:
            tx.abandon()
            return Refused(Why.NOT_HERE)
        made = queries.open_query(tx, found.id, visit, about.form_id, field, words)
        _record(tx, Deed.ASKED, about.number, visit, made, field)
    return made


def carry_on(query_id: int, deed: Deed, *, words: str, at: StaffOccasion) -> Refused | None:
    """None once it is answered, asked again, closed or opened again; closing needs no words."""
    words = words.replace("\0", "").strip()
    problem = _words_problem(words)
    if problem and not (deed is Deed.CLOSED and problem.why is Why.WORDS_MISSING):
        return problem
    with transaction(at.actor, at.now) as tx:
        query = queries.lock_query(tx, query_id, sites=at.sites)
        if query is None or not may_follow(query.state, deed):
            tx.abandon()
            return Refused(Why.MOVED_ON) if query else Refused(Why.NOT_HERE)
        queries.add_note(tx, query_id, deed, words or None)
        _record(tx, deed, query.number, query.visit, query_id, query.field)
    return None


def _words_problem(words: str) -> Refused | None:
    if not words:
        return Refused(Why.WORDS_MISSING, "words")
    return Refused(Why.TOO_LONG, "words", LONGEST_TEXT) if len(words) > LONGEST_TEXT else None


def _record(
    tx: Tx, deed: Deed, number: str, visit: str | None, query_id: int, field: str | None
) -> None:
    """Which query, about which field; its words may name somebody and stay with it."""
    changes: dict[str, list[object]] = {"query": [None, query_id]}
    if field:
        changes["field"] = [None, field]
    tx.record(
        {
            Deed.ASKED: "query.asked",
            Deed.ANSWERED: "query.answered",
            Deed.CLOSED: "query.closed",
            Deed.OPENED_AGAIN: "query.opened_again",
        }[deed],
        number,
        visit=visit,
        changes=changes,
    )
