"""Who and what a demonstration study is made of: values, and the dice they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from pro_app.core.contact import Attempt
from pro_app.core.facts import EventFact, EventKind, FormFact, Mode, PatientFacts, ReasonFact
from pro_app.core.instrument import Answer, Instrument
from pro_app.core.schedule import PlannedVisit, plan
from pro_app.core.study import Study

#: When people answer on their own phones, and when sites work (hours of the day).
AWAKE = (7.0, 21.5)
AT_WORK = (8.5, 17.0)
#: On the as-of day itself, so that what came today has come whenever one looks.
EARLY = (6.5, 7.9)


@dataclass(frozen=True, slots=True)
class ItemNature:
    """How one item behaves in everybody, as shares of the range of responses."""

    harder: float  # its answers lie lower than its scale's level by this much
    left_blank: float  # the chance of a single blank


@dataclass(frozen=True)
class World:
    """What all patients share: the protocol, the day on which it is now, and the dice."""

    study: Study
    instrument: Instrument
    as_of: date
    dice: Random
    natures: Mapping[str, ItemNature]
    zone: ZoneInfo
    follow_up_days: int

    def at(self, day: date, hours: tuple[float, float]) -> datetime:
        """An instant between two hours of a day in the trial's zone."""
        seconds = int(self.dice.uniform(*hours) * 3600)
        local = datetime.combine(day, time(0), self.zone) + timedelta(seconds=seconds)
        return local.astimezone(UTC)

    def happens(self, chance: float) -> bool:
        return self.dice.random() < chance

    def share(self, since: date, until: date) -> float:
        """The time between two days as a share of the whole follow-up."""
        return (until - since).days / self.follow_up_days


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit whose window is open on the as-of day, `days_left` before it closes.

    `answered_days_ago` None: the form is still awaited.
    """

    visit: str
    days_left: int
    answered_days_ago: int | None = None
    printed: bool = False  # the patient whose link the terminal shows


@dataclass(frozen=True, slots=True)
class Event:
    kind: EventKind
    on: date
    recorded_at: datetime
    to_site: str | None = None  # of a transfer: where the patient goes on


@dataclass(frozen=True, slots=True)
class Form:
    """A handed-in form; `standing` False: a second one for the same visit."""

    visit: str
    answered_on: date
    received_at: datetime
    mode: Mode
    language: str
    answers: Mapping[str, Answer]
    started_at: datetime | None = None
    device_at: datetime | None = None
    device_offset_minutes: int | None = None
    why_not_self: str | None = None
    standing: bool = True

    @property
    def items_answered(self) -> int:
        return sum(answer.value is not None for answer in self.answers.values())


@dataclass(frozen=True, slots=True)
class Reason:
    visit: str
    code: str
    said_by: str
    said_on: date
    text: str | None
    recorded_at: datetime
    attempts: tuple[Attempt, ...] = ()  # to reach the patient, until somebody said it or gave up


@dataclass(frozen=True, slots=True)
class Person:
    """A person and what happens to them, before any form.

    `health` and `diligence` are standard normal; `private`: they leave the items
    behind an opt-out box. `arm` is the arm's place in the protocol. `consented_on`: the
    day of the first consent to questionnaires, for nearly all that of the screening.
    """

    site: str
    arm: int
    language: str
    able: bool
    screened_on: date
    consented_on: date
    randomised_on: date
    health: float
    diligence: float
    private: bool
    appointment: Appointment | None
    events: tuple[Event, ...]

    def day_of(self, *kinds: EventKind) -> date:
        """The first day of any of these events; `date.max` if there is none."""
        return min((e.on for e in self.events if e.kind in kinds), default=date.max)

    def site_on(self, day: date) -> str:
        """The site that looks after the patient on a day."""
        there = [e.to_site for e in self.events if e.to_site and e.on <= day]
        return there[-1] if there else self.site

    def visits(self, study: Study) -> tuple[PlannedVisit, ...]:
        return plan(study.visits, self.randomised_on)


@dataclass(frozen=True, slots=True)
class Patient:
    """One made-up patient with all that is on record about them."""

    number: str
    person: Person
    screened_at: datetime
    randomised_at: datetime
    consented_at: datetime  # when the consent was recorded: with the screening, or later
    forms: tuple[Form, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def facts(self) -> PatientFacts:
        """What the core computes the patient's statuses from."""
        person = self.person
        return PatientFacts(
            patient_id=self.number,
            site=person.site,
            screened_on=person.screened_on,
            pro_consent_on=person.consented_on,
            randomised_on=person.randomised_on,
            able=person.able,
            events=tuple(EventFact(e.kind, e.on, e.to_site) for e in person.events),
            forms=tuple(
                FormFact(form.visit, form.answered_on, form.items_answered)
                for form in self.forms
                if form.standing
            ),
            reasons=tuple(
                ReasonFact(reason.visit, reason.code, reason.said_on) for reason in self.reasons
            ),
        )


@dataclass(frozen=True, slots=True)
class DemoStudy:
    """A whole study, made up; `printed` is the number of the patient to sign in as."""

    as_of: date
    seed: int
    printed: str
    patients: tuple[Patient, ...] = field(repr=False)


def nurse_of(site: str) -> str:
    """The account name of a site's nurse."""
    return f"nurse.{site.lower()}"
