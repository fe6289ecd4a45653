"""Amend the protocol: show what would change for whom, or record it and plan anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.protocol import study_of
from pro_app.core import leaving
from pro_app.core.alerts import problems as alert_problems
from pro_app.core.amendment import Difference, InUse, differences, obstacles
from pro_app.core.ledger import ledger
from pro_app.core.plan import PlanChange, plan_changes, planned
from pro_app.core.preview import VisitChange
from pro_app.core.preview import differences as entry_differences
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.sites import EVERYWHERE
from pro_app.core.study import Study, StudyError
from pro_app.store.engine.study_versions import (
    Stamp,
    StudyVersion,
    hold_patients,
    plans_of,
    read_versions,
    record_version,
)
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.patients import write_plans
from pro_app.store.statuses.facts import Known, Scope, read_facts
from pro_app.store.statuses.flags import Counts, synchronise_flags
from pro_app.store.statuses.held import Held, read_held
from pro_app.store.trail.trail import trail_of


@dataclass(frozen=True, slots=True)
class PatientChange:
    """What changes for one patient: windows, and statuses as of today.

    `held_back`: what of it may not be named, since consent to further use was withdrawn.
    """

    number: str
    site: str
    plan: tuple[PlanChange, ...]
    statuses: tuple[VisitChange, ...]
    held_back: leaving.Held | None = None


@dataclass(frozen=True, slots=True)
class Amended:
    """What an amendment changes, recorded or not; `number` is the new version's."""

    number: int
    differences: tuple[Difference, ...]
    patients: tuple[PatientChange, ...]
    of_patients: int
    flags: Counts

    @property
    def moved(self) -> int:
        return sum(1 for change in self._changes() if change.before and change.after)

    @property
    def appeared(self) -> int:
        return sum(1 for change in self._changes() if not change.before)

    @property
    def vanished(self) -> int:
        return sum(1 for change in self._changes() if not change.after)

    @property
    def late(self) -> int:
        """Windows that, as they are now, closed before the amendment's day."""
        return sum(1 for change in self._changes() if change.late)

    @property
    def reclassified(self) -> int:
        return sum(len(each.statuses) for each in self.patients)

    def _changes(self) -> Iterator[PlanChange]:
        return (change for each in self.patients for change in each.plan)


def amend(
    file: Study, *, effective_on: date, reason: str, trial: bool = False, at: StaffOccasion
) -> Amended | Refused:
    """What the file changes as the next version, recorded unless it is a `trial`.

    Windows, plans and flags follow in the same transaction.
    Errors: StudyError where an alert of the file can't be one of this instrument.
    """
    wrong = list(alert_problems(file, at.instrument))
    if wrong:
        raise StudyError(wrong)
    with transaction(at.actor, at.now) as tx:
        hold_patients(tx)
        held = read_held(tx.connection)
        versions = [(v.stamp, study_of(v, file)) for v in read_versions(tx.connection)]
        refused = _refused(file, versions, held, effective_on, reason, at.study)
        if refused:
            tx.abandon()
            return refused
        number = versions[-1][0].number + 1
        record_version(tx, file, number=number, effective_on=effective_on, reason=reason)
        stamp = Stamp(number, effective_on, file.sha256, at.now)
        before = replace(versions[-1][1], plans=plans_of(versions))
        after = replace(file, plans=plans_of([*versions, (stamp, file)]))
        valid_from, today = at.instrument.valid_from, at.today
        found = tuple(_patient_changes(tx, before, after, effective_on, valid_from, today))
        told = differences(before, file)
        of_patients = write_plans(tx, after)
        in_force = after if effective_on <= today else replace(before, plans=after.plans)
        done = Amended(number, told, found, of_patients, synchronise_flags(tx, in_force, today))
        _record(tx, done, before, after, effective_on, reason)
        if trial:
            tx.abandon()
        return done


