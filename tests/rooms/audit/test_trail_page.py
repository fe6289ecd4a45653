"""The trail's page and file: what fits, to those who may read it, in a few statements."""

import csv
import hashlib
import io
import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.audit import codes, messages, service, trail
from pro_app.core.contact import Channel, Outcome
from pro_app.core.corrections import Question
from pro_app.core.leaving import Ruling
from pro_app.core.requests import RequestKind, RequestOutcome
from pro_app.core.tasks import Guessing, TaskKind, TaskOutcome
from pro_app.deployment import deployment
from pro_app.store.desk.site_tasks import Ended, Kind
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.tables import audit_event
from tests import factories
from tests.cast import Cast
from tests.house.source import ROOT
from tests.rooms.nurse.counting import statements

EN = {"Accept-Language": "en"}
LINA = Actor("staff:lina-of-lishui", "nurse", "LISHUI")


def record(action: str, subject: str, **more: object) -> None:
    with transaction(LINA, deployment().now()) as tx:
        tx.record(action, subject, **more)


@pytest.fixture
def world(app: Flask) -> Flask:
    """A patient at each of two sites, with some history; all of it sealed but the last."""
    with app.app_context():
        factories.add_patient("LISHUI-001", "LISHUI")
        factories.add_patient("JIAXING-001", "JIAXING")
        record(
            "reason.given", "LISHUI-001", visit="V1",
            changes={"code": ["P_FORGOT", "P_TOO_ILL"]}, reason="=1+1 because",
        )  # fmt: skip
        service.seal(holder="test", now=deployment().now())
        record("task.closed", "JIAXING-001", changes={"kind": [None, "help"]})
    return app


def _file(client: FlaskClient) -> str:
    with client.post("/staff/trail", data={}) as answer:
        return answer.get_data(as_text=True)


def _subjects(page: str) -> list[str]:
    return re.findall(r'number=([\w-]+)">\1</a>', page)


def test_every_event_is_shown_with_who_when_where_what_and_why(world: Flask, cast: Cast) -> None:
    page = cast.data_manager().get("/staff/trail?action=reason.given", headers=EN).text
    row = page.split("<tbody>")[1]
    for text in (
        "5 Mar 2026, 08:00 GMT+08:00",
        "lina-of-lishui",
        "nurse · The Central Hospital of Lishui",
        "<strong>Reason given</strong>",
        "LISHUI-001</a> · V1",
        '<del>P_FORGOT</del> <span class="soft">Patient forgot</span> → ',
        '<ins>P_TOO_ILL</ins> <span class="soft">Patient felt too ill</span>',
        "=1+1 because",
    ):
        assert text in row, text


def test_the_head_of_the_chain_is_shown_and_what_waits(world: Flask, cast: Cast) -> None:
    client = cast.data_manager()
    with world.app_context():
        last = service.sealing_now().last
    assert last is not None
    page = client.get("/staff/trail", headers=EN).text
    assert f"{last.position}:{last.chain}" in page
    assert "4 events are sealed, the last at 5 Mar 2026, 08:00 GMT+08:00." in page
    # The last of the history, and the account and sign-in of who reads.
    assert "Not sealed yet: 3 events" in page


def test_the_head_is_printed_with_the_rates(world: Flask, cast: Cast) -> None:
    with world.app_context():
        head = service.head_now()
    assert head is not None
    page = cast.monitor().get("/staff/compliance", headers=EN).text
    assert f'<p class="print-only">Printed by songyan. Head of the trail: {head}</p>' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("number=LISHUI-001", ["LISHUI-001", "LISHUI-001"]),
        ("number=JIAXING-001&action=task.closed", ["JIAXING-001"]),
        ("actor=lina-of-lishui", ["JIAXING-001", "LISHUI-001"]),
        ("actor=staff:lina-of-lishui&action=reason.given", ["LISHUI-001"]),
        ("number=LISHUI-001&from=2026-03-05&to=2026-03-05", ["LISHUI-001", "LISHUI-001"]),
        ("number=LISHUI-001&to=2026-03-04", []),
        ("number=LISHUI-001&from=2026-03-06", []),
        ("number=LISHUI", []),
    ],
)
def test_the_trail_is_searched(world: Flask, cast: Cast, query: str, found: list[str]) -> None:
    answer = cast.data_manager().get(f"/staff/trail?{query}", headers=EN)
    assert answer.status_code == 200
    assert _subjects(answer.text) == found


def test_a_day_is_a_day_of_the_trial(world: Flask, cast: Cast, clock) -> None:
    clock.set("2026-03-06T00:30+08:00")  # in UTC it is still the fifth
    with world.app_context():
        record("form.received", "LISHUI-001", visit="V1")
    client = cast.data_manager()
    assert len(_subjects(client.get("/staff/trail?number=LISHUI-001&from=2026-03-06").text)) == 1
    assert len(_subjects(client.get("/staff/trail?number=LISHUI-001&to=2026-03-05").text)) == 2


