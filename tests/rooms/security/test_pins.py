"""Which PINs are taken: six digits that a stranger would not try first, and no others drawn."""

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from pro_app.security import pins, secrets
from pro_app.security.patients import EasyPin, SignedIn
from pro_app.security.waiting import MOST_WRONG
from tests.cast import PIN
from tests.conftest import HandClock
from tests.rooms.security.door import enter, first_card

_EVERY_DAY = [date(2000, 1, 1) + timedelta(days=n) for n in range(366)]


def _written(day: date, year: int) -> set[str]:
    """How people make six digits of a day."""
    d, m, yy = f"{day.day:02}", f"{day.month:02}", f"{year % 100:02}"
    short, turned = f"{day.month}{day.day}", f"{day.day}{day.month}"
    long = {part for part in (short, turned) if len(part) == 2}
    return (
        {d + m + yy, m + d + yy, yy + m + d, yy + d + m, f"{year}{m}", f"{m}{year}"}
        | {f"{year}{part}" for part in long}
        | {f"{part}{year}" for part in long}
        | {f"{year}{yy}", f"{yy}{year}"}
    )


@pytest.mark.parametrize("year", range(1925, 2027, 3))
def test_no_day_of_anybody_s_life_is_a_pin(year: int) -> None:
    written = {pin for day in _EVERY_DAY for pin in _written(day, year)}
    assert len(written) > 1000
    assert [pin for pin in written if pins.may_be_chosen(pin)] == []


@pytest.mark.parametrize(
    "pin",
    [
        "000000",
        "111111",
        "123456",
        "456789",
        "789012",
        "987654",
        "321098",
        "135791",
        "246802",
        "121212",
        "123123",
        "112233",
        "123321",
        "111222",
        "100000",
        "222122",
        "147258",
        "159753",
        "142857",
        "198585",
        "851985",
        "520131",
        "314159",
    ],
)
def test_a_pin_that_is_guessed_first_is_refused(pin: str) -> None:
    assert not pins.may_be_chosen(pin)


@pytest.mark.usefixtures("in_app")
def test_the_door_goes_by_the_rule_and_a_refused_pin_costs_no_try(clock: HandClock) -> None:
    card = first_card()
    for pin in ("123456", "150385", "4802", "48027", *["198507"] * 12):
        assert enter(card.token, pin, clock, card.code) == EasyPin()
    assert isinstance(enter(card.token, PIN, clock, card.code), SignedIn)


@pytest.mark.parametrize("text", ["123", "1234567", "12a4", "１２３４", "", " 1234"])
def test_an_earlier_pin_is_four_to_six_plain_digits_and_a_new_one_has_six(text: str) -> None:
    assert not pins.is_pin(text)
    assert pins.is_pin("0000")
    assert pins.is_pin(PIN)
    assert pins.may_be_chosen(PIN)
    assert not pins.may_be_chosen(PIN[:5])


def test_no_pin_is_drawn_that_the_door_refuses_and_the_page_says_how_many_are_left() -> None:
    coming = (f"{n:06}" for n in range(10**pins.LENGTH))
    left = 0
    with suppress(StopIteration):
        while pins.first_allowed(coming):
            left += 1
    assert pins.first_allowed(["123456", "150385", "4802", PIN]) == PIN
    assert pins.may_be_chosen(secrets.new_pin())
    text = (Path(__file__).parents[3] / "docs" / "security.md").read_text(encoding="utf8")
    assert f"{left:,} PINs are left" in text
    # The chance of whoever has the link alone, and of whoever has a known browser too.
    said = " ".join(text.split())
    assert f"one in {left / MOST_WRONG:,.0f}, per card" in said
    assert f"one in {left / MOST_WRONG / 2:,.0f}" in said
