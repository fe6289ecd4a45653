"""Fill a database with the patients of a trial that is four years old."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import insert

from pro_app.core.facts import EventKind, Mode
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.schedule import PlannedVisit, add_months, plan
from pro_app.deployment import Deployment, deployment
from pro_app.security import secrets
from pro_app.store.engine.transaction import CLI, Tx, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients.events import add_events
from pro_app.store.patients.patients import PatientState, add_patients
from pro_app.store.tables import reason

#: Patients to a transaction: memory stays small.
_AT_ONCE = 5000
#: The days over which they were randomised, up to today.
_ENTRY_DAYS = 4 * 365
_ANSWERED = tuple(Answer(AnswerState.ANSWERED, value) for value in range(5))


@dataclass(frozen=True, slots=True)
class Habits:
    """What becomes of the windows that have closed, as shares: `explained` is a share
    of those without a form."""

    handed_in: float
    explained: float
    died: float = 0.1
    open_handed_in: float = 1 / 40  # of the windows open, on this very day


#: Of those who make a day's work: every list of Today is full of them.
_BUSY = Habits(handed_in=0.6, explained=0.5, died=0, open_handed_in=1 / 4)


@dataclass(frozen=True, slots=True)
class _Person:
    number: str
    site: str
    randomised_on: date
    died_on: date | None
    habits: Habits

    @property
    def asked_on(self) -> date:
        """When they were screened and gave their consent: no form comes before it."""
        return self.randomised_on - timedelta(7)


def fill(patients: int, sites: Sequence[str], habits: Habits, busy: int = 0) -> None:
    """Add patients, randomised day by day over four years and dealt out to the sites.

    The first `busy` of them are at the first site, and have a window that closes within
    the next days or closed without a form. The same call gives the same patients, on
    either database.
    """
    parts = deployment()
    chance = random.Random(patients)
    people = chain(
        _busy_people(busy, sites[0], parts),
        _people(patients - busy, sites, habits, parts.today(), chance),
    )
    for start in range(0, patients, _AT_ONCE):
        some = [next(people) for _ in range(start, min(start + _AT_ONCE, patients))]
        with transaction(CLI, parts.now()) as tx:
            ids = _add(tx, some, parts)
            _live(tx, [(ids[each.number], each) for each in some], parts, chance)
            tx.record("patients.imported", "bench")


def _people(
    count: int, sites: Sequence[str], habits: Habits, today: date, chance: random.Random
) -> Iterator[_Person]:
    for n in range(count):
        site = sites[n % len(sites)]
        on = today - timedelta(_ENTRY_DAYS - n * _ENTRY_DAYS // count)
        died = on + (today - on) * chance.random() if chance.random() < habits.died else None
        yield _Person(f"{site}-{n:06d}", site, on, died, habits)


def _busy_people(count: int, site: str, parts: Deployment) -> Iterator[_Person]:
    for n in range(count):
        visit = parts.study.visits[1 + n % (len(parts.study.visits) - 1)]
        closes_on = parts.today() + timedelta(n % 12)
        on = add_months(closes_on - timedelta(visit.days_after), -visit.month)
        yield _Person(f"{site}-B{n:05d}", site, on, None, _BUSY)


def _add(tx: Tx, people: Sequence[_Person], parts: Deployment) -> dict[str, int]:
    rows = []
    for each in people:
        state = PatientState("zh", each.asked_on, each.asked_on, each.randomised_on, True)
        rows.append((each.number, each.site, state, None))
    ids = add_patients(tx, rows, parts.study)
    deaths = [(ids[p.number], EventKind.DEATH, p.died_on, None) for p in people if p.died_on]
    add_events(tx, deaths)
    return ids


def _live(
    tx: Tx,
    people: Sequence[tuple[int, _Person]],
    parts: Deployment,
    chance: random.Random,
) -> None:
    """Hand in their forms and give the reasons for those that did not come."""
    today = parts.today()
    forms: dict[datetime, list[NewForm]] = defaultdict(list)
    reasons = []
    for patient_id, person in people:
        habits = person.habits
        for visit in plan(parts.study.visits, person.randomised_on):
            if visit.opens_on > today or (person.died_on and person.died_on < visit.target_on):
                continue
            closed = visit.closes_on < today
            if chance.random() < (habits.handed_in if closed else habits.open_handed_in):
                at = _received(visit, tx.now) if closed else tx.now - timedelta(hours=3)
                on = max(visit.opens_on, person.asked_on)
                forms[at].append(_form(patient_id, visit, on, parts, chance))
            elif closed and chance.random() < habits.explained:
                reasons.append(_reason(tx, patient_id, visit, parts))
    for at, some in forms.items():
        keep_forms(tx.at(at), some, parts.instrument)
    if reasons:
        tx.execute(insert(reason), reasons)


def _received(visit: PlannedVisit, now: datetime) -> datetime:
    # By the month: forms that came at one instant can be written at once.
    return now.replace(year=visit.opens_on.year, month=visit.opens_on.month, day=1)


def _form(
    patient_id: int, visit: PlannedVisit, on: date, parts: Deployment, chance: random.Random
) -> NewForm:
    codes = parts.instrument.item_codes
    return NewForm(
        submission_id=secrets.submission_id_of(f"{patient_id} {visit.visit}"),
        patient_id=patient_id,
        visit=visit.visit,
        standing=True,
        answered_on=on,
        mode=Mode.PHONE_SELF,
        language="zh",
        answers=dict(zip(codes, chance.choices(_ANSWERED, k=len(codes)), strict=True)),
    )


def _reason(tx: Tx, patient_id: int, visit: PlannedVisit, parts: Deployment) -> dict[str, Any]:
    return {
        "patient_id": patient_id,
        "visit": visit.visit,
        "code": parts.study.reasons[0].code,
        "said_by": "bench",
        "said_on": visit.closes_on,
        "text": None,
        "recorded_at": tx.now,
        "recorded_by": tx.actor.name,
    }
