"""Whether, when and how a patient answers the forms of their visits."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import exp

from pro_app.core.facts import EventKind, Mode
from pro_app.core.schedule import PlannedVisit
from pro_app.demo import quality
from pro_app.demo.life import NO_FORMS
from pro_app.demo.people import AT_WORK, AWAKE, EARLY, Form, Person, World

_MODES = {
    Mode.PHONE_SELF: 80,
    Mode.SITE_TABLET: 6,
    Mode.PAPER: 8,
    Mode.INTERVIEW_PHONE: 4,
    Mode.INTERVIEW_SITE: 2,
}
_BY_PATIENT = {Mode.PHONE_SELF, Mode.SITE_TABLET}
_READ_OUT = {Mode.INTERVIEW_PHONE, Mode.INTERVIEW_SITE}
_WHY_READ_OUT = {"zh": "视力不佳，由护士代读", "en": "Poor sight: the nurse read it out"}


def answer_all(world: World, person: Person) -> tuple[Form, ...]:
    """The person's forms that are in by the as-of day, in the order of the visits."""
    return tuple(_answered(world, person)) if person.able else ()


def _answered(world: World, person: Person) -> Iterator[Form]:
    ends_on = person.day_of(*NO_FORMS)
    for place, visit in enumerate(person.visits(world.study)):
        due = person.appointment
        if due and due.visit == visit.visit:
            if due.answered_days_ago is None:
                continue
            answered_on = world.as_of - timedelta(days=due.answered_days_ago)
            yield fill_in(world, person, visit.visit, answered_on, Mode.PHONE_SELF)
            continue
        if not world.happens(_willingness(world, person, visit, first=place == 0)):
            continue
        answered_on, mode = _when_and_how(world, person, visit)
        form = fill_in(world, person, visit.visit, answered_on, mode)
        received_on = form.received_at.astimezone(world.zone).date()
        if answered_on < ends_on and received_on <= world.as_of:
            yield form


def _willingness(world: World, person: Person, visit: PlannedVisit, *, first: bool) -> float:
    """The chance of an answer: less with time and illness, and at one of the sites."""
    target_on = visit.target_on
    odds = 2.75 - 1.6 * world.share(person.randomised_on, target_on)
    odds += 0.5 * person.diligence + 0.25 * person.health + (2.0 if first else 0.0)
    if person.day_of(EventKind.PROGRESSION) < target_on:
        odds -= 1.0
    if (person.day_of(EventKind.DEATH) - target_on).days < 60:
        odds -= 1.2
    sites = world.study.sites
    if len(sites) > 1 and person.site == sites[-1].code:
        odds -= 1.3
    if person.appointment and person.appointment.printed:
        odds += 1.5  # the patient whom everybody looks at has something to show
    return 1 / (1 + exp(-odds))


def _when_and_how(world: World, person: Person, visit: PlannedVisit) -> tuple[date, Mode]:
    dice = world.dice
    mode = dice.choices(list(_MODES), list(_MODES.values()))[0]
    if world.happens(0.015):
        # Too late for the patient's own phone: paper from the clinic's drawer.
        return visit.closes_on + timedelta(days=dice.randint(1, 6)), Mode.PAPER
    before = (visit.target_on - visit.opens_on).days
    after = (visit.closes_on - visit.target_on).days
    off = round(dice.triangular(-before, after, -before / 5))
    answered_on = visit.target_on + timedelta(days=off)
    if answered_on <= person.screened_on:
        answered_on = min(person.screened_on + timedelta(days=1), visit.closes_on)
    return answered_on, mode


def fill_in(world: World, person: Person, visit: str, on: date, mode: Mode) -> Form:
    """A form that the person answers on a day; what is keyed from paper arrives days later."""
    given = quality.answers(world, person, on)
    if world.happens(0.03):
        given = quality.broken_off(world, given)
    received_at = _received_at(world, on, mode)
    form = Form(visit, on, received_at, mode, person.language, given)
    if mode in _READ_OUT:
        why = _WHY_READ_OUT.get(world.study.languages[0], _WHY_READ_OUT["en"])
        return replace(form, why_not_self=why)
    return _sent(world, form) if mode in _BY_PATIENT else form


def _received_at(world: World, on: date, mode: Mode) -> datetime:
    if mode is Mode.PHONE_SELF:
        return world.at(on, AWAKE if on < world.as_of else EARLY)
    if mode is Mode.PAPER:
        on += timedelta(days=world.dice.randint(1, 9))
    return world.at(on, AT_WORK)


def _sent(world: World, form: Form) -> Form:
    """The form with what the device says of its own clock, which is not always right."""
    lasted = timedelta(seconds=world.dice.randint(300, 1100))
    wrong = world.dice.randint(-9000, 9000) if world.happens(0.02) else world.dice.randint(-20, 20)
    offset = form.received_at.astimezone(world.zone).utcoffset() or timedelta(0)
    return replace(
        form,
        started_at=form.received_at - lasted,
        device_at=form.received_at + timedelta(seconds=wrong),
        device_offset_minutes=int(offset.total_seconds() // 60),
    )
