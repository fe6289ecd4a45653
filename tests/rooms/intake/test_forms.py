"""`flask import forms`: kept whatever their day, each once, the first one standing."""

import re
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.core.facts import Mode
from pro_app.core.instrument import AnswerState
from pro_app.followup import service as followup
from pro_app.store.engine.transaction import reading
from pro_app.store.forms.forms import from_json
from pro_app.store.tables import audit_event, form_score, missing_flag
from pro_app.store.tables import form as form_table
from tests.factories import at_server
from tests.rooms.intake.desk import ITEMS, Desk, event, form, patient, text_of

#: Line and words of each warning.
_ODD = re.compile(r"forms\.csv:(\d+): warning: (.+)")


@pytest.fixture(autouse=True)
def _two_patients(desk: Desk) -> None:
    desk.take("patients", patient(), patient("JIAXING-001", randomised_on=""))


def kept(app: Flask) -> list:
    with app.app_context(), reading() as connection:
        return list(connection.execute(select(form_table).order_by(form_table.c.id)))


def trail(app: Flask, action: str) -> list:
    query = select(audit_event).where(audit_event.c.action == action).order_by(audit_event.c.id)
    with app.app_context(), reading() as connection:
        return list(connection.execute(query))


def test_the_same_file_twice_changes_nothing(desk: Desk, app: Flask) -> None:
    rows = [form("V0", "2026-01-04"), form("V0", "2026-01-03", "JIAXING-001")]

    assert desk.take("forms", *rows) == "forms: 2 added, 0 kept as conflicts, 0 unchanged\n"
    assert desk.take("forms", *rows) == "forms: 0 added, 0 kept as conflicts, 2 unchanged\n"
    assert "warning" not in desk.remarks
    assert len(kept(app)) == 2


def test_columns_in_another_order_are_the_same_form(desk: Desk, app: Flask) -> None:
    row = form("V0", "2026-01-04")
    desk.take("forms", row)
    turned = dict(reversed(row.items())) | {"why_not_self": ""}

    assert desk.take("forms", turned).endswith("0 kept as conflicts, 1 unchanged\n")


def test_a_form_is_kept_with_its_answers_scores_and_who_keyed_it(desk: Desk, app: Flask) -> None:
    row = form("V0", "2026-01-04", answer="3", answered=20, language="en", mode="phone_self")
    desk.take("forms", row | {"GS7": "", "Q1": "1"})

    (stored,) = kept(app)
    assert (stored.answered_on, stored.language, stored.mode) == (
        date(2026, 1, 4),
        "en",
        Mode.PHONE_SELF,
    )
    assert (stored.entered_by, stored.received_from, stored.proxy) == ("Li Na", "cli", False)
    answers = from_json(stored.answers)
    assert [answers[code].value for code in ITEMS[:20]].count(3) == 19
    assert answers["GS7"].state is AnswerState.PREFER_NOT
    assert {answers[code].state for code in ITEMS[20:]} == {AnswerState.SKIPPED}
    assert stored.items_answered == 19
    with app.app_context(), reading() as connection:
        scores = connection.execute(select(form_score.c.scores)).scalar_one()
    assert scores["PWB"] == [7.0, 7, False]
    (record,) = trail(app, "form.received")
    assert (record.subject, record.visit, record.actor) == ("LISHUI-001", "V0", "cli")
    assert record.changes["mode"] == [None, "phone_self"]
    assert record.changes["entered_by"] == [None, "Li Na"]


def test_a_blank_without_the_box_was_skipped(desk: Desk, app: Flask) -> None:
    desk.take("forms", form("V0", "2026-01-04", GS7=""))

    assert from_json(kept(app)[0].answers)["GS7"].state is AnswerState.SKIPPED


def test_an_answer_under_a_ticked_box_is_kept_with_a_word(desk: Desk, app: Flask) -> None:
    desk.take("forms", form("V0", "2026-01-04", Q1="1"))

    assert "forms.csv:2: warning: Q1 is ticked and GS7 is answered" in desk.remarks
    assert from_json(kept(app)[0].answers)["GS7"].value == 2


def test_a_second_form_of_a_visit_is_kept_as_a_conflict(desk: Desk, app: Flask) -> None:
    first, second = form("V0", "2026-01-03"), form("V0", "2026-01-04")
    desk.take("forms", first)

    assert desk.take("forms", first, second).startswith("forms: 0 added, 1 kept as conflicts, 1")
    assert "forms.csv:3: warning: another form already counts for V0" in desk.remarks
    assert [row.standing for row in kept(app)] == [True, False]
    (record,) = trail(app, "form.conflict")
    assert record.visit == "V0"
    assert desk.take("forms", second) == "forms: 0 added, 0 kept as conflicts, 1 unchanged\n"
    assert desk.ledger("2026-03-01")["V0"]["answered_on"] == "2026-01-03"


