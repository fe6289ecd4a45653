"""Sign off the record of a patient or of a site, lock and unlock it, and say how it stands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pro_app.core.versions import version_of_many
from pro_app.store import locks
from pro_app.store.facts import Scope, read_facts
from pro_app.store.locks import Lock
from pro_app.store.patients import Patient, find_patient
from pro_app.store.record_forms import FormLine, forms_of
from pro_app.store.signatures import Signature, sign, signatures_of
from pro_app.store.transaction import Actor, Tx, reading, transaction
from pro_app.store.versions import versions_of

LONGEST_WHY = 500


class Kind(StrEnum):
    """Whose record it is."""

    PATIENT = "patient"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Record:
    """What is signed or locked; `subject` is a trial number or a site's code."""

    kind: Kind
    subject: str

    @property
    def told(self) -> str:
        """How the trail calls it."""
        return self.subject if self.kind is Kind.PATIENT else f"site:{self.subject}"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature; it holds while the record is what was signed, which nobody stores."""

    signature: Signature
    holds: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record stands: its version now, who signed, and whether it is locked.

    `by_site`: the lock is that of the whole site.
    """

    record: Record
    version_sha256: str
    signed: tuple[Signed, ...]
    lock: Lock | None
    by_site: bool = False

    @property
    def holds(self) -> Signature | None:
        """The latest signature that holds."""
        return next((each.signature for each in self.signed if each.holds), None)


@dataclass(frozen=True, slots=True)
class PatientRecord:
    patient: Patient
    standing: Standing
    forms: tuple[FormLine, ...]


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """A site's own standing, and that of each of its patients, by number."""

    standing: Standing
    patients: tuple[Standing, ...]


class Problem(StrEnum):
    """Why nothing was signed, locked or unlocked."""

    CHANGED = "CHANGED"  # the record is no longer what was shown
    WHY_MISSING = "WHY_MISSING"
    TOO_LONG = "TOO_LONG"
    ALREADY = "ALREADY"  # it is locked, or open, as was asked for


def patient_record(number: str, *, sites: Sequence[str] | None) -> PatientRecord | None:
    """How her record stands, None when there is no such number at these sites."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=sites)
        if patient is None:
            return None
        version = versions_of(connection, [patient.id])[number]
        own = locks.locks_of(connection, Kind.PATIENT, [number]).get(number)
        whole = locks.locks_of(connection, Kind.SITE, [patient.site]).get(patient.site)
        signatures = signatures_of(connection, Kind.PATIENT, [number])
        standing = _standing(Record(Kind.PATIENT, number), version, signatures, own, whole)
        return PatientRecord(patient, standing, tuple(forms_of(connection, patient.id)))


def standing_of(number: str, *, sites: Sequence[str] | None) -> Standing | None:
    """How her record stands, None while nobody signed or locked it: then little is asked."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=sites)
        if patient is None:
            return None
        own = locks.locks_of(connection, Kind.PATIENT, [number]).get(number)
        whole = locks.locks_of(connection, Kind.SITE, [patient.site]).get(patient.site)
        signatures = signatures_of(connection, Kind.PATIENT, [number])
        if not (own or whole or signatures):
            return None
        version = versions_of(connection, [patient.id])[number]
    return _standing(Record(Kind.PATIENT, number), version, signatures, own, whole)


def site_record(site: str) -> SiteRecord:
    """How the records of a site stand, in a fixed number of queries."""
    with reading(snapshot=True) as connection:
        people = read_facts(connection, Scope(sites=(site,)))
        versions = versions_of(connection, [person.id for person in people])
        numbers = sorted(versions)
        own = locks.locks_of(connection, Kind.PATIENT, numbers)
        whole = locks.locks_of(connection, Kind.SITE, [site]).get(site)
        of_people: dict[str, list[Signature]] = defaultdict(list)
        for each in signatures_of(connection, Kind.PATIENT, numbers):
            of_people[each.subject].append(each)
        of_site = signatures_of(connection, Kind.SITE, [site])
    patients = tuple(
        _standing(
            Record(Kind.PATIENT, number),
            versions[number],
            of_people[number],
            own.get(number),
            whole,
        )
        for number in numbers
    )
    version = version_of_many(versions)
    return SiteRecord(_standing(Record(Kind.SITE, site), version, of_site, whole), patients)


def _standing(
    record: Record,
    version: str,
    signatures: Sequence[Signature],
    own: Lock | None,
    whole: Lock | None = None,
) -> Standing:
    signed = tuple(Signed(each, each.version_sha256 == version) for each in signatures)
    return Standing(
        record, version, signed, own or whole, by_site=own is None and whole is not None
    )


def sign_off(
    record: Record, *, shown: str, meaning: str, actor: Actor, now: datetime
) -> Problem | None:
    """Sign the version that was `shown`; None once that is done.

    That it is she who signs was asked before: this is for whoever has made sure.
    """
    with transaction(actor, now) as tx:
        locks.wait_for_writers(tx, record.kind, record.subject)
        if _version(tx, record) != shown:
            tx.abandon()
            return Problem.CHANGED
        kept = {"version_sha256": shown, "meaning": meaning}
        sign(tx, kind=record.kind, subject=record.subject, **kept)
        tx.record("record.signed", record.told, changes={k: (None, v) for k, v in kept.items()})
    return None


def _version(tx: Tx, record: Record) -> str:
    if record.kind is Kind.PATIENT:
        found = find_patient(tx.connection, record.subject)
        return versions_of(tx.connection, [found.id])[record.subject] if found else ""
    people = read_facts(tx.connection, Scope(sites=(record.subject,)))
    return version_of_many(versions_of(tx.connection, [each.id for each in people]))


def set_lock(
    record: Record, locked: bool, *, why: str, actor: Actor, now: datetime
) -> Problem | None:
    """Lock or unlock a record, with a reason; None once that is done."""
    why = why.strip()
    if not why:
        return Problem.WHY_MISSING
    if len(why) > LONGEST_WHY:
        return Problem.TOO_LONG
    with transaction(actor, now) as tx:
        if locked:
            done = locks.lock(tx, record.kind, record.subject, why)
        else:
            done = locks.unlock(tx, record.kind, record.subject)
        if not done:
            tx.abandon()
            return Problem.ALREADY
        tx.record("record.locked" if locked else "record.unlocked", record.told, reason=why)
    return None
