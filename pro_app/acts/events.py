"""Record what happened to a patient, correct it, or take it back: looked at, then saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from pro_app.acts import previewed
from pro_app.acts.aftermath import settle_flags, settling
from pro_app.acts.entered import day_of, impossible_event, words_of
from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.previewed import Previewed
from pro_app.core.course import NEVER, ended_by
from pro_app.core.facts import ENDED_BY, EventFact, EventKind, PatientFacts
from pro_app.core.instrument import Instrument
from pro_app.core.possible import contradictions, new_ones
from pro_app.core.preview import preview, with_event, without_event
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.study import Study
from pro_app.store.engine.transaction import Tx, reading
from pro_app.store.patients.events import Event, NewEvent, add_events, supersede_event
from pro_app.store.patients.intake import parts, supersede_events
from pro_app.store.patients.patients import Patient, find_patient, settle_sites
from pro_app.store.statuses.gathered import Gathered, gather


class Deed(StrEnum):
    """What is done with an event."""

    ADD = "add"
    CORRECT = "correct"  # it was another day, another kind, other words
    TAKE_BACK = "take_back"  # it was entered by mistake


class Warned(StrEnum):
    """What is taken all the same, and should be looked at."""

    AFTER_DEATH = "AFTER_DEATH"  # dated after the death
    AFTER_WITHDRAWAL = "AFTER_WITHDRAWAL"  # dated after a withdrawal
    DEATH_BEFORE = "DEATH_BEFORE"  # other events are dated after this death
    LEAVES_EXPORTS = "LEAVES_EXPORTS"  # a withdrawn consent takes the data out of exports


@dataclass(frozen=True, slots=True)
class Given:
    """The fields as they were filled in; `event_id` is the event to be changed."""

    deed: Deed = Deed.ADD
    event_id: int | None = None
    kind: str = ""
    on: str = ""
    note: str = ""
    why: str = ""
    to_site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Previewed):
    """`earlier` is the event as it stands, `fact` as it would."""

    given: Given
    earlier: Event | None
    fact: EventFact | None
    warned: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """`site`: where the record is seen from now on."""

    patient: Patient
    fact: EventFact | None
    site: str


def look(given: Given, *, number: str, at: StaffOccasion) -> Shown | Refused:
    """What saving this would change, or why it can't be saved."""
    decide = partial(_shown, given=given, at=at)
    return previewed.look(decide, number=number, at=at)


def save(given: Given, *, as_shown: str, number: str, at: StaffOccasion) -> Saved | Shown | Refused:
    """The outcome; or what it would change now, if that is no longer what was shown.

    `as_shown`: the fingerprint of the preview that was looked at.
    """
    return previewed.save(
        partial(_shown, given=given, at=at),
        partial(_apply, study=at.study),
        as_shown=as_shown,
        number=number,
        at=at,
    )


@dataclass(frozen=True, slots=True)
class Brought:
    """An event that a file brings, in the place of `fills` where it stood without a note."""

    patient: Patient
    fact: EventFact
    note: str | None
    fills: int | None = None


def add_many(
    tx: Tx, brought: Sequence[Brought], study: Study, instrument: Instrument, today: date
) -> None:
    """Keep the events of a file, with their records in the trail and all that follows."""
    people = {each.patient.id: each.patient for each in brought}
    with settling(tx, list(people), study, instrument, today):
        for part in parts(brought):
            # A note is filled by a row that takes the place of the one without it.
            supersede_events(tx, [each.fills for each in part if each.fills is not None])
            add_events(
                tx,
                [
                    NewEvent(e.patient.id, e.fact.kind, e.fact.on, e.note, e.fact.to_site)
                    for e in part
                ],
            )
        moved = {e.patient.id for e in brought if e.fact.kind is EventKind.TRANSFER}
        if moved:
            settle_sites(tx, [people[each] for each in sorted(moved)], study)
        for part in parts(brought):
            tx.record_many(_told(tx, each) for each in part)


def _told(tx: Tx, each: Brought) -> dict[str, Any]:
    fact, known = each.fact, each.fills is not None

    def pair(value: str) -> list[str | None]:
        return [value if known else None, value]

    changes = {"event": pair(fact.kind.value), "on": pair(fact.on.isoformat())}
    if fact.to_site:
        changes["to_site"] = pair(fact.to_site)
    if each.note:  # free words may name somebody: they stay with the event
        changes["note"] = [None, "recorded"]
    return tx.entry(
        "event.filled" if known else "event.added", each.patient.number, changes=changes
    )


def find(number: str, event_id: int, *, at: StaffOccasion) -> Event | None:
    """An event as it stands, None when there is none of this number at these sites."""
    with reading() as connection:
        patient = find_patient(connection, number, sites=at.sites)
        return gather(connection, patient).event(event_id) if patient else None


