"""The security log: a line for each sign-in, refusal and failed control; never a secret.

Beside the trail, which lies in the database: lines go to standard error, from where the
machine that serves the product sends them to another one.
"""

import json
import logging
from collections.abc import Callable
from time import gmtime

from pro_app.store.engine.transaction import Changes, Tx

LOGGER = "pro_app.security"
_log = logging.getLogger(LOGGER)


def record(
    action: str,
    subject: str,
    tx: Tx,
    *,
    changes: Changes | None = None,
    reason: str | None = None,
) -> None:
    """Write an event of the trail and a line of the log."""
    tx.record(action, subject, changes=changes, reason=reason)
    note(action, actor=tx.actor.name, subject=subject)


def note(event: str, **facts: str | None) -> None:
    """Write a line of the log alone, of what is no event of the trail."""
    _log.info(event, extra={"facts": facts})


def send_lines(address: Callable[[], str | None]) -> None:
    """Let lines go out; `address` is whose request it is, None outside of any.

    Commands write none: whoever runs them holds the machine, and the trail has them.
    """

    def add_address(record: logging.LogRecord) -> bool:
        where = address()
        record.__dict__["address"] = where
        return where is not None

    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    handler.addFilter(add_address)
    # One, however many applications a process has made.
    _log.handlers = [h for h in _log.handlers if not isinstance(h.formatter, Lines)] + [handler]
    _log.setLevel(logging.INFO)
    _log.propagate = False


class Lines(logging.Formatter):
    """One JSON object a line, in UTC; whatever somebody sent, it stays within its line."""

    converter = staticmethod(gmtime)

    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ")
        address = getattr(record, "address", None)
        line = {"at": at, "event": record.getMessage(), "address": address}
        return json.dumps(line | getattr(record, "facts", {}))
