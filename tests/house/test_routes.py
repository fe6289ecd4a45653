"""Rule 8: every route says who may call it, and keeps to it, for every role and site."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, literal, select, union_all
from werkzeug.routing import Rule

from pro_app import create_app
from pro_app.core.corrections import AskedBy, Evidence
from pro_app.core.tasks import TaskKind
from pro_app.deployment import deployment
from pro_app.security.roles import Role
from pro_app.security.service import Stage
from pro_app.store.desk.data_queries import open_query
from pro_app.store.desk.tasks import open_task
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.corrections import write_correction
from pro_app.store.forms.scans import keep_scan
from pro_app.store.tables import metadata
from tests import factories
from tests.cast import Cast
from tests.house.access import ACCESS
from tests.house.walk import NUMBER, ask, rules_of

#: Handing over the tablet signs the nurse out and the patient in.
_ENDS_THE_SESSION = (
    "security.sign_out", "security.start_over", "patient.sign_out", "nurse.card.hand_over",
)  # fmt: skip
#: A look at a photograph of a paper form is noted in the trail.
_NOTED = ("papers.scan.picture",)
#: Who looks at one patient's own pages, at their own sites alone.
_OF_A_SITE = (Role.NURSE, Role.INVESTIGATOR, Role.MONITOR)
_HEADERS = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Permissions-Policy",
)


@pytest.fixture
def world(app: Flask) -> Flask:
    """A study with one patient at Lishui whose month-3 window is open or closed."""
    with app.app_context():
        patient_id = factories.add_patient(NUMBER, "LISHUI", randomised_on=date(2025, 12, 1))
        factories.add_form(patient_id, "V0", date(2025, 12, 1))
        with transaction(factories.ACTOR, deployment().now()) as tx:
            keep_scan(tx, 1, "0" * 64, b"a picture")
            tx.record("scan.added", NUMBER)
            open_query(tx, patient_id, "V0", 1, None, "Is the day right?")
            open_task(tx, patient_id, TaskKind.HELP)
            write_correction(
                tx,
                1,
                asked_by=AskedBy.SITE,
                source=Evidence.PAPER_FORM,
                why="misread",
                changes={"answered_on": ["2025-12-01", "2025-12-02"]},
            )
    return app


def _clients(app: Flask, cast: Cast) -> dict[str, Callable[[], FlaskClient]]:
    return {
        "anonymous": app.test_client,
        "patient": lambda: cast.patient(NUMBER),
        Role.NURSE: cast.nurse_of_lishui,
        Role.INVESTIGATOR: cast.investigator_of_lishui,
        Role.MONITOR: cast.monitor,
        Role.DATA_MANAGER: cast.data_manager,
        Role.STATISTICIAN: cast.statistician,
        Role.ADMINISTRATOR: cast.administrator,
        f"entering:{Stage.CODE}": cast.entering,
    }


def test_every_route_is_whose_the_table_says(world: Flask) -> None:
    marked = {
        f"{method} {rule}": frozenset(map(str, world.view_functions[rule.endpoint].access))
        for rule, method in rules_of(world)
    }
    assert marked == ACCESS


def test_every_route_says_who_may_call_it(world: Flask) -> None:
    silent = [
        rule.endpoint
        for rule in world.url_map.iter_rules()
        if not hasattr(world.view_functions[rule.endpoint], "access")
    ]
    assert silent == []


def test_every_role_gets_what_is_its_own_and_nothing_else(world: Flask, cast: Cast) -> None:
    world.config["WTF_CSRF_ENABLED"] = False  # forgery has a walk of its own
    wrong = []
    for role, make in _clients(world, cast).items():
        client = make()
        for rule, method in rules_of(world):
            access = world.view_functions[rule.endpoint].access
            if rule.endpoint in _ENDS_THE_SESSION and (role in access or "entering" in role):
                continue  # the rest of the walk needs it
            status = ask(client, world, rule, method)
            allowed = "public" in access or role in access
            refused = status in (401, 403) or (status == 302 and not allowed)
            if refused == allowed and not (allowed and "public" in access):
                wrong.append((str(role), method, str(rule), status))
            if status >= 500:
                wrong.append((str(role), method, str(rule), status))
    assert wrong == []


#: What names something of one patient.
_OF_A_PATIENT = {"number", "form_id", "query", "task", "alert", "correction"}


def _of_a_patient(app: Flask, role: Role) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule, method in rules_of(app)
        if role in app.view_functions[rule.endpoint].access and _OF_A_PATIENT & rule.arguments
    ]


@pytest.mark.parametrize("role", _OF_A_SITE)
def test_a_patient_of_another_site_does_not_exist(world: Flask, cast: Cast, role: Role) -> None:
    outsider = cast.outsider(role)
    walked = _of_a_patient(world, role)
    seen = {f"{method} {rule}": ask(outsider, world, rule, method) for rule, method in walked}
    assert {route: status for route, status in seen.items() if status != 404} == {}
    assert {a for rule, _ in walked for a in rule.arguments} & _OF_A_PATIENT


@pytest.mark.parametrize("role", _OF_A_SITE)
def test_a_patient_of_the_own_site_is_shown(world: Flask, cast: Cast, role: Role) -> None:
    insider = _clients(world, cast)[role]()
    walked = [(rule, method) for rule, method in _of_a_patient(world, role) if method == "GET"]
    seen = {str(rule): ask(insider, world, rule, method) for rule, method in walked}
    there = {path: status for path, status in seen.items() if status == 200}
    # What is not there yet, or can't be done now, is said by its own tests.
    assert {seen[path] for path in seen.keys() - there} <= {302, 404}
    assert "/staff/patients/<number>" in there
    assert "/staff/forms/<int:form_id>" in there
    assert "/staff/queries/<int:query>" in there


def test_whoever_gives_the_rights_sees_no_patient(world: Flask) -> None:
    allowed = [
        rule
        for rule in world.url_map.iter_rules()
        if Role.ADMINISTRATOR in world.view_functions[rule.endpoint].access
    ]
    # Where identifiers lie is a page for everybody; it shows nobody's.
    assert {rule.endpoint.split(".")[0] for rule in allowed} <= {"security", "contacts"}
    assert not [rule for rule in allowed if "number" in rule.arguments]


def test_reading_a_page_changes_nothing(world: Flask, cast: Cast) -> None:
    for make in _clients(world, cast).values():
        client = make()
        before = _everything(world)
        for rule, method in rules_of(world):
            if method == "GET" and rule.endpoint not in _NOTED:
                status = ask(client, world, rule, method)
                after = _everything(world)
                # A refusal is noted in the trail.
                assert status == 403 or after == before, str(rule)
                before = after


def _everything(app: Flask) -> dict[str, int]:
    counts = [
        select(literal(table.name).label("name"), func.count().label("rows")).select_from(table)
        for table in metadata.sorted_tables
    ]
    with app.app_context(), reading() as connection:
        return {row.name: row.rows for row in connection.execute(union_all(*counts))}


@pytest.mark.parametrize("json", [None, {}, {"csrf_token": "mine"}])
def test_nothing_is_changed_without_the_page_s_own_token(
    world: Flask, cast: Cast, json: dict[str, str] | None
) -> None:
    for role, make in _clients(world, cast).items():
        client = make()
        world.config["WTF_CSRF_ENABLED"] = True
        for rule, method in rules_of(world):
            if method != "GET":
                # A program is told first that it is signed out: then it keeps what it holds.
                signed_out = str(rule).startswith("/api/") and role != "patient"
                status = ask(client, world, rule, method, json)
                assert status == (401 if signed_out else 400), (str(role), method, str(rule))
        world.config["WTF_CSRF_ENABLED"] = False


def test_every_answer_carries_the_guarding_headers(world: Flask, cast: Cast) -> None:
    client = cast.nurse_of_lishui()
    for path in ("/", "/staff/today", "/staff/sign-in", "/no-such-page", "/staff/no-such-page"):
        answer = client.get(path)
        assert [h for h in _HEADERS if len(answer.headers.getlist(h)) != 1] == [], path
        assert answer.headers["Cache-Control"] == "no-store", path
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "http" not in policy


def test_what_is_alike_for_everybody_depends_on_no_cookie(world: Flask, cast: Cast) -> None:
    patient = cast.patient(NUMBER)
    for path in ("/static/0/shared/icon.svg", "/static/0/patient/app.js", "/my/shell/now"):
        answer = patient.get(path)
        assert "Set-Cookie" not in answer.headers, path
        assert "Cookie" not in answer.headers.get("Vary", ""), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
    assert patient.get("/static/0/patient/none.js").status_code == 404
    assert patient.get("/static/0/../setup.py").status_code == 404


def test_production_marks_its_cookies_and_asks_for_https(new_database, tmp_path) -> None:
    from tests.conftest import settings_for

    url = new_database("sqlite")
    settings = settings_for(url, tmp_path, env="production", base_url="https://pro.example")
    app = create_app(settings)
    answer = app.test_client().get("/staff/sign-in", base_url="https://pro.example")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    for mark in ("__Host-session", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert mark in cookie
    with app.app_context():
        assert deployment().settings.production
