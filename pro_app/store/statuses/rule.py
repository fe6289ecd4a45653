"""What is expected of each planned visit, and in which status it is: the rule in SQL, once.

Flags, Today, counts and letters ask it, since they must not compute every status of
every patient to find fifty. It says the same as `core.ledger` does; a property test
holds the two against each other. Patients whose course needs more than the first day of
each kind of event, or whose forms were changed or decided on, are few and left to the
core: see `left_to_core`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    FromClause,
    Table,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union,
)

from pro_app.core.course import NEVER
from pro_app.core.facts import ENDED_BY, ENDS_QUESTIONNAIRES, EventKind
from pro_app.core.ledger import UNANSWERED, Status
from pro_app.core.rates import COUNTED
from pro_app.core.study import Study
from pro_app.store.engine.known import known
from pro_app.store.forms.amended import blank_first
from pro_app.store.statuses.facts import standing
from pro_app.store.tables import (
    correction,
    correction_decision,
    event,
    form,
    form_decision,
    patient_version,
    planned_visit,
    reason,
    void,
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
            first(study.stop_events).label("stop_on"),
        )
        .where(known(event, None), event.c.happened_on <= as_of)
        .group_by(event.c.patient_id)
        .subquery("ends")
    )
    return found, Ends(found.c.death_on, found.c.withdrawal_on, found.c.stop_on)


def ends_of_the_asked(study: Study, as_of: date) -> Ends:
    """Those of the row at hand, of a patient who neither died nor withdrew."""
    never: ColumnElement[Any] = cast(null(), Date)
    if not study.stop_events:
        return Ends(never, never, never)
    stop = (
        select(func.min(event.c.happened_on))
        .where(
            event.c.patient_id == planned_visit.c.patient_id,
            known(event, None),
            event.c.kind.in_(sorted(study.stop_events)),
            event.c.happened_on <= as_of,
        )
        .scalar_subquery()
    )
    return Ends(never, never, stop)


def asked_no_more(patient_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a patient died, or withdrew and did not return: nobody calls them any more."""
    back = event.alias("back")
    ended = or_(
        *(
            and_(event.c.kind == out, back.c.kind == ended_by)
            for out, ended_by in sorted(ENDED_BY.items())
        )
    )
    returned = exists().where(
        back.c.patient_id == event.c.patient_id,
        back.c.superseded_at.is_(None),
        back.c.happened_on >= event.c.happened_on,
        ended,
    )
    return exists().where(
        event.c.patient_id == patient_id,
        known(event, None),
        event.c.kind.in_(sorted({EventKind.DEATH, *ENDS_QUESTIONNAIRES})),
        ~returned,
    )


def left_to_core(as_of: date) -> CompoundSelect[Any]:
    """The ids of patients of whom the rule in SQL does not speak, and the core has to.

    Whoever returned from a withdrawal, went to another site after the day (the plan has
    the sites of today), or has a form that was corrected, decided on or declared wrong,
    or several of a visit of which the first is blank.
    """
    changed = (
        select(form.c.patient_id)
        .join(correction, correction.c.form_id == form.c.id)
        .join(correction_decision, correction_decision.c.correction_id == correction.c.id)
        .where(correction_decision.c.signed)
    )
    decided = (
        select(form.c.patient_id)
        .join(form_decision, form_decision.c.form_id == form.c.id)
        .where(known(form_decision, None), ~form.c.proxy)
    )
    moved = and_(event.c.kind == EventKind.TRANSFER, event.c.happened_on > as_of)
    events = select(event.c.patient_id).where(
        known(event, None), or_(event.c.kind.in_(_RETURNS), moved)
    )
    wrong = select(void.c.patient_id).where(void.c.form_id.is_not(None))
    blank = select(blank_first().subquery("blank_first").c.patient_id)
    return union(changed, decided, events, wrong, blank)


def ids_left_to_core(connection: Connection, as_of: date) -> frozenset[int]:
    """The same patients, read."""
    return frozenset(connection.execute(left_to_core(as_of)).scalars())


def joined(ends: FromClause, as_of: date) -> FromClause:
    """Planned visits with the patient's state, the form that stands, and the reason, if any."""

    def of_visit(table: Table) -> ColumnElement[bool]:
        plan = planned_visit.c
        return and_(table.c.patient_id == plan.patient_id, table.c.visit == plan.visit)

    return (
        planned_visit.join(
            patient_version,
            and_(
                patient_version.c.patient_id == planned_visit.c.patient_id,
                known(patient_version, None),
            ),
        )
        .outerjoin(form, and_(of_visit(form), standing(), form.c.answered_on <= as_of))
        .outerjoin(ends, ends.c.patient_id == planned_visit.c.patient_id)
        .outerjoin(reason, and_(of_visit(reason), known(reason, None), reason.c.said_on <= as_of))
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
        self.in_population = and_(self.randomised, self.consented, version.able.is_(True))
        self.came = form.c.id.is_not(None)
        self.mature = _so(plan.closes_on < as_of)
        self.alive = ~_so(ends.death_on < self._target_on)
        self.asked_for = ~or_(
            _so(plan.closes_on < self._consent_on),
            _so(ends.withdrawal_on < self._target_on),
            _so(ends.stop_on < plan.target_on),
        )
        self.window_open = and_(
            _so(plan.opens_on <= as_of),
            or_(plan.closes_on.is_(None), _so(plan.closes_on >= as_of)),
        )
        self.died_in_window = _so(ends.death_on.between(plan.target_on, plan.closes_on))

    @property
    def waits(self) -> ColumnElement[bool]:
        """Of a row without a form: whether one is expected and may still come in the window."""
        return and_(self.consented, self.alive, self.asked_for, self.window_open)

    @property
    def status(self) -> ColumnElement[Any]:
        """The status; NULL where the ledger has no entry."""
        plan, ends, on = planned_visit.c, self._ends, form.c.answered_on
        not_screened = and_(plan.target_on.is_(None), plan.opens_on > self._as_of)
        return case(
            (or_(and_(~self.came, ~self.consented), not_screened), null()),
            *(
                (and_(self.came, each), status.value)
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
            (self.came, Status.EMPTY.value),
            (~self.alive, Status.NE_DEATH.value),
            (plan.closes_on < self._consent_on, Status.NE_NOT_CONSENTED.value),
            (ends.withdrawal_on < self._target_on, Status.NE_WITHDRAWN.value),
            (ends.stop_on < plan.target_on, Status.NE_PROTOCOL_STOP.value),
            (self.window_open, Status.WINDOW_OPEN.value),
            (self.mature, Status.MISSING.value),
            else_=Status.NOT_YET_DUE.value,
        )


def is_unanswered(status: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a status asks for a reason."""
    return _so(status.in_(sorted(UNANSWERED)))


def is_counted(status: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a status is that of a form that counts as handed in."""
    return _so(status.in_(sorted(COUNTED)))


def _so(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether it is so; a day that has not come makes nothing so."""
    return func.coalesce(condition, False)


def _never() -> ColumnElement[Any]:
    return literal(NEVER, Date)