def _shown(held: Gathered, given: Given, at: StaffOccasion) -> Shown | Refused:
    facts = held.facts
    earlier = None if given.deed is Deed.ADD else held.event(given.event_id)
    if earlier is None and given.deed is not Deed.ADD:
        return Refused(Why.NO_SUCH_EVENT, "event")
    others = without_event(facts, earlier.fact) if earlier else facts
    fact = _fact(given, others) if given.deed is not Deed.TAKE_BACK else None
    if isinstance(fact, Refused):
        return fact
    then = with_event(others, fact) if fact else others
    refusal = (
        _impossible(facts, then, at.study, at.today)
        or _words_refused(given)
        or _same(given, earlier, fact)
    )
    if refusal:
        return refusal
    return Shown(
        patient=held.patient,
        given=given,
        earlier=earlier,
        fact=fact,
        preview=preview(facts, then, at.study, valid_from=at.instrument.valid_from, as_of=at.today),
        warned=_warned(fact, others) if fact else (),
        drafts=held.drafts,
        has_card=held.has_card,
    )


def _fact(given: Given, others: PatientFacts) -> EventFact | Refused:
    """The event as it would stand beside the others, or what is wrong with its fields."""
    if given.kind not in [kind.value for kind in EventKind]:
        return Refused(Why.KIND_MISSING, "kind")
    kind, on = EventKind(given.kind), day_of(given.on)
    if on is None:
        return Refused(Why.NOT_A_DAY, "on")
    moves = kind is EventKind.TRANSFER
    if not moves and any((e.kind, e.on) == (kind, on) for e in others.events):
        return Refused(Why.KNOWN_ALREADY, "on", on)
    return EventFact(kind, on, (given.to_site or None) if moves else None)


def _impossible(now: PatientFacts, then: PatientFacts, study: Study, today: date) -> Refused | None:
    """The first contradiction that the event would bring, or leave when it is taken back."""
    sites = [site.code for site in study.sites]
    brought = new_ones(
        contradictions(now, today=today, sites=sites),
        contradictions(then, today=today, sites=sites),
    )
    return impossible_event(brought[0]) if brought else None


def _words_refused(given: Given) -> Refused | None:
    if given.deed is not Deed.ADD and not given.why:
        return Refused(Why.WHY_MISSING, "why")
    for name in ("note", "why"):
        if len(getattr(given, name)) > LONGEST_TEXT:
            return Refused(Why.TOO_LONG, name)
    return None


def _same(given: Given, earlier: Event | None, fact: EventFact | None) -> Refused | None:
    if not earlier or not fact or fact != earlier.fact:
        return None
    same_words = words_of(given.note) == earlier.note
    return Refused(Why.NOTHING_CHANGED, "on") if same_words else None


def _warned(fact: EventFact, others: PatientFacts) -> tuple[Warned, ...]:
    found = []
    if any(e.kind is EventKind.DEATH and e.on < fact.on for e in others.events):
        found.append(Warned.AFTER_DEATH)
    end = ended_by([e for e in others.events if e.kind is not EventKind.DEATH], NEVER)
    if end and end.on < fact.on and fact.kind not in ENDED_BY.values():
        found.append(Warned.AFTER_WITHDRAWAL)
    if fact.kind is EventKind.DEATH and any(e.on > fact.on for e in others.events):
        found.append(Warned.DEATH_BEFORE)
    if fact.kind is EventKind.WITHDRAWAL_CONSENT:
        found.append(Warned.LEAVES_EXPORTS)
    return tuple(found)


def _apply(tx: Tx, shown: Shown, study: Study) -> Saved:
    given, earlier, fact = shown.given, shown.earlier, shown.fact
    patient = shown.patient
    if earlier:
        supersede_event(tx, earlier.id)
    if fact:
        add_events(
            tx, [NewEvent(patient.id, fact.kind, fact.on, words_of(given.note), fact.to_site)]
        )
    settle_flags(tx, patient.id, shown.preview.visits)
    site = patient.site
    if _moves(earlier, fact):
        site = settle_sites(tx, [patient], study)[patient.id]
    changes = _changes(given, earlier, fact)
    if given.deed is Deed.ADD:
        tx.record("event.added", patient.number, changes=changes)
    elif given.deed is Deed.CORRECT:
        tx.record("event.corrected", patient.number, changes=changes, reason=given.why)
    else:
        tx.record("event.taken_back", patient.number, changes=changes, reason=given.why)
    return Saved(patient, fact, site)


def _moves(earlier: Event | None, fact: EventFact | None) -> bool:
    return any(each and each.kind is EventKind.TRANSFER for each in (earlier, fact))


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
    old_site, new_site = earlier and earlier.to_site, fact and fact.to_site
    if old_site or new_site:
        changes["to_site"] = [old_site or None, new_site or None]
    old_note, new_note = earlier.note if earlier else None, words_of(given.note) if fact else None
    if old_note != new_note:
        changes["note"] = [old_note and "recorded", new_note and "recorded"]
    return changes
