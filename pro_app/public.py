"""The mark of a route that anybody may call; `security.access` has those of all others."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Anybody may call it."""
    view.access = ("public",)  # type: ignore[attr-defined]
    return view
