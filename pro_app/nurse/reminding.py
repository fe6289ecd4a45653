"""Whether a nurse may remind a patient of a form now, and what was sent before."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.contact import Outcome
from pro_app.core.course import ended_by
from pro_app.core.facts import EventKind
from pro_app.core.ledger import Status, ledger
from pro_app.core.pauses import held
from pro_app.store.desk.contact_log import Logged, log_of
from pro_app.store.engine.transaction import reading
from pro_app.store.patients.patients import find_patient
from pro_app.store.patients.pauses import pauses_of
from pro_app.store.statuses.facts import Scope, read_facts


class NotNow(StrEnum):
    """Why nobody writes to the patient now; the first that fits."""

    DIED = "DIED"
    WITHDREW = "WITHDREW"
    NOT_OPEN = "NOT_OPEN"  # no form of this visit is waited for
    PAUSED = "PAUSED"


@dataclass(frozen=True, slots=True)
class Reminder:
    """What a reminder would be about; `sent` are the earlier ones, the latest first."""

    number: str
    visit: str
    site: str
    language: str | None
    closes_on: date | None
    why_not: NotNow | None
    sent: tuple[Logged, ...]


def reminder(*, number: str, visit: str, at: StaffOccasion) -> Reminder | None:
    """The reminder of a visit; None when there is no such patient here, or no such visit."""
    with reading(snapshot=True) as connection:
        found = find_patient(connection, number, sites=at.sites)
        if found is None or visit not in {each.code for each in at.study.all_visits}:
            return None
        person = read_facts(connection, Scope(at.sites, ids=(found.id,)))[0]
        paused = held((pause.fact for pause in pauses_of(connection, found.id)), at.today)
        log = log_of(connection, found.id)
    facts = person.facts
    entries = ledger(facts, at.study, valid_from=at.instrument.valid_from, as_of=at.today)
    entry = next((each for each in entries if each.visit == visit), None)
    end = ended_by(facts.events, at.today)
    died = any(event.kind is EventKind.DEATH for event in facts.events)
    waited_for = entry and entry.status is Status.WINDOW_OPEN and facts.able is not False
    why = {
        NotNow.DIED: died,
        NotNow.WITHDREW: end is not None,
        NotNow.NOT_OPEN: not waited_for,
        NotNow.PAUSED: paused,
    }
    return Reminder(
        number,
        visit,
        facts.site_on(at.today),
        person.language,
        entry.closes_on if entry else None,
        next((each for each, so in why.items() if so), None),
        tuple(row for row in log if row.visit == visit and row.attempt.outcome is Outcome.REMINDED),
    )
