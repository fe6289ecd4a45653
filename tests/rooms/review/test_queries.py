"""Queries: asked by who looks over the data, answered by the site, never seen by a patient."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.core.sites import only
from pro_app.security.roles import Role
from pro_app.store.desk.data_queries import queries_of, waiting_for_site
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import data_query
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.papers.desk import held, trail
from tests.store.test_locks import set_lock

LIST = "/staff/queries"
WORDS = "Is this day right? The note of Wang Fang says otherwise."


def ask(
    client: FlaskClient, about: str = "form/1", words: str = WORDS, **changes: str
) -> tuple[int, str]:
    path = f"{LIST}/{about}"
    answer = client.post(path, data={"words": words} | changes, follow_redirects=True)
    return answer.status_code, answer.text


def say(client: FlaskClient, deed: str, words: str = "Looked up in the file.") -> tuple[int, str]:
    answer = client.post(f"{LIST}/1/{deed}", data={"words": words}, follow_redirects=True)
    return answer.status_code, answer.text


def test_a_query_goes_to_the_site_and_back_until_it_is_closed(world: Flask, cast: Cast) -> None:
    manager, nurse = cast.data_manager(), cast.nurse_of_lishui()
    assert "site to answer" in ask(manager, field="answered_on")[1]
    assert WORDS in nurse.get(LIST).text
    assert "/staff/forms/1/correct" in nurse.get(f"{LIST}/1").text
    assert "answered, to be looked at" in say(nurse, "answer")[1]
    assert WORDS not in nurse.get(LIST).text
    assert "Looked up in the file." in manager.get(f"{LIST}?state=ANSWERED").text
    assert "site to answer" in say(manager, "again", "Which file?")[1]
    say(nurse, "answer", "The ward's book.")
    assert "Closed." in say(manager, "close", "")[1]
    page = manager.get(f"{LIST}/1").text
    for said in (WORDS, "Which file?", "book.", "was open: today"):
        assert said in page.replace("&#39;", "'"), said
    assert "Opened again" in say(manager, "open", "It came up once more.")[1]
    assert "It came up once more." in nurse.get(LIST).text


def test_a_query_grows_old_until_it_is_closed(world: Flask, cast: Cast, clock: HandClock) -> None:
    ask(cast.data_manager())
    clock.advance(days=9)
    assert "9 days" in cast.nurse_of_lishui().get(LIST).text
    monitor = cast.monitor()  # another role that asks
    say(monitor, "close", "")
    clock.advance(days=30)
    later = cast.statistician()
    assert "was open: 9 days" in later.get(f"{LIST}/1").text
    say(later, "open")
    assert "39 days" in later.get(LIST).text


def test_the_trail_says_what_was_done_and_never_the_words(world: Flask, cast: Cast) -> None:
    manager, nurse = cast.data_manager(), cast.nurse_of_lishui()
    ask(manager, field="GP1")
    say(nurse, "answer")
    [asked], [answered] = trail(world, "query.asked"), trail(world, "query.answered")
    assert (asked.actor, asked.subject, asked.visit) == ("staff:zhoumin", "LISHUI-001", "V0")
    assert asked.changes == answered.changes == {"query": [None, 1], "field": [None, "GP1"]}
    assert (answered.actor, answered.reason) == ("staff:lina", None)


def test_a_query_changes_no_answer_and_passes_a_lock(world: Flask, cast: Cast) -> None:
    before = held(world)
    with world.app_context():
        set_lock("patient", "LISHUI-001")
    ask(cast.data_manager(), field="GP1")
    say(cast.nurse_of_lishui(), "answer")
    assert held(world) == before
    assert len(trail(world, "query.answered")) == 1


def test_a_patient_or_a_visit_can_be_asked_about_without_a_form(world: Flask, cast: Cast) -> None:
    monitor = cast.monitor()
    ask(monitor, "about/LISHUI-001")
    ask(monitor, "about/LISHUI-001", visit="V2")
    page = cast.nurse_of_lishui().get("/staff/patients/LISHUI-001").text
    assert page.count(WORDS) == 2
    with world.app_context(), reading() as connection:
        rows = connection.execute(select(data_query.c.visit, data_query.c.form_id)).all()
    assert rows == [(None, None), ("V2", None)]


def test_what_is_wrong_with_a_query_is_said_and_nothing_is_kept(world: Flask, cast: Cast) -> None:
    manager = cast.data_manager()
    for about, given, said in [
        ("form/1", {"words": " "}, "Write a few words."),
        ("form/1", {"words": "x" * 501}, "This is too long"),
        ("form/1", {"field": "NAME"}, "The form has no such field."),
        ("about/LISHUI-001", {"visit": "V99"}, "The study has no such visit."),
        ("about/LISHUI-001", {"field": "GP1"}, "The form has no such field."),
    ]:
        status, page = ask(manager, about, **given)
        assert (status, said in page) == (422, True), said
    assert ask(manager, "form/99")[0] == 404
    assert ask(manager, "about/LISHUI-999")[0] == 404
    assert trail(world, "query.asked") == []


def test_whose_turn_it_is_not_is_told_how_it_stands(world: Flask, cast: Cast) -> None:
    manager, nurse = cast.data_manager(), cast.nurse_of_lishui()
    ask(manager)
    status, page = say(manager, "again")
    assert (status, "Somebody else changed this" in page) == (422, True)
    assert say(nurse, "answer", " ")[0] == 422
    say(nurse, "answer")
    assert say(nurse, "answer")[0] == 422
    assert say(nurse, "close")[0] == 403
    assert say(manager, "answer")[0] == 403
    assert say(manager, "burn")[0] == 404


@pytest.mark.parametrize("who", ["nurse_of_jiaxing", "monitor_elsewhere"])
def test_a_query_of_another_site_does_not_exist(world: Flask, cast: Cast, who: str) -> None:
    ask(cast.data_manager())
    ask(cast.statistician(), "about/LISHUI-001")
    if who == "monitor_elsewhere":
        outsider = cast.outsider(Role.MONITOR)
        assert ask(outsider)[0] == 404
        assert say(outsider, "close")[0] == 404
    else:
        outsider = cast.nurse_of_jiaxing()
        assert say(outsider, "answer")[0] == 404
    assert outsider.get(f"{LIST}/1").status_code == 404
    assert WORDS not in outsider.get(LIST).text


def test_a_patient_sees_nothing_of_it(world: Flask, cast: Cast) -> None:
    ask(cast.data_manager())
    patient = cast.patient()
    assert patient.get(f"{LIST}/1").status_code == 302
    for path in ("/my/home", "/my/form/V1"):
        assert "Wang Fang" not in patient.get(path, follow_redirects=True).text


def test_what_waits_for_a_site_is_counted_the_oldest_first(
    world: Flask, cast: Cast, clock: HandClock
) -> None:
    manager = cast.data_manager()
    for about in ("form/1", "form/2", "about/LISHUI-002", "about/JIAXING-001"):
        ask(manager, about)
        clock.advance(minutes=1)
    say(cast.nurse_of_lishui(), "answer")
    with world.app_context(), reading() as connection:
        cut = waiting_for_site(connection, sites=only("LISHUI"), limit=1)
        assert ([q.id for q in cut.rows], cut.total, cut.more) == ([2], 2, False)
        assert waiting_for_site(connection, sites=only("LISHUI"), limit=9, counted=2).more
        assert waiting_for_site(connection, sites=only("SHAOXING"), limit=9).rows == ()
        assert [q.id for q in queries_of(connection, form_id=1)] == [1]
    assert 'aria-current="page">Site to answer <span class="count">3<' in manager.get(LIST).text


def test_the_list_is_searched_by_number_and_paged(world: Flask, cast: Cast) -> None:
    manager = cast.data_manager()
    ask(manager, "about/LISHUI-002", words="about the second one")
    ask(manager, "about/JIAXING-001", words="about the one of Jiaxing")
    page = manager.get(f"{LIST}?number=JIAXING").text
    assert ("Jiaxing" in page, "second one" in page) == (True, False)
    assert "No such query" in manager.get(f"{LIST}?number=%25").text
    assert "Well done" in manager.get(f"{LIST}?page=2").text
