"""When which job runs. A tick that runs twice, here or elsewhere, does no harm.

With SQLite the scheduler lives inside the web process, since the file belongs to
one process; with PostgreSQL it is a process of its own, `flask worker`.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from pro_app.acts.letters import Outcome
from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.person import operator
from pro_app.audit import daily, heads, verdicts
from pro_app.audit import service as audit
from pro_app.clock import steady
from pro_app.deployment import deployment
from pro_app.followup import alerts, clocks, completion, drafts, service, summary
from pro_app.followup.messages import summary_letter
from pro_app.gateways.mail import Post
from pro_app.quiet_log import failed
from pro_app.security.access import occasion_of
from pro_app.starting import unreadable_sentence
from pro_app.store.engine.study_versions import UnreadableVersion
from pro_app.store.engine.transaction import WORKER

_log = logging.getLogger(__name__)
_TICK_SECONDS = 60
#: An event is sealed a minute later at most; a run may wait ten seconds for a writer.
_SEAL_SECONDS = 30
#: The first run of a day sends; the others find that done, or try again.
_LETTERS_SECONDS = 300


def run_for_ever(app: Flask) -> None:
    """Tick until the process is told to stop."""
    tick(app)
    seal(app)
    scheduler = BlockingScheduler(timezone="UTC")
    _schedule(scheduler, app)
    scheduler.start()


def start_beside(app: Flask) -> BaseScheduler:
    """Tick in a thread of this process; the caller shuts it down."""
    scheduler = BackgroundScheduler(timezone="UTC", daemon=True)
    _schedule(scheduler, app)
    scheduler.start()
    return scheduler


def _schedule(scheduler: BaseScheduler, app: Flask) -> None:
    # Missed ticks are not made up for: the next one does all there is to do.
    jobs = (
        (tick, _TICK_SECONDS),
        (seal, _SEAL_SECONDS),
        (send_heads, _LETTERS_SECONDS),
        (send_summaries, _LETTERS_SECONDS),
        (verify_data, _LETTERS_SECONDS),
    )
    always: dict[str, Any] = {"max_instances": 1, "coalesce": True}
    for job, seconds in jobs:
        scheduler.add_job(job, "interval", [app], seconds=seconds, **always)
    scheduler.add_job(
        watch_clock, "interval", [app, clocks.Watch()], seconds=_TICK_SECONDS, **always
    )


@contextmanager
def _job(app: Flask, what: str) -> Iterator[None]:
    """In the application's context; `what` failed is logged, and the next run tries again."""
    with app.app_context():
        try:
            yield
        except UnreadableVersion as broken:
            _log.error("%s: %s", what, unreadable_sentence(broken))
        except Exception as error:
            failed(_log, f"{what}; the next run tries again", error)


def tick(app: Flask) -> None:
    """Do once what is due. A failure is logged, and the next tick tries again."""
    with _job(app, "the worker's tick failed"):
        at = _occasion()
        service.tick(holder=_holder(), at=at)
        alerts.look(holder=_holder(), at=at)
        completion.look(holder=_holder(), at=at)
        drafts.clear(at=at)


def seal(app: Flask) -> None:
    """Seal what the trail has gained. A job of its own: a long tick does not keep it waiting."""
    with _job(app, "sealing the trail failed"):
        sealed = audit.seal(holder=_holder(), now=deployment().now())
        if sealed.held_up:
            _log.warning("an old transaction is still open; the trail is sealed after it")


def verify_data(app: Flask) -> None:
    """Compare trail and tables, once a day. What is found stands on the page of the trail."""
    with _job(app, "verifying trail and data failed"):
        # By the study file: a version of the study may be what was altered.
        verdict = daily.verify_due(holder=_holder(), at=_occasion(by_file=True))
        if verdict is not None and not verdict.whole:
            _log.error("trail and data are not whole: see `flask audit verify --data`")


def watch_clock(app: Flask, watch: clocks.Watch) -> None:
    """Record that the host's clock was set since the last look, for the administrator."""
    with _job(app, "watching the clock failed"):
        step = watch.look(deployment().now(), steady())
        if step is not None:
            _log.warning("the clock was set from %s to %s", step.expected, step.found)
            clocks.record(step, actor=WORKER)


def send_heads(app: Flask) -> None:
    """Send each site the day's head of the chain; without a mail server there is nothing to do."""
    with _job(app, "sending the heads failed"):
        post = _post()
        if post.url:
            words = verdicts.head_letter
            outcome = heads.send_due(post, words, holder=_holder(), at=_occasion())
            _tell_failed("the head", outcome)


def send_summaries(app: Flask) -> None:
    """Send each site on Monday what waits there, if anything does and there is a mail server."""
    with _job(app, "sending the summaries failed"):
        post = _post()
        if post.url:
            outcome = summary.send_due(post, summary_letter, holder=_holder(), at=_occasion())
            _tell_failed("the summary", outcome)


def _post() -> Post:
    settings = deployment().settings
    return Post(settings.smtp_url, settings.mail_from)


def _tell_failed(what: str, outcome: Outcome) -> None:
    if outcome.failed:
        sites = ", ".join(outcome.failed)
        _log.warning("%s was not sent to %s; the next run tries again", what, sites)


def _occasion(*, by_file: bool = False) -> StaffOccasion:
    """This run's instant, and the worker as whoever acts."""
    return occasion_of(deployment(), operator(WORKER), by_file=by_file)


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
