"""What is known of a patient: the facts from which every status is computed."""

from dataclasses import dataclass
from datetime import date, datetime, time
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
    RETURN_QUESTIONNAIRES = "return_to_questionnaires"  # answers again
    RETURN_CONSENT = "return_consent"  # consents again to further use of data
    TRANSFER = "transfer"  # goes on at another site


#: Withdrawal → the return that ends it. While one lasts, no form is expected.
ENDED_BY = {
    EventKind.WITHDRAWAL_QUESTIONNAIRES: EventKind.RETURN_QUESTIONNAIRES,
    EventKind.WITHDRAWAL_FOLLOW_UP: EventKind.RETURN_QUESTIONNAIRES,
    EventKind.WITHDRAWAL_CONSENT: EventKind.RETURN_CONSENT,
}

#: The withdrawals after which no form is expected, until a return.
ENDS_QUESTIONNAIRES = frozenset(ENDED_BY)

#: After these a patient answers on, or again: no protocol can stop at one of them.
GOING_ON = frozenset({*ENDED_BY.values(), EventKind.TRANSFER})


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
    READ_ALOUD = "READ_ALOUD"  # someone read it out or tapped; the patient answered
    PROXY = "PROXY"  # someone else answered for the patient: kept apart, in no score


@dataclass(frozen=True, slots=True)
class EventFact:
    """`to_site`: of a transfer, the code of the site at which the patient goes on."""

    kind: EventKind
    on: date
    to_site: str | None = None


@dataclass(frozen=True, slots=True)
class FormFact:
    """The form that counts for a visit (conflicts and proxy forms are left out).

    `answered_on` is the server-verified day of answering in the trial's zone.
    `let_in`: what the site decided of a form that was put into quarantine, None
    while it has not; it says nothing about a form whose day puts it nowhere.
    """

    visit: str
    answered_on: date
    items_answered: int
    let_in: bool | None = None


@dataclass(frozen=True, slots=True)
class ReasonFact:
    visit: str
    code: str
    on: date


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """All that bears on one patient's statuses, as known at some instant.

    `patient_id` is the trial number; `site` is where the patient was enrolled, see
    `site_on`; `pro_consent_on` is the day of the first PRO consent, which no later
    version moves. `able`: whether they could answer on the day of randomisation, None
    while nobody has recorded it. `randomised_time`: in the trial's zone, where it is
    known. `known_at` is that instant, None for what is known now:
    a version of the protocol that was recorded later is not known either.
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
    known_at: datetime | None = None
    randomised_time: time | None = None

    def site_on(self, day: date) -> str:
        """The site to which the patient belonged on a day: from a transfer's day on the new one."""
        moves = [e for e in self.events if e.kind is EventKind.TRANSFER and e.on <= day]
        last = max(moves, key=lambda move: move.on, default=None)
        return last.to_site or self.site if last else self.site
