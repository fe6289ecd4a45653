"""`flask study amend` and `show`: what is shown, what is recorded, what is refused."""

import json
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select, text

from pro_app import refusals, studies
from pro_app.amendments import service
from pro_app.amendments.service import Amended
from pro_app.core.leaving import Ruling
from pro_app.core.refused import Refused, Why
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.study_versions import hold_patients
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.tables import audit_event, missing_flag, planned_visit, study_version
from tests import factories
from tests.conftest import HandClock
from tests.factories import at_server
from tests.rooms.amendments.files import Data, longer_v1, shipped, visit, without, written
from tests.rooms.intake.desk import Desk, event, form, patient

WHY = ("--reason", "Amendment 1")


@pytest.fixture
def patients(desk: Desk) -> Desk:
    """On 5 March 2026: one whose V1 opened on 22 March of the last year, one who is new."""
    desk.take("patients", patient("LISHUI-001"), patient("JIAXING-001", randomised_on="2025-01-05"))
    return desk


def amend(desk: Desk, file: Path, since: str, *more: str) -> str:
    return desk.do("study", "amend", file, "--from", since, *WHY, *more)


def refused(desk: Desk, file: Path, since: str = "2026-03-10", why: str = "x") -> str:
    return desk.refused("study", "amend", file, "--from", since, "--reason", why)


def rows(app: Flask, number: str = "LISHUI-001") -> dict[str, tuple[str, int, bool]]:
    plan = planned_visit.c
    query = select(plan.visit, plan.closes_on, plan.study_version, plan.asked).join(
        planned_visit.metadata.tables["patient"]
    )
    with app.app_context(), reading() as connection:
        found = connection.execute(
            query.where(planned_visit.metadata.tables["patient"].c.number == number)
        )
        return {row.visit: (str(row.closes_on), row.study_version, row.asked) for row in found}


def count(app: Flask) -> tuple[int, int]:
    """Versions, and events of the trail."""
    with app.app_context(), reading() as connection:
        versions = connection.execute(select(study_version.c.number)).all()
        return len(versions), len(connection.execute(select(audit_event.c.id)).all())


def test_a_patient_is_listed_at_the_site_of_today(patients: Desk, tmp_path: Path) -> None:
    patients.take("events", event("transfer", "2026-02-01") | {"to_site": "JIAXING"})
    told = amend(patients, written(tmp_path, "longer", longer_v1), "2026-03-10", "--dry-run")
    [line] = {" ".join(line.split()[:2]) for line in told.splitlines() if "LISHUI-001" in line}
    assert line == "LISHUI-001 JIAXING"


@pytest.mark.parametrize("ruling", [None, Ruling.ERASE, Ruling.RETAIN])
def test_who_withdrew_consent_to_further_use_is_counted_and_named_as_far_as_rows_may_leave(
    app: Flask, patients: Desk, tmp_path: Path, clock: HandClock, ruling: Ruling | None
) -> None:
    patients.take("events", event("withdrawal_consent", "2026-02-01"))
    clock.advance(hours=1)
    if ruling:
        with app.app_context():
            factories.decide_on_data(factories.patient_id_of("LISHUI-001"), ruling)
    told = amend(patients, written(tmp_path, "longer", longer_v1), "2026-03-10", "--dry-run")
    assert ("LISHUI-001" in told) is (ruling is Ruling.RETAIN)
    assert "patients: 1 of 2; visits: 1 move" in told


def test_the_first_patient_brings_the_first_version(app: Flask, desk: Desk) -> None:
    assert count(app)[0] == 0
    desk.take("patients", patient("LISHUI-001"))

    assert count(app)[0] == 1
    text = desk.do("study", "show")
    assert text.splitlines()[1].startswith("1       1     –     2026-03-05T00:00:00+00:00")
    assert json.loads(desk.do("study", "show", "--version", "1")) == shipped()
    desk.take("patients", patient("LISHUI-002"))
    assert count(app)[0] == 1


def test_a_trial_run_shows_what_would_change_and_writes_nothing(
    app: Flask, patients: Desk, tmp_path: Path
) -> None:
    file = written(tmp_path, "v2", longer_v1)
    before, planned = count(app), rows(app)
    shown = amend(patients, file, "2026-03-10", "--dry-run")

    assert "V1     moves   2026-03-22 … 2026-04-19  2026-03-22 … 2026-05-03" in shown
    assert (
        "patients: 1 of 2; visits: 1 move, 0 appear, 0 vanish; with another status today: 0"
        in shown
    )
    assert (count(app), rows(app)) == (before, planned)
    assert amend(patients, file, "2026-03-10") == shown


