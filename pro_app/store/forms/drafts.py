"""Unfinished forms, saved at every step so that any phone can go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, delete, exists, insert, or_, select, update

from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.voided import is_void
from pro_app.store.tables import audit_event, draft, form, patient, planned_visit


@dataclass(frozen=True, slots=True)
class Draft:
    """`answers` holds item → value or state name, for the items seen so far."""

    patient_id: int
    visit: str
    submission_id: str
    answers: Mapping[str, int | str]
    item_languages: Mapping[str, str]
    item_times: Mapping[str, Sequence[int | None]] | None
    revision: int
    started_at: datetime
    updated_at: datetime


def find_draft(connection: Connection, patient_id: int, visit: str) -> Draft | None:
    row = connection.execute(
        select(draft).where(draft.c.patient_id == patient_id, draft.c.visit == visit)
    ).one_or_none()
    return Draft(**row._mapping) if row else None


def drafts_of(connection: Connection, patient_id: int) -> list[Draft]:
    query = select(draft).where(draft.c.patient_id == patient_id).order_by(draft.c.updated_at)
    return [Draft(**row._mapping) for row in connection.execute(query)]


def begin_draft(tx: Tx, patient_id: int, visit: str, submission_id: str) -> Draft:
    """A new draft, begun now and empty."""
    begun = Draft(patient_id, visit, submission_id, {}, {}, None, 0, tx.now, tx.now)
    add_draft(tx, begun)
    return begun


def add_draft(tx: Tx, new: Draft) -> None:
    """Keep a draft that was begun before the server heard of it."""
    tx.execute(
        insert(draft),
        {
            "patient_id": new.patient_id,
            "visit": new.visit,
            "submission_id": new.submission_id,
            "answers": dict(new.answers),
            "item_languages": dict(new.item_languages),
            "item_times": new.item_times,
            "revision": new.revision,
            "started_at": new.started_at,
            "updated_at": new.updated_at,
        },
    )


def save_draft(
    tx: Tx,
    begun: Draft,
    answers: Mapping[str, int | str],
    item_languages: Mapping[str, str],
    item_times: Mapping[str, Sequence[int | None]] | None = None,
) -> int:
    """The new revision; without `item_times` those that are kept stay."""
    values = {
        "answers": dict(answers),
        "item_languages": dict(item_languages),
        "revision": begun.revision + 1,
        "updated_at": tx.now,
    }
    if item_times is not None:
        values["item_times"] = dict(item_times)
    tx.execute(
        update(draft)
        .where(draft.c.patient_id == begun.patient_id, draft.c.visit == begun.visit)
        .values(values)
    )
    return begun.revision + 1


def drop_draft(tx: Tx, patient_id: int, visit: str) -> None:
    tx.execute(delete(draft).where(draft.c.patient_id == patient_id, draft.c.visit == visit))


@dataclass(frozen=True, slots=True)
class LeftDraft:
    """A draft that nobody can go on with."""

    patient_id: int
    number: str
    visit: str
    submission_id: str


def left_drafts(
    connection: Connection, *, begun_before: datetime, today: date, patient_ids: Sequence[int] = ()
) -> list[LeftDraft]:
    """The drafts that nobody can go on with any more, of all patients or of these.

    The visit's own form is in; or the window is closed, or not planned any more, and the
    draft was begun too long ago to be finished. In an open window an old one stays: it
    tells the nurse that a call may help, and the patient, when they come back, why it goes.
    """
    came = exists().where(
        form.c.patient_id == draft.c.patient_id,
        form.c.visit == draft.c.visit,
        ~form.c.proxy,
        ~is_void(),
    )
    may_be_open = exists().where(
        planned_visit.c.patient_id == draft.c.patient_id,
        planned_visit.c.visit == draft.c.visit,
        or_(planned_visit.c.closes_on.is_(None), planned_visit.c.closes_on >= today),
    )
    too_late = and_(draft.c.started_at < begun_before, ~may_be_open)
    query = (
        select(draft.c.patient_id, patient.c.number, draft.c.visit, draft.c.submission_id)
        .join(patient, patient.c.id == draft.c.patient_id)
        .where(or_(came, too_late))
        .order_by(patient.c.number, draft.c.visit)
    )
    if patient_ids:
        query = query.where(draft.c.patient_id.in_(patient_ids))
    return [LeftDraft(*row) for row in connection.execute(query)]


#: Further back nobody's window is still open.
_MOST_SAVES = 200


def changed_since(
    connection: Connection, number: str, held: Draft, revision: int | None
) -> frozenset[str]:
    """The items whose answers were changed after this revision of a draft.

    Each revision is one record in the trail, which knows what it changed.
    """
    if revision is None or revision >= held.revision:
        return frozenset()
    saves = (
        select(audit_event.c.changes)
        .where(
            audit_event.c.subject == number,
            audit_event.c.visit == held.visit,
            audit_event.c.action == "draft.saved",
        )
        .order_by(audit_event.c.id.desc())
        .limit(min(held.revision - revision, _MOST_SAVES))
    )
    return frozenset(code for row in connection.execute(saves) for code in row.changes)
