"""What is expected of each planned visit, and in which status it is: the rule in SQL, once.

Flags, Today, counts and letters ask it, since they must not compute every status of
every patient to find fifty. It says the same as `core.ledger` does; a property test
holds the two against each other. Patients whose course needs more than the first day of
each kind of event, or whose forms were changed or decided on, are few and left to the
core: see `left`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    Table,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)

from pro_app.core.course import NEVER
from pro_app.core.facts import ENDED_BY, ENDS_QUESTIONNAIRES, EventKind
from pro_app.core.ledger import Status
from pro_app.core.study import Study
from pro_app.store.engine.known import known
from pro_app.store.statuses.facts import standing
from pro_app.store.tables import (
    event,
    form,
    patient_version,
    planned_visit,
    reason,
)

_WITHDRAWALS = sorted(ENDS_QUESTIONNAIRES)
_RETURNS = sorted(set(ENDED_BY.values()))


@dataclass(frozen=True, slots=True)
class Ends:
    """The first day of what ends expectation, each NULL where it has not happened."""

    death_on: ColumnElement[Any]
    withdrawal_on: ColumnElement[Any]
    stop_on: ColumnElement[Any]


def ends_of_each(study: Study, as_of: date) -> tuple[FromClause, Ends]:
    """Those of every patient (`patient_id`), to be joined; for statements over everybody."""

    def first(kinds: Collection[str]) -> ColumnElement[Any]:
        if not kinds:
            return cast(null(), Date)
        return func.min(case((event.c.kind.in_(sorted(kinds)), event.c.happened_on)))

    found = (
        select(
            event.c.patient_id,
            first([EventKind.DEATH]).label("death_on"),
            first(_WITHDRAWALS).label("withdrawal_on"),
            *(first(kinds).label(f"stop_{n}_on") for n, kinds in enumerate(_all_stops(study))),
        )
        .where(
            known(event, None),
            event.c.happened_on <= as_of,
            event.c.kind.in_(sorted({EventKind.DEATH, *_WITHDRAWALS, *chain(*_all_stops(study))})),
        )
        .group_by(event.c.patient_id)
        .subquery("ends")
    )
    stops = [found.c[f"stop_{n}_on"] for n in range(len(_all_stops(study)))]
    return found, Ends(found.c.death_on, found.c.withdrawal_on, _stop_of_version(study, stops))


def _all_stops(study: Study) -> list[tuple[str, ...]]:
    """The kinds of event at which the protocol stops asking, as its versions have them."""
    found = [version.stop_events for version in study.plans] or [study.stop_events]
    return list(dict.fromkeys(found))


def _stop_of_version(study: Study, days: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The day of `days`, one for each of `_all_stops`, that counts for the visit's version."""
    if len(days) == 1:
        return days[0]
    stops = _all_stops(study)
    version = planned_visit.c.study_version
    return case(*((version == v.number, days[stops.index(v.stop_events)]) for v in study.plans))


def ends_of_the_asked(study: Study, as_of: date) -> Ends:
    """Those of the row at hand, of a patient who neither died nor withdrew."""
    never: ColumnElement[Any] = cast(null(), Date)

    def stop(kinds: Collection[str]) -> ColumnElement[Any]:
        if not kinds:
            return never
        return (
            select(func.min(event.c.happened_on))
            .where(
                event.c.patient_id == planned_visit.c.patient_id,
                known(event, None),
                event.c.kind.in_(sorted(kinds)),
                event.c.happened_on <= as_of,
            )
            .scalar_subquery()
        )

    return Ends(never, never, _stop_of_version(study, list(map(stop, _all_stops(study)))))


