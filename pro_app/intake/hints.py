"""What would read a file that was refused, as far as its faults show it."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pro_app.intake.problems import CellProblem, Rule

#: What programs and people write where there is no value.
_MISSING = re.compile(
    r"NA|N/A|#N/A|<NA>|NaN|nan|NULL|null|None|none|NIL|\.[A-Z_a-z]?|-+|8|9|88|99|98|999|-\d+|缺失|无|未填"
)
_DECIMAL = re.compile(r"\d+[.,]0+")
_CODED = frozenset({Rule.ONE_OF_OR_EMPTY, Rule.ONE_OF, Rule.DAY})


@dataclass(frozen=True, slots=True)
class Hints:
    """`columns`: (in the file, perhaps meant). `missing`: what may mean that there is no value.

    `decimals`: answers are written 2.0. `encoding` and `delimiter`: it must be said which.
    `nameless`: the place of a column without a name, None where there is none.
    """

    columns: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    decimals: bool = False
    encoding: bool = False
    delimiter: bool = False
    nameless: str = ""


def hints(problems: Iterable[CellProblem]) -> Hints:
    """What to try, the most frequent first."""
    all_of_them = list(problems)
    rules = {each.expected.rule: each for each in all_of_them}
    coded = Counter(
        each.found for each in all_of_them if each.found and each.expected.rule in _CODED
    )
    nameless = rules.get(Rule.NAMELESS) or rules.get(Rule.NAMED)
    return Hints(
        columns=tuple(
            (each.expected.among[0], each.column)
            for each in all_of_them
            if each.expected.rule is Rule.COLUMN and each.expected.among
        ),
        missing=tuple(found for found, _ in coded.most_common() if _MISSING.fullmatch(found)),
        decimals=any(_DECIMAL.fullmatch(found) for found in coded),
        encoding=bool(rules.keys() & {Rule.ENCODING_UNCLEAR, Rule.UTF_16, Rule.PLAIN_TEXT}),
        delimiter=Rule.DELIMITER in rules,
        nameless=nameless.expected.among[0] if nameless else "",
    )
