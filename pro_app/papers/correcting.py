"""Corrections of a form: asked for by site staff, signed or declined by the investigator."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.corrections import AskedBy, Evidence, ask, corrected
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms.corrections import (
    Correction,
    corrections_of,
    decide_correction,
    find_correction,
    unsigned,
    write_correction,
)
from pro_app.store.forms.form_detail import HeldForm, lock_form
from pro_app.store.forms.forms import from_json, keep_scores
from pro_app.store.trail.signatures import sign

#: What the investigator says by signing; kept with the signature.
MEANING = "I endorse this correction: the new values are those of the source named."


def write(
    form_id: int,
    wanted: Mapping[str, object],
    answered_on: date,
    *,
    asked_by: str,
    source: str,
    why: str,
    at: StaffOccasion,
) -> int | Refused:
    """The id of the correction, which changes nothing until it is signed."""
    if asked_by not in tuple(AskedBy) or source not in tuple(Evidence):
        return Refused(Why.SOURCE_MISSING)
    if not 0 < len(why) <= LONGEST_TEXT:
        return Refused(Why.WHY_MISSING, "why")
    with transaction(at.actor, at.now) as tx:
        held = lock_form(tx, form_id, sites=at.sites)
        why_not = _hindrance(tx, held, at) if held else Refused(Why.NOT_HERE)
        if held is None or why_not:
            tx.abandon()
            return why_not or Refused(Why.NOT_HERE)
        changes = ask(held.stands, wanted, answered_on, instrument=at.instrument, today=at.today)
        if isinstance(changes, Refused):
            tx.abandon()
            return changes
        tx.record("correction.opened", held.number, visit=held.visit, changes=changes, reason=why)
        return write_correction(
            tx,
            form_id,
            asked_by=AskedBy(asked_by),
            source=Evidence(source),
            why=why,
            changes=changes,
        )


def _hindrance(tx: Tx, held: HeldForm, at: StaffOccasion) -> Refused | None:
    if held.held_back:
        return Refused(Why.NOT_HERE)
    if set(held.handed_in.answers) != set(at.instrument.item_codes):
        return Refused(Why.OTHER_ITEMS)
    # One at a time, so that what each one says of the old values holds when it is signed.
    waits = any(each.signed is None for each in corrections_of(tx.connection, held.id))
    return Refused(Why.CORRECTION_WAITS) if waits else None


def endorse(correction_id: int, *, at: StaffOccasion) -> Correction | Refused:
    """The correction, which counts from now on: the form is scored anew, and signed for."""
    with transaction(at.actor, at.now) as tx:
        found = _lock(tx, correction_id, at)
        if isinstance(found, Refused):
            tx.abandon()
            return found
        correction, held = found
        decide_correction(tx, correction_id, signed=True, why=None)
        answers = from_json(corrected(held.stands, [correction.changes]).answers)
        keep_scores(tx, held.id, answers, at.instrument, revision=held.corrections + 1)
        sign(
            tx,
            kind="correction",
            subject=str(correction_id),
            version_sha256=version_of(correction, held),
            meaning=MEANING,
        )
        tx.record(
            "correction.signed",
            held.number,
            visit=held.visit,
            changes=correction.changes,
            reason=correction.why,
        )
        return correction


def decline(correction_id: int, *, why: str, at: StaffOccasion) -> Correction | Refused:
    """The correction, of which nothing comes; it stays for the record."""
    if not 0 < len(why) <= LONGEST_TEXT:
        return Refused(Why.WHY_MISSING, "why")
    with transaction(at.actor, at.now) as tx:
        found = _lock(tx, correction_id, at)
        if isinstance(found, Refused):
            tx.abandon()
            return found
        correction, held = found
        decide_correction(tx, correction_id, signed=False, why=why)
        tx.record(
            "correction.declined",
            held.number,
            visit=held.visit,
            changes={"correction": (None, correction_id)},
            reason=why,
        )
        return correction


def _lock(tx: Tx, correction_id: int, at: StaffOccasion) -> tuple[Correction, HeldForm] | Refused:
    """The correction with its patient locked: nobody else decides on it meanwhile.

    Of a form that is held back nobody sees what is to be signed.
    """
    found = find_correction(tx.connection, correction_id, sites=at.sites)
    held = lock_form(tx, found.form_id, sites=at.sites) if found else None
    found = find_correction(tx.connection, correction_id, sites=at.sites)
    if found is None or held is None or held.held_back:
        return Refused(Why.NOT_HERE)
    return Refused(Why.CORRECTION_DECIDED) if found.signed is not None else (found, held)


def version_of(found: Correction, held: HeldForm) -> str:
    """The SHA-256 of what is signed: the form, what changes in it, why, and what shows it."""
    content = {
        "submission_id": held.submission_id,
        "changes": {field: list(pair) for field, pair in found.changes.items()},
        "asked_by": found.asked_by.value,
        "source": found.source.value,
        "why": found.why,
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def to_sign(*, at: StaffOccasion) -> list[Correction]:
    with reading() as connection:
        return unsigned(connection, sites=at.sites)


def find(correction_id: int, *, at: StaffOccasion) -> Correction | None:
    with reading() as connection:
        return find_correction(connection, correction_id, sites=at.sites)
