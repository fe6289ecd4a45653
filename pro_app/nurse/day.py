"""What waits for a site today, each list cut at what a screen can hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pro_app.acts.occasion import StaffOccasion
from pro_app.clock import day_of
from pro_app.core.contact import Attempt, Outcome
from pro_app.core.leaving import Held, may_leave
from pro_app.core.pauses import PauseFact
from pro_app.core.reach import Reach
from pro_app.core.tasks import TaskKind
from pro_app.store.desk.alerts import OpenAlert, open_alerts
from pro_app.store.desk.contact_log import CallBack, NotReached, call_backs, latest, not_reached
from pro_app.store.desk.data_queries import waiting_for_site
from pro_app.store.desk.requests import open_requests
from pro_app.store.desk.site_tasks import OpenSiteTask, open_site_tasks
from pro_app.store.desk.tasks import Begun, Waiting, begun, waiting
from pro_app.store.engine.transaction import Reader, reading
from pro_app.store.forms.corrections import unsigned
from pro_app.store.forms.decisions import waiting as undecided
from pro_app.store.forms.keying import differing, keyed_once
from pro_app.store.patients.leaving import held_back_of
from pro_app.store.patients.pauses import paused
from pro_app.store.statuses.cuts import Cut
from pro_app.store.statuses.reach import reach_of
from pro_app.store.statuses.today import CameIn, Flagged, came_in, flagged
from pro_app.store.statuses.windows import OpenWindow, open_windows

#: Windows closing within so many days have a list of their own.
SOON_DAYS, WEEK_DAYS = 3, 7
#: A list shows so many rows; the ledger has the rest.
ROWS = 25
#: A form that nobody has touched for so long is not being filled in any more.
STALLED_MINUTES = 60
#: Attempts to reach a patient are of today's concern for so long.
LATELY = timedelta(days=90)
#: Whom so many tries in a row have not reached is called unreachable.
TRIES = 3
#: Beyond this a list is not counted: the page takes the same time in any study.
COUNTED = 100


@dataclass(frozen=True, slots=True)
class Queues:
    """How many forms wait for a decision, papers for a second look, corrections for a name.

    And how many queries of those who look over the data, and requests of patients about
    theirs, wait for an answer.
    """

    to_decide: int
    to_check: int
    to_sign: int
    to_answer: int
    requests: int

    @property
    def any(self) -> bool:
        return any(astuple(self))


@dataclass(frozen=True, slots=True)
class Reminded:
    """How often somebody wrote to a patient about a visit lately, and whether today already."""

    times: int
    last_at: datetime
    today: bool


@dataclass(frozen=True, slots=True)
class Today:
    """`since`: what came after this day began, in the trial's zone, is called new."""

    since: date
    since_at: datetime
    soon: Cut[OpenWindow]
    week: Cut[OpenWindow]
    later: Cut[OpenWindow]
    flagged: Cut[Flagged]
    came_in: Cut[CameIn]
    calls: Cut[Waiting]
    not_taken: Cut[Waiting]
    guessed: Cut[Waiting]  # whose PIN somebody tries to guess
    begun: Cut[Begun]
    call_backs: Cut[CallBack]
    not_reached: Cut[NotReached]
    alerts: Cut[OpenAlert]
    queues: Queues
    of_site: Sequence[OpenSiteTask]  # what is asked of the site as a whole
    paused: Mapping[str, PauseFact]  # number → why they are not to be asked today
    tried: Mapping[str, Sequence[Attempt]]  # number → what was tried lately, the latest first
    reminded: Mapping[tuple[str, str], Reminded]  # number and visit → messages that were sent
    reach: Mapping[str, Reach]  # number → the last proof that they can be reached
    held: Mapping[str, Held]  # number → what of their data is held back

    def holds_back(self, form: CameIn) -> bool:
        """Whether no more is shown of a form that came in than that it did."""
        return not may_leave(self.held, form.number, form.answered_on)

    @property
    def opened(self) -> int:
        """How many of the open windows opened since."""
        return self.soon.new + self.week.new + self.later.new

    @property
    def waits(self) -> bool:
        """Whether anything is left to do."""
        lists = (self.soon, self.week, self.later, self.flagged, self.calls, self.not_taken)
        calls = (self.call_backs, self.not_reached, self.guessed)
        return (
            self.queues.any
            or bool(self.of_site)
            or any(cut.total for cut in (*lists, *calls, self.begun, self.alerts))
        )


