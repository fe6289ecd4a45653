"""Record what happened to a patient, correct it, or take it back: looked at, then saved."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial

from pro_app.acts.entered import LONGEST_TEXT, Problem, Refused, day_of, words_of
from pro_app.core.facts import EventFact, EventKind, PatientFacts
from pro_app.core.instrument import Instrument
from pro_app.core.ledger import Status
from pro_app.core.preview import ENDS_ASKING, Preview, preview, with_event, without_event
from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.nurse import previewed
from pro_app.nurse.previewed import Previewed
from pro_app.store.engine.transaction import Actor, Tx, reading
from pro_app.store.patients.events import Event, add_events, supersede_event
from pro_app.store.patients.patients import Patient, find_patient
from pro_app.store.statuses.flags import Closed, close_flag
from pro_app.store.statuses.gathered import Gathered, gather


class Deed(StrEnum):
    """What is done with an event."""

    ADD = "add"
    CORRECT = "correct"  # it was another day, another kind, other words
    TAKE_BACK = "take_back"  # it was entered by mistake


class Warned(StrEnum):
    """What is taken all the same, and should be looked at."""

    AFTER_DEATH = "AFTER_DEATH"  # dated after her death
    AFTER_WITHDRAWAL = "AFTER_WITHDRAWAL"  # dated after a withdrawal
    DEATH_BEFORE = "DEATH_BEFORE"  # other events are dated after this death
    LEAVES_EXPORTS = "LEAVES_EXPORTS"  # a withdrawn consent takes her data out of exports


@dataclass(frozen=True, slots=True)
class Given:
    """The fields as they were filled in; `event_id` is the event to be changed."""

    deed: Deed = Deed.ADD
    event_id: int | None = None
    kind: str = ""
    on: str = ""
    note: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Previewed):
    """`earlier` is the event as it stands, `fact` as it would."""

    given: Given
    earlier: Event | None
    fact: EventFact | None
    warned: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    patient: Patient
    fact: EventFact | None


def look(
    study: Study,
    instrument: Instrument,
    given: Given,
    *,
    number: str,
    sites: Sites,
    today: date,
) -> Shown | Refused:
    """What saving this would change, or why it can't be saved."""
    decide = partial(_shown, given=given, study=study, instrument=instrument, today=today)
    return previewed.look(decide, number=number, sites=sites)


def save(
    study: Study,
    instrument: Instrument,
    given: Given,
    *,
    as_shown: str,
    number: str,
    sites: Sites,
    actor: Actor,
    now: datetime,
    today: date,
) -> Saved | Shown | Refused:
    """That it is kept; or what it would change now, where that is not what was shown.

    `as_shown`: the fingerprint of the preview that was looked at.
    """
    return previewed.save(
        partial(_shown, given=given, study=study, instrument=instrument, today=today),
        _apply,
        as_shown=as_shown,
        number=number,
        sites=sites,
        actor=actor,
        now=now,
    )


def find(number: str, event_id: int, *, sites: Sites) -> Event | None:
    """An event of hers as it stands, None when there is none of this number at these sites."""
    with reading() as connection:
        patient = find_patient(connection, number, sites=sites)
        return gather(connection, patient).event(event_id) if patient else None


def _shown(
    her: Gathered,
    given: Given,
    study: Study,
    instrument: Instrument,
    today: date,
) -> Shown | Refused:
    facts = her.facts
    earlier = None if given.deed is Deed.ADD else her.event(given.event_id)
    if earlier is None and given.deed is not Deed.ADD:
        return Refused(Problem.NO_SUCH_EVENT, "event")
    others = without_event(facts, EventFact(earlier.kind, earlier.on)) if earlier else facts
    fact = _fact(given, others, today) if given.deed is not Deed.TAKE_BACK else None
    if isinstance(fact, Refused):
        return fact
    refusal = _words_refused(given) or _same(given, earlier, fact)
    if refusal:
        return refusal
    then = with_event(others, fact) if fact else others
    return Shown(
        patient=her.patient,
        given=given,
        earlier=earlier,
        fact=fact,
        preview=preview(facts, then, study, valid_from=instrument.valid_from, as_of=today),
        warned=_warned(fact, others) if fact else (),
        drafts=her.drafts,
        has_card=her.has_card,
    )


