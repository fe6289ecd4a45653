"""How often somebody tried in vain, and who is counted together.

Of a patient's link and of a name of staff, each browser that signed in before is counted for
itself, and all others together: nobody who only knows link or name makes its owner wait there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import audit_event, try_count

#: Stands for all browsers that never signed in.
OTHERS = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody tries to open, by one of these.

    A patient's link; the door of staff, by a key of the name that was typed; what an account
    of staff signs inside, and its door in browsers that signed in before.
    """

    link_id: int | None = None
    name_key: str | None = None
    staff_id: int | None = None

    def values(self) -> dict[str, Any]:
        each = {"link_id": self.link_id, "name_key": self.name_key, "staff_id": self.staff_id}
        return {name: value for name, value in each.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Counter:
    """Wrong tries since the last right one, and in all."""

    place: Place
    browser: str = OTHERS
    in_a_row: int = 0
    in_all: int = 0
    last_wrong_at: datetime | None = None

    @property
    def known(self) -> bool:
        """Whether it is of one browser, which signed in here before."""
        return self.browser != OTHERS


def find_counter(connection: Connection, place: Place, browser: str = OTHERS) -> Counter | None:
    """That of one browser; None when it never signed in here, or nothing was ever wrong."""
    row = connection.execute(_of(place, browser)).one_or_none()
    return Counter(place, browser, *row) if row else None


def lock_counter(tx: Tx, place: Place, browser: str = OTHERS) -> Counter:
    """The same, made and locked: guesses that are made at once are counted one by one."""
    _add(tx, place, browser)
    row = tx.execute(_of(place, browser).with_for_update()).one()
    return Counter(place, browser, *row)


def _of(place: Place, browser: str) -> Select[Any]:
    count = try_count.c
    query = select(count.in_a_row, count.in_all, count.last_wrong_at)
    return query.where(_at(place), count.browser_sha256 == browser)


def _at(place: Place) -> Any:
    return and_(*(try_count.c[name] == value for name, value in place.values().items()))


def _add(tx: Tx, place: Place, browser: str) -> None:
    dialect = postgresql if tx.connection.dialect.name == "postgresql" else sqlite
    row = place.values() | {"browser_sha256": browser}
    tx.execute(dialect.insert(try_count).values(**row).on_conflict_do_nothing())


def know(tx: Tx, place: Place, browser: str) -> None:
    """Count this browser for itself from now on: somebody signed in there."""
    _add(tx, place, browser)


def count_wrong(tx: Tx, counter: Counter) -> Counter:
    """The counter after one more wrong try."""
    found = lock_counter(tx, counter.place, counter.browser)
    counted = Counter(found.place, found.browser, found.in_a_row + 1, found.in_all + 1, tx.asked_at)
    _set(tx, counter, counted.in_a_row, counted.in_all, counted.last_wrong_at)
    return counted


def forget_row(tx: Tx, counter: Counter) -> None:
    """A right try: the next wrong one is the first in a row."""
    if counter.in_a_row:
        _set(tx, counter, 0, counter.in_all, None)


def forget(tx: Tx, counter: Counter) -> None:
    """Count this browser with all others again."""
    here = try_count.c.browser_sha256 == counter.browser
    tx.execute(delete(try_count).where(_at(counter.place), here))


def begin_anew(tx: Tx, *places: Place) -> None:
    """There is another secret: what was wrong before counts no more, in any browser."""
    anew = {"in_a_row": 0, "in_all": 0, "last_wrong_at": None}
    tx.execute(update(try_count).where(or_(*map(_at, places))).values(**anew))


def _set(
    tx: Tx, counter: Counter, in_a_row: int, in_all: int, last_wrong_at: datetime | None
) -> None:
    values = {"in_a_row": in_a_row, "in_all": in_all, "last_wrong_at": last_wrong_at}
    here = try_count.c.browser_sha256 == counter.browser
    tx.execute(update(try_count).where(_at(counter.place), here).values(**values))


def wrong_in_all(connection: Connection, place: Place) -> int:
    """By every browser together."""
    query = select(func.coalesce(func.sum(try_count.c.in_all), 0)).where(_at(place))
    return int(connection.execute(query).scalar_one())


def refused_since(
    connection: Connection, actions: Sequence[str], since: datetime, *, least: int
) -> list[tuple[str, int]]:
    """(subject, how many) of these events of the trail, the most first, where there are enough."""
    event = audit_event.c
    query = (
        select(event.subject, func.count())
        .where(event.action.in_(actions), event.at >= since)
        .group_by(event.subject)
        .having(func.count() >= least)
        .order_by(func.count().desc(), event.subject)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]