def test_an_amendment_is_recorded_with_its_plans(
    app: Flask, patients: Desk, tmp_path: Path
) -> None:
    file = written(tmp_path, "v2", lambda data: (longer_v1(data), without("V9")(data)))
    amend(patients, file, "2026-03-10")

    assert rows(app)["V1"] == ("2026-05-03", 2, True)
    assert rows(app, "JIAXING-001")["V1"] == ("2025-04-19", 1, True)
    assert rows(app)["V9"][1:] == (1, False)
    with app.app_context(), reading() as connection:
        event = connection.execute(
            select(audit_event).where(audit_event.c.action == "study.amended")
        ).one()
    assert (event.reason, event.subject) == ("Amendment 1", "study:nct04158843")
    assert event.changes["effective_on"] == [None, "2026-03-10"]
    assert [event.changes[name][1] for name in ("moved", "vanished")] == [1, 2]
    # From its day on the file in PRO_STUDY has to be this one; until then either will do.
    assert "V9" not in patients.ledger("2026-03-05")


def test_a_running_server_follows_and_a_new_start_does_not_with_the_old_file(
    app: Flask, patients: Desk, tmp_path: Path, clock: object
) -> None:
    amend(patients, written(tmp_path, "v2", longer_v1), "2026-03-10")
    clock.set("2026-03-10T08:00+08:00")  # type: ignore[attr-defined]

    with app.app_context():
        study = deployment().study
        assert (study.visits[1].days_after, len(study.plans)) == (28, 2)
    said = patients.refused("ledger")
    assert "differs from version 2, in force since 2026-03-10: visits" in said
    assert "flask study amend FILE --from DATE --reason TEXT" in said
    assert "flask study show --version 2" in said


def test_flags_follow_at_once(app: Flask, desk: Desk, tmp_path: Path) -> None:
    desk.take(
        "patients", patient("LISHUI-001", screened_on="2025-10-01", randomised_on="2025-10-20")
    )
    desk.do("flags", "run")

    def flags() -> dict[str, str | None]:
        flag = missing_flag.c
        with app.app_context(), reading() as connection:
            found = connection.execute(select(flag.visit, flag.closed_because))
            return {row.visit: row.closed_because for row in found}

    assert flags() == {"V0": None, "V1": None}
    # V1's window: 6 January to 3 February; as amended to 14 March.
    file = written(tmp_path, "v2", lambda data: visit(data, "V1").update(days_after=53))
    shown = amend(desk, file, "2026-01-01")
    assert flags() == {"V0": None, "V1": "NOT_EXPECTED"}
    assert shown.splitlines()[-2].split()[3:] == ["reads", "MISSING", "WINDOW_OPEN"]


def test_a_form_that_is_in_keeps_its_visit_though_that_is_gone(
    app: Flask, desk: Desk, tmp_path: Path
) -> None:
    desk.take(
        "patients", patient("LISHUI-001", screened_on="2025-10-01", randomised_on="2025-10-20")
    )
    desk.take("forms", form("V1", "2026-01-20"))
    file = written(tmp_path, "v2", without("V1", "V2"))
    amend(desk, file, "2026-01-01")

    with app.app_context():
        found = deployment().study
        assert [v.code for v in found.all_visits][:3] == ["V0", "V1", "V2"]
    assert rows(app)["V1"][2] is False


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("2025-12-31", "--from: 2025-12-31: this is before the first patient; expected 2026-01-01"),
        ("2026-02-30", "2026-02-30 is not a day"),
        ("yesterday", "yesterday is not a day"),
    ],
)
def test_a_wrong_day_is_refused(
    app: Flask, desk: Desk, tmp_path: Path, since: str, said: str
) -> None:
    desk.take("patients", patient("LISHUI-001"))
    before = count(app)
    assert said in refused(desk, written(tmp_path, "v2", longer_v1), since)
    assert count(app) == before


def test_versions_follow_upon_each_other_in_time(patients: Desk, tmp_path: Path) -> None:
    amend(patients, written(tmp_path, "v2", longer_v1), "2026-03-10")
    third = written(tmp_path, "v3", without("V9"))
    for since in ("2026-03-10", "2026-03-09"):
        said = refused(patients, third, since)
        assert "expected a day after 2026-03-10, when the last version took effect" in said
    amend(patients, third, "2026-03-11")


def test_a_file_that_says_the_same_is_no_amendment(patients: Desk, tmp_path: Path) -> None:
    same = written(tmp_path, "same", lambda data: data.update(comment="as it was"))
    assert "nothing differs from the last version" in refused(patients, same)


def _arms(data: Data) -> None:
    data["arms"].pop()


def _alert(data: Data) -> None:
    name = {"zh": "x", "en": "x"}
    data["alerts"] = [
        {"code": "A", "name": name, "escalate_after_hours": 1, "item": "GP99", "at_least": 4}
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda data: data.update(registry_id="NCT1"),
            "registry_id: expected NCT04158843, not NCT1",
        ),
        (lambda data: data.update(id="another"), "id: expected nct04158843, not another"),
        (lambda data: data.update(time_zone="Asia/Tokyo"), "time_zone: expected Asia/Shanghai"),
        (_arms, "arms: expected RADICAL, PALLIATIVE, not RADICAL"),
        (lambda data: data["sites"].pop(0), "sites: LISHUI is missing"),
        (lambda data: visit(data, "V0").update(code="B0"), "visits: the first visit must stay V0"),
        (lambda data: visit(data, "V2").update(days_after=90), "the windows of V2 and V3 overlap"),
        (_alert, "GP99"),
    ],
)
def test_what_no_amendment_may_change_is_refused_by_its_name(
    app: Flask, patients: Desk, tmp_path: Path, change: Callable[[Data], object], said: str
) -> None:
    before = count(app)
    assert said in refused(patients, written(tmp_path, "bad", change))
    assert count(app) == before


