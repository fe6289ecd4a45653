"""Text for cells that a spreadsheet can open without running anything."""

import re
from functools import lru_cache

# With the full-width signs, which Chinese and Japanese keyboards make and some
# spreadsheets take for formulas too. An apostrophe in front is counted as well,
# so that what was added can be told from what was there and taken off again.
_RUNS = re.compile("'*[=+\\-@＝＋－＠\t\r\n\0]")
RUNS_ESCAPED = "^'+[=+\\-@＝＋－＠\t\r\n\\x00]"


# Most texts come again and again: a form's number with each of its items.
@lru_cache(maxsize=65_536)
def safe_text(value: str | None) -> str | None:
    """The text, with an apostrophe in front where a spreadsheet might run it."""
    return f"'{value}" if value is not None and _RUNS.match(value) else value
