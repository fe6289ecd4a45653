"""Who may call a route: every view carries one of these marks, and a test says so."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import abort, current_app, g, redirect, request, url_for
from flask_login import current_user

from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.person import Person
from pro_app.deployment import Deployment, deployment
from pro_app.security import service
from pro_app.security.service import Stage
from pro_app.store.people.staff import Account

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Entering:
    """Somebody whose name and password were right, and who has still to show a code."""

    account: Account
    token: str
    stage: Stage


def patient_only(view: View) -> View:
    """Only a signed-in patient, who is then `g.patient`."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.get("patient") is None:
            return _not_signed_in("patient.signed_out")
        return view(*args, **kwargs)

    guarded.access = ("patient",)  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def staff_only(*roles: str, entering: Stage | None = None) -> Callable[[View], View]:
    """Only signed-in staff in one of these roles; and whoever is at this stage of entering."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if _is_entering(entering):
                return view(*args, **kwargs)
            if not current_user.is_authenticated:
                return _not_signed_in("security.sign_in")
            if current_user.role not in roles:
                service.note_refusal(current_user.actor, request.endpoint or "", deployment().now())
                abort(403)
            return view(*args, **kwargs)

        at_the_door = (f"entering:{entering}",) if entering else ()
        guarded.access = (*roles, *at_the_door)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def entering_only(stage: Stage) -> Callable[[View], View]:
    """Only whoever is at this stage of entering, who is then `g.entering`."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if _is_entering(stage):
                return view(*args, **kwargs)
            return _not_signed_in("security.sign_in")

        guarded.access = (f"entering:{stage}",)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def staff_occasion() -> StaffOccasion:
    """The trial, the request's instant and whoever is signed in as staff."""
    return occasion_of(deployment(), current_user.person)


def occasion_of(parts: Deployment, person: Person, *, by_file: bool = False) -> StaffOccasion:
    """The same for whoever comes by another door: one instant, and the day that it is on.

    `by_file`: the study as its file has it, where the database's may be broken.
    """
    now = parts.now()
    return StaffOccasion(
        study=parts.file if by_file else parts.study,
        instrument=parts.instrument,
        production=parts.settings.production,
        now=now,
        today=parts.day_of(now),
        day_of=parts.day_of,
        person=person,
    )


def may(endpoint: str) -> bool:
    """Whether whoever is signed in as staff may call a route."""
    view = current_app.view_functions[endpoint]
    return current_user.is_authenticated and current_user.role in getattr(view, "access", ())


def takes_up_to(most_bytes: int) -> Callable[[View], View]:
    """More than a form's fields may be sent to it, by staff who are signed in."""

    def mark(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def _is_entering(stage: Stage | None) -> bool:
    return stage is not None and "entering" in g and g.entering.stage is stage


def _not_signed_in(endpoint: str) -> Any:
    if request.method != "GET" or request.is_json or request.path.startswith("/api/"):
        abort(401)
    return redirect(url_for(endpoint))
