"""The rare things that a nurse has to be shown, staged where a patient's story allows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from pro_app.core.facts import ENDED_BY, ENDS_QUESTIONNAIRES, EventKind, Mode
from pro_app.core.schedule import PlannedVisit
from pro_app.demo import quality
from pro_app.demo.answering import fill_in
from pro_app.demo.life import NO_FORMS
from pro_app.demo.people import AT_WORK, Event, Form, Patient, Person, World

#: What a scene makes of a patient; None where it does not suit this one.
Scene = Callable[[World, Patient], Patient | None]


def stage(world: World, patients: list[Patient]) -> list[Patient]:
    """The same patients, with each scene played by as many as it is written for."""
    staged = list(patients)
    busy = {place for place, each in enumerate(staged) if each.person.appointment}
    for scene, times in _SCENES:
        order = [place for place in range(len(staged)) if place not in busy]
        world.dice.shuffle(order)
        for place in order:
            if times == 0:
                break
            played = scene(world, staged[place])
            if played:
                staged[place] = played
                busy.add(place)
                times -= 1
    return staged


def _after_death(world: World, patient: Patient) -> Patient | None:
    """The family sends the form from the patient's phone days after the death."""
    died_on = patient.person.day_of(EventKind.DEATH)
    return _beyond_the_end(world, patient, died_on, Mode.PHONE_SELF)


def _after_withdrawal(world: World, patient: Patient) -> Patient | None:
    """At a visit to the clinic the patient is handed the form though they had withdrawn."""
    if patient.person.day_of(EventKind.DEATH) < date.max:
        return None
    left_on = patient.person.day_of(*ENDS_QUESTIONNAIRES)
    return _beyond_the_end(world, patient, left_on, Mode.SITE_TABLET)


def _beyond_the_end(world: World, patient: Patient, ended_on: date, mode: Mode) -> Patient | None:
    if ended_on == date.max:
        return None
    answered = {form.visit for form in patient.forms}
    for visit in _visits_after(world, patient, ended_on):
        first = max(visit.opens_on, ended_on + timedelta(days=2))
        if visit.visit in answered or first > min(visit.closes_on, world.as_of - timedelta(1)):
            continue
        form = fill_in(world, patient.person, visit.visit, first, mode)
        return replace(patient, forms=(*patient.forms, form))
    return None


def _visits_after(world: World, patient: Patient, day: date) -> Iterator[PlannedVisit]:
    return (v for v in patient.person.visits(world.study) if v.closes_on > day)


def _answered_twice(world: World, patient: Patient) -> Patient | None:
    """The patient filled in the clinic's paper, too: the nurse decides which of the two stands."""
    for form in patient.forms:
        keyed_on = form.answered_on + timedelta(days=12)
        if form.mode is Mode.PHONE_SELF and form.items_answered and keyed_on <= world.as_of:
            again = fill_in(world, patient.person, form.visit, form.answered_on, Mode.PAPER)
            late = world.at(keyed_on, AT_WORK)
            second = replace(again, received_at=late, standing=False)
            return replace(patient, forms=(*patient.forms, second))
    return None


def _handed_in_empty(world: World, patient: Patient) -> Patient | None:
    """The patient leafed through all pages and answered none."""
    for place, form in enumerate(patient.forms):
        if place and _is_in_window(world, patient, form) and form.mode is Mode.PHONE_SELF:
            empty = replace(form, answers=quality.nothing(world.instrument))
            return replace(
                patient, forms=(*patient.forms[:place], empty, *patient.forms[place + 1 :])
            )
    return None


def _before_consent(world: World, patient: Patient) -> Patient | None:
    """The clinic's paper was filled in on the day before the consent was signed.

    The site has yet to decide whether it is let in.
    """
    if not patient.forms or patient.forms[0].visit != world.study.visits[0].code:
        return None
    first, *others = patient.forms
    if not first.standing or not first.items_answered:
        return None
    if first.answered_on >= patient.person.randomised_on:
        return None
    paper = fill_in(world, patient.person, first.visit, first.answered_on, Mode.PAPER)
    if paper.received_at > world.at(world.as_of, AT_WORK):
        return None
    signed_on = first.answered_on + timedelta(days=1)
    return replace(
        patient,
        person=replace(patient.person, consented_on=signed_on),
        consented_at=world.at(signed_on, AT_WORK),
        forms=(paper, *others),
    )


def _consented_late(world: World, patient: Patient) -> Patient | None:
    """The baseline was over when the consent was signed: no form of it is expected."""
    person = patient.person
    baseline, *_ = person.visits(world.study)
    signed_on = baseline.closes_on + timedelta(days=5)
    forms = tuple(form for form in patient.forms if form.visit != baseline.visit)
    ends_on = person.day_of(*NO_FORMS)
    if not forms or signed_on >= min(ends_on, world.as_of, *(f.answered_on for f in forms)):
        return None
    return replace(
        patient,
        person=replace(person, consented_on=signed_on),
        consented_at=world.at(signed_on, AT_WORK),
        forms=forms,
    )


def _answers_again(world: World, patient: Patient) -> Patient | None:
    """The patient had had enough of the questions, and later was ready for them again."""
    return _back(world, patient, EventKind.WITHDRAWAL_QUESTIONNAIRES)


def _consents_again(world: World, patient: Patient) -> Patient | None:
    """The patient had withdrawn consent altogether, and gave it anew."""
    return _back(world, patient, EventKind.WITHDRAWAL_CONSENT)


def _back(world: World, patient: Patient, left: EventKind) -> Patient | None:
    person = patient.person
    left_on = person.day_of(left)
    if left_on == date.max or person.day_of(*(NO_FORMS - {left})) < date.max:
        return None
    back_on = left_on + timedelta(days=max(2, world.follow_up_days // 12))
    if back_on >= world.as_of or any(form.answered_on > left_on for form in patient.forms):
        return None
    back = Event(ENDED_BY[left], back_on, world.at(back_on, AT_WORK))
    again = [
        fill_in(world, person, visit.visit, visit.target_on, Mode.PHONE_SELF)
        for visit in person.visits(world.study)
        if back_on < visit.target_on < world.as_of
    ]
    return replace(patient, person=_with_event(person, back), forms=(*patient.forms, *again))


def _moves(world: World, patient: Patient) -> Patient | None:
    """The patient moves house, and goes on at another hospital of the trial."""
    person = patient.person
    others = [site.code for site in world.study.sites if site.code != person.site]
    moved_on = person.randomised_on + timedelta(days=world.follow_up_days // 4)
    if not others or moved_on >= min(world.as_of, person.day_of(*NO_FORMS)):
        return None
    there = world.dice.choice(others)
    moved = Event(EventKind.TRANSFER, moved_on, world.at(moved_on, AT_WORK), there)
    return replace(patient, person=_with_event(person, moved))


def _with_event(person: Person, event: Event) -> Person:
    events = sorted((*person.events, event), key=lambda each: each.on)
    return replace(person, events=tuple(events))


def _is_in_window(world: World, patient: Patient, form: Form) -> bool:
    return any(
        visit.visit == form.visit and visit.opens_on <= form.answered_on <= visit.closes_on
        for visit in patient.person.visits(world.study)
    )


_SCENES: tuple[tuple[Scene, int], ...] = (
    (_after_death, 1),
    (_after_withdrawal, 1),
    (_answered_twice, 2),
    (_handed_in_empty, 2),
    (_before_consent, 1),
    (_consented_late, 1),
    (_consents_again, 1),
    (_answers_again, 1),
    (_moves, 1),
)