def at_site(*, at: StaffOccasion) -> Today:
    """The work of a day at these sites, in as many statements however large the study."""
    zone = ZoneInfo(at.study.time_zone)
    since = at.today - timedelta(days=1)
    since_at = datetime.combine(since, time.min, zone)
    with reading(snapshot=True) as connection:
        soon, week, later = open_windows(
            connection,
            at.study,
            sites=at.sites,
            today=at.today,
            new_since=since,
            within_days=(SOON_DAYS, WEEK_DAYS),
            limit=ROWS,
            counted=COUNTED,
        )
        missing = flagged(
            connection, sites=at.sites, new_since=since_at, limit=ROWS, counted=COUNTED
        )
        new = came_in(connection, sites=at.sites, since=since_at, limit=ROWS)
        shown = {row.number for cut in (soon, week, later, missing) for row in cut.rows}
        return Today(
            since=since,
            since_at=since_at,
            soon=soon,
            week=week,
            later=later,
            flagged=missing,
            came_in=new,
            held=held_back_of(connection, (form.number for form in new.rows)),
            **_asked(connection, at=at),
            **_sought(connection, until=datetime.combine(at.today, time.max, zone), at=at),
            alerts=open_alerts(connection, sites=at.sites, limit=ROWS)
            if at.study.alerts
            else Cut(),
            paused={
                each.number: each.fact
                for each in paused(connection, sites=at.sites, today=at.today, limit=COUNTED)
            },
            queues=_queues(connection, at),
            of_site=open_site_tasks(connection, sites=at.sites),
            reach=reach_of(connection, at.study, shown, today=at.today),
            **_contacts(
                latest(connection, shown, since=at.now - LATELY), at.today, at.study.time_zone
            ),
        )


def _asked(connection: Reader, *, at: StaffOccasion) -> dict[str, Any]:
    """What patients and their phones ask for, and who did not finish a form."""
    common: dict[str, Any] = {"sites": at.sites, "limit": ROWS, "counted": COUNTED}
    return {
        "calls": waiting(connection, TaskKind.HELP, **common),
        "not_taken": waiting(connection, TaskKind.FORM_NOT_TAKEN, **common),
        "guessed": waiting(connection, TaskKind.PIN_TRIED, **common),
        "begun": begun(
            connection, before=at.now - timedelta(minutes=STALLED_MINUTES), today=at.today, **common
        ),
    }


def _sought(connection: Reader, *, until: datetime, at: StaffOccasion) -> dict[str, Any]:
    """Who is to be called again by an instant, and whom nobody reaches."""
    common: dict[str, Any] = {"sites": at.sites, "since": at.now - LATELY, "limit": ROWS}
    return {
        "call_backs": call_backs(connection, until=until, **common),
        "not_reached": not_reached(connection, tries=TRIES, **common),
    }


def _contacts(
    rows: Iterable[tuple[str, str | None, Attempt]], today: date, time_zone: str
) -> dict[str, Any]:
    """What was tried with each patient, apart from the reminders for each of their visits."""
    tried: dict[str, list[Attempt]] = {}
    reminded: dict[tuple[str, str], Reminded] = {}
    for number, visit, made in rows:
        if made.outcome is not Outcome.REMINDED:
            tried.setdefault(number, []).append(made)
        elif visit is not None:
            last = reminded.get((number, visit))
            at = last.last_at if last else made.made_at  # the latest comes first
            times = 1 + (last.times if last else 0)
            reminded[number, visit] = Reminded(times, at, day_of(at, time_zone) == today)
    return {"tried": tried, "reminded": reminded}


def _queues(connection: Reader, at: StaffOccasion) -> Queues:
    return Queues(
        to_decide=len(undecided(connection, at.sites)),
        to_check=len(keyed_once(connection, sites=at.sites, limit=COUNTED))
        + len(differing(connection, sites=at.sites)),
        to_sign=len(unsigned(connection, sites=at.sites)),
        to_answer=waiting_for_site(connection, sites=at.sites, limit=1, counted=COUNTED).total,
        requests=len(open_requests(connection, sites=at.sites, limit=COUNTED)),
    )
