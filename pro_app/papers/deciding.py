"""Which form counts: the site decides on second forms and on those after a withdrawal."""

from datetime import date

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.facts import PatientFacts
from pro_app.core.instrument import Instrument
from pro_app.core.ledger import QUARANTINED, Entry, ledger
from pro_app.core.refused import Refused, Why
from pro_app.core.study import Study
from pro_app.papers.fields import LONGEST_TEXT
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms import decisions
from pro_app.store.forms.decisions import WaitingForm
from pro_app.store.forms.form_detail import HeldForm, lock_form, of_visit
from pro_app.store.forms.receiving import facts_of


def waiting(*, at: StaffOccasion) -> list[WaitingForm]:
    with reading(snapshot=True) as connection:
        return decisions.waiting(connection, at.sites)


def decide(form_id: int, choice: str, *, why: str, at: StaffOccasion) -> bool | Refused:
    """Whether the form counts from now on; at most one form of a visit does."""
    if choice not in ("counts", "aside"):
        return Refused(Why.DECISION_MISSING)
    if not 0 < len(why) <= LONGEST_TEXT:
        return Refused(Why.WHY_MISSING, "why")
    counts = choice == "counts"
    with transaction(at.actor, at.now) as tx:
        held = lock_form(tx, form_id, sites=at.sites)
        if held is None or held.decided is counts:
            tx.abandon()
            return Refused(Why.DECIDED_SO) if held else Refused(Why.NOT_HERE)
        facts = facts_of(tx.connection, held.patient_id)
        if not may_decide(
            held, entry_of(facts, held.visit, at.study, at.instrument, today=at.today)
        ):
            tx.abandon()
            return Refused(Why.NOTHING_TO_DECIDE)
        for other in of_visit(tx.connection, held.patient_id, held.visit) if counts else ():
            if other.id != held.id and other.decided:
                _write(tx, other, counts=False, why=why)
        _write(tx, held, counts=counts, why=why)
        return counts


def may_decide(held: HeldForm, entry: Entry | None) -> bool:
    """Whether there is anything for the site to decide, or decided that may be changed."""
    if held.proxy:
        return False
    quarantined = entry is not None and entry.status in QUARANTINED
    return not held.standing or held.decided is not None or (held.counts and quarantined)


def entry_of(
    facts: PatientFacts, visit: str, study: Study, instrument: Instrument, *, today: date
) -> Entry | None:
    """The visit's line of the ledger, None when there is none."""
    entries = ledger(facts, study, valid_from=instrument.valid_from, as_of=today)
    return next((entry for entry in entries if entry.visit == visit), None)


def _write(tx: Tx, held: HeldForm, *, counts: bool, why: str) -> None:
    decisions.decide(tx, held.id, counts=counts, why=why)
    tx.record(
        "form.decided",
        held.number,
        visit=held.visit,
        changes={
            "submission_id": (None, held.submission_id),
            "counts": (held.decided, counts),
        },
        reason=why,
    )
