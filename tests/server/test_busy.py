"""One browser, or one kind of work, holds only so many of a process's threads."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from pro_app.busy import THREADS, Busy, UnderWay
from pro_app.web_worker import LARGEST_BODY
from tests.cast import Cast

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def under_way() -> UnderWay:
    return UnderWay()


def slow(under_way: UnderWay, *whose: str) -> list[object]:
    """Requests of these browsers that have been under way for more than a second."""
    marks = [under_way.begin(who) for who in whose]
    time.sleep(1.1)
    return marks


def test_a_fourth_slow_request_of_one_browser_is_refused_and_another_browser_is_not(
    under_way: UnderWay,
) -> None:
    marks = slow(under_way, *["lina"] * 3)
    with pytest.raises(Busy):
        under_way.begin("lina")
    under_way.begin("chenjing")
    under_way.end(marks[0])
    under_way.begin("lina")


def test_many_quick_requests_of_one_browser_are_all_taken(under_way: UnderWay) -> None:
    for _ in range(50):
        under_way.begin("lina")


def test_a_thread_is_left_to_say_so_when_all_others_are_slow(under_way: UnderWay) -> None:
    slow(under_way, *(str(n) for n in range(THREADS - 1)))
    with pytest.raises(Busy):
        under_way.begin("somebody else")


@pytest.fixture
def two_long_pages(app: Flask) -> Iterator[None]:
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(app.extensions["under_way"].long())
        yield


@pytest.mark.usefixtures("two_long_pages")
@pytest.mark.parametrize(
    ("who", "path"),
    [
        (Cast.data_manager, "/staff/export"),
        (Cast.data_manager, "/staff/trail"),
        (Cast.nurse_of_lishui, "/staff/records/site/copies"),
    ],
    ids=["export", "trail", "copies"],
)
def test_a_third_long_page_is_asked_for_later(
    cast: Cast, who: Callable[[Cast], object], path: str
) -> None:
    answer = who(cast).post(path, data={"as_of": "2026-03-05"}, headers=ENGLISH)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "try again in a moment" in answer.text


def test_every_upload_fits_through_the_server(app: Flask) -> None:
    sizes = [getattr(view, "most_bytes", 0) for view in app.view_functions.values()]
    assert 0 < max(sizes) <= LARGEST_BODY
