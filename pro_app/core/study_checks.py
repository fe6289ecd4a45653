"""What a study's values contradict; each problem begins with the key that is at fault."""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise, product
from typing import Any

from pro_app.core.facts import GOING_ON, EventKind
from pro_app.core.identifiers import pattern_problems
from pro_app.core.schedule import plan
from pro_app.core.study import FORM_LAYOUTS, REASON_HELD_BACK, REASON_PENDING, Labels, Study, Visit

#: Codes stand in addresses, file names and columns.
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: Enough to tell an address from a slip; whether it exists the first letter shows.
_EMAIL = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def contradictions(study: Study) -> Iterator[str]:
    """Everything that is wrong with a study whose values have the right shapes."""
    if not study.languages:
        yield "languages: there is none – expected at least one, such as 'en'"
    for code in _doubles(study.languages):
        yield f"languages: {code} is doubled – expected once"
    yield from _code_problems(study)
    yield from _label_problems(study)
    yield from _visit_problems(study)
    yield from _site_problems(study)
    yield from _reason_problems(study)
    if study.form_layout not in FORM_LAYOUTS:
        yield f"form_layout: {study.form_layout!r} – expected {' or '.join(FORM_LAYOUTS)}"
    floor = study.completion_floor
    if floor is not None and not 0 < floor <= 1:
        yield f"completion_floor: {floor} – expected a number above 0 and at most 1, or null"
    yield from _stop_problems(study)
    for arm in study.arms:
        if arm.weight < 1:
            yield f"arms.{arm.code}.weight: {arm.weight} – expected 1 or more"


def _stop_problems(study: Study) -> Iterator[str]:
    kinds = [kind.value for kind in EventKind if kind not in GOING_ON]
    for event in study.stop_events:
        wrong = "lets a patient go on" if event in GOING_ON else "is unknown"
        if event not in kinds:
            yield f"stop_events: {event!r} {wrong} – expected one of {', '.join(kinds)}"


def _site_problems(study: Study) -> Iterator[str]:
    for site in study.sites:
        if site.email and not _EMAIL.fullmatch(site.email):
            yield (
                f"sites.{site.code}.email: {site.email!r} is no e-mail address – expected one "
                "such as nurse@hospital.example, or nothing"
            )
    yield from pattern_problems(study.sites)


#: Codes that no reason may have → what they say.
_SAYS = {REASON_PENDING: "that none was given", REASON_HELD_BACK: "that one is held back"}


def _reason_problems(study: Study) -> Iterator[str]:
    groups = ", ".join(study.reason_groups)
    for reason in study.reasons:
        if reason.code in _SAYS:
            yield f"reasons.{reason.code}: this code says {_SAYS[reason.code]} – expected another"
        if reason.group not in study.reason_groups:
            yield (
                f"reasons.{reason.code}.group: {reason.group!r} is unknown – expected one of "
                f"reason_groups: {groups}"
            )


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
            yield f"{kind}: there is none – expected at least one"
        yield from (f"{kind}: {code} is doubled – expected once" for code in _doubles(codes))
        for code in codes:
            if not _CODE.fullmatch(code):
                yield (
                    f"{kind}: {code!r} is no code – expected a letter, then letters, digits and "
                    "underscores"
                )


def _doubles(codes: Iterable[str]) -> list[str]:
    return [code for code, times in Counter(codes).items() if times > 1]


def _label_problems(study: Study) -> Iterator[str]:
    for place, labels in _all_labels(study):
        for language in study.languages:
            if not labels.get(language, "").strip():
                yield f"{place}: no text in {language} – expected one for each of languages"


def _all_labels(study: Study) -> Iterator[tuple[str, Labels]]:
    yield "title", study.title
    yield from ((f"arms.{arm.code}.name", arm.name) for arm in study.arms)
    yield from ((f"sites.{site.code}.name", site.name) for site in study.sites)
    yield from ((f"reasons.{reason.code}.name", reason.name) for reason in study.reasons)
    yield from ((f"alerts.{rule.code}.name", rule.name) for rule in study.alerts)
    yield from ((f"reason_groups.{code}", labels) for code, labels in study.reason_groups.items())


def _visit_problems(study: Study) -> Iterator[str]:
    visits = study.visits
    if visits and visits[0].month != 0:
        yield (
            f"visits.{visits[0].code}.month: {visits[0].month} – expected 0: the first visit is "
            "the baseline"
        )
    for visit in visits:
        for side in ("days_before", "days_after"):
            if getattr(visit, side) < 0:
                yield f"visits.{visit.code}.{side}: {getattr(visit, side)} – expected 0 or more"
    backwards = [pair for pair in pairwise(visits) if pair[1].month <= pair[0].month]
    for earlier, later in backwards:
        yield (
            f"visits.{later.code}.month: {later.month} – expected more than the {earlier.month} of "
            f"{earlier.code} before it"
        )
    if not backwards:
        yield from _overlaps(visits)


def _overlaps(visits: tuple[Visit, ...]) -> Iterator[str]:
    """Neighbours whose windows share a day for some anchor.

    Months differ in length and short ones clip the day, so every kind of anchor
    is tried: four years of first days (up to the 28th all lie alike) and last days.
    """
    found: dict[tuple[str, str], str] = {}
    for year, month in product(range(2020, 2024), range(1, 13)):
        last = monthrange(year, month)[1]
        for day in (1, *range(28, last + 1)):
            anchor = date(year, month, day)
            for earlier, later in pairwise(plan(visits, anchor)):
                if later.opens_on <= earlier.closes_on:
                    why = (
                        f"after a randomisation on {anchor} the one closes on {earlier.closes_on} "
                        f"and the other opens on {later.opens_on}"
                    )
                    found.setdefault((earlier.visit, later.visit), why)
    for (earlier_code, later_code), why in found.items():
        yield (
            f"visits: the windows of {earlier_code} and {later_code} overlap – expected a day of "
            f"one visit only; {why}"
        )
