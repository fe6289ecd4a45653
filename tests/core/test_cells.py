"""Text for cells that a spreadsheet may open: nothing in it is run."""

import re

import pytest

from pro_app.core.cells import RUNS_ESCAPED, safe_text


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "\0"]
)
def test_what_a_spreadsheet_might_run_gets_an_apostrophe_that_can_be_taken_off(start: str) -> None:
    for text in (f"{start}1+1", f"'{start}1+1"):
        assert safe_text(text) == f"'{text}"
        assert re.match(RUNS_ESCAPED, f"'{text}")


@pytest.mark.parametrize("text", ["", "L-001", "1+1", "'s", "王小明", None])
def test_other_text_stays_as_it_is(text: str | None) -> None:
    assert safe_text(text) == text
