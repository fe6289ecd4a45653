"""What is odd about a form that somebody brings in: said at every door before it is kept.

Nothing here refuses a form: it is stored and classified by its day all the same. A slip of
the year makes a form odd, and is best seen by the one who has the paper before them.
"""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from pro_app.core.course import NEVER, course
from pro_app.core.facts import PatientFacts
from pro_app.core.plan import planned_from
from pro_app.core.study import Study


class Oddity(StrEnum):
    """Why a form is worth a second look."""

    ALL_BLANK = "ALL_BLANK"  # no line is answered
    BEFORE_SCREENING = "BEFORE_SCREENING"  # answered before the screening
    NO_CONSENT = "NO_CONSENT"  # no consent to questionnaires is recorded: the site decides
    BEFORE_CONSENT = "BEFORE_CONSENT"  # answered before the first consent: the site decides
    NOT_RANDOMISED = "NOT_RANDOMISED"  # of a visit that is planned from the randomisation on
    AFTER_RANDOMISATION = "AFTER_RANDOMISATION"  # of the baseline, which comes before it
    OUT_OF_WINDOW = "OUT_OF_WINDOW"  # answered before the window opened or after it closed
    OTHER_WINDOW = "OTHER_WINDOW"  # answered in the window of another visit
    AFTER_DEATH = "AFTER_DEATH"  # answered after the recorded death
    AFTER_WITHDRAWAL = "AFTER_WITHDRAWAL"  # answered inside a withdrawal: the site decides


class Odd(NamedTuple):
    """An oddity and the day it is measured by; of a window the first and the last one.

    `visit`: that of the other window.
    """

    what: Oddity
    on: date | None = None
    until: date | None = None
    visit: str = ""


def oddities(
    visit: str, answered_on: date, items_answered: int, *, facts: PatientFacts, study: Study
) -> tuple[Odd, ...]:
    """All that is odd about a form of a visit, answered on a day, given what is known today."""
    found = [] if items_answered else [Odd(Oddity.ALL_BLANK)]
    if facts.screened_on and answered_on < facts.screened_on:
        found.append(Odd(Oddity.BEFORE_SCREENING, facts.screened_on))
    if facts.pro_consent_on is None:
        found.append(Odd(Oddity.NO_CONSENT))
    elif answered_on < facts.pro_consent_on:
        found.append(Odd(Oddity.BEFORE_CONSENT, facts.pro_consent_on))
    found += _of_window(visit, answered_on, facts, study)
    days = course(facts, study.stop_events, NEVER)
    if answered_on > days.death:
        found.append(Odd(Oddity.AFTER_DEATH, days.death))
    since = [since for since, until in days.withdrawals if since < answered_on < until]
    if since:
        found.append(Odd(Oddity.AFTER_WITHDRAWAL, min(since)))
    return tuple(found)


def _of_window(visit: str, answered_on: date, facts: PatientFacts, study: Study) -> list[Odd]:
    baseline = visit == study.visits[0].code
    if facts.randomised_on is None:
        return [] if baseline else [Odd(Oddity.NOT_RANDOMISED)]
    plan = planned_from(study, facts.randomised_on)
    planned = next((each for each in plan if each.visit == visit), None)
    if planned is None or planned.opens_on <= answered_on <= planned.closes_on:
        return []
    found = []
    if baseline and answered_on > facts.randomised_on:
        found.append(Odd(Oddity.AFTER_RANDOMISATION, facts.randomised_on))
    found.append(Odd(Oddity.OUT_OF_WINDOW, planned.opens_on, planned.closes_on))
    found += [
        Odd(Oddity.OTHER_WINDOW, each.opens_on, each.closes_on, each.visit)
        for each in plan
        if each.opens_on <= answered_on <= each.closes_on
    ]
    return found
