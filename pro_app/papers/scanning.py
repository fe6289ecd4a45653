"""Photographs of a paper form: added, looked at, removed where one shows a name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import IO

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.papers.photographs import BadPicture, Photograph, made_anew
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms.form_detail import HeldForm, find_form, lock_form
from pro_app.store.forms.scans import Scan, find_picture, keep_scan, remove_scan, scans_of

MOST_PICTURES = 4

#: A file as it was sent: what it is called, and what is in it.
Sent = tuple[str, IO[bytes]]


class NotAdded(StrEnum):
    """Why a photograph was not added, apart from what is wrong with the file itself."""

    TOO_MANY = "TOO_MANY"  # the form has as many as are kept of one
    NOT_PAPER = "NOT_PAPER"
    THE_SAME = "THE_SAME"  # it is there already


WhyNot = BadPicture | NotAdded


@dataclass(frozen=True, slots=True)
class Added:
    """How many photographs were kept, and the names of those that were not."""

    kept: int
    not_taken: tuple[tuple[str, WhyNot], ...] = ()


def of_form(form_id: int, *, at: StaffOccasion) -> list[Scan]:
    """The photographs that can be looked at, of a form at these sites."""
    with reading() as connection:
        found = find_form(connection, form_id, sites=at.sites)
        scans = scans_of(connection, form_id) if found and not found.held_back else []
    return [each for each in scans if each.removed_at is None]


def add(form_id: int, sent: Iterable[Sent], *, at: StaffOccasion) -> Added | None:
    """What was kept of what was sent; None: there is no such form at these sites.

    A file that can't be taken keeps none of the others out.
    """
    files = iter(sent)
    made = [(name, made_anew(file)) for name, file in islice(files, MOST_PICTURES)]
    too_many = [(name, NotAdded.TOO_MANY) for name, _ in files]
    good = [(name, each) for name, each in made if isinstance(each, Photograph)]
    bad = [(name, each) for name, each in made if isinstance(each, BadPicture)]
    with transaction(at.actor, at.now) as tx:
        held = lock_form(tx, form_id, sites=at.sites)
        not_added = _keep(tx, held, good) if held else []
        kept = len(good) - len(not_added)
        if held is None or not kept:
            tx.abandon()
        return Added(kept, (*bad, *not_added, *too_many)) if held else None


def _keep(
    tx: Tx, held: HeldForm, photographs: Sequence[tuple[str, Photograph]]
) -> list[tuple[str, NotAdded]]:
    """Those that were not kept, and why."""
    there = {each.sha256 for each in scans_of(tx.connection, held.id) if each.removed_at is None}
    left_out = []
    for name, photograph in photographs:
        why_not = _hindrance(held, photograph, there)
        if why_not:
            left_out.append((name, why_not))
            continue
        there.add(photograph.sha256)
        keep_scan(tx, held.id, photograph.sha256, photograph.picture)
        said = _said(held.submission_id, photograph.sha256)
        tx.record("scan.added", held.number, visit=held.visit, changes=said)
    return left_out


def _hindrance(held: HeldForm, photograph: Photograph, there: set[str]) -> NotAdded | None:
    if not held.on_paper:
        return NotAdded.NOT_PAPER
    if photograph.sha256 in there:
        return NotAdded.THE_SAME
    return NotAdded.TOO_MANY if len(there) >= MOST_PICTURES else None


def look(form_id: int, scan_id: int, *, at: StaffOccasion) -> bytes | None:
    """The picture, once the trail has who looks at it; None when there is none here.

    None, too, of a form that is held back.
    """
    with transaction(at.actor, at.now) as tx:
        held = find_form(tx.connection, form_id, sites=at.sites)
        found = find_picture(tx.connection, form_id, scan_id, sites=at.sites)
        if found is None or held is None or held.held_back:
            tx.abandon()
            return None
        said = _said(found.submission_id, found.sha256)
        tx.record("scan.viewed", found.number, visit=found.visit, changes=said)
        return found.content


def remove(form_id: int, scan_id: int, *, why: str, at: StaffOccasion) -> Refused | None:
    """Take a picture out for good; None once that is done."""
    with transaction(at.actor, at.now) as tx:
        found = find_picture(tx.connection, form_id, scan_id, sites=at.sites)
        if found is None or not 0 < len(why) <= LONGEST_TEXT:
            tx.abandon()
            return Refused(Why.WHY_MISSING, "why") if found else Refused(Why.NOT_HERE)
        remove_scan(tx, scan_id)
        said = _said(found.submission_id, found.sha256)
        tx.record("scan.removed", found.number, visit=found.visit, changes=said, reason=why)
        return None


def _said(submission_id: str, sha256: str) -> Mapping[str, Sequence[str | None]]:
    return {"submission_id": (None, submission_id), "sha256": (None, sha256)}
