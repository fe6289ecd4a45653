"""Requests of patients about their data: written down, listed, answered in time."""

from dataclasses import dataclass
from datetime import date

from pro_app.acts.entered import day_of
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.requests import RequestKind, RequestOutcome, needs_words
from pro_app.store.desk.requests import (
    DataRequest,
    OpenRequest,
    add_request,
    answer_request,
    open_requests,
    requests_of,
)
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.patients.patients import Patient, find_patient, lock_patient

#: A list shows so many, the soonest due; the rest come up as these are answered.
ROWS = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was written down at the desk."""

    kind: str = ""
    asked_on: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was written down."""

    outcome: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class RequestsOf:
    patient: Patient
    requests: tuple[DataRequest, ...]

    @property
    def open(self) -> tuple[DataRequest, ...]:
        """The soonest due first."""
        waiting = [each for each in self.requests if each.answered_at is None]
        return tuple(sorted(waiting, key=lambda each: (each.due_on, each.id)))

    @property
    def answered(self) -> tuple[DataRequest, ...]:
        return tuple(each for each in self.requests if each.answered_at is not None)


def waiting(*, at: StaffOccasion) -> tuple[OpenRequest, ...]:
    with reading() as connection:
        return open_requests(connection, sites=at.sites, limit=ROWS)


def of_patient(number: str, *, at: StaffOccasion) -> RequestsOf | None:
    """What the patient has asked, None when there is no such number at these sites."""
    with reading() as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return None
        return RequestsOf(patient, tuple(requests_of(connection, patient.id)))


def write_down(asked: Asked, *, number: str, at: StaffOccasion) -> date | Refused:
    """Until when what the patient asked is to be answered."""
    read = _read(asked, at.today)
    if isinstance(read, Refused):
        return read
    kind, asked_on = read
    with transaction(at.actor, at.now) as tx:
        patient = find_patient(tx.connection, number, sites=at.sites)
        words = asked.words or None
        due = None
        if patient:
            lock_patient(tx, patient.id)
            due = add_request(tx, patient.id, number, kind, asked_on=asked_on, words=words)
        if due is None:
            tx.abandon()
            return Refused(Why.WAITS_ALREADY) if patient else Refused(Why.NOT_HERE)
        return due


def _read(asked: Asked, today: date) -> tuple[RequestKind, date] | Refused:
    if asked.kind not in tuple(RequestKind):
        return Refused(Why.NOT_A_CHOICE)
    asked_on = day_of(asked.asked_on)
    if asked_on is None:
        return Refused(Why.NOT_A_DAY, "asked_on")
    if asked_on > today:
        return Refused(Why.DAY_AHEAD, "asked_on")
    if len(asked.words) > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "words", LONGEST_TEXT)
    return RequestKind(asked.kind), asked_on


def answer(request_id: int, given: Answered, *, number: str, at: StaffOccasion) -> Refused | None:
    """Why the answer was not kept, None once it is."""
    if given.outcome not in tuple(RequestOutcome):
        return Refused(Why.NOT_A_CHOICE)
    outcome = RequestOutcome(given.outcome)
    if needs_words(outcome) and not given.words:
        return Refused(Why.ANSWER_MISSING, "words")
    if len(given.words) > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "words", LONGEST_TEXT)
    with transaction(at.actor, at.now) as tx:
        patient = find_patient(tx.connection, number, sites=at.sites)
        known = requests_of(tx.connection, patient.id) if patient else []
        asked = next((each for each in known if each.id == request_id), None)
        words = given.words or None
        if asked is None or not answer_request(
            tx, request_id, outcome, answer=words, answered_on=at.today
        ):
            tx.abandon()
            return Refused(Why.REQUEST_ANSWERED) if asked else Refused(Why.NOT_HERE)
        changes = {"kind": (None, asked.kind.value), "outcome": (None, outcome.value)}
        if words:  # what the patient was told stays with the request
            changes["answer"] = (None, "recorded")
        tx.record("request.answered", number, changes=changes)
        return None
