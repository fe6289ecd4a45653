"""Send a letter to each site that is due one: once, however many copies run and try."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.instants import RECORDED_AHEAD, is_ahead
from pro_app.core.study import Site
from pro_app.gateways.mail import Letter, Post
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import Reader, Tx, housekeeping, reading, transaction
from pro_app.store.trail.trail import Recorded, last_of

#: So long nobody else tries the same letter; whoever did not succeed tries again.
_TRYING = timedelta(minutes=10)

ToldT = TypeVar("ToldT")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The codes of the sites whose server took the letter, and of those whose did not."""

    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series(Generic[ToldT]):
    """A kind of letter: `name`.sent is what the trail has of each.

    `told`: what a site is to read, by what its last letter recorded; None: nothing.
    `words`: its subject and text. `record`: write into the trail that the site was told.
    """

    name: str
    told: Callable[[Reader, Site, Recorded | None], ToldT | None]
    words: Callable[[Site, ToldT], tuple[str, str]]
    record: Callable[[Tx, str, ToldT], None]


def send_due(series: Series[ToldT], post: Post, *, holder: str, at: StaffOccasion) -> Outcome:
    """Send to each site that has an address and had no such letter yet today.

    Recorded once the mail server has it. If the process dies in between, the letter
    goes again under the same Message-ID.
    """
    sent, failed = [], []
    for site in at.study.sites:
        told = _due(series, site, at) if site.email else None
        if told is None or not _alone(series.name, site, holder, at.now):
            continue
        subject, text = series.words(site, told)
        name = f"{series.name}.{at.study.id}.{site.code}.{at.today.isoformat()}".lower()
        try:
            post.send(Letter(site.email, subject, text, name))
        except OSError:
            failed.append(site.code)
            continue
        with transaction(at.actor, at.now) as tx:
            series.record(tx, _subject(site), told)
        sent.append(site.code)
    return Outcome(tuple(sent), tuple(failed))


def _due(series: Series[ToldT], site: Site, at: StaffOccasion) -> ToldT | None:
    """What the site is to read; None when it had its letter today, or there is nothing."""
    with reading(snapshot=True) as connection:
        before = last_of(connection, _subject(site), f"{series.name}.sent")
        wrong = before and is_ahead(before.at, at.now, at_most=RECORDED_AHEAD)
        if before and not wrong and at.day_of(before.at) >= at.today:
            return None
        return series.told(connection, site, before)


def _alone(name: str, site: Site, holder: str, now: datetime) -> bool:
    with housekeeping() as work:
        return leases.take(work, f"{name} {site.code}", holder, now, _TRYING)


def _subject(site: Site) -> str:
    return f"site:{site.code}"
