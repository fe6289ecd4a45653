"""The site decides: which of two forms counts, and whether one in quarantine is let in."""

from datetime import date

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.corrections import Question
from pro_app.core.facts import PatientFacts
from pro_app.core.instrument import Instrument
from pro_app.core.ledger import QUARANTINED, Entry, ledger
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.study import Study
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms import decisions
from pro_app.store.forms.decisions import WaitingForm
from pro_app.store.forms.form_detail import HeldForm, lock_form, of_visit
from pro_app.store.forms.receiving import facts_of


def waiting(*, at: StaffOccasion) -> list[WaitingForm]:
    with reading(snapshot=True) as connection:
        return decisions.waiting(connection, at.sites)


def decide(form_id: int, asked: str, choice: str, *, why: str, at: StaffOccasion) -> bool | Refused:
    """Whether the form counts, or is let in, from now on; of a visit at most one form counts.

    `asked`: the question, see `Question`; it need not be named where only one arises.
    Nothing is said of the other one.
    """
    if choice not in ("counts", "aside") or asked not in ("", *Question):
        return Refused(Why.DECISION_MISSING)
    if not 0 < len(why) <= LONGEST_TEXT:
        return Refused(Why.WHY_MISSING, "why")
    counts = choice == "counts"
    with transaction(at.actor, at.now) as tx:
        held = lock_form(tx, form_id, sites=at.sites)
        question = _arising(tx, held, asked, at)
        if held is None or isinstance(question, Refused):
            tx.abandon()
            return question if isinstance(question, Refused) else Refused(Why.NOT_HERE)
        if said_of(held, question) is counts:
            tx.abandon()
            return Refused(Why.DECIDED_SO)
        if question is Question.CONFLICT and counts:
            for other in of_visit(tx.connection, held.patient_id, held.visit):
                if other.id != held.id and other.decided:
                    _write(tx, other, question, counts=False, why=why)
        _write(tx, held, question, counts=counts, why=why)
        return counts


def _arising(tx: Tx, held: HeldForm | None, asked: str, at: StaffOccasion) -> Question | Refused:
    """The question that was asked, if it arises of this form."""
    if held is None:
        return Refused(Why.NOT_HERE)
    facts = facts_of(tx.connection, held.patient_id)
    entry = entry_of(facts, held.visit, at.study, at.instrument, today=at.today)
    arising = questions(held, entry)
    if not asked and len(arising) > 1:
        return Refused(Why.DECISION_MISSING)
    found = next((each for each in arising if asked in ("", each)), None)
    return found or Refused(Why.NOTHING_TO_DECIDE)


def said_of(held: HeldForm, question: Question) -> bool | None:
    """What the site said to a question about a form; None: nothing."""
    return held.decided if question is Question.CONFLICT else held.let_in


def questions(held: HeldForm, entry: Entry | None) -> tuple[Question, ...]:
    """What there is for the site to decide of a form, or was decided and may be changed."""
    if held.proxy:
        return ()
    quarantined = entry is not None and entry.status in QUARANTINED
    found = []
    if not held.standing or held.decided is not None:
        found.append(Question.CONFLICT)
    if held.let_in is not None or (held.counts and quarantined):
        found.append(Question.QUARANTINE)
    return tuple(found)


def entry_of(
    facts: PatientFacts, visit: str, study: Study, instrument: Instrument, *, today: date
) -> Entry | None:
    """The visit's line of the ledger, None when there is none."""
    entries = ledger(facts, study, valid_from=instrument.valid_from, as_of=today)
    return next((entry for entry in entries if entry.visit == visit), None)


def _write(tx: Tx, held: HeldForm, question: Question, *, counts: bool, why: str) -> None:
    decisions.decide(tx, held.id, question, counts=counts, why=why)
    tx.record(
        "form.decided",
        held.number,
        visit=held.visit,
        changes={
            "submission_id": (None, held.submission_id),
            "question": (None, question.value),
            "counts": (said_of(held, question), counts),
        },
        reason=why,
    )