def _fact(given: Given, others: PatientFacts, today: date) -> EventFact | Refused:
    """The event as it would stand beside the others, or what is wrong with it."""
    if given.kind not in [kind.value for kind in EventKind]:
        return Refused(Problem.KIND_MISSING, "kind")
    kind, on = EventKind(given.kind), day_of(given.on)
    if on is None:
        return Refused(Problem.NOT_A_DAY, "on")
    if on > today:
        return Refused(Problem.DAY_AHEAD, "on")
    if others.screened_on and on < others.screened_on:
        return Refused(Problem.BEFORE_SCREENING, "on", others.screened_on)
    death = next((e.on for e in others.events if e.kind is EventKind.DEATH), None)
    if kind is EventKind.DEATH and death:
        return Refused(Problem.SECOND_DEATH, "kind", death)
    if EventFact(kind, on) in others.events:
        return Refused(Problem.KNOWN_ALREADY, "on", on)
    return EventFact(kind, on)


def _words_refused(given: Given) -> Refused | None:
    if given.deed is not Deed.ADD and not given.why:
        return Refused(Problem.WHY_MISSING, "why")
    for name in ("note", "why"):
        if len(getattr(given, name)) > LONGEST_TEXT:
            return Refused(Problem.TOO_LONG, name)
    return None


def _same(given: Given, earlier: Event | None, fact: EventFact | None) -> Refused | None:
    if not earlier or not fact or fact != EventFact(earlier.kind, earlier.on):
        return None
    same_words = words_of(given.note) == earlier.note
    return Refused(Problem.NOTHING_CHANGED, "on") if same_words else None


def _warned(fact: EventFact, others: PatientFacts) -> tuple[Warned, ...]:
    found = []
    if any(e.kind is EventKind.DEATH and e.on < fact.on for e in others.events):
        found.append(Warned.AFTER_DEATH)
    withdrawals = ENDS_ASKING - {EventKind.DEATH}
    if any(e.kind in withdrawals and e.on < fact.on for e in others.events):
        found.append(Warned.AFTER_WITHDRAWAL)
    if fact.kind is EventKind.DEATH and any(e.on > fact.on for e in others.events):
        found.append(Warned.DEATH_BEFORE)
    if fact.kind is EventKind.WITHDRAWAL_CONSENT:
        found.append(Warned.LEAVES_EXPORTS)
    return tuple(found)


def _apply(tx: Tx, shown: Shown) -> Saved:
    given, earlier, fact = shown.given, shown.earlier, shown.fact
    patient = shown.patient
    if earlier:
        supersede_event(tx, earlier.id)
    if fact:
        add_events(tx, [(patient.id, fact.kind, fact.on, words_of(given.note))])
    settle_flags(tx, patient.id, shown.preview)
    changes = _changes(given, earlier, fact)
    if given.deed is Deed.ADD:
        tx.record("event.added", patient.number, changes=changes)
    elif given.deed is Deed.CORRECT:
        tx.record("event.corrected", patient.number, changes=changes, reason=given.why)
    else:
        tx.record("event.taken_back", patient.number, changes=changes, reason=given.why)
    return Saved(patient, fact)


def settle_flags(tx: Tx, patient_id: int, seen: Preview) -> None:
    """Close the flags of visits that are no longer missing; the worker opens new ones."""
    for change in seen.visits:
        was_missing = change.before and change.before.status is Status.MISSING
        if was_missing and (change.after is None or change.after.status is not Status.MISSING):
            close_flag(tx, patient_id, change.entry.visit, Closed.NOT_EXPECTED)


def _changes(
    given: Given, earlier: Event | None, fact: EventFact | None
) -> dict[str, list[str | None]]:
    """Field → old and new. Free words may name somebody: they stay with the event."""
    before = (earlier.kind.value, earlier.on.isoformat()) if earlier else (None, None)
    after = (fact.kind.value, fact.on.isoformat()) if fact else (None, None)
    changes: dict[str, list[str | None]] = {
        "event": [before[0], after[0]],
        "on": [before[1], after[1]],
    }
    old_note, new_note = earlier.note if earlier else None, words_of(given.note) if fact else None
    if old_note != new_note:
        changes["note"] = [old_note and "recorded", new_note and "recorded"]
    return changes