def asked_no_more(patient_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a patient died, or withdrew and did not return: nobody calls them any more.

    A day of both leaves them as they were: it begins no withdrawal, and ends none for long.
    """
    back, left = event.alias("back"), event.alias("left_again")

    def ends(out: FromClause) -> ColumnElement[bool]:
        pairs = sorted(ENDED_BY.items())
        return or_(*(and_(out.c.kind == kind, back.c.kind == by) for kind, by in pairs))

    left_that_day = exists().where(
        left.c.patient_id == back.c.patient_id,
        known(left, None),
        left.c.happened_on == back.c.happened_on,
        ends(left),
    )
    returned = exists().where(
        back.c.patient_id == event.c.patient_id,
        known(back, None),
        back.c.happened_on >= event.c.happened_on,
        or_(back.c.happened_on == event.c.happened_on, ~left_that_day),
        ends(event),
    )
    return exists().where(
        event.c.patient_id == patient_id,
        known(event, None),
        event.c.kind.in_(sorted({EventKind.DEATH, *ENDS_QUESTIONNAIRES})),
        ~returned,
    )


def joined(ends: FromClause, as_of: date | None) -> FromClause:
    """Planned visits with the patient's state, the form that stands, and the reason, if any.

    `as_of` None is today, after which no form was answered and no reason given: then the
    rows of forms need not be read.
    """

    def of_visit(table: Table) -> ColumnElement[bool]:
        plan = planned_visit.c
        return and_(table.c.patient_id == plan.patient_id, table.c.visit == plan.visit)

    def by_then(day: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        return [] if as_of is None else [day <= as_of]

    return (
        planned_visit.join(
            patient_version,
            and_(
                patient_version.c.patient_id == planned_visit.c.patient_id,
                known(patient_version, None),
            ),
        )
        .outerjoin(form, and_(of_visit(form), standing(), *by_then(form.c.answered_on)))
        .outerjoin(ends, ends.c.patient_id == planned_visit.c.patient_id)
        .outerjoin(reason, and_(of_visit(reason), known(reason, None), *by_then(reason.c.said_on)))
    )


class Rule:
    """Conditions on a row of `joined`, none of them ever NULL, as of a day.

    A row of a patient who was randomised later than the day stands for nothing.
    Units: `valid_from` is the least number of answered items of a VALID form.
    """

    def __init__(self, ends: Ends, *, as_of: date, valid_from: int) -> None:
        plan, version = planned_visit.c, patient_version.c
        self._ends, self._as_of, self._valid_from = ends, as_of, valid_from
        self.consented = _so(version.pro_consent_on <= as_of)
        #: A day far ahead stands for a consent or a target day that has not come.
        self._consent_on = case((self.consented, version.pro_consent_on), else_=_never())
        self._target_on = func.coalesce(plan.target_on, _never())
        self.randomised = _so(version.randomised_on <= as_of)
        #: In the rates, and asked for reasons: able as recorded for the day of randomisation.
        self.in_population = and_(
            self.randomised, self.consented, version.able.is_(True), plan.asked
        )
        self.came = form.c.id.is_not(None)
        self.mature = _so(plan.closes_on < as_of)
        self.alive = ~_so(ends.death_on < self._target_on)
        self.asked_for = and_(
            self.consented,
            ~_so(plan.closes_on < version.pro_consent_on),
            ~_so(ends.withdrawal_on < self._target_on),
            ~_so(ends.stop_on < plan.target_on),
        )
        self.window_open = and_(
            plan.opens_on <= as_of, or_(plan.closes_on.is_(None), plan.closes_on >= as_of)
        )
        self.died_in_window = _so(ends.death_on.between(plan.target_on, plan.closes_on))

    @property
    def waits(self) -> ColumnElement[bool]:
        """Of a row without a form: whether one is expected and may still come in the window."""
        return and_(planned_visit.c.asked, self.asked_for, self.alive, self.window_open)

    @property
    def missing(self) -> ColumnElement[bool]:
        """Whether the status is MISSING, said without the rest."""
        return and_(planned_visit.c.asked, ~self.came, self.mature, self.asked_for, self.alive)

    @property
    def blank(self) -> ColumnElement[bool]:
        """Whether the status is EMPTY, looked at of the few forms alone that are."""
        return and_(
            self.came, form.c.id.in_(blank_forms("id")), _so(self.status == Status.EMPTY.value)
        )

    @property
    def status(self) -> ColumnElement[Any]:
        """The status; NULL where the ledger has no entry."""
        return self.status_as(lambda status: status.value)

    def status_as(self, named: Callable[[Status], Any]) -> ColumnElement[Any]:
        """The same by other names, such as numbers, of which a sort has less to compare."""
        plan, ends, on = planned_visit.c, self._ends, form.c.answered_on
        not_screened = and_(plan.target_on.is_(None), plan.opens_on > self._as_of)
        return case(
            (or_(and_(~self.came, or_(~self.consented, ~plan.asked)), not_screened), null()),
            *(
                (and_(self.came, each), named(status))
                for each, status in (
                    (on > ends.death_on, Status.ERR_FORM_AFTER_DEATH),
                    (on < self._consent_on, Status.QUARANTINE_BEFORE_CONSENT),
                    (on > ends.withdrawal_on, Status.QUARANTINE_AFTER_WITHDRAWAL),
                    (plan.target_on.is_(None), Status.WINDOW_OPEN),
                    (
                        and_(on > ends.stop_on, plan.target_on > ends.stop_on),
                        Status.EXTRA_AFTER_STOP,
                    ),
                    (~on.between(plan.opens_on, plan.closes_on), Status.OUT_OF_WINDOW),
                    (form.c.items_answered >= self._valid_from, Status.VALID),
                    (form.c.items_answered > 0, Status.PARTIAL),
                )
            ),
            (self.came, named(Status.EMPTY)),
            (~self.alive, named(Status.NE_DEATH)),
            (plan.closes_on < self._consent_on, named(Status.NE_NOT_CONSENTED)),
            (ends.withdrawal_on < self._target_on, named(Status.NE_WITHDRAWN)),
            (ends.stop_on < plan.target_on, named(Status.NE_PROTOCOL_STOP)),
            (self.window_open, named(Status.WINDOW_OPEN)),
            (self.mature, named(Status.MISSING)),
            else_=named(Status.NOT_YET_DUE),
        )


def blank_forms(column: Literal["id", "patient_id"]) -> Select[Any]:
    """The ids of forms without an answer, or of their patients.

    Found by their index, in whose words it is said: to look at the form of each visit
    would be to read them all.
    """
    blank = form.alias("blank")
    none: ColumnElement[bool] = literal_column("blank.items_answered = 0")
    return select(blank.c[column]).where(none)


def _so(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether it is so; a day that has not come makes nothing so."""
    return func.coalesce(condition, False)


def _never() -> ColumnElement[Any]:
    return literal(NEVER, Date)
