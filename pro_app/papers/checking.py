"""The second keying of a paper form, by another person, and what it differs in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.corrections import ANSWERED_ON, AskedBy, Evidence, Truth, difference
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.store.engine.transaction import Actor, Tx, reading, transaction
from pro_app.store.forms import keying
from pro_app.store.forms.corrections import corrections_of, write_correction
from pro_app.store.forms.form_detail import HeldForm as HeldForm
from pro_app.store.forms.form_detail import find_form, lock_form
from pro_app.store.forms.keying import PaperForm

#: A list shows so many forms, the latest; the rest come up as these are done.
ROWS = 100


@dataclass(frozen=True, slots=True)
class ToCheck:
    """Paper forms that wait for a second person, and those whose keyings differ."""

    once: tuple[PaperForm, ...]
    differing: tuple[PaperForm, ...]


def to_check(*, at: StaffOccasion) -> ToCheck:
    with reading(snapshot=True) as connection:
        return ToCheck(
            tuple(keying.keyed_once(connection, sites=at.sites, limit=ROWS)),
            tuple(keying.differing(connection, sites=at.sites)),
        )


def find(form_id: int, *, at: StaffOccasion) -> HeldForm | None:
    with reading() as connection:
        return find_form(connection, form_id, sites=at.sites)


def hindrance(held: HeldForm, actor: Actor) -> Refused | None:
    """Why this person can't be the second to key it; None: they can."""
    if held.held_back:
        return Refused(Why.NOT_HERE)
    if not held.on_paper:
        return Refused(Why.NOT_PAPER)
    first = (held.entered_by, held.received_from)
    return Refused(Why.SAME_PERSON) if actor.name in first else None


def key_again(
    form_id: int, answered_on: date, answers: Mapping[str, int | str], *, at: StaffOccasion
) -> int | Refused:
    """How many fields another person read otherwise on the same paper."""
    with transaction(at.actor, at.now) as tx:
        held = lock_form(tx, form_id, sites=at.sites)
        why_not = hindrance(held, at.actor) if held else Refused(Why.NOT_HERE)
        if held is None or why_not or keying.find_second(tx.connection, form_id):
            tx.abandon()
            return why_not or Refused(Why.KEYED_TWICE)
        second = Truth(answered_on, answers)
        differences = difference(held.stands, second)
        keying.keep_second(tx, form_id, second, differences)
        tx.record(
            "form.keyed_again",
            held.number,
            visit=held.visit,
            changes={
                "submission_id": (None, held.submission_id),
                "differences": (None, len(differences)),
            },
        )
        return len(differences)


def settle(form_id: int, right: Mapping[str, str], *, why: str, at: StaffOccasion) -> int | Refused:
    """How many differences were settled, after the paper was read again.

    `right`: field → first or second. Where the second keying was right a correction is
    written, which the investigator signs like any other.
    """
    with transaction(at.actor, at.now) as tx:
        held = lock_form(tx, form_id, sites=at.sites)
        second = keying.find_second(tx.connection, form_id) if held else None
        if held is None or held.held_back or second is None:
            tx.abandon()
            return Refused(Why.NOT_HERE)
        settled = {f: right[f] for f in second.open if right.get(f) in ("first", "second")}
        read = {f: second.open[f][1] for f, which in settled.items() if which == "second"}
        # Against what stands now: a correction may have been signed since.
        changes = {f: [old, read[f]] for f, old in _now(held, read).items() if old != read[f]}
        why_not = _unsettled(tx, held, settled, changes, why)
        if why_not:
            tx.abandon()
            return why_not
        made = {f: c.id for c in corrections_of(tx.connection, form_id) for f in c.changes}
        if changes:
            made |= dict.fromkeys(changes, _correct(tx, held, changes, why))
        for field in settled:
            keying.settle(tx, form_id, field, correction_id=made[field] if field in read else None)
        said = {field: (None, which) for field, which in settled.items()}
        tx.record("keying.settled", held.number, visit=held.visit, changes=said, reason=why or None)
        return len(settled)


def _now(held: HeldForm, fields: Iterable[str]) -> dict[str, int | str]:
    """Field → what stands in the form after all signed corrections."""
    stands = {**held.stands.answers, ANSWERED_ON: held.stands.answered_on.isoformat()}
    return {field: stands[field] for field in fields}


def _unsettled(
    tx: Tx, held: HeldForm, settled: Mapping[str, str], changes: Mapping[str, Any], why: str
) -> Refused | None:
    if not settled:
        return Refused(Why.NOTHING_OPEN)
    if changes and not 0 < len(why) <= LONGEST_TEXT:
        return Refused(Why.WHY_MISSING, "why")
    if changes and any(each.signed is None for each in corrections_of(tx.connection, held.id)):
        return Refused(Why.CORRECTION_WAITS)
    return None


def _correct(tx: Tx, held: HeldForm, changes: Mapping[str, Sequence[Any]], why: str) -> int:
    tx.record("correction.opened", held.number, visit=held.visit, changes=changes, reason=why)
    return write_correction(
        tx,
        held.id,
        asked_by=AskedBy.SITE,
        source=Evidence.PAPER_FORM,
        why=why,
        changes=changes,
    )
