"""How long somebody has to wait after wrong tries, and how many there may be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app.core.instants import is_ahead
from pro_app.store.people.tries import Counter

#: After this many wrong ones the next try has to wait; each further one doubles it.
FREE_TRIES = 4
_FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
#: Of a card's PIN so many wrong ones are taken from all browsers that never signed in, and so
#: many from one that did; that one is counted with the others from then on.
MOST_WRONG = 100
#: After this many, and each time after as many more, the nurse or the administrator is told.
TOLD_EVERY = 20


@dataclass(frozen=True, slots=True)
class HasToWait:
    """What was typed was not looked at; `wait` is how long until the next try is taken."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether somebody proved to be the person who is signed in: true only then.

    Where there is a `wait`, nothing was looked at; so long until the next try is taken.
    """

    given: bool
    wait: timedelta = timedelta(0)

    def __bool__(self) -> bool:
        return self.given


def wait_after(wrong: int) -> timedelta:
    beyond = wrong - FREE_TRIES
    if beyond < 0:
        return timedelta(0)
    return min(LONGEST_WAIT, _FIRST_WAIT * (1 << min(beyond, 10)))


def wait_left(counter: Counter, now: datetime) -> timedelta:
    """How long until the next try is taken; zero means at once."""
    longest = wait_after(counter.in_a_row)
    if counter.last_wrong_at is None:
        return timedelta(0)
    until = counter.last_wrong_at + longest
    if is_ahead(until, now, at_most=longest):
        return timedelta(0)
    return min(longest, max(timedelta(0), until - now))
