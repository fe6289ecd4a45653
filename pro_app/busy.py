"""No browser and no kind of work holds all of a process's threads; who has to wait is told so.

A request that takes long holds a thread. What is refused here (503, Retry-After) was not
begun: phones keep what they have and send it again, people see a page that says when.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from werkzeug.exceptions import ServiceUnavailable

from pro_app.clock import steady
from pro_app.store.engine.patience import LONG_PAGE_SECONDS, PAGE_SECONDS, waiting_at_most

View = TypeVar("View", bound=Callable[..., Any])

#: The threads of a web process that answer.
THREADS = 8
#: A request that has been under way for so long is slow.
_SLOW_SECONDS = 1.0
#: So many slow ones of one browser, or of everybody, and the next one is refused.
_OF_ONE = 3
_OF_ALL = THREADS - 1
#: So many long pages at once in a process.
_LONG = 2
AGAIN_SECONDS = 5
_AGAIN_AFTER_LONG_SECONDS = 30


class Busy(ServiceUnavailable):
    """This can't be begun now; `retry_after` says in how many seconds to try again."""

    def __init__(self, seconds: int = AGAIN_SECONDS) -> None:
        super().__init__(retry_after=seconds)


class UnderWay:
    """The requests that this process is at, by whose they are."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[object, tuple[str, float]] = {}
        self._long = threading.Semaphore(_LONG)

    def begin(self, whose: str) -> object:
        """What ends it again. Errors: Busy."""
        mark, now = object(), steady()
        with self._lock:
            slow = Counter(who for who, at in self._since.values() if now - at > _SLOW_SECONDS)
            if slow[whose] >= _OF_ONE or slow.total() >= _OF_ALL:
                raise Busy
            self._since[mark] = (whose, now)
        return mark

    def end(self, mark: object) -> None:
        with self._lock:
            self._since.pop(mark, None)

    @contextmanager
    def long(self) -> Iterator[None]:
        """Errors: Busy."""
        if not self._long.acquire(blocking=False):
            raise Busy(_AGAIN_AFTER_LONG_SECONDS)
        try:
            yield
        finally:
            self._long.release()


def set_up(app: Flask) -> None:
    """Before all other guards: they ask the database already."""
    app.extensions["under_way"] = UnderWay()
    app.before_request(_begin)
    app.teardown_request(_end)


def takes_long(view: View) -> View:
    """A view that reads a lot or prints: few run at once, and their statements may take longer."""

    @wraps(view)
    def limited(*args: Any, **kwargs: Any) -> Any:
        with _under_way().long(), waiting_at_most(LONG_PAGE_SECONDS):
            return view(*args, **kwargs)

    return limited  # type: ignore[return-value]


def _under_way() -> UnderWay:
    found: UnderWay = current_app.extensions["under_way"]
    return found


def _begin() -> None:
    if request.endpoint == "assets.asset":
        return
    cookie = request.cookies.get(current_app.config["SESSION_COOKIE_NAME"])
    g.under_way = _under_way().begin(cookie or request.remote_addr or "")
    g.patience = waiting_at_most(PAGE_SECONDS)
    g.patience.__enter__()


def _end(_error: BaseException | None) -> None:
    if "under_way" in g:
        _under_way().end(g.pop("under_way"))
    if "patience" in g:
        g.pop("patience").__exit__(None, None, None)
