"""How long anybody waits for the database: a page some seconds, a command as long as it takes.

A page that would have to wait longer says so (503), and phones keep what they have and send
it again. Without a limit, one locked row or a database that says nothing would hold thread
after thread, until no page is left.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pro_app.clock import steady

#: How long one statement of a page may take.
PAGE_SECONDS = 6.0
#: And one of those few that have to look at everything: an export, a site's copies.
LONG_PAGE_SECONDS = 60.0
#: How long a page waits for what another transaction holds.
LOCK_SECONDS = 3.0
#: A database that is asked by a command or a job, and says nothing for so long, says nothing.
SILENCE_SECONDS = 900.0
#: After it could not be reached, so long nobody but one tries again.
_PAUSE_SECONDS = 2.0

_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL"}

_limit: ContextVar[float | None] = ContextVar("limit", default=None)


class Unavailable(Exception):
    """The database is not asked now: it can't be reached, or is another's for too long."""


def limit_seconds() -> float | None:
    """How long a statement may take here; None: no limit but the database's own."""
    return _limit.get()


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """In this block no statement takes longer than so many seconds."""
    token = _limit.set(seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def is_outage(error: BaseException) -> bool:
    """Whether this says that the database is not there, or too busy: to be tried again later."""
    if isinstance(error, (Unavailable, PoolTimeout)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    cause = error.orig
    code = getattr(cause, "sqlite_errorname", None)
    if code is not None:
        return "_".join(code.split("_")[:2]) in _BUSY  # SQLITE_BUSY of SQLITE_BUSY_SNAPSHOT
    # Connection lost, shut down, out of connections, a lock not given, a statement cut off.
    return type(error).__name__ == "OperationalError"


def said_by_driver(error: BaseException) -> str:
    """The code of an outage; a driver's message may quote what was written."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return f"{type(cause).__name__} {code or ''}".strip()


class Reachable:
    """Whether a database could be reached lately; one asks for all when it could not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_try: float | None = None

    def ask(self) -> None:
        """Return where it may be asked. Errors: Unavailable."""
        with self._lock:
            if self._next_try is None:
                return
            now = steady()
            if now < self._next_try:
                raise Unavailable("the database could not be reached a moment ago")
            self._next_try = now + _PAUSE_SECONDS  # this one tries, the others wait for it

    def failed(self) -> None:
        with self._lock:
            self._next_try = steady() + _PAUSE_SECONDS

    def answered(self) -> None:
        with self._lock:
            self._next_try = None
