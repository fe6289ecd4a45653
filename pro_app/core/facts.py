"""What is known of a patient: the facts from which every status is computed."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class EventKind(StrEnum):
    """What can happen to a patient; the values are those of imports and exports."""

    DEATH = "death"
    PROGRESSION = "progression"
    TREATMENT_STOPPED = "treatment_stopped"
    SURGERY = "surgery"
    RADIOTHERAPY = "radiotherapy"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up"
    WITHDRAWAL_TREATMENT = "withdrawal_treatment"  # changes nothing for the forms
    WITHDRAWAL_QUESTIONNAIRES = "withdrawal_questionnaires"
    WITHDRAWAL_FOLLOW_UP = "withdrawal_follow_up"
    WITHDRAWAL_CONSENT = "withdrawal_consent"  # further use of data, too


#: The withdrawals after which no form is expected; the earliest day wins.
ENDS_QUESTIONNAIRES = frozenset(
    {
        EventKind.WITHDRAWAL_QUESTIONNAIRES,
        EventKind.WITHDRAWAL_FOLLOW_UP,
        EventKind.WITHDRAWAL_CONSENT,
    }
)


class Mode(StrEnum):
    """How a form was filled in; the values are those of imports and exports."""

    PHONE_SELF = "phone_self"
    SITE_TABLET = "site_tablet"
    PAPER = "paper"
    INTERVIEW_SITE = "interview_site"
    INTERVIEW_PHONE = "interview_phone"


class Assistance(StrEnum):
    """Who read and tapped, as the patient says at the end of a form."""

    ALONE = "ALONE"
    READ_ALOUD = "READ_ALOUD"  # someone read it to her or tapped for her; she answered
    PROXY = "PROXY"  # someone else answered for her: kept apart, in no score


@dataclass(frozen=True, slots=True)
class EventFact:
    kind: EventKind
    on: date


@dataclass(frozen=True, slots=True)
class FormFact:
    """The form that counts for a visit (conflicts and proxy forms are left out).

    `answered_on` is the server-verified day of answering in the trial's zone.
    `released`: the site decided that it counts, whatever withdrawal came before it.
    """

    visit: str
    answered_on: date
    items_answered: int
    released: bool = False


@dataclass(frozen=True, slots=True)
class ReasonFact:
    visit: str
    code: str
    on: date


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """All that bears on one patient's statuses, as known at some instant.

    `patient_id` is the trial number; `able` is None while nobody has recorded
    whether she can answer.
    """

    patient_id: str
    site: str
    screened_on: date | None
    pro_consent_on: date | None
    randomised_on: date | None
    able: bool | None
    events: tuple[EventFact, ...] = ()
    forms: tuple[FormFact, ...] = ()
    reasons: tuple[ReasonFact, ...] = ()
