"""`flask import events`: dated facts, each once; a death is one."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from pro_app.store.engine.transaction import reading
from pro_app.store.tables import audit_event
from pro_app.store.tables import event as event_table
from tests.rooms.intake.desk import Desk, event, patient, text_of


@pytest.fixture(autouse=True)
def _two_patients(desk: Desk) -> None:
    desk.take("patients", patient(), patient("JIAXING-001"))


def current(app: Flask) -> list[tuple[str, str, str | None]]:
    query = (
        select(event_table)
        .where(event_table.c.superseded_at.is_(None))
        .order_by(event_table.c.happened_on, event_table.c.kind)
    )
    with app.app_context(), reading() as connection:
        rows = connection.execute(query).all()
    return [(row.kind, row.happened_on.isoformat(), row.note) for row in rows]


def trail(app: Flask) -> list[str]:
    query = select(audit_event.c.action).order_by(audit_event.c.id)
    with app.app_context(), reading() as connection:
        return [a for a in connection.execute(query).scalars() if a.startswith("event.")]


def test_the_same_file_twice_changes_nothing(desk: Desk, app: Flask) -> None:
    rows = [
        event("progression", "2026-02-01", note="bone scan"),
        event("radiotherapy", "2026-02-01"),
        event("death", "2026-02-20", "JIAXING-001"),
    ]

    assert desk.take("events", *rows) == "events: 3 added, 0 filled, 0 unchanged\n"
    assert desk.take("events", *rows) == "events: 0 added, 0 filled, 3 unchanged\n"
    assert "warning" not in desk.remarks
    assert trail(app) == ["event.added"] * 3
    assert current(app) == [
        ("progression", "2026-02-01", "bone scan"),
        ("radiotherapy", "2026-02-01", None),
        ("death", "2026-02-20", None),
    ]


def test_the_note_may_be_left_out_and_filled_later(desk: Desk, app: Flask) -> None:
    row = {k: v for k, v in event("surgery", "2026-02-01").items() if k != "note"}
    desk.take("events", row)
    told = desk.take("events", event("surgery", "2026-02-01", note="left arm"))

    assert told == "events: 0 added, 1 filled, 0 unchanged\n"
    assert current(app) == [("surgery", "2026-02-01", "left arm")]
    assert trail(app) == ["event.added", "event.filled"]
    assert desk.take("events", row) == "events: 0 added, 0 filled, 1 unchanged\n"
    told = desk.take_nothing("events", event("surgery", "2026-02-01", note="right arm"))
    assert "events.csv:2: note: 'right arm' – expected left arm, which is recorded" in told


def test_the_same_event_twice_in_a_file_is_one(desk: Desk, app: Flask) -> None:
    plain, noted = event("surgery", "2026-02-01"), event("surgery", "2026-02-01", note="left arm")

    assert desk.take("events", plain, plain, noted) == "events: 1 added, 1 filled, 1 unchanged\n"
    assert "events.csv:3: warning: this is already on line 2" in desk.remarks
    assert current(app) == [("surgery", "2026-02-01", "left arm")]


def test_a_second_death_is_refused_by_line(desk: Desk, app: Flask) -> None:
    desk.take("events", event("death", "2026-02-20"))
    told = desk.take_nothing(
        "events",
        event("death", "2026-02-20"),
        event("death", "2026-02-21"),
        event("death", "2026-02-19", "JIAXING-001"),
        event("death", "2026-02-18", "JIAXING-001"),
    )

    assert "events.csv:3: on: '2026-02-21' – expected 2026-02-20, the day of death" in told
    assert "events.csv:5: on: '2026-02-18' – expected 2026-02-19, the day of death" in told
    assert current(app) == [("death", "2026-02-20", None)]


@pytest.mark.parametrize(
    "end",
    ["death", "withdrawal_questionnaires", "withdrawal_follow_up", "withdrawal_consent"],
)
def test_an_event_after_the_end_is_taken_with_a_word(desk: Desk, app: Flask, end: str) -> None:
    desk.take("events", event("progression", "2026-02-21"), event(end, "2026-02-20"))

    assert f"events.csv:2: warning: this is dated after {end} on 2026-02-20" in desk.remarks
    assert desk.remarks.count("warning") == 1
    desk.take("events", event("surgery", "2026-02-20"), event("surgery", "2026-02-22"))
    assert f"events.csv:3: warning: this is dated after {end} on 2026-02-20" in desk.remarks
    assert desk.remarks.count("warning") == 1
    assert len(current(app)) == 4


def test_stopping_treatment_is_no_end(desk: Desk) -> None:
    desk.take("events", event("withdrawal_treatment", "2026-02-01"), event("surgery", "2026-02-02"))

    assert "warning" not in desk.remarks


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        (event("death", "2026-02-01", "LISHUI-999"), "patient_id", "who has been imported"),
        (event("death", "2026-02-01", ""), "patient_id", "expected a value"),
        (event("dead", "2026-02-01"), "event", "expected one of death, progression"),
        (event("", "2026-02-01"), "event", "expected one of death, progression"),
        (event("death", ""), "on", "expected a value"),
        (event("death", "1/2/2026"), "on", "expected a day, YYYY-MM-DD"),
        (event("death", "2026-03-06"), "on", "expected a day not after today, 2026-03-05"),
    ],
)
def test_what_makes_no_sense_is_refused_by_line(
    desk: Desk, app: Flask, row: dict[str, str], column: str, expected: str
) -> None:
    told = desk.take_nothing("events", event("surgery", "2026-02-01"), row)

    assert f"events.csv:3: {column}: " in told
    assert expected in told
    assert current(app) == []


def test_notes_in_gbk_keep_their_words(desk: Desk, app: Flask) -> None:
    content = text_of([event("surgery", "2026-02-01", note="右侧胸骨")]).encode("gbk")
    desk.do("import", "events", desk.file("events.csv", content))

    assert current(app) == [("surgery", "2026-02-01", "右侧胸骨")]
    assert "GB18030" in desk.remarks


def test_a_trial_run_writes_nothing(desk: Desk, app: Flask) -> None:
    desk.take("events", event("death", "2026-02-20"), options=("--dry-run",))

    with app.app_context(), reading() as connection:
        assert connection.execute(select(func.count()).select_from(event_table)).scalar() == 0
