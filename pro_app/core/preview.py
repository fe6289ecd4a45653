"""What a new or corrected fact would change for a patient, told before it is saved.

The ledger is made twice, with the facts as they are and as they would be: what the
preview says is what the ledger will say, since nothing else computes a status.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import NamedTuple

from pro_app.core.course import ended_by
from pro_app.core.facts import EventFact, PatientFacts
from pro_app.core.ledger import Entry, ledger
from pro_app.core.study import Study
from pro_app.core.submission import open_visits


class VisitChange(NamedTuple):
    """One visit that would change; None where the visit is not in the ledger."""

    before: Entry | None
    after: Entry | None

    @property
    def entry(self) -> Entry:
        """The visit as it would be, or as it was where it would be gone."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - one of the two is always there
        return found

    @property
    def moves(self) -> bool:
        """Whether its window or target day would be another one."""
        return _days(self.before) != _days(self.after)

    @property
    def reads_otherwise(self) -> bool:
        """Whether its status, pattern, flags or place in the rates would be another one."""
        return _standing(self.before) != _standing(self.after)


@dataclass(frozen=True, slots=True)
class Preview:
    """The visits that would change in protocol order, and whether the patient is asked at all.

    `open_before`, `open_after`: the visits that they may fill in today. `past`: the first
    and the last day before today as of which a report would read otherwise.
    """

    visits: tuple[VisitChange, ...]
    asked_before: bool
    asked_after: bool
    open_before: tuple[str, ...]
    open_after: tuple[str, ...]
    past: tuple[date, date] | None = None

    @property
    def told(self) -> tuple[VisitChange, ...]:
        """The changes that a person would see."""
        return tuple(c for c in self.visits if c.moves or c.reads_otherwise)

    @property
    def closed_to_patient(self) -> tuple[str, ...]:
        """The forms that the patient can open now and could not any more."""
        return tuple(visit for visit in self.open_before if visit not in self.open_after)

    @property
    def opened_to_patient(self) -> tuple[str, ...]:
        """The forms that the patient can't open now and could then."""
        return tuple(visit for visit in self.open_after if visit not in self.open_before)

    @property
    def fingerprint(self) -> str:
        """Tells whether what is saved is what was shown."""
        shown = (self.visits, self.asked_before, self.asked_after, self.open_after, self.past)
        return sha256(repr(shown).encode()).hexdigest()


def preview(
    now: PatientFacts, then: PatientFacts, study: Study, *, valid_from: int, as_of: date
) -> Preview:
    """What would change when the facts were no longer `now` but `then`."""
    before = ledger(now, study, valid_from=valid_from, as_of=as_of)
    after = ledger(then, study, valid_from=valid_from, as_of=as_of)
    return Preview(
        visits=differences(before, after, [visit.code for visit in study.all_visits]),
        asked_before=is_asked(now, as_of),
        asked_after=is_asked(then, as_of),
        open_before=_open(now, study, valid_from, as_of),
        open_after=_open(then, study, valid_from, as_of),
        past=_past(now, then, study, valid_from, as_of),
    )


def _past(
    now: PatientFacts, then: PatientFacts, study: Study, valid_from: int, as_of: date
) -> tuple[date, date] | None:
    """The first and the last day before `as_of` on which the two read otherwise.

    A ledger changes on few days alone: those of a fact, and those on which a window opens,
    or has closed. Between two of them it stays as it is.
    """
    days = sorted({day for facts in (now, then) for day in _turns(facts, study, valid_from, as_of)})
    if not days:
        return None
    codes = [visit.code for visit in study.all_visits]
    found: list[tuple[date, date]] = []
    for day, following in zip(days, [*days[1:], as_of], strict=True):
        before = ledger(now, study, valid_from=valid_from, as_of=day)
        after = ledger(then, study, valid_from=valid_from, as_of=day)
        changes = differences(before, after, codes)
        if any(change.moves or change.reads_otherwise for change in changes):
            found.append((day, following - timedelta(days=1)))
    return (found[0][0], found[-1][1]) if found else None


def _turns(facts: PatientFacts, study: Study, valid_from: int, as_of: date) -> Iterator[date]:
    """The days before `as_of` on which the ledger of these facts may change."""
    own = (facts.screened_on, facts.pro_consent_on, facts.randomised_on)
    days: list[date | None] = [*own, *(event.on for event in facts.events)]
    days += [form.answered_on for form in facts.forms]
    for entry in ledger(facts, study, valid_from=valid_from, as_of=as_of):
        closed = entry.closes_on and entry.closes_on + timedelta(days=1)
        days += [entry.opens_on, entry.target_on, closed]
    return (day for day in days if day is not None and day < as_of)


def differences(
    before: Iterable[Entry], after: Iterable[Entry], visits: Sequence[str]
) -> tuple[VisitChange, ...]:
    """The visits whose entries are not the same, in the order of `visits`."""
    was = {entry.visit: entry for entry in before}
    will_be = {entry.visit: entry for entry in after}
    pairs = [VisitChange(was.get(visit), will_be.get(visit)) for visit in visits]
    return tuple(pair for pair in pairs if pair.before != pair.after)


def is_asked(facts: PatientFacts, as_of: date) -> bool:
    """Whether anybody may ask for a form: the patient is alive and has not withdrawn."""
    return ended_by(facts.events, as_of) is None


def with_event(facts: PatientFacts, event: EventFact) -> PatientFacts:
    return replace(facts, events=(*facts.events, event))


def without_event(facts: PatientFacts, event: EventFact) -> PatientFacts:
    """The facts without this event, which is among them."""
    events = list(facts.events)
    events.remove(event)
    return replace(facts, events=tuple(events))


def _open(facts: PatientFacts, study: Study, valid_from: int, as_of: date) -> tuple[str, ...]:
    found = open_visits(facts, study, valid_from=valid_from, today=as_of)
    return tuple(entry.visit for entry in found)


def _days(entry: Entry | None) -> tuple[date | None, ...]:
    return (entry.opens_on, entry.target_on, entry.closes_on) if entry else ()


def _standing(entry: Entry | None) -> tuple[object, ...]:
    return (entry.status, entry.pattern, entry.flags, entry.in_population) if entry else ()