def test_files_that_are_none_are_refused(patients: Desk, tmp_path: Path) -> None:
    assert "no such study file" in refused(patients, tmp_path / "missing.json")
    assert "expected a study file, .json" in refused(patients, Path("nct04158843"))
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    assert "not JSON" in refused(patients, bad)
    assert "--reason: Write in a few words why" in refused(
        patients, written(tmp_path, "v2", longer_v1), why=" "
    )


def test_without_patients_there_is_nothing_to_amend(desk: Desk, tmp_path: Path) -> None:
    said = refused(desk, written(tmp_path, "v2", longer_v1))
    assert "this database holds no patient" in said


def test_a_version_that_is_not_there_is_named(patients: Desk) -> None:
    said = patients.refused("study", "show", "--version", "7")
    assert "there is no version 7; there are: 1" in said


def test_of_two_who_amend_at_once_one_is_told(app: Flask, patients: Desk, tmp_path: Path) -> None:
    files = [written(tmp_path, f"v2{n}", longer_v1) for n in "ab"]
    done = []
    with app.app_context():
        for file in files:
            done.append(
                service.amend(
                    studies.load(str(file)),
                    effective_on=date(2026, 3, 10),
                    reason="Amendment 1",
                    at=at_server(CLI),
                )
            )
    first, second = done
    assert isinstance(first, Amended)
    assert second == Refused(Why.NOTHING_CHANGED, "file")


def _both_wait(ready: threading.Barrier) -> None:
    """Return once both are in the middle: begun, and held up by whoever writes before them."""
    ready.wait()
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(100):
        time.sleep(0.05)
        if db.engine.dialect.name == "sqlite":
            return  # it has one writer: the lock is this process's own, and nobody can look at it
        with reading() as connection:
            if connection.execute(waiting).scalar_one() >= 2:
                return
    raise AssertionError("they do not wait for each other")


@pytest.mark.parametrize("second_from", [date(2026, 3, 10), date(2026, 4, 10)])
def test_of_two_who_amend_at_the_same_moment_one_wins_and_the_other_is_told(
    app: Flask, patients: Desk, tmp_path: Path, second_from: date
) -> None:
    """Each in a thread and on a connection of its own, both begun before either commits."""
    asked = [(longer_v1, date(2026, 3, 10)), (without("V9"), second_from)]
    ready, done = threading.Barrier(3), []

    def run(number: int) -> None:
        change, since = asked[number]
        file = studies.load(str(written(tmp_path, f"v2{number}", change)))
        with app.app_context():
            at = at_server(CLI)
            ready.wait()
            done.append(service.amend(file, effective_on=since, reason=f"No. {number}", at=at))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    with app.app_context():
        with transaction(CLI, deployment().now()) as tx:
            hold_patients(tx)
            for thread in threads:
                thread.start()
            _both_wait(ready)
            tx.abandon()
        for thread in threads:
            thread.join()
    [won] = [each for each in done if isinstance(each, Amended)]
    [told] = [each for each in done if isinstance(each, Refused)]
    assert won.number == 2
    assert told == Refused(Why.AMENDED_MEANWHILE, "file", 2)
    assert count(app)[0] == 2


def test_who_amends_what_they_have_not_seen_is_told(
    app: Flask, patients: Desk, tmp_path: Path
) -> None:
    with app.app_context():
        at = at_server(CLI)  # before the other
        amend(patients, written(tmp_path, "v2", longer_v1), "2026-03-10")
        mine = studies.load(str(written(tmp_path, "v3", without("V9"))))
        told = service.amend(mine, effective_on=date(2026, 3, 11), reason="mine", at=at)
    assert told == Refused(Why.AMENDED_MEANWHILE, "file", 2)
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert refusals.said(told).startswith("Version 2 was recorded by somebody else just now.")


def test_a_version_is_written_once(app: Flask, patients: Desk) -> None:
    row = {"number": 1, "content": "{}", "sha256": "", "recorded_by": "x"}
    with app.app_context():
        now = deployment().now()
        for statement in (
            study_version.update().values(content="{}"),
            study_version.delete(),
            insert(study_version).values(**row, recorded_at=now),
        ):
            with (
                pytest.raises(Exception, match=r"written once|UNIQUE|duplicate|unique"),
                transaction(CLI, now) as tx,
            ):
                tx.execute(statement)
