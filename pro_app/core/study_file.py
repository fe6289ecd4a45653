"""A study's parsed JSON → Study, refused with everything that is wrong with it."""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise, product
from typing import Any

from pro_app.core.facts import EventKind
from pro_app.core.records import read
from pro_app.core.schedule import plan
from pro_app.core.study import (
    FORM_LAYOUTS,
    REASON_PENDING,
    Labels,
    Study,
    StudyError,
    Visit,
)

#: Codes stand in addresses, file names and columns.
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: Enough to tell an address from a slip; whether it exists the first letter shows.
_EMAIL = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def from_data(data: object, sha256: str, *, is_time_zone: Callable[[str], bool]) -> Study:
    """The study that `data` (a parsed study file) describes; its `comment` is left out.

    `is_time_zone` tells whether a name is known, which no pure value can.
    Errors: StudyError with every problem of shape (missing or unknown keys, wrong
    types); where the shape is right, with every contradiction.
    """
    problems: list[str] = []
    stated = data
    if isinstance(data, Mapping):
        stated = {key: value for key, value in data.items() if key != "comment"}
        stated |= {"sha256": sha256}
    study: Study = read(Study, stated, "", problems)
    if not problems:
        problems = list(_contradictions(study))
        if not is_time_zone(study.time_zone):
            problems.append(f"time_zone: {study.time_zone!r} is unknown")
    if problems:
        raise StudyError(problems)
    return study


def _contradictions(study: Study) -> Iterator[str]:
    if not study.languages:
        yield "languages: there is none"
    yield from (f"languages: {code} is doubled" for code in _doubles(study.languages))
    yield from _code_problems(study)
    yield from _label_problems(study)
    yield from _visit_problems(study)
    if study.form_layout not in FORM_LAYOUTS:
        yield f"form_layout: {study.form_layout!r} is neither {' nor '.join(FORM_LAYOUTS)}"
    if study.completion_floor is not None and not 0 < study.completion_floor <= 1:
        yield f"completion_floor: {study.completion_floor} is not above 0 and at most 1"
    kinds = {kind.value for kind in EventKind}
    for event in study.stop_events:
        if event not in kinds:
            yield f"stop_events: unknown event {event!r}"
    for site in study.sites:
        if site.email and not _EMAIL.fullmatch(site.email):
            yield f"site {site.code}: {site.email!r} is no e-mail address"
    for arm in study.arms:
        if arm.weight < 1:
            yield f"arm {arm.code}: weight {arm.weight} is below 1"
    for reason in study.reasons:
        if reason.code == REASON_PENDING:
            yield f"reason {REASON_PENDING}: this code says that none was given"
        if reason.group not in study.reason_groups:
            yield f"reason {reason.code}: unknown group {reason.group!r}"


def _code_problems(study: Study) -> Iterator[str]:
    kinds: Mapping[str, tuple[Any, ...]] = {
        "arms": study.arms,
        "sites": study.sites,
        "visits": study.visits,
        "reasons": study.reasons,
    }
    for kind, entries in {**kinds, "alerts": study.alerts}.items():
        codes = [entry.code for entry in entries]
        if not codes and kind in kinds:
            yield f"{kind}: there is none"
        yield from (f"{kind}: {code} is doubled" for code in _doubles(codes))
        for code in codes:
            if not _CODE.fullmatch(code):
                yield f"{kind}: {code!r} is not letters, digits and underscores"


def _doubles(codes: Iterable[str]) -> list[str]:
    return [code for code, times in Counter(codes).items() if times > 1]


def _label_problems(study: Study) -> Iterator[str]:
    for place, labels in _all_labels(study):
        for language in study.languages:
            if not labels.get(language, "").strip():
                yield f"{place}: no label in {language}"


def _all_labels(study: Study) -> Iterator[tuple[str, Labels]]:
    yield "title", study.title
    yield from ((f"arm {arm.code}", arm.name) for arm in study.arms)
    yield from ((f"site {site.code}", site.name) for site in study.sites)
    yield from ((f"reason {reason.code}", reason.name) for reason in study.reasons)
    yield from ((f"alert {rule.code}", rule.name) for rule in study.alerts)
    yield from ((f"group {code}", labels) for code, labels in study.reason_groups.items())


def _visit_problems(study: Study) -> Iterator[str]:
    visits = study.visits
    if visits and visits[0].month != 0:
        yield f"visits: the first, {visits[0].code}, is not the baseline at month 0"
    for visit in visits:
        if visit.days_before < 0 or visit.days_after < 0:
            yield f"visit {visit.code}: its window has a negative side"
    backwards = [pair for pair in pairwise(visits) if pair[1].month <= pair[0].month]
    for earlier, later in backwards:
        yield f"visit {later.code}: month {later.month} is not after {earlier.code}"
    if not backwards:
        yield from _overlaps(visits)


def _overlaps(visits: tuple[Visit, ...]) -> Iterator[str]:
    """Neighbours whose windows share a day for some anchor.

    Months differ in length and short ones clip the day, so every kind of anchor
    is tried: four years of first days (up to the 28th all lie alike) and last days.
    """
    found: dict[tuple[str, str], None] = {}
    for year, month in product(range(2020, 2024), range(1, 13)):
        last = monthrange(year, month)[1]
        for day in (1, *range(28, last + 1)):
            for earlier, later in pairwise(plan(visits, date(year, month, day))):
                if later.opens_on <= earlier.closes_on:
                    found[earlier.visit, later.visit] = None
    for earlier_code, later_code in found:
        yield f"visits: the windows of {earlier_code} and {later_code} overlap"