@pytest.mark.parametrize(
    "query",
    [
        "from=5.3.2026",
        "to=20260305",
        "to=9999-12-31",
        "from=0001-01-01",
        "before=x",
        "before=-1",
        "before=9999999999999999999",
    ],
)
def test_what_can_not_be_read_is_said(world: Flask, cast: Cast, query: str) -> None:
    answer = cast.data_manager().get(f"/staff/trail?{query}", headers=EN)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_a_nurse_reads_of_their_own_patients_alone(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_jiaxing()
    page = nurse.get("/staff/trail", headers=EN).text
    assert set(_subjects(page)) == {"JIAXING-001"}
    assert "LISHUI" not in page


def test_a_foreign_number_answers_like_one_that_does_not_exist(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_jiaxing()

    def said(number: str) -> str:
        page = nurse.get(f"/staff/trail?number={number}", headers=EN).text
        # A forgery token bears the second in which it was made.
        return re.sub(r'name="csrf_token" value="[^"]*"', "", page).replace(number, "#")

    assert said("LISHUI-001") == said("LISHUI-999")
    assert "Nothing in the trail matches." in said("LISHUI-001")
    for number in ("LISHUI-001", "LISHUI-999"):
        answer = nurse.post("/staff/trail", data={"number": number})
        assert answer.status_code == 302
        assert answer.location == f"/staff/trail?number={number}"


def test_patient_steps_are_the_data_manager_s_once_they_have_handed_in(
    world: Flask, cast: Cast, clock
) -> None:
    client, nurse = cast.data_manager(), cast.nurse_of_lishui()
    with world.app_context():
        [item, *_] = deployment().instrument.item_codes
        record("draft.saved", "LISHUI-001", visit="V1", changes={item: [1, 3]})
    there = f">{item}</a>"
    assert there not in client.get("/staff/trail?number=LISHUI-001").text
    clock.advance(minutes=5)
    with world.app_context():
        factories.add_form(factories.patient_id_of("LISHUI-001"), "V1", date(2026, 3, 5))
    page = client.get("/staff/trail?number=LISHUI-001").text
    assert there in page
    assert "<del>1</del> → <ins>3</ins>" in page
    assert there not in nurse.get("/staff/trail?number=LISHUI-001").text
    assert "draft.saved" not in _file(nurse)


def test_pages_follow_each_other_without_a_gap(world: Flask, cast: Cast) -> None:
    with world.app_context(), transaction(LINA, deployment().now()) as tx:
        tx.record_many([tx.entry("help.asked", "LISHUI-001", reason=f"#{n}#") for n in range(120)])
    client = cast.nurse_of_lishui()
    seen: list[str] = []
    path: str | None = "/staff/trail?number=LISHUI-001&action=help.asked"
    while path:
        page = client.get(path, headers=EN).text
        seen += re.findall(r"#(\d+)#", page)
        after = re.search(r'href="([^"]+)">Earlier events', page)
        path = after[1].replace("&amp;", "&") if after else None
    assert seen == [str(n) for n in reversed(range(120))]


def test_a_page_takes_as_many_statements_however_much_there_is(world: Flask, cast: Cast) -> None:
    client = cast.nurse_of_lishui()
    counts = []
    for more in (0, 200):
        with world.app_context(), transaction(LINA, deployment().now()) as tx:
            entries = [tx.entry("help.asked", "LISHUI-001") for _ in range(more)]
            tx.record_many([*entries, tx.entry("help.asked", "JIAXING-001")])
        with statements(world) as seen:
            client.get("/staff/trail")
        counts.append(len(seen))
    # Two of them, here as on every page: which versions of the study the database holds;
    # and three: of whom of those shown something is held back.
    assert counts[0] == counts[1] <= 13


def test_the_file_holds_every_field_that_changed_and_its_leaving_is_recorded(
    world: Flask, cast: Cast
) -> None:
    client = cast.data_manager()
    asked = {"number": "LISHUI-001", "from": "2026-03-01"}
    with client.post("/staff/trail", data=asked) as answer:
        file = answer.get_data()
    assert answer.headers["Content-Disposition"].endswith("-trail-2026-03-05.csv")
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8"), newline="")))
    assert tuple(rows[0]) == trail.COLUMNS
    [row] = [row for row in rows if row["action"] == "reason.given"]
    assert row["at_utc"] == "2026-03-05T00:00:00Z"
    assert row["at_local"] == "2026-03-05T08:00:00+08:00"
    assert (row["field"], row["old"], row["new"]) == ("code", "P_FORGOT", "P_TOO_ILL")
    assert row["reason"] == "'=1+1 because"  # no spreadsheet runs it
    assert row["seal_position"] == "4"
    assert len(row["seal"]) == 64
    with world.app_context(), reading() as connection:
        query = select(audit_event).where(audit_event.c.action == "trail.exported")
        [made] = connection.execute(query)
    assert made.actor == "staff:zhoumin"
    assert {name: pair[1] for name, pair in made.changes.items()} == {
        "number": "LISHUI-001",
        "from": "2026-03-01",
        "events": 2,
        "rows": len(rows),
        "sha256": hashlib.sha256(file).hexdigest(),
    }


def test_a_nurse_s_file_holds_their_own_patients_alone(world: Flask, cast: Cast) -> None:
    text = _file(cast.nurse_of_jiaxing())
    assert "JIAXING-001" in text
    assert "LISHUI-001" not in text


def test_a_day_that_can_not_be_read_exports_nothing(world: Flask, cast: Cast) -> None:
    answer = cast.data_manager().post("/staff/trail", data={"from": "yesterday"})
    assert answer.location == "/staff/trail?from=yesterday"


def test_the_patient_s_page_leads_to_the_history(world: Flask, cast: Cast) -> None:
    link = 'href="/staff/trail?number=LISHUI-001"'
    assert link in cast.nurse_of_lishui().get("/staff/patients/LISHUI-001").text
    assert link not in cast.statistician().get("/staff/patients/LISHUI-001").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_event_of_the_trail_has_words(in_app: Flask, language: str) -> None:
    """What is documented is what the code and the migrations record: tests/house says so."""
    text = (ROOT / "docs" / "trail.md").read_text(encoding="utf8")
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE))
    with in_app.test_request_context(headers={"Accept-Language": language}):
        said = messages.actions(patient_steps=True)
    assert set(said) == documented
    assert len(set(said.values())) == len(said)
    chinese = [words for words in said.values() if re.search(r"[\u4e00-\u9fff]", words)]
    assert len(chinese) == (len(said) if language == "zh" else 0)


