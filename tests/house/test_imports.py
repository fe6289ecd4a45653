"""Rules 1, 2 and 7: who may import whom."""

import sys
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.source import PRODUCT, ROOMS, ROOT, files, ground, name, text

_CORE_LIBRARY = {
    "ast", "bisect", "calendar", "collections", "dataclasses", "datetime", "enum", "fractions",
    "functools", "hashlib", "html", "itertools", "json", "math", "operator", "re", "statistics",
    "types", "typing", "unicodedata",
}  # fmt: skip

_WEB = ("flask", "flask_babel", "flask_login", "werkzeug")

#: What lies below the rooms → what it may import of the product.
_FLOORS = {
    # The steady clock tells no time: it measures how long a silent database is left alone.
    "store": ("pro_app.core", "pro_app.store", "pro_app.settings", "pro_app.clock.steady"),
    "instruments": ("pro_app.core", "pro_app.instruments"),
    "studies": ("pro_app.core", "pro_app.studies"),
    "gateways": ("pro_app.core", "pro_app.gateways"),
    "acts": (
        *("pro_app.acts", "pro_app.core", "pro_app.store"),
        *("pro_app.instruments", "pro_app.studies", "pro_app.gateways", "pro_app.clock.day_of"),
    ),
}


@pytest.mark.parametrize("path", files(PRODUCT / "core"), ids=name)
def test_core_imports_itself_and_a_named_part_of_the_standard_library(path: Path) -> None:
    allowed = _CORE_LIBRARY | ({"polars"} if path.name == "score_table.py" else set())
    found = rules.imports(text(path))
    beyond = [m for m in found if m.split(".")[0] not in allowed]
    assert [m for m in beyond if not rules.starts(m, "pro_app.core")] == []


@pytest.mark.parametrize("path", [p for part in _FLOORS for p in files(PRODUCT / part)], ids=name)
def test_floors_know_only_what_is_below_them(path: Path) -> None:
    allowed = _FLOORS[path.relative_to(PRODUCT).parts[0]]
    never = ("flask_babel", "flask_login", "werkzeug")
    assert rules.foreign(text(path), allowed, never=never) == []


def _room_files(*, routes: bool) -> list[Path]:
    found = [p for room in ROOMS for p in files(PRODUCT / room)]
    # What a room says needs the language of the request, and `here` is the request's own.
    web = {
        "access.py",
        "setup.py",
        "well_formed.py",
        "messages.py",
        "verdicts.py",
        "codes.py",
        "here.py",
    }
    return [
        p
        for p in found
        if (p.name in web or p.name.endswith("routes.py")) == routes and p.name != "__init__.py"
    ]


@pytest.mark.parametrize("path", _room_files(routes=False), ids=name)
def test_services_know_no_web_and_no_other_room(path: Path) -> None:
    room = path.relative_to(PRODUCT).parts[0]
    allowed = (
        f"pro_app.{room}",
        "pro_app.acts",
        "pro_app.core",
        "pro_app.store",
        "pro_app.gateways",
        "pro_app.instruments",
        "pro_app.studies",
        "pro_app.security.secrets",
        "pro_app.security.vault",
        "pro_app.security.roles",
        "pro_app.clock.day_of",
    )
    if room == "demo":  # it makes what the other doors make, through the same door
        allowed += tuple(
            f"pro_app.security.{door}" for door in ("service", "patients", "cards", "accounts")
        )
    if room == "security":
        allowed += ("pro_app.security_log",)
    assert rules.foreign(text(path), allowed, never=_WEB) == []


@pytest.mark.parametrize("path", _room_files(routes=True), ids=name)
def test_routes_never_reach_into_the_store(path: Path) -> None:
    room = path.relative_to(PRODUCT).parts[0]
    allowed = (
        f"pro_app.{room}",
        "pro_app.acts",
        "pro_app.busy.takes_long",
        "pro_app.core",
        "pro_app.security",
        "pro_app.deployment",
        "pro_app.assets",
        "pro_app.i18n",
        "pro_app.languages",
        "pro_app.qr",
        "pro_app.public",
        "pro_app.refusals",
        "pro_app.remarks",
        "pro_app.security_log",
        "pro_app.settings",
    )
    if room == "security":  # the guards are the store's own door-keepers
        allowed += ("pro_app.store",)
    assert rules.foreign(text(path), allowed) == []


@pytest.mark.parametrize("path", ground(), ids=name)
def test_ground_files_know_no_room(path: Path) -> None:
    assert rules.rooms_in_ground(text(path), ROOMS) == []


def test_rooms_are_all_known_to_these_rules() -> None:
    data = {"core", "cli", "templates", "static", *_FLOORS}
    folders = {p.name for p in PRODUCT.iterdir() if p.is_dir() and not p.name.startswith("_")}
    assert folders - data == set(ROOMS)


@pytest.mark.parametrize("path", files(ROOT / "migrations"), ids=name)
def test_migrations_do_not_know_the_product(path: Path) -> None:
    # They must do tomorrow what they did when they were written.
    assert rules.foreign(text(path), ()) == []


def test_the_libraries_named_for_the_core_are_standard() -> None:
    assert set(sys.stdlib_module_names) >= _CORE_LIBRARY
