"""Send the head of the chain to each site, once a day: a copy that the operator can't change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pro_app.acts import letters
from pro_app.acts.letters import Outcome, Series
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.seals import Seal
from pro_app.core.study import Site
from pro_app.gateways.mail import Post
from pro_app.store.engine.transaction import Reader, Tx
from pro_app.store.trail import sealing
from pro_app.store.trail.trail import Recorded


@dataclass(frozen=True, slots=True)
class DailyHead:
    """What a site is told: the last seal, and how many came after the one it was told before."""

    seal: Seal
    new: int
    day: date


#: (site, what it is told) → subject and text of its letter.
Words = Callable[[Site, DailyHead], tuple[str, str]]


def send_due(post: Post, words: Words, *, holder: str, at: StaffOccasion) -> Outcome:
    """Send to each site that has an address and was told nothing yet today."""

    def told(connection: Reader, _site: Site, before: Recorded | None) -> DailyHead | None:
        seal = sealing.last_seal(connection)
        if seal is None:
            return None
        told_before = before.changes["position"][1] if before else 0
        return DailyHead(seal, seal.position - told_before, at.today)

    series = Series("head", told, words, _record)
    return letters.send_due(series, post, holder=holder, at=at)


def _record(tx: Tx, subject: str, told: DailyHead) -> None:
    seal = told.seal
    changes = {
        "position": (seal.position - told.new, seal.position),
        "head": (None, f"{seal.position}:{seal.chain}"),
    }
    tx.record("head.sent", subject, changes=changes)
