"""Give the reason why a form did not come: gather, decide, apply."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from pro_app.core.contact import Effort, effort, is_enough
from pro_app.core.ledger import UNANSWERED, Status, ledger
from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.core.study import Study
from pro_app.store.desk.contact_log import log_of
from pro_app.store.engine.transaction import Actor, Tx, transaction
from pro_app.store.patients.patients import find_patient, lock_patient
from pro_app.store.patients.reasons import GivenReason, keep_reason, reasons_of
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.statuses.flags import Closed, close_flag

#: A name or a few words; what is longer belongs into the patient's file.
LONGEST_TEXT = 500

#: Where a reason may stand: nothing came, or it may yet turn out that nothing will.
ASKED_FOR = UNANSWERED | {Status.WINDOW_OPEN}


class ReasonProblem(StrEnum):
    """Why a reason is not taken; the first that fits."""

    UNKNOWN_PATIENT = "UNKNOWN_PATIENT"  # no such number, or not at these sites
    UNKNOWN_VISIT = "UNKNOWN_VISIT"  # the study has no such visit
    UNKNOWN_CODE = "UNKNOWN_CODE"  # the study has no such reason
    SAID_BY_MISSING = "SAID_BY_MISSING"  # nobody is named who said it
    TEXT_MISSING = "TEXT_MISSING"  # this code needs words of one's own
    TOO_LONG = "TOO_LONG"  # a text is longer than LONGEST_TEXT
    DAY_AHEAD = "DAY_AHEAD"  # said on a day that has not come
    NOT_ASKED = "NOT_ASKED"  # the visit's status asks for no reason
    TOO_FEW_ATTEMPTS = "TOO_FEW_ATTEMPTS"  # she must first be sought more often, or otherwise


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    """The reason stands; `changed` is False when it stood there already."""

    number: str
    visit: str
    code: str
    changed: bool


@dataclass(frozen=True, slots=True)
class ReasonRefused:
    """Nothing was written. `field` is the argument at fault; `status` is the visit's, if known."""

    problem: ReasonProblem
    field: str
    status: Status | None = None
    made: Effort | None = None  # for TOO_FEW_ATTEMPTS: what was tried since the window opened


@dataclass(frozen=True, slots=True)
class _Said:
    visit: str
    code: str
    said_by: str
    said_on: date
    text: str | None


def give_reason(
    study: Study,
    *,
    number: str,
    visit: str,
    code: str,
    said_by: str,
    said_on: date,
    text: str | None,
    actor: Actor,
    now: datetime,
    today: date,
    sites: Sites,
    logged: bool = True,
) -> ReasonGiven | ReasonRefused:
    """The reason given, or why not. It replaces an earlier one and closes the flag.

    `logged` False: the attempts to reach her stand on paper, and the caller answers for them.
    """
    said = _Said(visit, code, said_by.strip(), said_on, (text or "").strip() or None)
    refused = _refused_for_itself(said, study, today)
    if refused:
        return refused
    with transaction(actor, now) as tx:
        found = find_patient(tx.connection, number, sites=sites)
        if found is None:
            tx.abandon()
            return ReasonRefused(ReasonProblem.UNKNOWN_PATIENT, "number")
        # Locked, so that a form or a death that arrives now is seen or waits.
        lock_patient(tx, found.id)
        outcome = _apply(tx, found.id, number, said, study, today, logged)
        if isinstance(outcome, ReasonRefused) or not outcome.changed:
            tx.abandon()
    return outcome


def _refused_for_itself(said: _Said, study: Study, today: date) -> ReasonRefused | None:
    """What is wrong with the words alone, whatever is known of the patient."""
    known = {reason.code: reason for reason in study.reasons}
    if all(visit.code != said.visit for visit in study.visits):
        return ReasonRefused(ReasonProblem.UNKNOWN_VISIT, "visit")
    if said.code not in known:
        return ReasonRefused(ReasonProblem.UNKNOWN_CODE, "code")
    if not said.said_by:
        return ReasonRefused(ReasonProblem.SAID_BY_MISSING, "said_by")
    if known[said.code].needs_text and said.text is None:
        return ReasonRefused(ReasonProblem.TEXT_MISSING, "text")
    for field, text in (("said_by", said.said_by), ("text", said.text or "")):
        if len(text) > LONGEST_TEXT:
            return ReasonRefused(ReasonProblem.TOO_LONG, field)
    if said.said_on > today:
        return ReasonRefused(ReasonProblem.DAY_AHEAD, "said_on")
    return None


def _apply(
    tx: Tx, patient_id: int, number: str, said: _Said, study: Study, today: date, logged: bool
) -> ReasonGiven | ReasonRefused:
    facts = read_facts(tx.connection, Scope(EVERYWHERE, ids=(patient_id,)))[0].facts
    # How many answers make a form VALID doesn't matter here: one is no EMPTY form.
    entries = ledger(facts, study, valid_from=1, as_of=today)
    entry = next((entry for entry in entries if entry.visit == said.visit), None)
    if entry is None or entry.status not in ASKED_FOR:
        return ReasonRefused(ReasonProblem.NOT_ASKED, "visit", entry.status if entry else None)
    reason = next(each for each in study.reasons if each.code == said.code)
    if logged and reason.attempts:
        since = datetime.combine(entry.opens_on, time.min, ZoneInfo(study.time_zone))
        made = effort((row.attempt for row in log_of(tx.connection, patient_id)), since=since)
        if not is_enough(reason, made):
            problem = ReasonProblem.TOO_FEW_ATTEMPTS
            return ReasonRefused(problem, "code", entry.status, made)
    earlier = reasons_of(tx.connection, patient_id).get(said.visit)
    before, after = _words(earlier), _words(said)
    if before == after:
        return ReasonGiven(number, said.visit, said.code, changed=False)
    keep_reason(
        tx,
        patient_id,
        visit=said.visit,
        code=said.code,
        said_by=said.said_by,
        said_on=said.said_on,
        text=said.text,
    )
    close_flag(tx, patient_id, said.visit, Closed.REASON)
    tx.record("reason.given", number, visit=said.visit, changes=_changes(before, after))
    return ReasonGiven(number, said.visit, said.code, changed=True)


def _changes(
    before: dict[str, str | None], after: dict[str, str | None]
) -> dict[str, list[str | None]]:
    """What the trail keeps of a reason. Free words may name somebody: they stay with it."""

    def kept(key: str, value: str | None) -> str | None:
        return "recorded" if value and key in ("said_by", "text") else value

    return {
        key: [kept(key, before.get(key)), kept(key, after[key])]
        for key in after
        if before.get(key) != after[key]
    }


def _words(said: _Said | GivenReason | None) -> dict[str, str | None]:
    """A reason's own words, to tell whether it was said already."""
    if said is None:
        return {}
    return {
        "code": said.code,
        "said_by": said.said_by,
        "said_on": said.said_on.isoformat(),
        "text": said.text,
    }
