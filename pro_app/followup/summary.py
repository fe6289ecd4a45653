"""Mail each site once a week what waits there: on Mondays, and only if something does."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, time
from zoneinfo import ZoneInfo

from pro_app.acts import letters
from pro_app.acts.letters import Outcome, Series
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.sites import only
from pro_app.core.study import Site
from pro_app.core.tasks import TaskKind
from pro_app.gateways.mail import Post
from pro_app.store.desk.tasks import waiting
from pro_app.store.engine.transaction import Reader, Tx
from pro_app.store.forms.decisions import waiting as undecided
from pro_app.store.statuses.today import flagged
from pro_app.store.statuses.windows import open_windows
from pro_app.store.trail.trail import Recorded

_MONDAY = 0
#: From this hour on, in the trial's zone, so that the counts are those of the week that begins.
_FROM = time(7)
WEEK_DAYS = 7
#: Lists are counted up to here; beyond it the letter would say no more.
_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Waits:
    """How much waits at a site on a day; numbers alone, since a letter is no safe place."""

    missing: int  # forms that are missing or blank, and nobody has said why
    closing: int  # windows that close within WEEK_DAYS, without a form yet
    calls: int  # patients who asked for help, whose form was not taken, or whose PIN is tried
    decisions: int  # forms that came second or after a withdrawal

    @property
    def any(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


#: (site, what waits, the day) → subject and text of its letter.
Words = Callable[[Site, Waits, date], tuple[str, str]]


def send_due(post: Post, words: Words, *, holder: str, at: StaffOccasion) -> Outcome:
    """Send to each site that has an address, work to do, and no letter yet today."""
    local = at.now.astimezone(ZoneInfo(at.study.time_zone))
    if local.weekday() != _MONDAY or local.time() < _FROM:
        return Outcome()

    def told(connection: Reader, site: Site, _before: Recorded | None) -> Waits | None:
        waits = _waits(connection, site, at)
        return waits if waits.any else None

    def worded(site: Site, waits: Waits) -> tuple[str, str]:
        return words(site, waits, at.today)

    series = Series("summary", told, worded, _record)
    return letters.send_due(series, post, holder=holder, at=at)


def _waits(connection: Reader, site: Site, at: StaffOccasion) -> Waits:
    here = only(site.code)
    missing = flagged(connection, sites=here, new_since=at.now, limit=1, counted=_COUNTED)
    closing, _later = open_windows(
        connection,
        at.study,
        sites=here,
        today=at.today,
        new_since=at.today,
        within_days=(WEEK_DAYS,),
        limit=1,
        counted=_COUNTED,
    )
    calls = sum(
        waiting(connection, kind, sites=here, limit=1, counted=_COUNTED).total for kind in TaskKind
    )
    return Waits(missing.total, closing.total, calls, len(undecided(connection, here)))


def _record(tx: Tx, subject: str, waits: Waits) -> None:
    changes = {field.name: (None, getattr(waits, field.name)) for field in fields(waits)}
    tx.record("summary.sent", subject, changes=changes)
