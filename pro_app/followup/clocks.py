"""Notice that the host's clock was set: every instant that is kept comes from it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.people.clocks import SUBJECT, last_recorded_at

#: A clock that is kept right by the network is off by far less.
TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Step:
    """The clock stood at `found` when it should have stood at `expected`, if not later."""

    expected: datetime
    found: datetime


class Watch:
    """Compares the clock, from look to look, with one that nobody sets."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None

    def look(self, now: datetime, steady: float) -> Step | None:
        """The step since the last look, if there was one; `steady` is in seconds.

        The first look can only see a clock that stands before what is recorded already.
        """
        last, self._last = self._last, (now, steady)
        if last is None:
            with reading() as connection:
                recorded_at = last_recorded_at(connection)
            back = recorded_at is not None and recorded_at - now > TOLERANCE
            return Step(recorded_at, now) if recorded_at and back else None
        expected = last[0] + timedelta(seconds=steady - last[1])
        return Step(expected, now) if abs(now - expected) > TOLERANCE else None


def record(step: Step, *, actor: Actor) -> None:
    """Write a step into the trail, at the instant that the clock shows since."""
    with transaction(actor, step.found) as tx:
        changes = {"clock": (step.expected.isoformat(), step.found.isoformat())}
        tx.record("clock.stepped", SUBJECT, changes=changes)
