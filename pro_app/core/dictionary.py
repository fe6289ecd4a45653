"""The data dictionary: every column of every exported file, in English and Chinese."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from pro_app.core.instrument import Instrument
from pro_app.core.rates import POOLED
from pro_app.core.records import read
from pro_app.core.study import REASON_PENDING, Labels, Study

#: Stands as site in the rows of all sites together.
ALL_SITES = "all"


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    CODE = "code"  # one of a closed list, or several joined by |
    DAY = "day"  # YYYY-MM-DD, in the trial's time zone
    INSTANT = "instant"  # YYYY-MM-DDThh:mm:ssZ, in UTC
    INTEGER = "integer"
    NUMBER = "number"  # at full precision
    YES_NO = "yes_no"  # yes or no


class Source(StrEnum):
    """Where the cells of a column come from."""

    SITE = "SITE"  # recorded or imported by the site
    PATIENT = "PATIENT"  # chosen by the patient
    DEVICE = "DEVICE"  # reported by the device in use
    SYSTEM = "SYSTEM"  # set by the server
    PROTOCOL = "PROTOCOL"  # taken from the study or the instrument
    COMPUTED = "COMPUTED"  # computed when the export was made


class DictionaryError(ValueError):
    """The dictionary's data can't be used; `problems` lists all that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Column:
    """`values` is a unit or a rule in words, or @ and the name of a code list."""

    name: str
    type: str
    source: str
    en: str
    zh: str
    values: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list, with its meaning."""

    code: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Dictionary:
    """`files` maps a file's name to its columns in order, `lists` a name to codes.

    `demonstration` is the notice beside wording that is not the licensed one;
    `notes` hold for all files.
    """

    files: Mapping[str, tuple[Column, ...]]
    lists: Mapping[str, tuple[Code, ...]]
    notes: tuple[Labels, ...]
    demonstration: Labels

    def kinds(self, file: str) -> dict[str, Kind]:
        """Column → kind, in the order of the file."""
        return {column.name: Kind(column.type) for column in self.files[file]}


class DictionaryRow(NamedTuple):
    file: str
    column: str
    type: str
    values: str
    meaning_en: str
    meaning_zh: str
    source: str


def from_data(data: Mapping[str, Any]) -> Dictionary:
    """The dictionary that `data` (a parsed dictionary.json) describes.

    Errors: DictionaryError with every problem of shape, type, source or list.
    """
    problems: list[str] = []
    dictionary: Dictionary = read(Dictionary, data, "", problems)
    if not problems:
        problems = list(_contradictions(dictionary))
    if problems:
        raise DictionaryError(problems)
    return dictionary


def _contradictions(dictionary: Dictionary) -> Iterator[str]:
    lists = {*dictionary.lists, *_OF_STUDY, *_OF_INSTRUMENT}
    for file, columns in dictionary.files.items():
        for column in columns:
            where = f"{file} {column.name}"
            if column.type not in [kind.value for kind in Kind]:
                yield f"{where}: unknown type {column.type!r}"
            if column.source not in [source.value for source in Source]:
                yield f"{where}: unknown source {column.source!r}"
            if column.values.startswith("@") and column.values[1:] not in lists:
                yield f"{where}: unknown list {column.values!r}"
            if not (column.en and column.zh):
                yield f"{where}: not explained in both languages"


#: Code lists that the study brings along.
_OF_STUDY = (
    *("sites", "sites_or_all", "visits", "visits_or_pooled"),
    *("arms", "reasons_or_pending", "languages"),
)
#: Code lists that the instrument brings along; never a word of an item.
_OF_INSTRUMENT = ("items", "responses", "scales")


def dictionary_rows(
    dictionary: Dictionary,
    columns: Mapping[str, tuple[str, ...]],
    study: Study,
    instrument: Instrument,
) -> Iterator[DictionaryRow]:
    """One row for each column that leaves, by file: a column without one can't leave.

    Shapes: `columns` maps a file's name to its columns in order.
    Errors: KeyError for a column that nobody has explained.
    """
    lists = dict(dictionary.lists) | _brought_along(study, instrument)
    for file, names in columns.items():
        explained = {column.name: column for column in dictionary.files[file]}
        for name in names:
            column = explained[name]
            yield DictionaryRow(
                file,
                name,
                column.type,
                _values(column, lists),
                column.en,
                column.zh,
                column.source,
            )


def _values(column: Column, lists: Mapping[str, tuple[Code, ...]]) -> str:
    if not column.values.startswith("@"):
        return column.values
    return " | ".join(_spelled(code) for code in lists[column.values[1:]])


def _spelled(code: Code) -> str:
    meaning = " / ".join(text for text in (code.en, code.zh) if text)
    return f"{code.code}: {meaning}" if meaning else code.code


def _brought_along(study: Study, instrument: Instrument) -> dict[str, tuple[Code, ...]]:
    visits = tuple(Code(v.code, f"month {v.month}", f"第{v.month}个月") for v in study.all_visits)
    sites = tuple(_labelled(each.code, each.name) for each in study.sites)
    reasons = tuple(_labelled(each.code, each.name) for each in study.reasons)
    responses = range(instrument.lowest, instrument.highest + 1)
    return {
        "sites": sites,
        "sites_or_all": (*sites, Code(ALL_SITES, "every site together", "全部中心合计")),
        "visits": visits,
        "visits_or_pooled": (*visits, Code(POOLED, "all visits together", "各次访视合计")),
        "arms": tuple(_labelled(each.code, each.name) for each in study.arms),
        "reasons_or_pending": (*reasons, Code(REASON_PENDING, "none given yet", "尚未填写")),
        "languages": tuple(Code(code, "", "") for code in study.languages),
        "items": tuple(Code(code, "", "") for code in instrument.item_codes),
        "responses": tuple(Code(str(value), "", "") for value in responses),
        "scales": tuple(
            Code(scale.code, f"{scale.lowest} – {scale.highest}", "") for scale in instrument.scales
        ),
    }


def _labelled(code: str, labels: Labels) -> Code:
    """The code with its meaning in both languages, or in the one that the study has."""
    en, zh = labels.get("en", ""), labels.get("zh", "")
    return Code(code, en, zh) if en or zh else Code(code, next(iter(labels.values())), "")
