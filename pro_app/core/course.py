"""Facts and a day → the days of what has happened to a patient by then."""

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date
from typing import NamedTuple

from pro_app.core.facts import ENDED_BY, EventFact, EventKind, PatientFacts

#: Stands for "has not happened" in comparisons: no day is later.
NEVER = date.max

#: (day of a withdrawal, day of the return), NEVER while nobody has returned.
Interval = tuple[date, date]


class Course(NamedTuple):
    """The first day of each kind, NEVER where it has not happened.

    `withdrawals`: all of them, see `withdrawals`; `moves`: there was a transfer.
    """

    consent: date = NEVER
    death: date = NEVER
    stop: date = NEVER
    progression: date = NEVER
    loss: date = NEVER
    withdrawals: tuple[Interval, ...] = ()
    moves: bool = False

    def withdrawn(self, day: date) -> bool:
        """Whether a day lies inside a withdrawal; its first day and the return's do not."""
        return any(since < day < until for since, until in self.withdrawals)

    @property
    def withdrawal_lasts(self) -> bool:
        """Whether the patient has withdrawn and not returned."""
        return any(until == NEVER for _, until in self.withdrawals)


def ended_by(events: Iterable[EventFact], as_of: date) -> EventFact | None:
    """The death or the withdrawal after which nobody is asked for a form; None: they are asked.

    A withdrawal that ended with a return is none any more.
    """
    happened = [event for event in events if event.on <= as_of]
    died = [event for event in happened if event.kind is EventKind.DEATH]
    lasting = {since for since, until in withdrawals(happened, as_of) if until == NEVER}
    left = [event for event in happened if event.kind in ENDED_BY and event.on in lasting]
    return min([*died, *left], key=lambda event: event.on, default=None)


def course(facts: PatientFacts, stop_events: Sequence[str], as_of: date) -> Course:
    """What has happened by `as_of`; what has a later day is not known yet.

    `stop_events`: the kinds of event at which the protocol stops asking.
    """
    consent = facts.pro_consent_on
    first: dict[str, date] = {}
    for event in facts.events:
        if event.on <= as_of and event.on < first.get(event.kind, NEVER):
            first[event.kind] = event.on
    return Course(
        consent=consent if consent and consent <= as_of else NEVER,
        death=first.get(EventKind.DEATH, NEVER),
        stop=min((first[kind] for kind in stop_events if kind in first), default=NEVER),
        progression=first.get(EventKind.PROGRESSION, NEVER),
        loss=first.get(EventKind.LOST_TO_FOLLOW_UP, NEVER),
        withdrawals=withdrawals(facts.events, as_of)
        if not ENDED_BY.keys().isdisjoint(first)
        else (),
        moves=EventKind.TRANSFER in first,
    )


def withdrawals(events: Iterable[EventFact], as_of: date) -> tuple[Interval, ...]:
    """The withdrawals from questionnaires by `as_of`, the earliest first.

    Each return ends the withdrawals of its own kind, so intervals may overlap. Of a
    withdrawal and a return on one day the return comes first where there is something
    to return from, else it ends the withdrawal of that day.
    Source: science page, section 3, "States that can end are intervals".
    """
    happened = sorted((e for e in events if e.on <= as_of), key=lambda e: e.on)
    found: list[Interval] = []
    for back in sorted(set(ENDED_BY.values())):
        out = {kind for kind, ended_by in ENDED_BY.items() if ended_by is back}
        found += _intervals(happened, out, back)
    return tuple(sorted(found))


def consent_withdrawn_on(events: Iterable[EventFact]) -> date | None:
    """The day on which consent to further use was withdrawn; None: it was not, or is given anew."""
    happened = sorted(events, key=lambda event: event.on)
    out, back = EventKind.WITHDRAWAL_CONSENT, EventKind.RETURN_CONSENT
    lasting = (s for s, until in _intervals(happened, {out}, back) if until == NEVER)
    return next(lasting, None)


def _intervals(
    happened: Iterable[EventFact], out: Set[EventKind], back: EventKind
) -> Iterator[Interval]:
    """The intervals of one kind of return, from events in the order of their days."""
    days: dict[date, set[EventKind]] = {}
    for event in happened:
        days.setdefault(event.on, set()).add(event.kind)
    since: date | None = None
    for day, kinds in days.items():
        returns, leaves = back in kinds, not kinds.isdisjoint(out)
        if since is not None and returns:
            yield since, day
            since = day if leaves else None
        elif since is None and leaves and not returns:
            since = day
    if since is not None:
        yield since, NEVER
