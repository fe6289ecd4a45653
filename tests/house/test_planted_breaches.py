"""Rule 11: each rule of the house catches what it is there for."""

from collections.abc import Callable, Mapping
from textwrap import indent
from typing import Any

import pytest

from tests.house import rules
from tests.house.source import ROOMS

_LONG_FUNCTION = "def long() -> None:\n" + "    pass\n" * 60

#: (rule, what breaks it)
_BREACHES: list[tuple[Callable[[str], Any], str]] = [
    (rules.clock, "from datetime import datetime\ndatetime.now()"),
    (rules.clock, "from datetime import datetime as dt, UTC\ndt.now(UTC)"),
    (rules.clock, "import datetime as d\nd.date.today()"),
    (rules.clock, "from datetime import date\nyear = date.today().year"),
    (rules.clock, "from datetime import datetime\nread = datetime.utcnow"),
    (rules.clock, "import time\ntime.time_ns()"),
    (rules.clock, "import time as watch\nwatch.monotonic()"),
    (rules.clock, "from time import time as seconds\nseconds()"),
    (rules.clock, "from time import perf_counter_ns\nperf_counter_ns()"),
    (rules.environment, "import os\nos.environ['HOME']"),
    (rules.environment, "from os import environ\nenviron['HOME']"),
    (rules.environment, "from os import getenv as ask\nask('HOME')"),
    (rules.environment, "import os as system\nsystem.getenv('HOME')"),
    (rules.sql, "from sqlalchemy import text"),
    (rules.sql, "import sqlalchemy as sa"),
    (rules.sql, "import sqlite3"),
    (rules.sql, "def f(connection):\n    connection.exec_driver_sql('DELETE FROM patient')"),
    (rules.sql, "def f(connection):\n    connection.commit()"),
    (rules.sql, "def f(connection):\n    end = connection.rollback\n    end()"),
    (rules.secrets, "import secrets"),
    (rules.secrets, "from uuid import uuid4"),
    (rules.secrets, "import random as chance"),
    (rules.secrets, "import os\nos.urandom(8)"),
    (rules.secrets, "from os import urandom\nurandom(8)"),
    (rules.printing, "from weasyprint import HTML"),
    (rules.optional_sites, "def f(sites: tuple[str, ...] | None) -> None: ..."),
    (rules.optional_sites, "def f(*, sites: Optional[Sites]) -> None: ..."),
    (rules.optional_sites, "def f(*, sites: Sites = EVERYWHERE) -> None: ..."),
    (rules.optional_sites, "def f(sites=None): ..."),
    (rules.optional_sites, "class Scope:\n    sites: Sites = EVERYWHERE"),
    (rules.optional_sites, "class Scope:\n    sites: 'Sites | None'"),
    (rules.optional_sites, "ledger(sites=None)"),
    (rules.loose_occasion, "def f(*, sites: Sites, actor: Actor, now: datetime) -> None: ..."),
    (rules.loose_occasion, "def f(sites: Sites, actor: Actor): ..."),
    (rules.loose_occasion, "def export(folder: Path, *, actor: Actor, now: datetime): ..."),
    (rules.loose_occasion, "def redact(event_id: int, *, actor: Actor, now: datetime): ..."),
    (rules.loose_occasion, "def ledger(study: Study, *, sites: Sites): ..."),
    (rules.loose_occasion, "def grid(*, sites: Sites, as_of: date): ..."),
    (rules.loose_occasion, "def copy(number: str, sites: Sites, now: datetime): ..."),
    (rules.loose_occasion, "def tick(*, actor: Actor, holder: str, today: date): ..."),
    (rules.loose_occasion, "class A:\n    def of(self, who: Actor, study: Study): ..."),
    (rules.second_limits, "LONGEST_TEXT = 500"),
    (rules.second_limits, "from datetime import date\n_EARLIEST = date(1900, 1, 1)"),
    (rules.second_refusals, "class Refused:\n    pass"),
    (rules.second_refusals, "class Problem(StrEnum):\n    NOT_HERE = 'NOT_HERE'"),
    (rules.second_refusals, "def f():\n    class NotTaken: ..."),
    (rules.long_functions, _LONG_FUNCTION),
    (rules.long_functions, f"class A:\n{indent(_LONG_FUNCTION, '    ')}"),
    (rules.long_functions, f"async {_LONG_FUNCTION}"),
    (rules.long_file, "x = 1\n" * 400),
    (rules.long_template_lines, "<p>\n" + "x" * 161 + "\n</p>"),
    (rules.one_sex, "Her card stays good."),
    (rules.one_sex, "暂不向她发送消息。"),
    (rules.one_sex, "def test_a_draft_waits_until_she_comes_back() -> None: ..."),
    (rules.one_sex, "_READ_TO_HER = {Mode.INTERVIEW_PHONE}"),
    (rules.one_sex, "// whatever waits on this phone is hers"),
    (rules.one_sex, "- The nurse signs with his password."),
    (rules.one_sex, "<p>How many women answered</p>"),
    (rules.stated_limits, "Close within 3 days"),
    (rules.stated_limits, "Choose a PIN of 4 to 6 digits."),
    (rules.stated_limits, "Tried three times or more"),
    (rules.vague_name, "pro_app/nurse/utils.py"),
    (rules.vague_name, "pro_app/helpers/days.py"),
    (rules.vague_name, "pro_app/store/session_manager.py"),
    (rules.vague_name, "pro_app/static/patient/date-helper.js"),
]


