"""Whether forms were looked over and found fit: for the version that was looked at alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from pro_app.core.review import Review, review_of
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.patients.leaving import held_forms
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.statuses.cuts import Cut
from pro_app.store.tables import (
    correction,
    correction_decision,
    data_query,
    form,
    form_review,
    patient,
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody found; `revision`: how many signed corrections it held then."""

    form_id: int
    approved: bool
    revision: int
    why: str | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A form as it is looked over. `revision`: signed corrections now; `queries`: open ones."""

    id: int
    number: str
    site: str
    submission_id: str
    visit: str
    answered_on: date
    received_at: datetime
    mode: str
    proxy: bool
    standing: bool
    items_answered: int
    revision: int
    queries: int
    looked: Looked | None

    @property
    def review(self) -> Review:
        found = self.looked
        return review_of(
            found.approved if found else None, found.revision if found else None, self.revision
        )


def write_review(tx: Tx, form_id: int, *, approved: bool, revision: int, why: str | None) -> None:
    """What is found of a form from now on; what was found before stays for the record."""
    tx.execute(
        update(form_review)
        .where(form_review.c.form_id == form_id, known(form_review, None))
        .values(superseded_at=tx.now)
    )
    tx.execute(
        insert(form_review),
        {
            "form_id": form_id,
            "approved": approved,
            "revision": revision,
            "why": why,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )


def lock_forms(tx: Tx, form_ids: Sequence[int], *, sites: Sites) -> dict[int, Reviewed]:
    """Those of these forms that are of patients at these sites, with their patients locked.

    None that is held back, which nobody who looks the data over is shown.
    """
    owners = select(form.c.patient_id).where(form.c.id.in_(form_ids))
    locking = select(patient.c.id).where(patient.c.id.in_(owners)).order_by(patient.c.number)
    tx.execute(locking.with_for_update())
    query = _at(_query(), sites).where(form.c.id.in_(form_ids))
    held = held_forms(tx.connection, form_ids)
    return {row.id: _made(row) for row in tx.execute(query) if row.id not in held}


def find_reviewed(connection: Connection, form_id: int, *, sites: Sites) -> Reviewed | None:
    """The form, None when there is none with this id of a patient at these sites."""
    row = connection.execute(_at(_query(), sites).where(form.c.id == form_id)).one_or_none()
    return _made(row) if row else None


def list_forms(
    connection: Connection,
    reviews: Sequence[Review],
    *,
    sites: Sites,
    visit: str = "",
    limit: int,
    counted: int,
) -> Cut[Reviewed]:
    """The forms that stand so, in the order in which they came; none that is held back."""
    query = _at(_query(), sites).where(or_(*(_is(each) for each in reviews)))
    query = query.where(form.c.id.not_in(held_forms(connection)))
    if visit:
        query = query.where(form.c.visit == visit)
    some = query.with_only_columns(form.c.id).limit(counted).subquery()
    total = select(func.count()).select_from(some).scalar_subquery().label("total")
    ordered = query.order_by(form.c.received_at, form.c.id).limit(limit)
    rows = connection.execute(ordered.add_columns(total)).all()
    found = rows[0].total if rows else 0
    return Cut(tuple(_made(row) for row in rows), found, more=found >= counted)


def read_reviews(connection: Connection, *, known_at: datetime) -> dict[str, tuple[bool, int]]:
    """Submission id → (approved, with how many signed corrections), as known at an instant."""
    query = (
        select(form.c.submission_id, form_review.c.approved, form_review.c.revision)
        .join(form, form.c.id == form_review.c.form_id)
        .where(known(form_review, known_at))
    )
    return {row.submission_id: (row.approved, row.revision) for row in connection.execute(query)}


def _revision() -> Any:
    """How many signed corrections a form holds."""
    return (
        select(func.count())
        .select_from(correction)
        .join(correction_decision, correction_decision.c.correction_id == correction.c.id)
        .where(correction.c.form_id == form.c.id, correction_decision.c.signed)
        .scalar_subquery()
    )


def _is(review: Review) -> ColumnElement[bool]:
    """The same as core.review.review_of, for a list that is cut."""
    if review is Review.NOT_REVIEWED:
        return form_review.c.id.is_(None)
    same = form_review.c.revision == _revision()
    if review is Review.CHANGED_SINCE:
        return and_(form_review.c.id.is_not(None), ~same)
    approved = form_review.c.approved
    return and_(same, approved if review is Review.APPROVED else ~approved)


def _query() -> Select[Any]:
    queries = (
        select(func.count())
        .where(data_query.c.form_id == form.c.id, data_query.c.closed_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            form.c.id,
            patient.c.number,
            patient.c.site,
            form.c.submission_id,
            form.c.visit,
            form.c.answered_on,
            form.c.received_at,
            form.c.mode,
            form.c.proxy,
            form.c.standing,
            form.c.items_answered,
            _revision().label("revision"),
            queries.label("queries"),
            form_review.c.approved,
            form_review.c.revision.label("looked_at"),
            form_review.c.why,
            form_review.c.recorded_at,
            form_review.c.recorded_by,
        )
        .join_from(form, patient)
        .outerjoin(form_review, and_(form_review.c.form_id == form.c.id, known(form_review, None)))
    )


def _at(query: Select[Any], sites: Sites) -> Select[Any]:
    return query.where(at_sites(patient.c.site, sites), ~of_void_patient())


def _made(row: Any) -> Reviewed:
    looked = None
    if row.approved is not None:
        looked = Looked(
            row.id, row.approved, row.looked_at, row.why, row.recorded_at, row.recorded_by
        )
    return Reviewed(*(*row[:13], looked))
