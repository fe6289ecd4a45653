"""Signed corrections and decisions reach every reader of forms, at the instant asked for."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask

from pro_app.core.corrections import AskedBy, Changes, Evidence, Question, corrected
from pro_app.core.facts import FormFact
from pro_app.core.sites import EVERYWHERE, only
from pro_app.deployment import deployment
from pro_app.store.desk import alerts
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms import corrections, decisions
from pro_app.store.forms import form_detail as held
from pro_app.store.forms.forms import from_json, keep_scores
from pro_app.store.forms.scored import scored_forms
from pro_app.store.statuses.facts import Scope, read_facts
from tests import factories
from tests.conftest import HandClock
from tests.factories import ACTOR
from tests.rooms.export.making import export, rows, values

V0 = date(2026, 1, 4)


def _form(submission_id: str) -> held.HeldForm:
    with reading() as connection:
        form_id = held.form_id_of(connection, submission_id)
        assert form_id is not None
        found = held.find_form(connection, form_id, sites=EVERYWHERE)
    assert found is not None
    return found


def _write(form: held.HeldForm, changes: Changes, now: datetime) -> int:
    with transaction(ACTOR, now) as tx:
        tx.record("correction.opened", form.number)
        return corrections.write_correction(
            tx,
            form.id,
            asked_by=AskedBy.PATIENT,
            source=Evidence.CALL_NOTE,
            why="said so on the phone",
            changes=changes,
        )


def _sign(form: held.HeldForm, correction_id: int, changes: Changes, now: datetime) -> None:
    truth = corrected(form.stands, [changes])
    with transaction(ACTOR, now) as tx:
        corrections.decide_correction(tx, correction_id, signed=True, why=None)
        keep_scores(
            tx,
            form.id,
            from_json(truth.answers),
            deployment().instrument,
            revision=form.corrections + 1,
        )
        tx.record("correction.signed", form.number)


def _decide(
    submission_id: str, *, counts: bool, now: datetime, question: Question = Question.CONFLICT
) -> None:
    with transaction(ACTOR, now) as tx:
        form_id = _form(submission_id).id
        decisions.decide(tx, form_id, question, counts=counts, why="looked into it")
        tx.record("form.decided", "LISHUI-001")


def _facts(known_at: datetime | None = None) -> tuple[FormFact, ...]:
    with reading() as connection:
        [known] = read_facts(connection, Scope(EVERYWHERE), known_at=known_at)
    return known.facts.forms


def test_a_correction_changes_nothing_until_it_is_signed(in_app: Flask, tmp_path: Path) -> None:
    patient_id = factories.add_patient()
    submission_id = factories.add_form(patient_id, "V0", V0)
    noon = deployment().now()
    changes: Changes = {"GP1": [2, "SKIPPED"], "answered_on": ["2026-01-04", "2026-01-03"]}
    correction_id = _write(_form(submission_id), changes, noon + timedelta(hours=1))
    assert _facts() == (FormFact("V0", V0, 37),)

    signed_at = noon + timedelta(hours=2)
    _sign(_form(submission_id), correction_id, changes, signed_at)
    assert _facts() == (FormFact("V0", date(2026, 1, 3), 36),)
    assert _facts(known_at=noon + timedelta(hours=1)) == (FormFact("V0", V0, 37),)
    with reading() as connection:
        [shown] = scored_forms(connection, patient_id, deployment().instrument.scoring_version)
    assert (shown.answered_on, shown.items_answered, shown.corrections) == (date(2026, 1, 3), 36, 1)
    assert shown.scores["PWB"].n_answered == 6
    assert _form(submission_id).handed_in.answers["GP1"] == 2


def test_an_export_holds_both_truths(app: Flask, clock: HandClock, tmp_path: Path) -> None:
    with app.app_context():
        patient_id = factories.add_patient()
        submission_id = factories.add_form(patient_id, "V0", V0)
        before = clock.instant
        clock.advance(hours=1)
        for changes in ({"GP1": [2, 4]}, {"GP1": [4, 0], "GS1": [2, "SKIPPED"]}):
            form = _form(submission_id)
            _sign(form, _write(form, changes, clock.instant), changes, clock.instant)
        export(tmp_path / "now", date(2026, 3, 5))
        export(tmp_path / "then", date(2026, 3, 5), known_at=before)
    items = {row["item"]: row for row in rows(tmp_path / "now", "items.csv")}
    columns = ("state", "value", "corrected", "original_state", "original_value")
    assert values([items["GP1"], items["GS1"], items["GP2"]], *columns) == [
        ("ANSWERED", "0", "yes", "ANSWERED", "2"),
        ("SKIPPED", "", "yes", "ANSWERED", "2"),
        ("ANSWERED", "2", "no", "ANSWERED", "2"),
    ]
    physical = [r for r in rows(tmp_path / "now", "scores.csv") if r["scale"] == "PWB"]
    assert values(physical, "revision", "current", "value", "analysis") == [
        ("0", "no", "14.0", "no"),
        ("1", "no", "12.0", "no"),
        ("2", "yes", "16.0", "yes"),
    ]
    assert values(rows(tmp_path / "now", "corrections.csv"), "revision", "field", "old", "new") == [
        ("1", "GP1", "2", "4"),
        ("2", "GP1", "4", "0"),
        ("2", "GS1", "2", "SKIPPED"),
    ]
    assert values(rows(tmp_path / "now", "forms.csv"), "corrections", "items_answered") == [
        ("2", "36")
    ]
    assert values(rows(tmp_path / "then", "forms.csv"), "corrections", "items_answered") == [
        ("0", "37")
    ]
    assert rows(tmp_path / "then", "corrections.csv") == []
    assert {row["corrected"] for row in rows(tmp_path / "then", "items.csv")} == {"no"}


def test_a_second_form_that_counts_takes_the_place_of_the_first(
    in_app: Flask, clock: HandClock, tmp_path: Path
) -> None:
    patient_id = factories.add_patient()
    factories.add_form(patient_id, "V0", V0, submission_id="first")
    factories.add_form(patient_id, "V0", date(2026, 1, 5), standing=False, submission_id="second")
    before = deployment().now()
    with reading() as connection:
        [waits] = decisions.waiting(connection, only("LISHUI"))
        assert decisions.waiting(connection, only("JIAXING")) == []
    assert (waits.why, waits.number) == (decisions.Why.SECOND, "LISHUI-001")

    _decide("second", counts=True, now=before + timedelta(hours=1))
    assert _facts() == (FormFact("V0", date(2026, 1, 5), 37),)
    assert _facts(known_at=before) == (FormFact("V0", V0, 37),)
    with reading() as connection:
        assert decisions.waiting(connection, EVERYWHERE) == []
        counting = scored_forms(connection, patient_id, deployment().instrument.scoring_version)
    assert [form.counts for form in counting] == [False, True]
    clock.advance(hours=1)
    export(tmp_path / "now", date(2026, 3, 5))
    told = values(rows(tmp_path / "now", "forms.csv"), "submission_id", "decision", "analysis")
    assert told == [("second", "COUNTS", "yes"), ("first", "", "no")]

    _decide("second", counts=False, now=before + timedelta(hours=2))
    assert _facts() == (FormFact("V0", V0, 37),)


def test_a_form_after_a_withdrawal_waits_until_it_is_decided_on(in_app: Flask) -> None:
    patient_id = factories.add_patient()
    factories.add_form(patient_id, "V0", V0, submission_id="late")
    factories.add_event(patient_id, "withdrawal_questionnaires", date(2026, 1, 2))
    with reading() as connection:
        [waits] = decisions.waiting(connection, only("LISHUI"))
    assert (waits.why, waits.since_on) == (decisions.Why.AFTER_WITHDRAWAL, date(2026, 1, 2))
    _decide("late", counts=True, now=deployment().now(), question=Question.QUARANTINE)
    assert _facts() == (FormFact("V0", V0, 37, let_in=True),)
    with reading() as connection:
        assert decisions.waiting(connection, only("LISHUI")) == []


def _looked(since: date) -> list[alerts.Looked]:
    parts = deployment()
    with reading() as connection:
        return list(
            alerts.forms_since(
                connection,
                datetime(since.year, since.month, since.day, tzinfo=UTC),
                baseline="V0",
                scoring_version=parts.instrument.scoring_version,
            )
        )


def test_alerts_are_looked_for_in_the_answers_that_hold_now(in_app: Flask) -> None:
    patient_id = factories.add_patient()
    submission_id = factories.add_form(patient_id, "V0", V0)
    now = deployment().now()
    changes: Changes = {"GP4": [2, 4]}
    correction_id = _write(_form(submission_id), changes, now)
    [before] = _looked(V0)
    _sign(_form(submission_id), correction_id, changes, now)
    [after] = _looked(V0)
    assert (before.answers["GP4"], after.answers["GP4"]) == (2, 4)
    before_pwb, after_pwb = before.scores["PWB"], after.scores["PWB"]
    assert before_pwb is not None
    assert after_pwb == after.baseline["PWB"] == before_pwb - 2


def test_alerts_are_looked_for_in_the_form_that_counts(in_app: Flask) -> None:
    patient_id = factories.add_patient()
    factories.add_form(patient_id, "V0", V0)
    second = factories.add_form(
        patient_id, "V0", V0, answers=factories.all_answered(3), standing=False
    )
    [before] = _looked(V0)
    _decide(second, counts=True, now=deployment().now())
    [after] = _looked(V0)
    assert (before.answers["GP4"], after.answers["GP4"]) == (2, 3)
    assert after.form_id == _form(second).id