@pytest.mark.parametrize(("rule", "breach"), _BREACHES)
def test_a_planted_breach_is_caught(rule: Callable[[str], Any], breach: str) -> None:
    assert rule(breach)


@pytest.mark.parametrize(
    ("rule", "sound"),
    [
        (rules.clock, "from datetime import datetime, timedelta\ndatetime.fromisoformat('x')"),
        (rules.clock, "def f(clock): return clock.now()"),
        (rules.environment, "import os\nos.getpid()"),
        (rules.sql, "from sqlalchemy.exc import OperationalError"),
        (rules.optional_sites, "def f(*, sites: Sites) -> None: ...\nf(sites=at.sites)"),
        (rules.loose_occasion, "def f(*, at: StaffOccasion) -> None: ..."),
        (rules.loose_occasion, "def f(*, as_of: date, at: StaffOccasion) -> None: ..."),
        (rules.loose_occasion, "def f(actor: Actor, patient_id: int, *, at: Occasion): ..."),
        (rules.second_limits, "from pro_app.core.refused import LONGEST_TEXT as most"),
        (rules.second_refusals, "class NotReached:\n    pass"),
        (rules.long_functions, "def f():\n" + "    pass\n" * 49),
        (rules.one_sex, "Other phones adhere: there, when the nurse is here, it is theirs."),
        (rules.one_sex, "'HER_MESSAGE': _('What the patient wrote'),"),
        (rules.vague_name, "pro_app/store/trail/trail.py"),
    ],
)
def test_what_is_sound_is_left_alone(rule: Callable[[str], Any], sound: str) -> None:
    assert not rule(sound)


@pytest.mark.parametrize(
    ("source", "allowed", "never"),
    [
        ("from pro_app.nurse import day", ["pro_app.core", "pro_app.store"], []),
        ("import pro_app.nurse.day as day", ["pro_app.core"], []),
        ("from pro_app import nurse", ["pro_app.core"], []),
        ("from flask import g", ["pro_app.core"], ["flask", "werkzeug"]),
        ("def f():\n    from pro_app.review import queries", ["pro_app.core"], []),
        ("import flask_login", [], ["flask", "flask_login"]),
    ],
)
def test_a_planted_import_is_caught(source: str, allowed: list[str], never: list[str]) -> None:
    assert rules.foreign(source, allowed, never=never)


@pytest.mark.parametrize(
    "source",
    [
        "from pro_app.security import secrets",
        "from pro_app.security.secrets import kept_key",
        "from pro_app import nurse",
        "def late():\n    import pro_app.patient.service",
    ],
)
def test_a_ground_file_that_imports_a_room_is_caught(source: str) -> None:
    assert rules.rooms_in_ground(source, ROOMS)


_LEAF = "export const leaf = 1;\n"


@pytest.mark.parametrize(
    "modules",
    [
        {"patient/a.js": 'import { b } from "./b.js";', "patient/b.js": 'import "./a.js";'},
        {
            "patient/a.js": 'import * as b from "./b.js";',
            "patient/b.js": 'export { c } from "./c.js";',
            "patient/c.js": 'async function f() { const { a } = await import("./a.js"); }',
        },
        {"patient/a.js": 'import "./a.js";'},
        {"patient/a.js": "import '../staff/b.js';", "staff/b.js": "import '../patient/a.js';"},
    ],
)
def test_a_circle_of_scripts_is_caught(modules: Mapping[str, str]) -> None:
    assert rules.js_circles(modules)


def test_scripts_that_share_a_leaf_are_no_circle() -> None:
    uses = 'import { leaf } from "./leaf.js"; // and not import("./a.js")\n'
    typed = '/** @typedef {import("./a.js").A} A */\n' + _LEAF
    modules = {"patient/a.js": uses, "patient/b.js": uses, "patient/leaf.js": typed}
    assert rules.js_circles(modules) == []


@pytest.mark.parametrize(
    "source",
    [
        'import { x } from "../staff/keying.js";',
        'import "https://cdn.example/x.js";',
        'import { x } from "lit";',
        'const x = await import("../staff/keying.js");',
    ],
)
def test_a_script_from_elsewhere_is_caught(source: str) -> None:
    assert rules.js_foreign("patient/app.js", source)
    assert not rules.js_foreign("patient/app.js", 'import "../shared/x.js";\nimport "./y.js";')
