"""The reasons that the sites gave for missing forms: for most of them, not for all."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from pro_app.core import study
from pro_app.core.contact import Attempt, Channel, Outcome
from pro_app.core.facts import ENDS_QUESTIONNAIRES
from pro_app.core.ledger import UNANSWERED, Entry, Flag, ledger
from pro_app.core.schedule import PlannedVisit
from pro_app.demo.people import AT_WORK, Patient, Reason, World

_OWN_WORDS = {
    "zh": ("家中有急事，未能按时填写", "外出探亲，错过了时间", "手机交给家人使用，未看到通知"),
    "en": ("Family matters came up", "Away on a journey", "The family had the phone"),
}
_SAID_BY = {"zh": ("患者本人", "家属", "研究护士"), "en": ("patient", "family", "nurse")}


@cache
def _likely() -> Mapping[str, Mapping[str, float]]:
    """The patient's situation → reason code → how often it is given."""
    stated: Mapping[str, Mapping[str, float]] = json.loads(
        Path(__file__).with_name("why.json").read_bytes()
    )
    return stated


def give_reasons(world: World, patient: Patient) -> Patient:
    """The patient with the reasons on record for their missing and empty forms."""
    return replace(patient, reasons=tuple(_reasons(world, patient)))


def _reasons(world: World, patient: Patient) -> Iterator[Reason]:
    entries = ledger(
        patient.facts, world.study, valid_from=world.instrument.valid_from, as_of=world.as_of
    )
    windows = {visit.visit: visit for visit in patient.person.visits(world.study)}
    for entry in entries:
        if entry.status in UNANSWERED and entry.in_population:
            said_on = windows[entry.visit].closes_on + timedelta(days=_delay(world))
            if said_on <= world.as_of and world.happens(0.84):
                situation = _situation(patient, entry, windows[entry.visit])
                yield _reason(world, entry.visit, situation, said_on)


def _delay(world: World) -> int:
    """The days until somebody asks why: two weeks mostly, at times more."""
    return 1 + int(world.dice.expovariate(1 / 12))


def _reason(world: World, visit: str, situation: str, said_on: date) -> Reason:
    code = _code(world, situation)
    kind = next(each for each in world.study.reasons if each.code == code)
    words = _OWN_WORDS.get(world.study.languages[0], _OWN_WORDS["en"])
    said_by = _SAID_BY.get(world.study.languages[0], _SAID_BY["en"])
    who = world.dice.choices(range(len(said_by)), (5, 3, 3))[0]
    text = world.dice.choice(words) if kind.needs_text else None
    at = world.at(said_on, AT_WORK)
    return Reason(visit, code, said_by[who], said_on, text, at, _attempts(kind, who, at))


def _attempts(kind: study.Reason, who: int, at: datetime) -> tuple[Attempt, ...]:
    """How it was learnt: by a call to the patient or the family, or by calls in vain."""
    if kind.attempts:
        ways = (Channel.PHONE, Channel.RELATIVE, Channel.WECHAT)
        days = range(2 * kind.attempts, 0, -2)
        return tuple(
            Attempt(at - timedelta(days=day), ways[n % kind.channels], Outcome.NO_ANSWER)
            for n, day in enumerate(days)
        )
    channel = {0: Channel.PHONE, 1: Channel.RELATIVE}.get(who)
    if channel is None:
        return ()
    return (Attempt(at - timedelta(minutes=4), channel, Outcome.REACHED),)


def _situation(patient: Patient, entry: Entry, window: PlannedVisit) -> str:
    """Where the patient stood when the form did not come: a name in why.json."""
    if Flag.DIED_IN_WINDOW in entry.flags:
        return "died"
    if window.target_on <= patient.person.day_of(*ENDS_QUESTIONNAIRES) <= window.closes_on:
        return "left"
    if Flag.AFTER_LTFU in entry.flags:
        return "lost"
    return "ill" if Flag.AFTER_PROGRESSION in entry.flags else "well"


def _code(world: World, situation: str) -> str:
    """A reason of this study that is likely in a situation, else any of its reasons."""
    codes = [each.code for each in world.study.reasons]
    likely = _likely()[situation]
    weights = [likely.get(code, 0.0) for code in codes]
    if not any(weights):
        return world.dice.choice(codes)
    return world.dice.choices(codes, weights)[0]