def test_the_page_shows_the_words_of_what_a_migration_recorded(world: Flask, cast: Cast) -> None:
    with world.app_context():
        record("trail.witness_begun", "trail", changes={"form": [None, [12, 3]]})
    reader = cast.data_manager()
    for language, words in (
        ("en", "Trail begins to record the data"),
        ("zh", "稽查轨迹开始见证数据"),
    ):
        page = reader.get("/staff/trail", headers={"Accept-Language": language}).text
        row = page.split("<tbody>")[1]
        assert words in row
        assert "trail.witness_begun" not in row


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Hospital of Lishui", "all sites", "no answer", "Erase", "yes", "nurse")),
        ("zh", ("丽水", "所有中心", "无人接听", "删除", "是", "护士")),
    ],
)
def test_the_page_says_every_code_in_words_and_no_json(
    world: Flask, cast: Cast, language: str, said: tuple[str, ...]
) -> None:
    with world.app_context():
        record(
            "staff.rights_changed", "staff:lina", changes={
                "sites": [["LISHUI"], []], "role": ["nurse", "monitor"],
                "outcome": [None, "NO_ANSWER"], "decision": ["retain", "erase"],
                "able": [False, True], "note": [None, "recorded"],
            },
        )  # fmt: skip
    page = cast.data_manager().get(
        "/staff/trail?action=staff.rights_changed", headers={"Accept-Language": language}
    )
    row = page.text.split("<tbody>")[1].split("</tbody>")[0]
    told = re.sub(r"<[^>]+>|\s+", " ", row)
    for words in said:
        assert words in told, words
    for code in ("[", "true", "false"):
        assert code not in told, code


def test_a_code_that_the_trail_does_not_know_is_shown_as_it_stands(in_app: Flask) -> None:
    assert codes.in_words("sites", ["LISHUI", "MOON"]).endswith(", MOON")
    assert codes.in_words("outcome", "LANDED") == ""
    assert codes.shown({"a": [1, None]}) == '{"a": [1, null]}'
    assert codes.shown(0) == "0"
    assert codes.shown([]) == codes.shown("") == codes.shown(None) == "–"


def test_whatever_the_desk_records_has_words(in_app: Flask) -> None:
    for field, enums in {
        "channel": [Channel],
        "outcome": [Outcome, TaskOutcome, RequestOutcome, Ended],
        "kind": [TaskKind, RequestKind, Kind],
        "detail": [Guessing],
        "decision": [Ruling],
        "question": [Question],
    }.items():
        for code in (each for enum in enums for each in enum):
            assert codes.in_words(field, str(code)), (field, code)