def _refused(
    file: Study,
    versions: Sequence[tuple[Stamp, Study]],
    held: Held,
    effective_on: date,
    reason: str,
    seen: Study,
) -> Refused | None:
    """`seen`: the study with the versions that whoever amends it has seen."""
    if not versions:
        return Refused(Why.NO_PATIENTS)
    stamp, last = versions[-1]
    in_use = InUse(held.sites, held.reasons, held.alerts)
    if file.sha256 == stamp.sha256:
        return Refused(Why.NOTHING_CHANGED, "file")
    if stamp.number != (len(seen.plans) or 1):
        return Refused(Why.AMENDED_MEANWHILE, "file", stamp.number)
    in_the_way = obstacles(last, file, in_use)
    if in_the_way:
        return Refused(Why.MUST_STAY, "file", in_the_way)
    if not reason.strip():
        return Refused(Why.WHY_MISSING, "reason")
    if len(reason) > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "reason", LONGEST_TEXT)
    if stamp.effective_on is not None and effective_on <= stamp.effective_on:
        return Refused(Why.NOT_AFTER_LAST, "from", stamp.effective_on)
    if held.first_on is not None and effective_on < held.first_on:
        return Refused(Why.BEFORE_FIRST_PATIENT, "from", held.first_on)
    return None


def _patient_changes(
    tx: Tx, before: Study, after: Study, effective_on: date, valid_from: int, today: date
) -> Iterator[PatientChange]:
    codes = [visit.code for visit in after.all_visits]
    held = held_back(tx.connection)
    for known in read_facts(tx.connection, Scope(EVERYWHERE)):
        plan, statuses = _changes(known, before, after, effective_on, valid_from, today, codes)
        if plan or statuses:
            number, site = known.facts.patient_id, known.facts.site_on(today)
            yield PatientChange(number, site, plan, statuses, held.get(number))


def _changes(
    known: Known,
    before: Study,
    after: Study,
    effective_on: date,
    valid_from: int,
    today: date,
    codes: Sequence[str],
) -> tuple[tuple[PlanChange, ...], tuple[VisitChange, ...]]:
    facts = known.facts
    if facts.randomised_on is None:
        return (), ()
    plan = plan_changes(planned(before, facts), planned(after, facts), effective_on)
    was, will_be = (
        ledger(facts, study, valid_from=valid_from, as_of=today) for study in (before, after)
    )
    told = entry_differences(was, will_be, codes)
    # A visit that comes or goes is told among the windows.
    statuses = tuple(c for c in told if c.before and c.after and c.reads_otherwise)
    return plan, statuses


def _record(
    tx: Tx, done: Amended, before: Study, after: Study, effective_on: date, reason: str
) -> None:
    counts = ("moved", "appeared", "vanished", "reclassified")
    changes = {
        "number": (done.number - 1, done.number),
        "sha256": (before.sha256, after.sha256),
        "effective_on": (None, effective_on.isoformat()),
        **{name: (None, getattr(done, name)) for name in counts},
    }
    tx.record("study.amended", f"study:{after.id}", changes=changes, reason=reason)


@dataclass(frozen=True, slots=True)
class Shown:
    """A version as people look at it, with what it changed of the one before.

    `counts`: moved, appeared, vanished and reclassified visits, as the trail has them.
    """

    version: StudyVersion
    study: Study
    differences: tuple[Difference, ...]
    counts: dict[str, int]


def versions(like: Study) -> tuple[Shown, ...]:
    """All versions, the first one first; none before the first patient."""
    with reading() as connection:
        found = read_versions(connection)
        events = trail_of(
            connection, f"study:{like.id}", limit=1000, without=("flags.synchronised",)
        )
    amended = [event.changes for event in events if event.action == "study.amended"]
    counts = {
        changes["number"][1]: {name: new for name, (_, new) in changes.items()}
        for changes in amended
    }
    shown: list[Shown] = []
    for version in found:
        study = study_of(version, like)
        changed = differences(shown[-1].study, study) if shown else ()
        shown.append(Shown(version, study, changed, counts.get(version.stamp.number, {})))
    return tuple(shown)
