"""Photographs of a paper form: kept with it, seen at the site alone, removed for good."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.papers.photographs import MOST_BYTES
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import paper_scan
from tests.cast import Cast
from tests.rooms.papers.desk import NUMBER, forms, key_in, trail, typed
from tests.rooms.papers.drawn import photograph, seen

_PAGE = "/staff/forms/1"
_PICTURES = f"{_PAGE}/photographs"
_LOOK = f"{_PAGE}?look=yes"


def _send(client: FlaskClient, path: str, *pictures: tuple[bytes, str], **fields: str) -> str:
    sent: dict[str, Any] = {**fields, "picture": [(BytesIO(c), name) for c, name in pictures]}
    answer = client.post(path, data=sent, content_type="multipart/form-data", follow_redirects=True)
    return answer.text


def _add(client: FlaskClient, *pictures: tuple[bytes, str]) -> str:
    return _send(client, _PICTURES, *pictures)


def _kept(app: Flask) -> list[Any]:
    with app.app_context(), reading() as connection:
        return list(connection.execute(select(paper_scan).order_by(paper_scan.c.id)))


@pytest.fixture
def nurse(world: Flask, cast: Cast) -> FlaskClient:
    """A nurse who has keyed in a paper form of the patient."""
    client = cast.nurse_of_lishui()
    key_in(client, world)
    return client


def test_photographs_come_with_the_form_and_are_seen_beside_the_second_keying(
    world: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    path = f"/staff/patients/{NUMBER}/visits/V1/key-in"
    assert "Cover the name before you photograph" in nurse.get(path).text
    page = _send(nurse, path, (photograph(), "1.jpg"), (photograph(mark="blue"), "2.jpg"),
                 **typed(world))  # fmt: skip
    assert "The form is kept." in page
    assert "Photographs kept: 2." in page
    first, second = _kept(world)
    assert b"Wang" not in first.picture + second.picture
    assert (first.kept_by, first.removed_at) == ("staff:lina", None)
    again = cast.investigator_of_lishui().get(f"{_PAGE}/key-again").text
    assert again.count("<img ") == 2
    added = trail(world, "scan.added")
    assert [(each.subject, each.visit) for each in added] == [(NUMBER, "V1")] * 2
    assert added[0].changes["sha256"] == [None, first.sha256]


def test_a_bad_photograph_costs_no_keying_and_is_named(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    path = f"/staff/patients/{NUMBER}/visits/V1/key-in"
    page = _send(nurse, path, (b"Wang Fang", "form.jpg"), (photograph(), "good.jpg"),
                 (bytes(MOST_BYTES + 1), "big.jpg"), **typed(world))  # fmt: skip
    assert len(forms(world)) == 1
    assert "form.jpg was not kept: it is not a JPEG, PNG or WebP picture." in page
    assert "big.jpg was not kept: it is larger than 10 MB." in page
    assert "Photographs kept: 1." in page


def test_a_wrong_field_says_that_only_the_photographs_are_to_be_chosen_again(
    world: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    path = f"/staff/patients/{NUMBER}/visits/V1/key-in"
    page = _send(nurse, path, (photograph(), "1.jpg"), **typed(world, GP1="7", GP2="4"))
    assert "Only the photographs have to be chosen again." in page
    assert 'value="4"' in page
    assert (forms(world), _kept(world)) == ([], [])


def test_a_form_has_four_photographs_and_none_twice(world: Flask, nurse: FlaskClient) -> None:
    colours = ["red", "blue", "green", "black", "yellow"]
    five = [(photograph(mark=each), f"{each}.jpg") for each in colours]
    assert "yellow.jpg was not kept: a form has at most 4" in _add(nurse, *five)
    assert "red.jpg is kept already." in _add(nurse, five[0])
    assert "yellow.jpg was not kept: a form has at most 4" in _add(nurse, five[4])
    assert len(_kept(world)) == len(trail(world, "scan.added")) == 4
    nurse.post(f"{_PICTURES}/1/remove", data={"why": "shows a name"})
    assert "Photographs kept: 1." in _add(nurse, five[4])


def test_a_hundred_files_are_refused_in_a_few_words(world: Flask, nurse: FlaskClient) -> None:
    page = _add(nurse, *[(b"no picture", f"{'x' * 200}{n}.jpg") for n in range(100)])
    assert page.count("was not kept") == 6
    assert "a form has at most 4 photographs" in page


def test_only_paper_is_photographed(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    key_in(nurse, world, mode="interview_phone", why_not_self="does not see well")
    assert "this form did not come on paper" in _add(nurse, (photograph(), "1.jpg"))
    assert _kept(world) == []


def test_a_picture_is_shown_safely_and_each_look_is_recorded(
    world: Flask, nurse: FlaskClient, cast: Cast
) -> None:
    _add(nurse, (photograph(), "../../evil.html"))
    assert "<img " not in nurse.get(_PAGE).text  # not before it is asked for
    assert trail(world, "scan.viewed") == []
    assert f'src="{_PICTURES}/1"' in nurse.get(_LOOK).text
    for client in (nurse, cast.investigator_of_lishui(), cast.monitor()):
        with client.get(f"{_PICTURES}/1") as answer:
            assert seen(answer.data).format == "JPEG"
            shown = {name: answer.headers[name] for name in (
                "Content-Type", "Content-Disposition", "Cache-Control", "X-Content-Type-Options"
            )}  # fmt: skip
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert shown == {
            "Content-Type": "image/jpeg",
            "Content-Disposition": "inline; filename=paper-form.jpg",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
    looked = trail(world, "scan.viewed")
    assert [each.actor for each in looked] == ["staff:lina", "staff:gaofeng", "staff:songyan"]
    assert looked[0].changes["sha256"] == [None, _kept(world)[0].sha256]


def test_who_works_without_names_sees_no_picture(
    world: Flask, nurse: FlaskClient, cast: Cast
) -> None:
    _add(nurse, (photograph(), "1.jpg"))
    for client in (cast.data_manager(), cast.statistician()):
        assert client.get(f"{_PICTURES}/1").status_code == 403
        page = client.get(_LOOK).text
        assert "They can be seen at the site." in page
        assert "<img " not in page
    assert cast.monitor().post(f"{_PICTURES}/1/remove", data={"why": "x"}).status_code == 403
    outsider = cast.nurse_of_jiaxing()
    assert outsider.get(f"{_PICTURES}/1").status_code == 404
    assert outsider.post(f"{_PICTURES}/1/remove", data={"why": "x"}).status_code == 404
    added = outsider.post(_PICTURES, data={"picture": (BytesIO(photograph()), "1.jpg")})
    assert added.status_code == 404
    assert nurse.get("/staff/forms/2/photographs/1").status_code == 404
    assert (len(_kept(world)), len(trail(world, "scan.viewed"))) == (1, 0)


def test_one_that_shows_a_name_is_removed_for_good_and_the_trail_says_why(
    world: Flask, nurse: FlaskClient
) -> None:
    _add(nurse, (photograph(), "1.jpg"))
    before = _kept(world)[0]
    nurse.post(f"{_PICTURES}/1/remove", data={"why": " "})
    assert _kept(world) == [before]
    nurse.post(f"{_PICTURES}/1/remove", data={"why": "the name was not covered"})
    after = _kept(world)[0]
    assert (after.picture, after.sha256, after.removed_by) == (None, before.sha256, "staff:lina")
    [removed] = trail(world, "scan.removed")
    assert (removed.reason, removed.changes["sha256"]) == (
        "the name was not covered", [None, before.sha256],
    )  # fmt: skip
    assert nurse.get(f"{_PICTURES}/1").status_code == 404
    assert before.sha256 in nurse.get(_PAGE).text
    assert nurse.post(f"{_PICTURES}/1/remove", data={"why": "again"}).status_code == 404


def test_where_two_keyings_differ_the_paper_is_shown(
    world: Flask, nurse: FlaskClient, cast: Cast
) -> None:
    _add(nurse, (photograph(), "1.jpg"))
    colleague = cast.investigator_of_lishui()
    colleague.post(f"{_PAGE}/key-again", data=typed(world, GP1="3"))
    page = colleague.get(_PAGE).text
    assert page.index("<img ") < page.index('id="keyings"')
    colleague.post(f"{_PAGE}/settle", data={"right.GP1": "first", "why": "the paper says 2"})
    assert "<img " not in colleague.get(_PAGE).text


def test_a_locked_record_takes_none_and_still_loses_one_that_shows_a_name(
    world: Flask, nurse: FlaskClient, cast: Cast
) -> None:
    _add(nurse, (photograph(), "1.jpg"))
    investigator = cast.investigator_of_lishui()
    investigator.post(f"/staff/records/{NUMBER}/lock", data={"why": "the study is over"})
    assert "This record is locked" in _add(nurse, (photograph(mark="blue"), "2.jpg"))
    with nurse.get(f"{_PICTURES}/1") as answer:
        assert answer.status_code == 200
    nurse.post(f"{_PICTURES}/1/remove", data={"why": "shows a name"})
    assert [each.picture for each in _kept(world)] == [None]


def test_the_certified_copy_names_the_photographs_by_their_digests(
    world: Flask, nurse: FlaskClient
) -> None:
    _add(nurse, (photograph(), "1.jpg"))
    form_id = forms(world)[0].submission_id
    path = f"/staff/patients/{NUMBER}/forms/{form_id}/copy"
    with nurse.post(path, data={"as": "json"}) as answer:
        [named] = answer.get_json()["photographs"]
    assert named["sha256"] == _kept(world)[0].sha256
    assert set(named) == {"sha256", "kept_at", "kept_by", "removed_at", "removed_by"}
