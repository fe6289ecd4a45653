"""Protocol, day and seed → a whole synthetic study; the same ones give the same study."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

from pro_app.core.facts import EventKind
from pro_app.core.identifiers import nth
from pro_app.core.instrument import Instrument
from pro_app.core.schedule import add_months
from pro_app.core.study import Study, Visit
from pro_app.demo import quality
from pro_app.demo.answering import answer_all
from pro_app.demo.life import LEAVING, NO_FORMS, live
from pro_app.demo.people import (
    AT_WORK,
    Appointment,
    DemoStudy,
    Patient,
    Person,
    World,
)
from pro_app.demo.scenes import stage
from pro_app.demo.why import give_reasons

#: How many patients the trial randomises.
PATIENTS = 183
#: What awaits each site on the as-of day: (days left, answered so many days ago).
_AT_EACH_SITE: tuple[tuple[int, int | None], ...] = (
    (2, None),
    (6, None),
    (9, 0),
    (11, 1),
    (4, None),
    (1, None),
)
_PRINTED_DAYS_LEFT = 9

#: A place in the trial before anything is known of the patient who takes it.
_Place = tuple[date, str, Appointment | None]


def generate(
    study: Study, instrument: Instrument, *, as_of: date, seed: int, patients: int = PATIENTS
) -> DemoStudy:
    """A study of patients randomised over the length of its follow-up before `as_of`.

    The arms are in the allocation ratio. Nobody is left in screening: all
    `patients` are randomised, the last ones in these days. Nothing bears an
    instant after the as-of day in the trial's zone.
    Errors: ValueError for fewer patients than one.
    """
    if patients < 1:
        raise ValueError(f"{patients} patients")
    dice = Random(seed)  # noqa: S311 - chance that can be had again, not a secret
    world = World(
        study=study,
        instrument=instrument,
        as_of=as_of,
        dice=dice,
        natures=quality.natures(instrument, dice),
        zone=ZoneInfo(study.time_zone),
        follow_up_days=(as_of - _start(study, as_of)).days,
    )
    people = list(_people(world, patients))
    made = stage(
        world, [_patient(world, number, each) for number, each in _numbered(study, people)]
    )
    made = [give_reasons(world, each) for each in made]
    printed = next((p.number for p in made if _is_printed(p)), made[0].number)
    return DemoStudy(as_of, seed, printed, tuple(made))


def _is_printed(patient: Patient) -> bool:
    due = patient.person.appointment
    return due is not None and due.printed


def _start(study: Study, as_of: date) -> date:
    """The first day of recruitment: who came then is at the last visit now."""
    return add_months(as_of, -max(1, study.visits[-1].month))


def _people(world: World, count: int) -> Iterator[Person]:
    places = _places(world, count)
    leaving = _leaving(world, places)
    unable = set(world.dice.sample(range(count), min(2, count // 60)))
    arms: list[int] = []
    for index, (randomised_on, site, appointment) in enumerate(places):
        if not arms:
            arms = _block(world)
        yield _person(
            world,
            randomised_on,
            site,
            arm=arms.pop(),
            appointment=appointment,
            able=appointment is not None or index not in unable,
            leaves=leaving.get(index),
        )


def _block(world: World) -> list[int]:
    """The arms of one permuted block, as places in the protocol."""
    block = [place for place, arm in enumerate(world.study.arms) for _ in range(arm.weight)]
    world.dice.shuffle(block)
    return block


def _places(world: World, count: int) -> list[_Place]:
    """When and where each patient is randomised, in order of the days."""
    start = _start(world.study, world.as_of)
    sites = [site.code for site in world.study.sites]
    appointments = list(_appointments(world, start))[: max(1, count // 4)]
    places: list[_Place] = []
    for site, visit, due in appointments:
        closes_on = world.as_of + timedelta(days=due.days_left)
        anchor = _anchor(visit, closes_on)
        places.append((anchor, site, due))
    # The first sites in the protocol recruit more.
    weights = [len(sites) + 2 - place for place in range(len(sites))]
    first_days = world.follow_up_days // 60
    while len(places) < count:
        # Most come early, so that many have been followed for long; the last in these days.
        day = int(world.dice.random() ** 1.4 * (world.follow_up_days - 1))
        if len(places) - len(appointments) < count // 25:
            day = world.dice.randint(0, first_days)  # these reach the last visit
        anchor = _weekday(start + timedelta(days=day), start)
        places.append((anchor, world.dice.choices(sites, weights)[0], None))
    return sorted(places, key=lambda place: place[0])


def _weekday(day: date, start: date) -> date:
    """The day itself, or the Friday before a weekend; never before `start`."""
    return max(start, day - timedelta(days=max(0, day.weekday() - 4)))


def _appointments(world: World, start: date) -> Iterator[tuple[str, Visit, Appointment]]:
    """(site, visit, appointment): the printed patient's first, then in turn by site."""
    sites = [site.code for site in world.study.sites]
    middle = _visits_closing_in(world, start, _PRINTED_DAYS_LEFT)
    if middle:
        visit = middle[len(middle) // 2]
        yield sites[0], visit, Appointment(visit.code, _PRINTED_DAYS_LEFT, printed=True)
    for days_left, answered_days_ago in _AT_EACH_SITE:
        for site in sites:
            fitting = _visits_closing_in(world, start, days_left, answered_days_ago or 0)
            if fitting:
                visit = world.dice.choice(fitting)
                yield site, visit, Appointment(visit.code, days_left, answered_days_ago)


def _visits_closing_in(
    world: World, start: date, days_left: int, open_for: int = 0
) -> Sequence[Visit]:
    """The visits but the first whose window may close then and was open so long ago."""
    closes_on = world.as_of + timedelta(days=days_left)
    return [
        visit
        for visit in world.study.visits[1:]
        if visit.days_before + visit.days_after >= days_left + open_for
        and start <= _anchor(visit, closes_on) < world.as_of - timedelta(days=1)
    ]


def _anchor(visit: Visit, closes_on: date) -> date:
    """The randomisation day with which this visit's window closes on a day, or just before."""
    target_on = closes_on - timedelta(days=visit.days_after)
    anchor = add_months(target_on, -visit.month)
    while add_months(anchor, visit.month) > target_on:
        anchor -= timedelta(days=1)
    return anchor


def _leaving(world: World, places: Sequence[_Place]) -> dict[int, EventKind]:
    """Place → how that patient leaves; only those who have been in long enough."""
    latest = world.as_of - timedelta(days=world.follow_up_days // 12)
    stayed = [i for i, (anchor, _, due) in enumerate(places) if anchor < latest and not due]
    kinds = [kind for kind, part in LEAVING.items() for _ in range(round(part * len(places)))]
    chosen = world.dice.sample(stayed, min(len(stayed), len(kinds)))
    return dict(zip(chosen, kinds, strict=False))


def _person(
    world: World,
    randomised_on: date,
    site: str,
    *,
    arm: int,
    appointment: Appointment | None,
    able: bool,
    leaves: EventKind | None,
) -> Person:
    dice = world.dice
    first, *others = world.study.languages
    printed = appointment is not None and appointment.printed
    speaks_other = bool(others) and world.happens(0.05) and not printed
    health = dice.gauss(0, 1)
    events = live(world, randomised_on, arm=arm, health=health, leaves=leaves)
    if appointment:
        # The patient is expected on the as-of day, so nothing has ended it.
        spared = NO_FORMS | ({EventKind.PROGRESSION} if printed else set())
        events = tuple(event for event in events if event.kind not in spared)
    language = dice.choice(others) if speaks_other else first
    screened_on = randomised_on - timedelta(days=dice.randint(3, 13))
    return Person(
        site=site,
        arm=arm,
        language=language,
        able=able,
        screened_on=screened_on,
        consented_on=screened_on,
        randomised_on=randomised_on,
        health=health,
        diligence=dice.gauss(0, 1),
        private=world.happens(0.4),
        appointment=appointment,
        events=events,
    )


def _numbered(study: Study, people: Sequence[Person]) -> Iterator[tuple[str, Person]]:
    """(trial number, person): counted by site in order of screening."""
    sites = {site.code: site for site in study.sites}
    count: Counter[str] = Counter()
    for person in sorted(people, key=lambda each: (each.screened_on, each.randomised_on)):
        count[person.site] += 1
        yield nth(sites[person.site], count[person.site]), person


def _patient(world: World, number: str, person: Person) -> Patient:
    screened_at = world.at(person.screened_on, AT_WORK)
    return Patient(
        number=number,
        person=person,
        screened_at=screened_at,
        consented_at=screened_at,
        randomised_at=world.at(person.randomised_on, AT_WORK),
        forms=answer_all(world, person),
    )
