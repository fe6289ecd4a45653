"""Send the head of the chain to each site, once a day: a copy that the operator can't change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pro_app.clock import day_of
from pro_app.core.seals import Seal
from pro_app.core.study import Site, Study
from pro_app.gateways.mail import Letter, Post
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import Actor, housekeeping, reading, transaction
from pro_app.store.trail import sealing
from pro_app.store.trail.trail import last_of

#: So long nobody else tries the same letter; whoever did not succeed tries again.
_TRYING = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DailyHead:
    """What a site is told: the last seal, and how many came after the one it was told before."""

    seal: Seal
    new: int
    day: date


#: (site, what it is told) → subject and text of its letter.
Words = Callable[[Site, DailyHead], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The codes of the sites whose server took the letter, and of those whose did not."""

    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def send_due(
    study: Study, post: Post, words: Words, *, actor: Actor, holder: str, now: datetime
) -> Outcome:
    """Send to each site that has an address and was told nothing yet today.

    Recorded once the mail server has it. Dies the process in between, the letter goes
    again under the same Message-ID.
    """
    today = day_of(now, study.time_zone)
    sent, failed = [], []
    for site in study.sites:
        told = _due(site, study.time_zone, today) if site.email else None
        if told is None or not _alone(site, holder, now):
            continue
        subject, text = words(site, told)
        name = f"head.{study.id}.{site.code}.{today.isoformat()}".lower()
        try:
            post.send(Letter(site.email, subject, text, name))
        except OSError:
            failed.append(site.code)
            continue
        _record(site, told, actor, now)
        sent.append(site.code)
    return Outcome(tuple(sent), tuple(failed))


def _due(site: Site, time_zone: str, today: date) -> DailyHead | None:
    with reading() as connection:
        seal = sealing.last_seal(connection)
        before = last_of(connection, _subject(site), "head.sent")
    if seal is None or (before and day_of(before.at, time_zone) >= today):
        return None
    told_before = before.changes["position"][1] if before else 0
    return DailyHead(seal, seal.position - told_before, today)


def _alone(site: Site, holder: str, now: datetime) -> bool:
    with housekeeping() as work:
        return leases.take(work, f"head {site.code}", holder, now, _TRYING)


def _record(site: Site, told: DailyHead, actor: Actor, now: datetime) -> None:
    seal = told.seal
    changes = {
        "position": (seal.position - told.new, seal.position),
        "head": (None, f"{seal.position}:{seal.chain}"),
    }
    with transaction(actor, now) as tx:
        tx.record("head.sent", _subject(site), changes=changes)


def _subject(site: Site) -> str:
    return f"site:{site.code}"
