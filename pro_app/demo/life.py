"""What happens to a patient: the disease, the treatment, and whether they stay.

Chances are per whole follow-up, so that a study of two months is as eventful as
one of four years.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from math import exp

from pro_app.core.facts import ENDS_QUESTIONNAIRES, EventKind
from pro_app.demo.people import AT_WORK, Event, World

#: Expected number of progressions per whole follow-up, by the arm's place.
_PROGRESSION = (0.6, 0.85)
_DEATH_BEFORE, _DEATH_AFTER = 0.06, 2.6
#: The share of patients with each way of leaving; at random, by no disease.
LEAVING = {
    EventKind.WITHDRAWAL_QUESTIONNAIRES: 0.04,
    EventKind.WITHDRAWAL_TREATMENT: 0.05,
    EventKind.LOST_TO_FOLLOW_UP: 0.04,
    EventKind.WITHDRAWAL_FOLLOW_UP: 0.02,
    EventKind.WITHDRAWAL_CONSENT: 0.012,
}
#: After these the site hears nothing any more, not of the disease either.
_SILENT = {
    EventKind.LOST_TO_FOLLOW_UP,
    EventKind.WITHDRAWAL_FOLLOW_UP,
    EventKind.WITHDRAWAL_CONSENT,
}
#: After these no form comes.
NO_FORMS = ENDS_QUESTIONNAIRES | {EventKind.DEATH, EventKind.LOST_TO_FOLLOW_UP}


def live(
    world: World, randomised_on: date, *, arm: int, health: float, leaves: EventKind | None
) -> tuple[Event, ...]:
    """The person's events known on the as-of day, in order of their days."""
    happened = dict(_disease(world, randomised_on, arm, health))
    if leaves:
        stay = (world.as_of - randomised_on).days
        left_on = randomised_on + timedelta(days=int(stay * world.dice.uniform(0.25, 0.8)))
        if leaves is not EventKind.WITHDRAWAL_TREATMENT:
            # The patient was there to say so: they have not died before.
            happened.pop(EventKind.DEATH, None)
        if leaves in _SILENT:
            happened = {kind: on for kind, on in happened.items() if on < left_on}
        happened[leaves] = left_on
    happened |= _treatment(world, randomised_on, arm, happened.get(EventKind.PROGRESSION))
    died_on = happened.get(EventKind.DEATH, date.max)
    events = [
        _recorded(world, kind, on)
        for kind, on in sorted(happened.items(), key=lambda pair: (pair[1], pair[0]))
        if on <= died_on
    ]
    latest = world.at(world.as_of, (24, 24))
    return tuple(event for event in events if event.recorded_at < latest)


def _disease(
    world: World, since: date, arm: int, health: float
) -> Iterator[tuple[EventKind, date]]:
    dice = world.dice
    rate = _PROGRESSION[min(arm, len(_PROGRESSION) - 1)] * exp(-0.35 * health)
    progressed = since + timedelta(days=7 + int(dice.expovariate(rate) * world.follow_up_days))
    died = since + timedelta(days=10 + int(dice.expovariate(_DEATH_BEFORE) * world.follow_up_days))
    if died > progressed:
        remaining = dice.expovariate(_DEATH_AFTER) * world.follow_up_days
        died = progressed + timedelta(days=20 + int(remaining))
        yield EventKind.PROGRESSION, progressed
    yield EventKind.DEATH, died


def _treatment(
    world: World, since: date, arm: int, progressed: date | None
) -> Iterator[tuple[EventKind, date]]:
    """Operations and irradiation belong to the first arm; palliation may irradiate."""
    dice = world.dice
    if arm == 0 and world.happens(0.6):
        yield EventKind.SURGERY, since + timedelta(days=dice.randint(7, 30))
    if world.happens(0.75 if arm == 0 else 0.15):
        yield EventKind.RADIOTHERAPY, since + timedelta(days=dice.randint(31, 90))
    if progressed and world.happens(0.6):
        yield EventKind.TREATMENT_STOPPED, progressed + timedelta(days=dice.randint(0, 25))
    elif world.happens(0.05):
        yield EventKind.TREATMENT_STOPPED, since + timedelta(days=dice.randint(20, 150))


def _recorded(world: World, kind: EventKind, on: date) -> Event:
    """The event as the site enters it: mostly within days, some deaths weeks later."""
    late = kind is EventKind.DEATH and world.happens(0.2)
    delay = 21 if late else world.dice.randint(0, 6)
    return Event(kind, on, world.at(on + timedelta(days=delay), AT_WORK))
