"""An export holds what the database holds, as of a day, and nothing that must stay."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from pro_app import create_app
from pro_app.core.facts import EventKind, Mode
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.ledger import ledger
from pro_app.core.sites import EVERYWHERE
from pro_app.deployment import deployment
from pro_app.export.service import Block, Blocked
from pro_app.security import secrets
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.forms.forms import NewForm, from_json, keep_forms
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.tables import form, form_score, patient
from tests import factories
from tests.conftest import HandClock, settings_for
from tests.factories import ACTOR
from tests.rooms.export.making import TODAY, V0, V1, content, export, rows, values

pytestmark = pytest.mark.usefixtures("in_app")

ARMS = {"RADICAL", "PALLIATIVE"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def _mixed() -> dict[str, Answer]:
    """Chosen, skipped, opted out of and never shown, all in one form."""
    answers = factories.all_answered(3)
    codes = list(answers)
    answers[codes[0]] = Answer(AnswerState.SKIPPED)
    answers[codes[13]] = Answer(AnswerState.PREFER_NOT)
    answers[codes[30]] = Answer(AnswerState.NOT_SHOWN)
    answers[codes[1]] = Answer(AnswerState.ANSWERED, 0)
    return answers


def test_every_cell_is_that_of_the_database(folder: Path) -> None:
    anna = factories.add_patient("LISHUI-001", arm="RADICAL")
    bea = factories.add_patient("JIAXING-007", "JIAXING", language="en", randomised_on=V0)
    factories.add_event(anna, EventKind.PROGRESSION, date(2026, 2, 1))
    factories.add_form(anna, "V0", V0, answers=_mixed())
    factories.add_form(bea, "V0", V0)
    manifest = export(folder, TODAY)

    with reading() as connection:
        stored = connection.execute(
            select(form, form_score.c.scores, patient.c.number)
            .join(form_score, form_score.c.form_id == form.c.id)
            .join(patient, patient.c.id == form.c.patient_id)
            .order_by(patient.c.number)
        ).all()
        known = read_facts(connection, Scope(EVERYWHERE))
    items, scores = rows(folder, "items.csv"), rows(folder, "scores.csv")
    assert values(rows(folder, "forms.csv"), "submission_id", "patient_id", "answered_on") == [
        (row.submission_id, row.number, row.answered_on.isoformat()) for row in stored
    ]
    assert values(items, "submission_id", "item", "state", "value") == [
        (
            row.submission_id,
            code,
            answer.state.value,
            "" if answer.value is None else str(answer.value),
        )
        for row in stored
        for code, answer in from_json(row.answers).items()
    ]
    assert [
        (r["submission_id"], r["scale"], float(r["value"]) if r["value"] else None, r["prorated"])
        for r in scores
    ] == [
        (row.submission_id, code, value, "yes" if prorated else "no")
        for row in stored
        for code, (value, _, prorated) in row.scores.items()
    ]
    entries = [
        entry
        for each in known
        for entry in ledger(each.facts, deployment().study, valid_from=30, as_of=TODAY)
    ]
    assert values(rows(folder, "ledger.csv"), "patient_id", "visit", "status", "target_on") == [
        (e.patient_id, e.visit, e.status.value, str(e.target_on)) for e in entries
    ]
    assert values(rows(folder, "patients.csv"), "patient_id", "site", "language", "able") == [
        ("JIAXING-007", "JIAXING", "en", "yes"),
        ("LISHUI-001", "LISHUI", "zh", "yes"),
    ]
    assert manifest.rows == {name: len(rows(folder, name)) for name in manifest.content["files"]}


@pytest.mark.parametrize("count", [0, 1, 9, 10])
def test_any_number_of_forms_can_be_exported(folder: Path, count: int) -> None:
    for number in range(count):
        factories.add_form(factories.add_patient(f"L-{number:03}"), "V0", V0)
    manifest = export(folder, TODAY)
    assert manifest.rows["forms.csv"] == count
    assert manifest.rows["items.csv"] == 37 * count
    assert manifest.rows["scores.csv"] == 8 * count


def test_after_each_of_five_visits_the_export_holds_every_form_so_far(
    folder: Path, clock: HandClock
) -> None:
    clock.set("2026-01-05T08:00+08:00")
    anna = factories.add_patient()
    days = [date(2026, 1, 5), date(2026, 4, 5), date(2026, 7, 5), date(2026, 10, 5)]
    for count, day in enumerate([*days, date(2027, 1, 5)], start=1):
        clock.set(f"{day}T12:00+08:00")
        factories.add_form(anna, f"V{count - 1}", day)
        export(folder, day)
        found = rows(folder, "forms.csv")
        assert [row["visit"] for row in found] == [f"V{n}" for n in range(count)]
        assert {row["status"] for row in found} == {"VALID"}


def test_the_same_data_and_day_give_the_same_bytes(tmp_path: Path, clock: HandClock) -> None:
    factories.add_form(factories.add_patient(), "V0", V0)
    export(tmp_path / "one", TODAY)
    clock.advance(hours=5)
    export(tmp_path / "two", TODAY)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_past_moment_gives_the_same_bytes_after_more_has_come(
    tmp_path: Path, clock: HandClock
) -> None:
    anna = factories.add_patient(arm="RADICAL")
    factories.add_form(anna, "V0", V0)
    moment = clock()
    export(tmp_path / "before", TODAY, known_at=moment, with_arm=True)
    clock.advance(days=30)
    factories.add_patient("LISHUI-002", arm="PALLIATIVE")
    factories.add_event(anna, EventKind.DEATH, date(2026, 2, 1))
    factories.add_form(anna, "V1", date(2026, 3, 1))
    shanghai = moment.astimezone(ZoneInfo(deployment().study.time_zone))
    export(tmp_path / "after", TODAY, known_at=shanghai, with_arm=True)
    assert content(tmp_path / "before") == content(tmp_path / "after")
    export(tmp_path / "now", TODAY, with_arm=True)
    assert content(tmp_path / "now") != content(tmp_path / "after")


def test_a_past_day_hides_what_happened_later_and_nothing_else(
    tmp_path: Path, clock: HandClock
) -> None:
    anna = factories.add_patient()
    factories.add_form(anna, "V0", V0)
    export(tmp_path / "before", TODAY)
    clock.set("2026-04-10T12:00+08:00")
    factories.add_form(anna, "V1", V1)
    factories.add_event(anna, EventKind.PROGRESSION, date(2026, 3, 6))
    export(tmp_path / "after", TODAY)
    before, after = content(tmp_path / "before"), content(tmp_path / "after")
    # The manifest names the instant up to which all is known: there alone they differ.
    said = [
        json.loads(files.pop("manifest.json")) | {"known_at": None} for files in (before, after)
    ]
    assert said[0] == said[1]
    assert before == after
    export(tmp_path / "later", date(2026, 4, 10))
    assert len(rows(tmp_path / "later", "forms.csv")) == 2
    assert len(rows(tmp_path / "later", "events.csv")) == 1


def test_conflicts_and_queries_leave_marked(folder: Path, clock: HandClock) -> None:
    clock.set("2026-04-20T12:00+08:00")
    anna, bea = factories.add_patient("L-001"), factories.add_patient("L-002")
    factories.add_form(anna, "V0", V0)
    factories.add_form(anna, "V0", V0, standing=False)
    factories.add_event(anna, EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2026, 3, 29))
    factories.add_form(anna, "V1", V1)
    factories.add_event(bea, EventKind.DEATH, date(2026, 3, 29))
    factories.add_form(bea, "V1", V1)
    export(folder, date(2026, 4, 20))
    found = rows(folder, "forms.csv")
    assert values(found, "patient_id", "visit", "standing", "analysis", "why_not_analysed") == [
        ("L-001", "V0", "yes", "yes", ""),
        ("L-001", "V0", "no", "no", "CONFLICT"),
        ("L-001", "V1", "yes", "no", "QUARANTINE_AFTER_WITHDRAWAL"),
        ("L-002", "V1", "yes", "no", "ERR_FORM_AFTER_DEATH"),
    ]
    marks = {row["submission_id"]: row["analysis"] for row in found}
    assert all(row["analysis"] == marks[row["submission_id"]] for row in rows(folder, "scores.csv"))


def test_withdrawn_consent_leaves_no_trace_but_the_count(folder: Path) -> None:
    anna = factories.add_patient("LISHUI-001")
    factories.add_patient("LISHUI-002")
    factories.add_form(anna, "V0", V0)
    factories.add_event(anna, EventKind.WITHDRAWAL_CONSENT, date(2026, 3, 1))
    manifest = export(folder, TODAY)
    assert manifest.content["withheld_consent_withdrawn"] == 1
    assert all(b"LISHUI-001" not in data for data in content(folder).values())
    assert manifest.rows["forms.csv"] == 0


def test_free_text_and_names_of_staff_stay_in(folder: Path) -> None:
    anna = factories.add_patient()
    new = NewForm(
        submission_id=secrets.new_submission_id(),
        patient_id=anna,
        visit="V0",
        standing=True,
        answered_on=V0,
        mode=Mode.INTERVIEW_SITE,
        language="zh",
        answers=factories.all_answered(),
        entered_by="护士王芳",
        why_not_self="眼镜忘在家里",
    )
    with transaction(ACTOR, deployment().now()) as tx:
        keep_forms(tx, [new], deployment().instrument)
        tx.record("form.received", "LISHUI-001")
    export(folder, TODAY)
    for data in content(folder).values():
        assert "王芳" not in data.decode()
        assert "眼镜" not in data.decode()
    assert rows(folder, "forms.csv")[0]["entered_by_staff"] == "yes"


def test_the_arm_leaves_only_when_asked_for(tmp_path: Path) -> None:
    factories.add_patient("L-001", arm="RADICAL")
    factories.add_patient("L-002", arm="PALLIATIVE")
    export(tmp_path / "blind", TODAY)
    export(tmp_path / "open", TODAY, with_arm=True)
    for data in content(tmp_path / "blind").values():
        assert not [arm for arm in ARMS if arm in data.decode()]
    assert list(rows(tmp_path / "open", "patients.csv")[0])[-1] == "arm"
    assert values(rows(tmp_path / "open", "patients.csv"), "arm") == [("RADICAL",), ("PALLIATIVE",)]


def test_a_data_manager_never_gets_the_arm(folder: Path) -> None:
    with pytest.raises(Blocked) as blocked:
        export(folder, TODAY, with_arm=True, actor=Actor("zhoumin", "data_manager"))
    assert blocked.value.block is Block.ARM_NOT_ALLOWED
    assert not folder.exists()


def test_an_instant_that_has_not_come_is_refused(folder: Path) -> None:
    with pytest.raises(Blocked) as blocked:
        export(folder, TODAY, known_at=deployment().now() + timedelta(seconds=1))
    assert blocked.value.block is Block.NOT_KNOWN_YET


def test_a_trial_number_that_is_a_formula_is_made_safe_and_kept(folder: Path) -> None:
    number = '=HYPERLINK("http://example","点此")'
    factories.add_form(factories.add_patient(number), "V0", V0)
    factories.add_patient("007")
    export(folder, TODAY)
    assert [row["patient_id"] for row in rows(folder, "patients.csv")] == ["007", f"'{number}"]
    assert {row["patient_id"] for row in rows(folder, "items.csv")} == {f"'{number}"}


def test_negative_numbers_stay_numbers(folder: Path, clock: HandClock) -> None:
    clock.set("2026-04-20T12:00+08:00")
    anna = factories.add_patient()
    factories.add_form(anna, "V0", V0, answers=factories.all_answered(4))
    factories.add_form(anna, "V1", V1, answers=factories.all_answered(0))
    export(folder, date(2026, 4, 20))
    social = [r for r in rows(folder, "scores.csv") if (r["visit"], r["scale"]) == ("V1", "SWB")]
    assert social[0]["change_from_baseline"] == "-28.0"
    assert rows(folder, "ledger.csv")[0]["days_off_target"] == "-1"


def test_chinese_comes_through(folder: Path) -> None:
    export(folder, TODAY)
    found = {(r["file"], r["column"]): r for r in rows(folder, "dictionary.csv")}
    assert found["ledger.csv", "target_on"]["meaning_zh"].startswith("目标日：")
    assert "丽水市中心医院" in found["patients.csv", "site"]["values"]
    assert not (folder / "dictionary.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_every_column_of_every_file_stands_in_the_exported_dictionary(tmp_path: Path) -> None:
    factories.add_form(factories.add_patient(arm="RADICAL"), "V0", V0)
    for more in (False, True):
        folder = tmp_path / str(more)
        export(folder, TODAY, with_arm=more, with_timings=more)
        told = values(rows(folder, "dictionary.csv"), "file", "column")
        there = [
            (path.name, column)
            for path in folder.glob("*.csv")
            for column in path.read_text("utf-8").splitlines()[0].split(",")
        ]
        assert sorted(told) == sorted(there)
        assert len(set(told)) == len(told)


def test_the_instants_of_a_form_are_those_that_were_stored(folder: Path) -> None:
    received = datetime(2026, 3, 4, 3, 2, 1, 123456, tzinfo=UTC)
    anna = factories.add_patient()
    factories.add_form(anna, "V0", V0, now=received)
    export(folder, TODAY)
    assert rows(folder, "forms.csv")[0]["received_at"] == "2026-03-04T03:02:01.123456Z"


def test_another_study_with_another_questionnaire_is_exported_as_well(
    tmp_path: Path, new_database: Callable[[str], str], clock: HandClock
) -> None:
    file = Path(__file__).parents[2] / "tiny_study" / "study.json"
    settings = settings_for(new_database("sqlite"), tmp_path, study=str(file))
    tiny = create_app(settings, clock=clock)
    with tiny.app_context():
        patient_id = factories.add_patient("H-1", "HARBOUR", language="en", arm="GREEN")
        factories.add_form(patient_id, "START", V0, answers=factories.all_answered(1))
        export(tmp_path / "tiny", TODAY, with_arm=True)
        db.engine.dispose()
    assert values(rows(tmp_path / "tiny", "items.csv"), "item", "value") == [
        ("TEA1", "1"),
        ("TEA2", "1"),
        ("TEA3", "1"),
    ]
    assert values(rows(tmp_path / "tiny", "scores.csv"), "scale", "value") == [("TASTE_SUM", "3.0")]
    assert rows(tmp_path / "tiny", "patients.csv")[0]["arm"] == "GREEN"
