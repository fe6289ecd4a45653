"""Versions of the protocol and an anchor day → the one plan of a patient's visits.

Source: science page, section 3, "Amendments". A visit whose window, by the version in
force before, opened before the amendment's day keeps that version for ever. One that
opens on that day or later follows the new version. A visit that is new and whose
window would close before that day is not asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from pro_app.core.facts import PatientFacts
from pro_app.core.schedule import PlannedVisit, plan
from pro_app.core.study import PlanVersion, Study


def planned(study: Study, facts: PatientFacts) -> tuple[PlannedVisit, ...]:
    """The plan of a randomised patient, by target day, as it was known with the facts.

    Visits that are not asked for stand in it too: see PlannedVisit. Errors: ValueError
    where the calendar ends; AssertionError for a patient without a randomisation.
    """
    assert facts.randomised_on is not None  # noqa: S101 - asked of the randomised alone
    return planned_from(study, facts.randomised_on, known_at=facts.known_at)


def planned_from(
    study: Study, anchor: date, *, known_at: datetime | None = None
) -> tuple[PlannedVisit, ...]:
    """The same from an anchor day. `known_at` leaves out what was recorded later."""
    versions = _known(study.plans, known_at)
    if len(versions) < 2:
        return plan(versions[0].visits if versions else study.visits, anchor)
    return _amended(versions, anchor)


def asked_from(study: Study, anchor: date | None) -> tuple[PlannedVisit, ...]:
    """The visits that are asked for; none before the randomisation."""
    return tuple(v for v in planned_from(study, anchor) if v.asked) if anchor else ()


def version_on(study: Study, opens_on: date) -> int:
    """The number of the version that a window follows which opens on this day."""
    return max((v.number for v in study.plans if _since(v) <= opens_on), default=1)


def windows_ever(study: Study, anchor: date, visit: str) -> tuple[PlannedVisit, ...]:
    """The windows that a visit had by each version by itself.

    What was begun in one of them may be finished, whatever was amended since.
    """
    versions = [version.visits for version in study.plans] or [study.visits]
    return tuple(v for visits in versions for v in plan(visits, anchor) if v.visit == visit)


def before_amendments(study: Study) -> tuple[Study, ...]:
    """The study as it was before each amendment, the latest first."""
    return tuple(
        replace(study, visits=study.plans[n - 1].visits, plans=study.plans[:n])
        for n in range(len(study.plans) - 1, 0, -1)
    )


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A patient's visit that an amendment changes; None where it is not asked for.

    `late`: its window, as it is now, closed before the amendment's day.
    """

    visit: str
    before: PlannedVisit | None
    after: PlannedVisit | None
    late: bool


def plan_changes(
    before: Sequence[PlannedVisit], after: Sequence[PlannedVisit], effective_on: date
) -> tuple[PlanChange, ...]:
    """The visits that move, appear or vanish from one plan to the other."""
    was = {each.visit: each for each in before if each.asked}
    will_be = {each.visit: each for each in after if each.asked}
    changes = []
    for code in was | will_be:
        old, new = was.get(code), will_be.get(code)
        if _days(old) != _days(new):
            late = new is not None and new.closes_on < effective_on
            changes.append(PlanChange(code, old, new, late))
    return tuple(changes)


def _days(visit: PlannedVisit | None) -> tuple[date, ...]:
    return (visit.opens_on, visit.target_on, visit.closes_on) if visit else ()


def _since(version: PlanVersion) -> date:
    return version.effective_on or date.min


def _known(versions: tuple[PlanVersion, ...], known_at: datetime | None) -> tuple[PlanVersion, ...]:
    """The versions recorded by an instant; the first holds from the beginning."""
    if known_at is None or not versions:
        return versions
    return versions[:1] + tuple(v for v in versions[1:] if v.recorded_at <= known_at)


@lru_cache(maxsize=4096)
def _amended(versions: tuple[PlanVersion, ...], anchor: date) -> tuple[PlannedVisit, ...]:
    found = {visit.visit: visit for visit in plan(versions[0].visits, anchor)}
    for version in versions[1:]:
        new = {
            visit.visit: replace(visit, version=version.number)
            for visit in plan(version.visits, anchor)
        }
        since = _since(version)
        found = {code: _one(found.get(code), new.get(code), since) for code in [*found, *new]}
    return tuple(sorted(found.values(), key=lambda visit: (visit.target_on, visit.opens_on)))


def _one(before: PlannedVisit | None, new: PlannedVisit | None, since: date) -> PlannedVisit:
    """What becomes of one visit at an amendment; one of the two is there."""
    if before is not None and before.asked and before.opens_on < since:
        return before
    if new is None:
        assert before is not None  # noqa: S101
        return replace(before, asked=False)
    came_in = before is None or not before.asked
    return replace(new, asked=False) if came_in and new.closes_on < since else new
