"""Correct or complete what is known of a patient: looked at, then saved.

The language, whether they can answer, their consent and its version, the days of screening
and randomisation. Each change is a new version; where a recorded value changes, a reason
goes with it. Another anchor moves every window, and forms keep their days.
"""

from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum
from functools import partial

from pro_app.acts import previewed
from pro_app.acts.aftermath import settle_flags
from pro_app.acts.entered import day_of, impossible_data, time_of, written
from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.previewed import Previewed
from pro_app.core.facts import PatientFacts
from pro_app.core.possible import Unusual, contradictions, new_ones, unusual
from pro_app.core.preview import preview
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.study import Study
from pro_app.store.engine.transaction import Tx
from pro_app.store.patients.patients import PatientState, change_state
from pro_app.store.statuses.gathered import Gathered

#: As long as the name of a consent's version may be.
LONGEST_VERSION = 40
ABLE = {"yes": True, "no": False}
_DAYS = ("screened_on", "pro_consent_on", "randomised_on")
_WORDS = ("language", "consent_version")
FIELDS = (
    *("language", "able", "screened_on", "pro_consent_on", "consent_version"),
    *("randomised_on", "randomised_time"),
)


class Warned(StrEnum):
    """What is taken all the same, and should be looked at."""

    SCREENED_LATE = "SCREENED_LATE"  # randomised before the screening
    CONSENT_EARLY = "CONSENT_EARLY"  # consented before the screening
    FORMS_BEFORE_CONSENT = "FORMS_BEFORE_CONSENT"  # forms bear days before the consent


@dataclass(frozen=True, slots=True)
class Given:
    """The fields as they were filled in, by name; days and yes or no as text."""

    values: dict[str, str]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Previewed):
    """`changes`: field → (old, new) as text."""

    given: Given
    state: PatientState
    changes: dict[str, tuple[str | None, str | None]]
    warned: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    number: str


def as_given(state: PatientState) -> Given:
    """The fields as they stand."""
    return Given({name: text_of(getattr(state, name)) or "" for name in FIELDS})


