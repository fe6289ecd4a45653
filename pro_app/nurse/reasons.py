"""Give the reason why a form did not come: gather, decide, apply."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.contact import effort, is_enough
from pro_app.core.ledger import UNANSWERED, Status, ledger
from pro_app.core.possible import EARLIEST, of_reason
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.sites import EVERYWHERE
from pro_app.store.desk.contact_log import log_of
from pro_app.store.engine.transaction import Tx, transaction
from pro_app.store.patients.numbers import find_typed
from pro_app.store.patients.patients import lock_patient
from pro_app.store.patients.reasons import GivenReason, keep_reason, reasons_of
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.statuses.flags import Closed, close_flag

#: Where a reason may stand: nothing came, or it may yet turn out that nothing will.
ASKED_FOR = UNANSWERED | {Status.WINDOW_OPEN}


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    """The reason stands; `changed` is False when it stood there already."""

    number: str
    visit: str
    code: str
    changed: bool


@dataclass(frozen=True, slots=True)
class _Said:
    visit: str
    code: str
    said_by: str
    said_on: date
    text: str | None


def give_reason(
    *,
    number: str,
    visit: str,
    code: str,
    said_by: str,
    said_on: date,
    text: str | None,
    logged: bool = True,
    at: StaffOccasion,
) -> ReasonGiven | Refused:
    """The reason given, or why not. It replaces an earlier one and closes the flag.

    `logged` False: the attempts to reach the patient are on paper, for which the caller answers.
    """
    said = _Said(visit, code, said_by.strip(), said_on, (text or "").strip() or None)
    refused = _refused_for_itself(said, at)
    if refused:
        return refused
    with transaction(at.actor, at.now) as tx:
        found = find_typed(tx.connection, number, sites=at.sites)
        if found is None:
            tx.abandon()
            return Refused(Why.UNKNOWN_PATIENT, "number")
        # Locked, so that a form or a death that arrives now is seen or waits.
        lock_patient(tx, found.id)
        outcome = _apply(tx, found.id, found.number, said, logged, at)
        if isinstance(outcome, Refused) or not outcome.changed:
            tx.abandon()
    return outcome


def _refused_for_itself(said: _Said, at: StaffOccasion) -> Refused | None:
    """What is wrong with the words alone, whatever is known of the patient."""
    known = {reason.code: reason for reason in at.study.reasons}
    if all(visit.code != said.visit for visit in at.study.all_visits):
        return Refused(Why.UNKNOWN_VISIT, "visit")
    if said.code not in known:
        return Refused(Why.UNKNOWN_CODE, "code")
    if not said.said_by:
        return Refused(Why.SAID_BY_MISSING, "said_by")
    if known[said.code].needs_text and said.text is None:
        return Refused(Why.TEXT_MISSING, "text")
    for field, text in (("said_by", said.said_by), ("text", said.text or "")):
        if len(text) > LONGEST_TEXT:
            return Refused(Why.TOO_LONG, field, LONGEST_TEXT)
    if said.said_on < EARLIEST:
        return Refused(Why.NOT_A_DAY, "said_on")
    return None


def _apply(
    tx: Tx, patient_id: int, number: str, said: _Said, logged: bool, at: StaffOccasion
) -> ReasonGiven | Refused:
    facts = read_facts(tx.connection, Scope(EVERYWHERE, ids=(patient_id,)))[0].facts
    wrong = of_reason(facts, said.said_on, today=at.today)
    if wrong is not None:
        return Refused(Why(wrong.never.value), "said_on", wrong.against)
    # How many answers make a form VALID doesn't matter here: one is no EMPTY form.
    entries = ledger(facts, at.study, valid_from=1, as_of=at.today)
    entry = next((entry for entry in entries if entry.visit == said.visit), None)
    if entry is None or entry.status not in ASKED_FOR:
        return Refused(Why.NOT_ASKED, "visit", entry.status if entry else None)
    reason = next(each for each in at.study.reasons if each.code == said.code)
    if logged and reason.attempts:
        since = datetime.combine(entry.opens_on, time.min, ZoneInfo(at.study.time_zone))
        made = effort((row.attempt for row in log_of(tx.connection, patient_id)), since=since)
        if not is_enough(reason, made):
            return Refused(Why.TOO_FEW_ATTEMPTS, "code", made)
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
