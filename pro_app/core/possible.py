"""What can't be: days of one patient that contradict each other, by one rule for every door.

A door compares what would be known with what is known: it refuses the contradictions that
it would bring, whichever fact came first, and is not held up by one that is there already.
Source: science page, section 3, "What can't be is refused at every door".
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app.core.facts import EventKind, PatientFacts

#: What the days are of, beside the kinds of events.
RANDOMISATION = "randomised_on"
SCREENING = "screened_on"
CONSENT = "pro_consent_on"
PAUSE = "pause"
REASON = "reason"

#: Earlier days are slips of the pen.
EARLIEST = date(1900, 1, 1)


class Never(StrEnum):
    """What is not taken, at any door."""

    DAY_AHEAD = "DAY_AHEAD"  # a day after today
    BEFORE_SCREENING = "BEFORE_SCREENING"  # an event, a pause or a reason before the screening
    SECOND_DEATH = "SECOND_DEATH"  # a patient dies once
    DEATH_BEFORE_RANDOMISATION = "DEATH_BEFORE_RANDOMISATION"  # nobody is randomised after it
    SECOND_TRANSFER = "SECOND_TRANSFER"  # a patient moves once a day
    SAME_SITE = "SAME_SITE"  # a transfer to where the patient is
    NO_SITE = "NO_SITE"  # a transfer to a site that the study does not have, or to none


class Unusual(StrEnum):
    """What is taken with a remark: it may be meant."""

    RANDOMISED_BEFORE_SCREENING = "RANDOMISED_BEFORE_SCREENING"
    CONSENT_BEFORE_SCREENING = "CONSENT_BEFORE_SCREENING"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`what` is the kind of an event or the name of a field, `on` its day.

    `against`: the day that speaks against it, None where none does (a day after today
    speaks for itself).
    """

    never: Never
    what: str
    on: date
    against: date | None = None


def contradictions(
    facts: PatientFacts,
    *,
    today: date,
    sites: Iterable[str],
    pauses: Iterable[date] = (),
    consents: Iterable[date] = (),
) -> tuple[Contradiction, ...]:
    """All that can't be in what is known of a patient, in the order of the kinds.

    Shapes: `sites` are the codes of the study's; `pauses` are the first days of pauses,
    which may lie ahead; `consents` the days of later versions of the consent.
    """
    found = [*_ahead(facts, today, consents), *_before_screening(facts, pauses)]
    found += [*_deaths(facts), *_transfers(facts, frozenset(sites))]
    return tuple(found)


def of_reason(facts: PatientFacts, on: date, *, today: date) -> Contradiction | None:
    """What can't be in the day on which the reason for a missing form was said, None: it can.

    It may lie before the visit's window: a patient may say in advance that they can't answer.
    """
    if on > today:
        return Contradiction(Never.DAY_AHEAD, REASON, on)
    if facts.screened_on is not None and on < facts.screened_on:
        return Contradiction(Never.BEFORE_SCREENING, REASON, on, facts.screened_on)
    return None


def new_ones(
    before: Iterable[Contradiction], after: Iterable[Contradiction]
) -> tuple[Contradiction, ...]:
    """Those that a change brings."""
    known = Counter(before)
    brought = []
    for each in after:
        if known[each]:
            known[each] -= 1
        else:
            brought.append(each)
    return tuple(brought)


def unusual(facts: PatientFacts) -> tuple[Unusual, ...]:
    """What is worth a remark."""
    found = []
    screened = facts.screened_on
    if screened and facts.randomised_on and facts.randomised_on < screened:
        found.append(Unusual.RANDOMISED_BEFORE_SCREENING)
    if screened and facts.pro_consent_on and facts.pro_consent_on < screened:
        found.append(Unusual.CONSENT_BEFORE_SCREENING)
    return tuple(found)


def _ahead(facts: PatientFacts, today: date, consents: Iterable[date]) -> Iterator[Contradiction]:
    days: list[tuple[str, date | None]] = [
        (SCREENING, facts.screened_on),
        (CONSENT, facts.pro_consent_on),
        *((CONSENT, on) for on in consents),
        (RANDOMISATION, facts.randomised_on),
        *((event.kind.value, event.on) for event in facts.events),
    ]
    for what, on in days:
        if on is not None and on > today:
            yield Contradiction(Never.DAY_AHEAD, what, on)


def _before_screening(facts: PatientFacts, pauses: Iterable[date]) -> Iterator[Contradiction]:
    screened = facts.screened_on
    if screened is None:
        return
    for what, on in [*((e.kind.value, e.on) for e in facts.events), *((PAUSE, d) for d in pauses)]:
        if on < screened:
            yield Contradiction(Never.BEFORE_SCREENING, what, on, screened)


def _deaths(facts: PatientFacts) -> Iterator[Contradiction]:
    deaths = [event.on for event in facts.events if event.kind is EventKind.DEATH]
    for death in deaths[1:]:
        yield Contradiction(Never.SECOND_DEATH, EventKind.DEATH.value, death, deaths[0])
    anchor = facts.randomised_on
    for death in deaths:
        if anchor is not None and death < anchor:
            kind = EventKind.DEATH.value
            yield Contradiction(Never.DEATH_BEFORE_RANDOMISATION, kind, death, anchor)


def _transfers(facts: PatientFacts, sites: frozenset[str]) -> Iterator[Contradiction]:
    kind = EventKind.TRANSFER.value
    site, last = facts.site, None
    moves = [event for event in facts.events if event.kind is EventKind.TRANSFER]
    for move in sorted(moves, key=lambda move: move.on):
        if move.to_site is None or move.to_site not in sites:
            yield Contradiction(Never.NO_SITE, kind, move.on)
        elif move.on == last:
            yield Contradiction(Never.SECOND_TRANSFER, kind, move.on, last)
        elif move.to_site == site:
            yield Contradiction(Never.SAME_SITE, kind, move.on)
        site, last = move.to_site or site, move.on
