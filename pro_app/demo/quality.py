"""How a patient feels on a day, and the answers they would give.

Each subscale has a level, a share of its range, higher being better: a trait of
their own, a dip after the start of treatment, a slow recovery, and a fall once the
disease progresses. Items scatter about their scale's level.
"""

from datetime import date
from math import exp
from random import Random

from pro_app.core.facts import EventKind
from pro_app.core.instrument import Answer, AnswerState, Instrument
from pro_app.demo.people import ItemNature, Person, World

#: By the scale's place, taken in turn: level of the average patient, and how
#: strongly treatment and disease move it.
_LEVELS = (0.78, 0.68, 0.70, 0.62, 0.66)
_MOVED = (1.0, 0.25, 0.6, 0.95, 0.6)
#: By the arm's place: how deep the dip is, and what is gained in the long run.
_DIP = (0.14, 0.08)
_GAIN = (0.09, 0.03)


def natures(instrument: Instrument, dice: Random) -> dict[str, ItemNature]:
    """Item → how it behaves in everybody; a few are left blank more often."""
    return {
        code: ItemNature(harder=dice.gauss(0, 0.07), left_blank=0.004 * exp(dice.gauss(0, 1)))
        for code in instrument.item_codes
    }


def answers(world: World, person: Person, on: date) -> dict[str, Answer]:
    """Every item's answer on a day, a few blanks among them."""
    levels = _levels(world, person, on)
    hidden = _opted_out(world, person)
    given = {}
    for item in world.instrument.items:
        nature = world.natures[item.code]
        if item.code in hidden:
            given[item.code] = Answer(AnswerState.PREFER_NOT)
        elif world.happens(nature.left_blank):
            given[item.code] = Answer(AnswerState.SKIPPED)
        else:
            felt = levels[item.code] - nature.harder + world.dice.gauss(0, 0.16)
            value = _response(felt, item.reversed, world.instrument)
            given[item.code] = Answer(AnswerState.ANSWERED, value)
    return given


def broken_off(world: World, given: dict[str, Answer]) -> dict[str, Answer]:
    """The same answers with too few left to be VALID: the patient stopped on the way."""
    kept = world.dice.randint(1, max(1, world.instrument.valid_from - 1))
    blank = Answer(AnswerState.SKIPPED)
    return {
        code: answer if place < kept else blank
        for place, (code, answer) in enumerate(given.items())
    }


def nothing(instrument: Instrument) -> dict[str, Answer]:
    """A form that was handed in without any answer."""
    return {code: Answer(AnswerState.SKIPPED) for code in instrument.item_codes}


def _levels(world: World, person: Person, on: date) -> dict[str, float]:
    """Item → the person's level in its subscale on a day."""
    moved = _moved(world, person, on)
    mood = world.dice.gauss(0, 0.04)
    levels = {}
    for place, scale in enumerate(world.instrument.subscales):
        turn = place % len(_LEVELS)
        level = _LEVELS[turn] + 0.11 * person.health + mood + _MOVED[turn] * moved
        levels.update(dict.fromkeys(scale.items, level))
    return {code: levels.get(code, _LEVELS[0]) for code in world.instrument.item_codes}


def _moved(world: World, person: Person, on: date) -> float:
    """How far treatment and disease have moved the person by a day."""
    share = max(0.0, world.share(person.randomised_on, on))
    arm = min(person.arm, len(_DIP) - 1)
    moved = _GAIN[arm] * (1 - exp(-share / 0.3))
    if on > person.randomised_on:
        moved -= _DIP[arm] * exp(-(((share - 0.06) / 0.08) ** 2))
    progressed_on = person.day_of(EventKind.PROGRESSION)
    if on > progressed_on:
        moved -= 0.12 + 0.1 * (1 - exp(-world.share(progressed_on, on) / 0.15))
    died_on = person.day_of(EventKind.DEATH)
    if died_on < date.max and world.share(on, died_on) < 0.08:
        moved -= 0.1
    return moved


def _opted_out(world: World, person: Person) -> set[str]:
    hides = world.happens(0.92 if person.private else 0.04)
    boxes = world.instrument.opt_outs if hides else ()
    return {code for box in boxes for code in box.items}


def _response(felt: float, is_reversed: bool, instrument: Instrument) -> int:
    lowest, highest = instrument.lowest, instrument.highest
    upright = lowest + round(min(1.0, max(0.0, felt)) * (highest - lowest))
    return lowest + highest - upright if is_reversed else upright