def test_two_forms_of_a_visit_in_one_file_the_first_stands(desk: Desk, app: Flask) -> None:
    row = form("V0", "2026-01-03")
    told = desk.take("forms", row, form("V0", "2026-01-04"), row)

    assert told == "forms: 1 added, 1 kept as conflicts, 1 unchanged\n"
    assert "forms.csv:4: warning: this is already on line 2" in desk.remarks
    assert [(r.answered_on.day, r.standing) for r in kept(app)] == [(3, True), (4, False)]


def test_no_form_is_refused_for_its_day_until_today(desk: Desk, app: Flask) -> None:
    desk.take(
        "events",
        event("withdrawal_questionnaires", "2026-02-01"),
        event("death", "2026-02-20"),
    )
    told = desk.take(
        "forms",
        form("V0", "2020-01-01"),  # before consent
        form("V1", "2026-02-10"),  # after the withdrawal
        form("V2", "2026-03-05"),  # after the death, today
        form("V3", "2026-01-20", "JIAXING-001"),  # not randomised
    )

    assert told.startswith("forms: 4 added")
    assert _ODD.findall(desk.remarks) == [
        ("2", "answered before the screening on 2026-01-01"),
        (
            "2",
            "answered before consent to questionnaires on 2026-01-01: it is kept for the decision "
            "of the site",
        ),
        ("2", "answered outside the window, 2025-12-22 to 2026-01-05"),
        ("2", "kept anyway: the status of V0 is QUARANTINE_BEFORE_CONSENT"),
        ("3", "answered outside the window, 2026-03-22 to 2026-04-19"),
        (
            "3",
            "answered after the withdrawal on 2026-02-01: it is kept for the decision of the site",
        ),
        ("3", "kept anyway: the status of V1 is QUARANTINE_AFTER_WITHDRAWAL"),
        ("4", "answered outside the window, 2026-06-21 to 2026-07-19"),
        ("4", "answered after the recorded death on 2026-02-20"),
        (
            "4",
            "answered after the withdrawal on 2026-02-01: it is kept for the decision of the site",
        ),
        ("4", "kept anyway: the status of V2 is ERR_FORM_AFTER_DEATH"),
        ("5", "the patient is not randomised, so this visit is not planned yet"),
    ]
    statuses = desk.statuses("2026-03-05")
    assert [statuses[visit] for visit in ("V0", "V1", "V2")] == [
        "QUARANTINE_BEFORE_CONSENT",
        "QUARANTINE_AFTER_WITHDRAWAL",
        "ERR_FORM_AFTER_DEATH",
    ]
    refused = desk.take_nothing("forms", form("V3", "2026-03-06"))
    assert "forms.csv:2: answered_on: '2026-03-06' – expected a day not after today" in refused


def test_what_is_odd_is_said_before_anything_is_written(desk: Desk, app: Flask) -> None:
    desk.take("patients", patient("ZJCC-001", site="ZJCC", pro_consent_on="", randomised_on=""))
    told = desk.take("forms", form("V0", "2026-01-03", "ZJCC-001"), options=("--dry-run",))

    assert "nothing was written" in told or "1 added" in told
    assert "forms.csv:2: warning: no consent to questionnaires is recorded" in desk.remarks
    assert kept(app) == []


def test_a_blank_form_gives_way_to_an_answered_one_of_its_visit(desk: Desk, app: Flask) -> None:
    told = desk.take("forms", form("V0", "2026-01-03", answered=0), form("V0", "2026-01-04"))

    assert told == "forms: 1 added, 1 kept as conflicts, 0 unchanged\n"
    assert [line for _, line in _ODD.findall(desk.remarks)] == [
        "no line is answered",
        "kept anyway: the status of V0 is EMPTY",
        "the earlier form for V0 is blank; this one counts until the site decides",
    ]
    entry = desk.ledger("2026-03-01")["V0"]
    assert (entry["status"], entry["answered_on"]) == ("VALID", "2026-01-04")
    [line] = [row for row in desk.compliance("2026-03-01") if row["visit"] == "V0"]
    assert (line["R"], line["V"]) == (1, 1)


def test_an_interview_without_a_reason_and_a_form_keyed_by_nobody_get_a_word(desk: Desk) -> None:
    rows = [
        form("V0", "2026-01-03", mode="interview_phone", entered_by="") | {"why_not_self": ""},
        form("V0", "2026-01-03", "JIAXING-001", mode="interview_site")
        | {"why_not_self": "broken glasses"},
    ]
    desk.take("forms", *rows)

    assert (
        "forms.csv:2: warning: this was an interview, but why_not_self gives no reason"
        in desk.remarks
    )
    assert "forms.csv:2: warning: entered_by does not name" in desk.remarks
    assert desk.remarks.count("warning") == 2


