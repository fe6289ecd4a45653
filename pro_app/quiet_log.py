"""Failures in the log: types and places, never a message, which may quote an answer."""

import logging
import traceback


def failed(log: logging.Logger, what: str, error: BaseException) -> None:
    """Log what failed, the types of the errors that led to it, and their places."""
    log.error("%s: %s\n%s", what, type(error).__name__, _places(error))


def _places(error: BaseException) -> str:
    lines = traceback.format_tb(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause:
        lines = [_places(cause), f"which led to {type(error).__name__}:\n", *lines]
    return "".join(lines) + f"{type(error).__name__}\n"
