"""What the administrator is told of clocks: how far they were off, and nothing of any patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app.store.engine.transaction import reading
from pro_app.store.people import clocks
from pro_app.store.people.clocks import Stepped

LATELY = timedelta(days=30)
#: Forms are counted by how far their device was off: at most this, and more.
OFF_UP_TO = (timedelta(minutes=2), timedelta(hours=1), timedelta(days=1))
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Clocks:
    """`lately`: the server's clock was set within `LATELY`.

    Shapes: `devices` is site → number of forms for each of OFF_UP_TO, and for more.
    """

    steps: Sequence[Stepped]
    lately: bool
    devices: Mapping[str, Sequence[int]]


def look(now: datetime) -> Clocks:
    with reading(snapshot=True) as connection:
        steps = clocks.steps(connection, limit=_STEPS)
        devices = clocks.devices(connection, since=now - LATELY, up_to=OFF_UP_TO)
    return Clocks(steps, _is_late(steps, now), devices)


def set_lately(now: datetime) -> bool:
    """Whether the server's clock was set within `LATELY`."""
    with reading() as connection:
        return _is_late(clocks.steps(connection, limit=1), now)


def _is_late(steps: Sequence[Stepped], now: datetime) -> bool:
    return bool(steps) and now - steps[0].found <= LATELY
