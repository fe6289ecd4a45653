"""Sign records off, lock and unlock them, and say how they stand.

A patient's record and that of a site are signed; a visit and the study are locked alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.leaving import Held
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.sites import EVERYWHERE, only
from pro_app.core.study import Study
from pro_app.core.versions import version_of_many
from pro_app.store.engine.locked import Kind as Kind
from pro_app.store.engine.locked import visit_subject
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms.form_list import FormLine, forms_of
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.patients import Patient, find_patient
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.statuses.versions import versions_of
from pro_app.store.trail import locks
from pro_app.store.trail.locks import Lock, Locks, read_locks
from pro_app.store.trail.signatures import Signature, sign, signatures_of


@dataclass(frozen=True, slots=True)
class Record:
    """What is signed or locked; `subject` is as a lock has it."""

    kind: Kind
    subject: str

    @property
    def told(self) -> str:
        """How the trail calls it: a visit by its patient's number."""
        if self.kind is Kind.PATIENT:
            return self.subject
        if self.kind is Kind.VISIT:
            return self.subject.rpartition("/")[0]
        return f"{self.kind}:{self.subject}"

    @property
    def visit(self) -> str | None:
        return self.subject.rpartition("/")[2] if self.kind is Kind.VISIT else None


def record_of_visit(number: str, visit: str) -> Record:
    return Record(Kind.VISIT, visit_subject(number, visit))


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature; it holds while the record is what was signed, which nobody stores."""

    signature: Signature
    holds: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record stands: its version now, who signed, and whether it is locked.

    `lock` is its own, or that of its site or of the study; `visits`: visit → its own lock.
    """

    record: Record
    version_sha256: str
    signed: tuple[Signed, ...]
    lock: Lock | None
    visits: Mapping[str, Lock] = field(default_factory=dict)

    @property
    def with_others(self) -> Kind | None:
        """What it is locked with, None: by itself, or not at all."""
        if self.lock is None or self.lock.kind is self.record.kind:
            return None
        return self.lock.kind

    @property
    def holds(self) -> Signature | None:
        """The latest signature that holds."""
        return next((each.signature for each in self.signed if each.holds), None)


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """`forms` are none of a patient of whom no row may leave: `held` says why."""

    patient: Patient
    standing: Standing
    forms: tuple[FormLine, ...]
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """A site's own standing, that of each of its patients, and the lock of the study."""

    standing: Standing
    patients: tuple[Standing, ...]
    of_study: Lock | None


def patient_record(number: str, *, at: StaffOccasion) -> PatientRecord | None:
    """How the patient's record stands, None when there is no such number at these sites."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return None
        version = versions_of(connection, [patient.id])[number]
        found = locks.locks_of_patient(connection, number, patient.site, at.study)
        signatures = signatures_of(connection, Kind.PATIENT, [number])
        standing = _standing(patient.site, number, version, signatures, found, at.study)
        held = held_back(connection, patient_ids=[patient.id]).get(number)
        forms = forms_of(connection, patient.id) if held is None or held.until else []
        return PatientRecord(patient, standing, tuple(forms), held)


def standing_of(number: str, *, at: StaffOccasion) -> Standing | None:
    """How the patient's record stands; None, at little cost, while nobody signed or locked it."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return None
        found = locks.locks_of_patient(connection, number, patient.site, at.study)
        signatures = signatures_of(connection, Kind.PATIENT, [number])
        if not (found or signatures):
            return None
        version = versions_of(connection, [patient.id])[number]
    return _standing(patient.site, number, version, signatures, found, at.study)


def site_record(site: str, *, at: StaffOccasion) -> SiteRecord:
    """How the records of a site stand, in a fixed number of queries."""
    with reading(snapshot=True) as connection:
        people = read_facts(connection, Scope(only(site)))
        versions = versions_of(connection, [person.id for person in people])
        numbers = sorted(versions)
        wanted = {Kind.PATIENT: numbers, Kind.SITE: [site], Kind.STUDY: [at.study.id]}
        found = read_locks(connection, wanted)
        of_people: dict[str, list[Signature]] = defaultdict(list)
        for each in signatures_of(connection, Kind.PATIENT, numbers):
            of_people[each.subject].append(each)
        of_site = signatures_of(connection, Kind.SITE, [site])
    patients = tuple(
        _standing(site, number, versions[number], of_people[number], found, at.study)
        for number in numbers
    )
    standing = _standing(site, None, version_of_many(versions), of_site, found, at.study)
    return SiteRecord(standing, patients, found.get((Kind.STUDY, at.study.id)))


def _standing(
    site: str,
    number: str | None,
    version: str,
    signatures: Sequence[Signature],
    found: Locks,
    study: Study,
) -> Standing:
    """How a patient's record stands, or where there is no number that of the site."""
    record = Record(Kind.PATIENT, number) if number else Record(Kind.SITE, site)
    above = [(record.kind, record.subject), (Kind.SITE, site), (Kind.STUDY, study.id)]
    of_visits = {
        visit.code: found.get((Kind.VISIT, visit_subject(number or "", visit.code)))
        for visit in (study.all_visits if number else ())
    }
    return Standing(
        record,
        version,
        tuple(Signed(each, each.version_sha256 == version) for each in signatures),
        next((found[each] for each in above if each in found), None),
        {visit: lock for visit, lock in of_visits.items() if lock},
    )


def sign_off(record: Record, *, shown: str, meaning: str, at: StaffOccasion) -> Refused | None:
    """Sign the version that was `shown`; None once that is done.

    Who signs was proved before: this is for callers that made sure of it.
    """
    with transaction(at.actor, at.now) as tx:
        locks.wait_for_writers(tx, record.kind, record.subject)
        if _version(tx, record) != shown:
            tx.abandon()
            return Refused(Why.CHANGED)
        kept = {"version_sha256": shown, "meaning": meaning}
        sign(tx, kind=record.kind, subject=record.subject, **kept)
        tx.record("record.signed", record.told, changes={k: (None, v) for k, v in kept.items()})
    return None


def _version(tx: Tx, record: Record) -> str:
    if record.kind is Kind.PATIENT:
        found = find_patient(tx.connection, record.subject, sites=EVERYWHERE)
        return versions_of(tx.connection, [found.id])[record.subject] if found else ""
    people = read_facts(tx.connection, Scope(only(record.subject)))
    return version_of_many(versions_of(tx.connection, [each.id for each in people]))


def set_lock(record: Record, locked: bool, *, why: str, at: StaffOccasion) -> Refused | None:
    """Lock or unlock a record, with a reason; None once that is done."""
    why = why.strip()
    if not why:
        return Refused(Why.WHY_MISSING, "why")
    if len(why) > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "why", LONGEST_TEXT)
    with transaction(at.actor, at.now) as tx:
        if locked:
            done = locks.lock(tx, record.kind, record.subject, why)
        else:
            done = locks.unlock(tx, record.kind, record.subject)
        if not done:
            tx.abandon()
            return Refused(Why.SO_ALREADY)
        tx.record(
            "record.locked" if locked else "record.unlocked",
            record.told,
            visit=record.visit,
            reason=why,
        )
    return None
