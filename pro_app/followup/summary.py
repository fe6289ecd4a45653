"""Mail each site once a week what waits there: on Mondays, and only if something does."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pro_app.core.sites import only
from pro_app.core.study import Site, Study
from pro_app.core.tasks import TaskKind
from pro_app.store.desk.tasks import waiting
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import Actor, housekeeping, reading, transaction
from pro_app.store.forms.decisions import waiting as undecided
from pro_app.store.statuses.today import flagged
from pro_app.store.statuses.windows import open_windows
from pro_app.store.trail.trail import last_of

_MONDAY = 0
#: From this hour on, in the trial's zone, so that the counts are those of the week that begins.
_FROM = time(7)
#: So long nobody else tries the same letter; whoever did not succeed tries again.
_TRYING = timedelta(minutes=10)
_WEEK_DAYS = 7
#: Lists are counted up to here; beyond it the letter would say no more.
_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Waits:
    """How much waits at a site on a day; numbers alone, since a letter is no safe place."""

    missing: int  # windows that closed without a form, and nobody has said why
    closing: int  # windows that close within seven days, without a form yet
    calls: int  # patients who asked for help, or whose form could not be taken
    decisions: int  # forms that came second or after a withdrawal

    @property
    def any(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


#: (site, what waits, the day) → subject and text of its letter.
Words = Callable[[Site, Waits, date], tuple[str, str]]
#: Hands over (address, subject, text, message id) and returns once the server has it.
Send = Callable[[str, str, str, str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The codes of the sites whose server took the letter, and of those whose did not."""

    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def send_due(
    study: Study, send: Send, words: Words, *, actor: Actor, holder: str, now: datetime
) -> Outcome:
    """Send to each site that has an address, work to do, and no letter yet today.

    Recorded once the mail server has it. Dies the process in between, the letter goes
    again under the same Message-ID.
    """
    local = now.astimezone(ZoneInfo(study.time_zone))
    if local.weekday() != _MONDAY or local.time() < _FROM:
        return Outcome()
    today = local.date()
    sent, failed = [], []
    for site in study.sites:
        waits = _due(site, study, today, now) if site.email else None
        if waits is None or not waits.any or not _alone(site, holder, now):
            continue
        subject, text = words(site, waits, today)
        name = f"summary.{study.id}.{site.code}.{today.isoformat()}".lower()
        try:
            send(site.email, subject, text, name)
        except OSError:
            failed.append(site.code)
            continue
        _record(site, waits, actor, now)
        sent.append(site.code)
    return Outcome(tuple(sent), tuple(failed))


def _due(site: Site, study: Study, today: date, now: datetime) -> Waits | None:
    """What waits at the site; None when it was told today."""
    here = only(site.code)
    with reading(snapshot=True) as connection:
        before = last_of(connection, _subject(site), "summary.sent")
        if before and before.at.astimezone(ZoneInfo(study.time_zone)).date() >= today:
            return None
        missing = flagged(connection, sites=here, new_since=now, limit=1, counted=_COUNTED)
        closing, _later = open_windows(
            connection,
            study,
            sites=here,
            today=today,
            new_since=today,
            within_days=(_WEEK_DAYS,),
            limit=1,
            counted=_COUNTED,
        )
        calls = sum(
            waiting(connection, kind, sites=here, limit=1, counted=_COUNTED).total
            for kind in TaskKind
        )
        return Waits(missing.total, closing.total, calls, len(undecided(connection, here)))


def _alone(site: Site, holder: str, now: datetime) -> bool:
    with housekeeping() as work:
        return leases.take(work, f"summary {site.code}", holder, now, _TRYING)


def _record(site: Site, waits: Waits, actor: Actor, now: datetime) -> None:
    changes = {field.name: (None, getattr(waits, field.name)) for field in fields(waits)}
    with transaction(actor, now) as tx:
        tx.record("summary.sent", _subject(site), changes=changes)


def _subject(site: Site) -> str:
    return f"site:{site.code}"
