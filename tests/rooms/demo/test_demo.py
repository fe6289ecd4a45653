"""`flask demo`: fills an empty database, refuses any other, tells how to sign in."""

import json
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import process_time

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from pro_app import create_app
from pro_app.core.ledger import REASON_PENDING, ledger
from pro_app.core.sites import EVERYWHERE
from pro_app.core.submission import open_visits
from pro_app.demo import service, sign_ins
from pro_app.demo.generate import generate
from pro_app.deployment import deployment
from pro_app.security import patients as patient_door
from pro_app.security import service as security
from pro_app.security.roles import Role
from pro_app.store import tables
from pro_app.store.engine import state
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.statuses.facts import Known, Scope, read_facts
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock, settings_for

ENGLISH = {"Accept-Language": "en"}
TINY = str(Path(__file__).parents[2] / "tiny_study" / "study.json")


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["demo", *arguments])


def run_small(app: Flask, *arguments: str) -> Result:
    return run(app, "--patients", "12", *arguments)


def everything(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of trial data, without what is random by intent."""
    apart = {"staff", "patient_link", "sign_in", "phone_key", "lease"}
    with app.app_context(), reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in tables.metadata.sorted_tables
            if table.name not in apart
        }


def without_salts(
    contents: dict[str, list[tuple[object, ...]]],
) -> dict[str, list[tuple[object, ...]]]:
    """The same without the salts of the trail and the digests that they are part of."""
    columns = tables.audit_event.c
    drawn = [list(columns).index(column) for column in (columns.salts, columns.data)]
    trail = [
        tuple(value for place, value in enumerate(row) if place not in drawn)
        for row in contents["audit_event"]
    ]
    return contents | {"audit_event": trail}


def known(app: Flask) -> list[Known]:
    with app.app_context(), reading() as connection:
        return read_facts(connection, Scope(EVERYWHERE))


def token_and_pin(printed: str) -> tuple[str, str]:
    found = re.search(r"/p/(\S+)\n\s+PIN\s+(\d{6})\n", printed)
    assert found
    return found[1], found[2]


def passwords(printed: str) -> list[tuple[str, str]]:
    return re.findall(r"^  \w+(?: \w+)? +(\S+) +((?:\w{4}-){3}\w{4})$", printed, re.MULTILINE)


def test_the_whole_study_is_written_and_everybody_can_sign_in(app: Flask, clock: HandClock) -> None:
    began = process_time()
    result = run(app)
    assert process_time() - began < 15
    assert result.exit_code == 0, result.output
    assert "Making up 183 patients as of 2026-03-05" in result.stderr
    assert "Making up" not in result.stdout
    people = known(app)
    assert len(people) == 183
    token, pin = token_and_pin(result.stdout)
    with app.app_context():
        parts = deployment()
        now, pepper = parts.now() + timedelta(minutes=5), parts.settings.secret_key
        assert isinstance(
            patient_door.sign_in_patient(token, pin, pepper=pepper, now=now), patient_door.SignedIn
        )
        accounts = dict(passwords(result.stdout))
        assert "nurse.lishui" in accounts
        assert len(accounts) == len(Role)  # one of each
        for name, password in accounts.items():
            assert security.sign_in_staff(name, password, now=now)
        link = patient_door.find_link(token)
        assert link is not None
        patient = next(each for each in people if each.id == link.patient_id)
        assert open_visits(patient.facts, parts.study, valid_from=30, today=parts.today())


def test_the_store_says_what_was_made_up(in_app: Flask) -> None:
    parts = deployment()
    made = generate(parts.study, parts.instrument, as_of=parts.today(), seed=3)
    service.fill(made, parts.study, parts.instrument, now=parts.now(), today=parts.today())
    with reading() as connection:
        found = {
            each.facts.patient_id: each.facts for each in read_facts(connection, Scope(EVERYWHERE))
        }
        assert state.read_state(connection) == state.State(parts.study.id, True, None)
        open_flags = connection.execute(
            select(func.count()).where(tables.missing_flag.c.closed_at.is_(None))
        ).scalar_one()
    by_day = {patient.number: patient.facts for patient in made.patients}
    waiting = 0
    for number, facts in found.items():
        of_store = ledger(facts, parts.study, valid_from=30, as_of=parts.today())
        assert of_store == ledger(by_day[number], parts.study, valid_from=30, as_of=parts.today())
        # Missing and empty forms alike: a reason is asked for both.
        waiting += sum(e.reason == REASON_PENDING for e in of_store)
    assert len(found) == 183
    assert open_flags == waiting > 0


def test_forms_were_declared_wrong_and_consents_signed_anew(app: Flask, cast: Cast) -> None:
    result = run(app)
    assert result.exit_code == 0, result.output
    person = tables.patient.c
    with app.app_context(), reading() as connection:
        wrong = connection.execute(
            select(tables.void, person.number).join(
                tables.patient, person.id == tables.void.c.patient_id
            )
        ).all()
        later = connection.execute(
            select(tables.consent.c.version, person.number).join(
                tables.patient, person.id == tables.consent.c.patient_id
            )
        ).all()
        signed = connection.execute(
            select(func.count()).where(tables.signature.c.kind == "void")
        ).scalar_one()
    assert [(row.kind, row.kept_as is not None) for row in wrong] == [
        ("form", True), ("form", False),
    ]  # fmt: skip
    assert signed == 2
    assert [row.version for row in later] == ["2.0", "2.0"]
    nurse = cast.nurse_of_lishui()
    struck = nurse.get(f"/staff/patients/{wrong[0].number}", headers=ENGLISH).text
    assert "declared wrong" in struck
    consented = nurse.get(f"/staff/patients/{later[0].number}/consents", headers=ENGLISH).text
    assert "2.0" in consented
    verified = app.test_cli_runner().invoke(args=["audit", "verify", "--data"])
    assert verified.exit_code == 0, verified.output


def test_history_is_recorded_in_order_and_not_ahead_of_now(app: Flask) -> None:
    assert run_small(app).exit_code == 0
    with app.app_context(), reading() as connection:
        now = deployment().now()
        trail = connection.execute(
            select(tables.audit_event.c.at).order_by(tables.audit_event.c.id)
        ).scalars()
        instants = list(trail)
        versions = connection.execute(
            select(tables.patient_version).order_by(tables.patient_version.c.id)
        ).all()
        late = connection.execute(
            select(func.count()).where(tables.form.c.started_at >= tables.form.c.received_at)
        ).scalar_one()
    assert instants == sorted(instants)
    assert instants[-1] <= now
    assert instants[0] < now - timedelta(days=100)
    assert late == 0
    first = {row.patient_id: row for row in reversed(versions)}
    assert len(first) == 12
    assert all(row.superseded_at and row.randomised_on is None for row in first.values())


def test_the_trail_of_a_patient_never_names_the_arm(app: Flask) -> None:
    assert run_small(app).exit_code == 0
    with app.app_context(), reading() as connection:
        arms = {arm.code for arm in deployment().study.arms}
        changes = connection.execute(select(tables.audit_event.c.changes)).scalars()
        assert not [each for each in changes if any(arm in json.dumps(each) for arm in arms)]


def test_before_breakfast_no_form_comes_from_the_future(app: Flask, clock: HandClock) -> None:
    clock.set("2026-03-05T00:10+08:00")
    assert run_small(app).exit_code == 0
    with app.app_context(), reading() as connection:
        form = tables.form.c
        latest = connection.execute(select(func.max(form.received_at))).scalar_one()
        late = connection.execute(
            select(func.count()).where(form.started_at >= form.received_at)
        ).scalar_one()
    assert latest <= clock()
    assert late == 0


def test_the_same_day_and_seed_fill_two_databases_alike(
    database_url: str,
    new_database: Callable[[str], str],
    clock: HandClock,
    tmp_path: Path,
) -> None:
    kind = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    contents = []
    for url in (database_url, new_database(kind)):
        app = create_app(settings_for(url, tmp_path), clock=clock)
        assert run_small(app, "--seed", "5").exit_code == 0
        contents.append(without_salts(everything(app)))
        with app.app_context():
            db.engine.dispose()
    assert contents[0] == contents[1]


def test_a_second_call_changes_nothing_and_prints_the_same_again(app: Flask) -> None:
    first = run_small(app)
    before = everything(app)
    second = run_small(app, "--seed", "9")
    assert second.exit_code == 0
    assert second.stdout == first.stdout
    assert "is here already" in second.stderr
    assert everything(app) == before


def test_what_was_printed_is_kept_for_its_owner_alone(app: Flask, tmp_path: Path) -> None:
    assert run_small(app).exit_code == 0
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600


def test_lost_ways_in_are_replaced_by_new_ones(app: Flask, tmp_path: Path) -> None:
    first = run_small(app)
    (tmp_path / "demo.json").unlink()
    second = run_small(app)
    assert second.exit_code == 0
    assert token_and_pin(second.stdout) != token_and_pin(first.stdout)
    with app.app_context():
        now = deployment().now()
        assert patient_door.find_link(token_and_pin(second.stdout)[0])
        for name, password in passwords(second.stdout):
            assert security.sign_in_staff(name, password, now=now)
        for name, password in passwords(first.stdout)[:1]:
            assert not security.sign_in_staff(name, password, now=now)
    assert run_small(app).stdout == second.stdout


@pytest.mark.parametrize("spoilt", ["", "[]", "{}", '{"staff": []}', '{"staff": [{"a": 1}]}'])
def test_a_spoilt_file_is_as_good_as_none(tmp_path: Path, spoilt: str) -> None:
    file = tmp_path / "demo.json"
    assert sign_ins.read(file) is None
    file.write_text(spoilt)
    assert sign_ins.read(file) is None


def test_ways_into_another_database_are_not_printed_for_this_one(
    app: Flask, clock: HandClock, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    first = run_small(app)
    other = create_app(settings_for(new_database("sqlite"), tmp_path), clock=clock)
    assert run_small(other).exit_code == 0
    again = run_small(app)
    assert token_and_pin(again.stdout) != token_and_pin(first.stdout)
    with app.app_context():
        assert patient_door.find_link(token_and_pin(again.stdout)[0])
    with other.app_context():
        db.engine.dispose()


def test_real_patients_are_left_alone(app: Flask) -> None:
    with app.app_context():
        factories.add_patient()
    before = everything(app)
    result = run_small(app)
    assert result.exit_code == 2
    assert "real patients" in result.stderr
    assert result.stdout == ""
    assert everything(app) == before


@pytest.mark.parametrize(("study", "synthetic"), [("nct04158843", False), ("another", True)])
def test_a_database_that_was_set_up_for_something_else_is_left_alone(
    app: Flask, study: str, synthetic: bool
) -> None:
    with app.app_context(), transaction(CLI, deployment().now()) as tx:
        state.claim(tx, study, synthetic=synthetic)
        tx.record("study.claimed", f"study:{study}")
    result = run_small(app)
    assert result.exit_code == 2
    said = "nothing was changed" if study == "nct04158843" else "holds the study another"
    assert said in result.stderr
    assert known(app) == []


def test_filling_checks_once_more_that_the_database_is_empty(in_app: Flask) -> None:
    parts = deployment()
    made = generate(parts.study, parts.instrument, as_of=parts.today(), seed=1, patients=2)
    factories.add_patient()
    with pytest.raises(ValueError, match="not empty"):
        service.fill(made, parts.study, parts.instrument, now=parts.now(), today=parts.today())


@pytest.fixture
def in_production(database_url: str, clock: HandClock, tmp_path: Path) -> Iterator[Flask]:
    settings = replace(
        settings_for(database_url, tmp_path), env="production", base_url="https://pro.example"
    )
    made = create_app(settings, clock=clock)
    yield made
    with made.app_context():
        db.engine.dispose()


def test_production_takes_no_made_up_patients(in_production: Flask) -> None:
    result = run_small(in_production)
    assert result.exit_code == 2
    assert "production" in result.stderr
    assert known(in_production) == []


def test_a_day_that_has_not_come_is_refused(app: Flask) -> None:
    result = run_small(app, "--as-of", "2026-03-06")
    assert result.exit_code == 2
    assert "2026-03-06 has not come yet" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("--as-of", "yesterday"), ("--patients", "0"), ("--seed", "x")]
)
def test_bad_arguments_are_refused(app: Flask, arguments: tuple[str, str]) -> None:
    result = run(app, *arguments)
    assert result.exit_code == 2
    assert known(app) == []


def test_a_study_as_of_a_past_day_can_be_made(app: Flask) -> None:
    result = run_small(app, "--as-of", "2021-06-30")
    assert result.exit_code == 0, result.output
    days = [form.answered_on for each in known(app) for form in each.facts.forms]
    assert max(days).isoformat() <= "2021-06-30"


def test_another_trials_study_can_be_made(
    database_url: str, clock: HandClock, tmp_path: Path
) -> None:
    app = create_app(settings_for(database_url, tmp_path, study=TINY), clock=clock)
    result = run(app, "--patients", "30")
    assert result.exit_code == 0, result.output
    assert len(known(app)) == 30
    assert "nurse.harbour" in result.stdout
    with app.app_context():
        db.engine.dispose()
