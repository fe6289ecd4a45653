"""A form is taken once, whole, and classified by its day: through service and store."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from pro_app.acts.forms import Outcome, Taken
from pro_app.core.refused import Refused, Why
from pro_app.patient import drafting, questionnaire
from pro_app.patient.service import receive_form
from pro_app.security import secrets
from pro_app.store.engine.state import claim, go_live
from pro_app.store.engine.transaction import WORKER, reading, transaction
from pro_app.store.statuses.flags import synchronise_flags
from pro_app.store.tables import missing_flag
from tests import factories
from tests.conftest import HandClock
from tests.faults import PLANTED, committing, failing
from tests.rooms.patient.steps import (
    ACTOR,
    drafts,
    fields,
    filled,
    forms,
    message,
    occasion,
    receive,
    scores,
    taken,
    trail,
)


@pytest.fixture(autouse=True)
def _in_app(in_app: Flask, patient_id: int) -> None:
    """Every test here speaks to the service, with the month-3 window open."""


def at_once(number: int, work: Callable[[int], Outcome], app: Flask) -> list[Outcome]:
    """What each of so many threads got, all started at the same moment."""
    ready = threading.Barrier(number)
    results: list[Outcome] = [None] * number  # type: ignore[list-item]

    def run(which: int) -> None:
        with app.app_context():
            ready.wait()
            results[which] = work(which)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# --- once, and whole (scenarios 11 to 13) --------------------------------------------------


def test_the_same_submission_twice_is_one_form_with_one_receipt(patient_id: int) -> None:
    form = filled()
    first = taken(receive(patient_id, form))
    second = taken(receive(patient_id, form))
    assert (first.again, second.again) == (False, True)
    assert first.received_at == second.received_at
    assert len(forms()) == len(scores()) == len(trail("form.")) == 1


def test_a_repeat_is_recognised_when_the_window_has_closed(
    patient_id: int, april: HandClock
) -> None:
    form = filled()
    receive(patient_id, form)
    april.set("2026-06-01T08:00+08:00")
    assert taken(receive(patient_id, form)).again


def test_eight_at_once_with_the_same_id_make_one_form(app: Flask, patient_id: int) -> None:
    form = filled()
    at = occasion()
    results = at_once(8, lambda _: receive_form(ACTOR, patient_id, form, at=at), app)
    assert {taken(result).submission_id for result in results} == {form.submission_id}
    assert sum(not taken(result).again for result in results) == 1
    assert len(forms()) == len(scores()) == len(trail("form.")) == 1


def test_a_second_id_for_the_visit_is_kept_as_a_conflict(patient_id: int) -> None:
    first, second = filled(), filled()
    receive(patient_id, first)
    assert not taken(receive(patient_id, second)).again
    assert [form.standing for form in forms()] == [True, False]
    assert len(scores()) == 2
    assert [row.action for row in trail("form.")] == ["form.received", "form.conflict"]


def test_eight_ids_at_once_leave_one_standing_and_lose_none(app: Flask, patient_id: int) -> None:
    each = [filled() for _ in range(8)]
    at = occasion()
    results = at_once(8, lambda i: receive_form(ACTOR, patient_id, each[i], at=at), app)
    assert all(isinstance(result, Taken) for result in results)
    assert sum(form.standing for form in forms()) == 1
    assert len(forms()) == 8


def test_an_id_of_another_patient_s_form_is_refused_without_a_word_about_it(
    patient_id: int,
) -> None:
    other = factories.add_patient("JIAXING-001", "JIAXING")
    form = filled()
    receive(other, form)
    assert receive(patient_id, form) == Refused(Why.ID_IN_USE)
    assert len(forms()) == 1


def test_two_patients_at_once_with_one_id_get_one_form(app: Flask, patient_id: int) -> None:
    ids = [patient_id, factories.add_patient("JIAXING-001", "JIAXING")]
    form = filled()
    at = occasion()
    results = at_once(2, lambda i: receive_form(ACTOR, ids[i], form, at=at), app)
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Taken"]
    assert len(forms()) == 1


@pytest.mark.parametrize("table", ["form", "form_score", "audit_event", "missing_flag", "draft"])
def test_a_failure_at_any_write_leaves_nothing_behind(
    patient_id: int, april: HandClock, table: str
) -> None:
    submission_id = _begun_before_the_close_and_flagged(patient_id, april)
    before = (drafts(), _open_flags(), len(trail()))
    with failing(table), pytest.raises(DBAPIError, match=PLANTED):
        drafting.hand_in(ACTOR, patient_id, "V1", submission_id, "zh", at=occasion())
    assert forms() == scores() == []
    assert (drafts(), _open_flags(), len(trail())) == before
    assert taken(drafting.hand_in(ACTOR, patient_id, "V1", submission_id, "zh", at=occasion()))
    assert len(forms()) == len(scores()) == 1
    assert (drafts(), _open_flags()) == ([], 0)


@pytest.mark.parametrize("table", ["form_score", "audit_event"])
def test_such_a_fault_shows_a_commit_that_came_too_early(
    patient_id: int, april: HandClock, table: str
) -> None:
    submission_id = _begun_before_the_close_and_flagged(patient_id, april)
    with committing(f"INSERT INTO {table} "), failing(table), pytest.raises(DBAPIError):
        drafting.hand_in(ACTOR, patient_id, "V1", submission_id, "zh", at=occasion())
    assert len(forms()) == 1


def test_two_phones_that_send_one_draft_at_once_make_one_form(app: Flask, patient_id: int) -> None:
    at = occasion()
    submission_id = secrets.new_submission_id()
    drafting.begin_form(ACTOR, patient_id, "V1", submission_id=submission_id, at=at)
    results = at_once(
        4,
        lambda _: drafting.hand_in(  # type: ignore[arg-type,return-value]
            ACTOR, patient_id, "V1", submission_id, "zh", at=at
        ),
        app,
    )
    assert {taken(result).submission_id for result in results} == {submission_id}
    assert len(forms()) == 1


# --- words, flags, going live ------------------------------------------------------------------


def test_the_form_closes_its_missing_flag(patient_id: int, april: HandClock) -> None:
    submission_id = _begun_before_the_close_and_flagged(patient_id, april)
    assert _open_flags() == 1
    drafting.hand_in(ACTOR, patient_id, "V1", submission_id, "zh", at=occasion())
    with reading() as connection:
        row = connection.execute(missing_flag.select().where(missing_flag.c.visit == "V1")).one()
    assert row.closed_because == "FORM"


def test_in_production_nothing_is_taken_before_going_live_and_without_licensed_words(
    patient_id: int, april: HandClock
) -> None:
    assert receive(patient_id, filled(), production=True) == Refused(Why.NOT_LIVE)
    with transaction(ACTOR, occasion().now) as tx:
        claim(tx, "nct04158843", synthetic=False)
        go_live(tx)
        tx.record("study.live", "study")
    assert receive(patient_id, filled(), production=True) == Refused(Why.NO_WORDING)
    _licence("a" * 64, date(2026, 4, 1))
    assert taken(receive(patient_id, filled(), production=True))
    assert forms()[0].wording_sha256 == "a" * 64
    april.set("2026-04-02T08:00+08:00")
    assert receive(patient_id, filled(), production=True) == Refused(Why.NO_WORDING)
    # A phone that shows the old words says so, and its form is not lost.
    late = filled(wording_sha256="a" * 64)
    assert taken(receive(patient_id, late, production=True))


def test_words_that_nobody_knows_are_refused(patient_id: int) -> None:
    form = filled(wording_sha256="b" * 64)
    assert receive(patient_id, form) == Refused(Why.UNKNOWN_WORDING)


def test_only_items_in_another_language_are_noted(patient_id: int) -> None:
    receive(patient_id, filled(item_languages={"GP1": "en", "GP2": "zh"}))
    [form] = forms()
    assert (form.language, form.item_languages) == ("zh", {"GP1": "en"})


def test_the_form_is_stored_as_chosen_and_scored(patient_id: int) -> None:
    answers = message()["answers"] | {"GS7": "PREFER_NOT", "B1": "SKIPPED", "B2": "NOT_SHOWN"}
    receive(patient_id, filled(answers=answers))
    [form] = forms()
    assert form.answers == answers
    assert form.items_answered == 34
    assert form.received_from == ACTOR.name
    [kept] = scores()
    assert kept.scores["SWB"] == [14.0, 6, True]


def test_a_form_of_the_begun_draft_keeps_its_start(patient_id: int, april: HandClock) -> None:
    form = filled(started_at=datetime(2026, 1, 1, tzinfo=UTC))
    at = occasion()
    drafting.begin_form(ACTOR, patient_id, "V1", submission_id=form.submission_id, at=at)
    april.advance(minutes=9)
    receive(patient_id, form)
    [kept] = forms()
    assert kept.received_at - kept.started_at == timedelta(minutes=9)
    assert drafts() == []


def _begun_before_the_close_and_flagged(patient_id: int, april: HandClock) -> str:
    april.set("2026-04-19T23:00+08:00")
    submission_id = secrets.new_submission_id()
    at = occasion()
    drafting.begin_form(ACTOR, patient_id, "V1", submission_id=submission_id, at=at)
    # With an answer: a blank form leaves the flag, since its reason is asked for all the same.
    page = questionnaire.pages(at.instrument, "section")[0]
    drafting.save_page(
        ACTOR, patient_id, "V1", page, fields(["GP1"], 1), "zh", asking=False, revision=0, at=at
    )
    april.set("2026-04-20T01:00+08:00")
    at = occasion()
    with transaction(WORKER, at.now) as tx:
        synchronise_flags(tx, at.study, at.today)
        tx.record("flags.run", "flags")
    return submission_id


def _open_flags() -> int:
    with reading() as connection:
        rows = connection.execute(missing_flag.select().where(missing_flag.c.visit == "V1"))
        return sum(row.closed_at is None for row in rows)


def _licence(sha256: str, until: date) -> None:
    factories.add_wording("zh", sha256, "L-1", until)
