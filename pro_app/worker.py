"""When which job runs. A tick that runs twice, here or elsewhere, does no harm.

With SQLite the scheduler lives inside the web process, since the file belongs to
one process; with PostgreSQL it is a process of its own, `flask worker`.
"""

import logging
import os
import socket

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from pro_app.audit import heads, messages
from pro_app.audit import service as audit
from pro_app.audit.mail import Post
from pro_app.deployment import deployment
from pro_app.followup import alerts, service
from pro_app.store.transaction import WORKER

_log = logging.getLogger(__name__)
_TICK_SECONDS = 60
#: An event is sealed a minute later at most; a run may wait ten seconds for a writer.
_SEAL_SECONDS = 30
#: The first run of a day sends; the others find that done, or try again.
_HEADS_SECONDS = 300


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
    jobs = ((tick, _TICK_SECONDS), (seal, _SEAL_SECONDS), (send_heads, _HEADS_SECONDS))
    for job, seconds in jobs:
        scheduler.add_job(job, "interval", [app], seconds=seconds, max_instances=1, coalesce=True)


def tick(app: Flask) -> None:
    """Do once what is due. A failure is logged, and the next tick tries again."""
    with app.app_context():
        parts = deployment()
        now = parts.now()
        try:
            service.tick(
                parts.study, actor=WORKER, holder=_holder(), now=now, today=parts.day_of(now)
            )
            alerts.look(parts.study, parts.instrument, actor=WORKER, holder=_holder(), now=now)
        except Exception:
            _log.exception("the worker's tick failed; the next one tries again")


def seal(app: Flask) -> None:
    """Seal what the trail has gained. A job of its own: a long tick does not keep it waiting."""
    with app.app_context():
        try:
            sealed = audit.seal(holder=_holder(), now=deployment().now())
            if sealed.held_up:
                _log.warning("an old transaction is still open; the trail is sealed after it")
        except Exception:
            _log.exception("sealing the trail failed; the next run tries again")


def send_heads(app: Flask) -> None:
    """Send each site the day's head of the chain; without a mail server there is nothing to do."""
    with app.app_context():
        parts = deployment()
        post = Post(parts.settings.smtp_url, parts.settings.mail_from)
        if not post.url:
            return
        try:
            outcome = heads.send_due(
                parts.study,
                post,
                messages.head_letter,
                actor=WORKER,
                holder=_holder(),
                now=parts.now(),
            )
            if outcome.failed:
                sites = ", ".join(outcome.failed)
                _log.warning("the head was not sent to %s; the next run tries again", sites)
        except Exception:
            _log.exception("sending the heads failed; the next run tries again")


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
