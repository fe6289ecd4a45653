"""Requests of patients about their data: written down, listed, answered in time."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app.acts.occasion import StaffOccasion
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

LONGEST_TEXT = 500
#: A list shows so many, the soonest due; the rest come up as these are answered.
ROWS = 200


class Problem(StrEnum):
    """Why nothing was kept; nothing of what was written is lost."""

    NOT_HERE = "NOT_HERE"  # no such patient or request at these sites
    CHOOSE = "CHOOSE"  # nothing of the list is chosen
    NOT_A_DAY = "NOT_A_DAY"
    DAY_AHEAD = "DAY_AHEAD"
    TOO_LONG = "TOO_LONG"
    WAITS_ALREADY = "WAITS_ALREADY"  # she has asked for the same, and it is not answered yet
    ANSWERED = "ANSWERED"  # somebody was faster
    WORDS_MISSING = "WORDS_MISSING"  # what was not done in full is explained to her


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
    """What she has asked, None when there is no such number at these sites."""
    with reading() as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return None
        return RequestsOf(patient, tuple(requests_of(connection, patient.id)))


def write_down(asked: Asked, *, number: str, at: StaffOccasion) -> date | Problem:
    """Until when what she asked is to be answered."""
    read = _read(asked, at.today)
    if isinstance(read, Problem):
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
            return Problem.WAITS_ALREADY if patient else Problem.NOT_HERE
        return due


def _read(asked: Asked, today: date) -> tuple[RequestKind, date] | Problem:
    if asked.kind not in tuple(RequestKind):
        return Problem.CHOOSE
    try:
        asked_on = date.fromisoformat(asked.asked_on)
    except ValueError:
        return Problem.NOT_A_DAY
    if asked_on > today:
        return Problem.DAY_AHEAD
    if len(asked.words) > LONGEST_TEXT:
        return Problem.TOO_LONG
    return RequestKind(asked.kind), asked_on


def answer(request_id: int, given: Answered, *, number: str, at: StaffOccasion) -> Problem | None:
    """Why the answer was not kept, None once it is."""
    if given.outcome not in tuple(RequestOutcome):
        return Problem.CHOOSE
    outcome = RequestOutcome(given.outcome)
    if needs_words(outcome) and not given.words:
        return Problem.WORDS_MISSING
    if len(given.words) > LONGEST_TEXT:
        return Problem.TOO_LONG
    with transaction(at.actor, at.now) as tx:
        patient = find_patient(tx.connection, number, sites=at.sites)
        hers = requests_of(tx.connection, patient.id) if patient else []
        asked = next((each for each in hers if each.id == request_id), None)
        words = given.words or None
        if asked is None or not answer_request(
            tx, request_id, outcome, answer=words, answered_on=at.today
        ):
            tx.abandon()
            return Problem.ANSWERED if asked else Problem.NOT_HERE
        changes = {"kind": (None, asked.kind.value), "outcome": (None, outcome.value)}
        if words:  # what she was told stays with the request
            changes["answer"] = (None, "recorded")
        tx.record("request.answered", number, changes=changes)
        return None