def test_a_form_closes_the_flag_of_its_visit_alone(desk: Desk, app: Flask) -> None:
    desk.take("patients", patient("ZJCC-001", randomised_on="2025-06-05", screened_on="2025-06-01"))
    with app.app_context():
        followup.synchronise_flags(at=at_server())
    desk.take("forms", form("V0", "2025-06-05", "ZJCC-001"))

    with app.app_context(), reading() as connection:
        rows = connection.execute(
            select(missing_flag.c.visit, missing_flag.c.closed_because)
            .where(missing_flag.c.site == "ZJCC")
            .order_by(missing_flag.c.visit)
        ).all()
    assert [tuple(row) for row in rows] == [("V0", "FORM"), ("V1", None), ("V2", None)]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("patient_id", "LISHUI-999", "expected a patient who has been imported"),
        ("patient_id", "", "expected a value"),
        ("visit", "V11", "expected one of V0, V1, V2"),
        ("visit", "", "expected one of V0, V1, V2"),
        ("answered_on", "", "expected a value"),
        ("answered_on", "05.01.2026", "expected a day, YYYY-MM-DD"),
        ("mode", "post", "expected one of phone_self, site_tablet, paper"),
        ("language", "fr", "expected one of zh, en"),
        ("Q1", "0", "expected one of 1, or an empty cell"),
        ("GE3", "5", "expected one of 0, 1, 2, 3, 4, or an empty cell"),
        ("GE3", "2.0", "expected one of 0, 1, 2, 3, 4, or an empty cell"),
        ("GE3", "NA", "expected one of 0, 1, 2, 3, 4, or an empty cell"),
    ],
)
def test_what_makes_no_sense_is_refused_by_line(
    desk: Desk, app: Flask, column: str, value: str, expected: str
) -> None:
    told = desk.take_nothing(
        "forms", form("V0", "2026-01-04"), form("V1", "2026-03-01") | {column: value}
    )

    assert f"forms.csv:3: {column}: {value!r} – {expected}" in told
    assert told.count("forms.csv:") == 1
    assert kept(app) == []


def test_all_problems_of_a_line_are_listed(desk: Desk) -> None:
    told = desk.take_nothing("forms", form("V11", "x", "LISHUI-999", GP1="7", P2="-1"))

    lines = [line for line in told.splitlines() if "forms.csv:" in line]
    assert [line.split(": ")[1] for line in lines] == [
        "patient_id",
        "visit",
        "answered_on",
        "GP1",
        "P2",
    ]


def test_a_missing_item_column_is_named(desk: Desk) -> None:
    row = {k: v for k, v in form("V0", "2026-01-04").items() if k not in ("GP3", "Q1")}
    told = desk.take_nothing("forms", row)

    assert "forms.csv:1: GP3: expected this column; it is missing" in told
    assert "forms.csv:1: Q1: expected this column; it is missing" in told


def test_a_bad_line_at_the_end_of_a_long_file_undoes_the_rest(desk: Desk, app: Flask) -> None:
    rows = [form("V0", "2026-01-04", GP1=str(n % 5), entered_by=str(n)) for n in range(2500)]
    told = desk.take_nothing("forms", *rows, form("V0", "2026-01-04", GP1="9"))

    assert "forms.csv:2502: GP1: '9'" in told
    assert kept(app) == []
    assert trail(app, "form.received") == []


def test_a_trial_run_tells_conflicts_and_writes_nothing(desk: Desk, app: Flask) -> None:
    rows = [form("V0", "2026-01-03"), form("V0", "2026-01-04")]
    told = desk.take("forms", *rows, options=("--dry-run",))

    assert told == "forms: 1 added, 1 kept as conflicts, 0 unchanged\n"
    assert kept(app) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_twenty_thousand_lines_come_in_whole(desk: Desk, app: Flask) -> None:
    study = app.extensions["deployment"].study
    numbers = [f"{site.code}-{n:03}" for site in study.sites for n in range(500)]
    desk.take("patients", *(patient(number) for number in numbers))
    visits = [visit.code for visit in study.visits[:10]]
    content = text_of([form(visit, "2026-02-01", number) for visit in visits for number in numbers])
    file = desk.file("forms.csv", content)

    assert desk.do("import", "forms", file).startswith("forms: 20000 added, 0 kept")
    assert desk.do("import", "forms", file).endswith("20000 unchanged\n")
    assert len(kept(app)) == 20_000