def text_of(value: object) -> str | None:
    """A value as the form and the trail write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return written(value)
    return None if value is None else str(value)


def look(
    given: Given, *, number: str, investigator: bool = False, at: StaffOccasion
) -> Shown | Refused:
    """What saving this would change, or why it can't be saved.

    `investigator`: they may correct what held on the day of randomisation.
    """
    decide = partial(_shown, given=given, investigator=investigator, at=at)
    return previewed.look(decide, number=number, at=at)


def save(
    given: Given, *, as_shown: str, number: str, investigator: bool = False, at: StaffOccasion
) -> Saved | Shown | Refused:
    """The outcome; or what it would change now, if that is no longer what was shown.

    `as_shown`: the fingerprint of the preview that was looked at.
    """
    return previewed.save(
        partial(_shown, given=given, investigator=investigator, at=at),
        partial(_apply, study=at.study),
        as_shown=as_shown,
        number=number,
        at=at,
    )


def _apply(tx: Tx, shown: Shown, study: Study) -> Saved:
    patient = shown.patient
    change_state(tx, patient, shown.state, study)
    settle_flags(tx, patient.id, shown.preview.visits)
    corrected = any(old is not None for old, _ in shown.changes.values())
    tx.record(
        "patient.corrected" if corrected else "patient.filled",
        patient.number,
        changes={name: list(pair) for name, pair in shown.changes.items()},
        reason=shown.given.why or None,
    )
    return Saved(patient.number)


def _shown(held: Gathered, given: Given, investigator: bool, at: StaffOccasion) -> Shown | Refused:
    known = held.patient.state
    state = _state(given, known, at.study, at.today)
    if isinstance(state, Refused):
        return state
    changes = {
        name: (text_of(getattr(known, name)), text_of(getattr(state, name)))
        for name in FIELDS
        if getattr(known, name) != getattr(state, name)
    }
    if not changes:
        return Refused(Why.NOTHING_CHANGED, "language")
    then = replace(held.facts, able=state.able, **{name: getattr(state, name) for name in _DAYS})
    refused = _not_possible(held, then, at.study, at.today) or _not_allowed(
        known, state, investigator=investigator
    )
    if refused:
        return refused
    if not given.why and any(old is not None for old, _ in changes.values()):
        return Refused(Why.WHY_MISSING, "why")
    return Shown(
        patient=held.patient,
        given=given,
        state=state,
        changes=changes,
        preview=preview(
            held.facts, then, at.study, valid_from=at.instrument.valid_from, as_of=at.today
        ),
        warned=_warned(then),
        drafts=held.drafts,
        has_card=held.has_card,
    )


def _not_possible(held: Gathered, then: PatientFacts, study: Study, today: date) -> Refused | None:
    """The first contradiction that these days would bring."""
    found = partial(
        contradictions,
        today=today,
        sites=[site.code for site in study.sites],
        pauses=held.pauses,
        consents=[each.on for each in held.consents],
    )
    brought = new_ones(found(held.facts), found(then))
    if brought:
        return impossible_data(brought[0])
    earliest = min((each.on for each in held.consents), default=None)
    if earliest and then.pro_consent_on and then.pro_consent_on > earliest:
        return Refused(Why.CONSENT_ORDER, "pro_consent_on", earliest)
    return None


def _not_allowed(known: PatientState, state: PatientState, *, investigator: bool) -> Refused | None:
    """What held on the day of randomisation can't follow from what came of it.

    Who is in the population would else be chosen by who answered: the investigator alone
    corrects it, with the reason. What nobody had recorded may still be filled.
    """
    recorded = known.randomised_on is not None and known.able is not None
    if recorded and state.able != known.able and not investigator:
        return Refused(Why.ABLE_IS_CORRECTED, "able")
    return None


def _state(given: Given, known: PatientState, study: Study, today: date) -> PatientState | Refused:
    """What would be known of the patient, or the first thing that is wrong with it."""
    days: dict[str, date | None] = {}
    for name in _DAYS:
        day = _day(name, given.values.get(name, ""), today)
        if isinstance(day, Refused):
            return day
        days[name] = day
    words = {name: given.values.get(name) or None for name in _WORDS}
    able = given.values.get("able") or None
    at = _time(given.values.get("randomised_time", ""), days["randomised_on"])
    if isinstance(at, Refused):
        return at
    refused = _words_refused(words, able, given.why, study)
    if refused:
        return refused
    state = PatientState(
        language=words["language"],
        screened_on=days["screened_on"],
        pro_consent_on=days["pro_consent_on"],
        randomised_on=days["randomised_on"],
        able=ABLE[able] if able else None,
        consent_version=words["consent_version"],
        randomised_time=at,
    )
    for name in FIELDS:
        if getattr(state, name) is None and getattr(known, name) is not None:
            return Refused(Why.EMPTIED, name)
    new_consent = state.pro_consent_on != known.pro_consent_on
    if new_consent and state.consent_version is None:
        return Refused(Why.VERSION_MISSING, "consent_version")
    return state


def _day(name: str, text: str, today: date) -> date | Refused | None:
    if not text:
        return None
    day = day_of(text)
    if day is None:
        return Refused(Why.NOT_A_DAY, name)
    return Refused(Why.DAY_AHEAD, name) if day > today else day


def _time(text: str, day: date | None) -> time | Refused | None:
    """The time of randomisation."""
    if not text:
        return None
    at = time_of(text)
    if at is None:
        return Refused(Why.NOT_A_TIME, "randomised_time")
    return at if day else Refused(Why.NO_DAY_TO_IT, "randomised_time")


def _words_refused(
    words: dict[str, str | None], able: str | None, why: str, study: Study
) -> Refused | None:
    if words["language"] and words["language"] not in study.languages:
        return Refused(Why.NOT_A_CHOICE, "language")
    if able and able not in ABLE:
        return Refused(Why.NOT_A_CHOICE, "able")
    if len(words["consent_version"] or "") > LONGEST_VERSION:
        return Refused(Why.TOO_LONG, "consent_version", LONGEST_VERSION)
    return Refused(Why.TOO_LONG, "why") if len(why) > LONGEST_TEXT else None


def _warned(then: PatientFacts) -> tuple[Warned, ...]:
    words = {
        Unusual.RANDOMISED_BEFORE_SCREENING: Warned.SCREENED_LATE,
        Unusual.CONSENT_BEFORE_SCREENING: Warned.CONSENT_EARLY,
    }
    found = [words[each] for each in unusual(then)]
    consent = then.pro_consent_on
    if consent and any(form.answered_on < consent for form in then.forms):
        found.append(Warned.FORMS_BEFORE_CONSENT)
    return tuple(found)
