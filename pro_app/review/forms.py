"""Say of forms that they were looked over and are fit, or are not; nothing else changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.review import Review
from pro_app.core.sites import Sites
from pro_app.security.roles import Role
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms import reviews
from pro_app.store.forms.reviews import Reviewed as Reviewed
from pro_app.store.statuses.cuts import Cut

#: The data manager: who knows the arm may not say which forms are fit.
REVIEWERS = (Role.DATA_MANAGER,)

SHORTEST_WHY = 4
#: A page of the list, and how far it is counted.
ROWS = 100
COUNTED = 1000

#: What is still to be looked at.
TO_LOOK_AT = (Review.NOT_REVIEWED, Review.CHANGED_SINCE)


@dataclass(frozen=True, slots=True)
class Approved:
    """How many forms were approved, and how many had changed since they were shown."""

    forms: int
    changed: int


def to_look_over(asked: Sequence[Review], *, visit: str, sites: Sites) -> Cut[Reviewed]:
    with reading() as connection:
        return reviews.list_forms(
            connection, asked, sites=sites, visit=visit, limit=ROWS, counted=COUNTED
        )


def find(form_id: int, *, at: StaffOccasion) -> Reviewed | None:
    """How a form stands, None when there is none with this id at these sites."""
    with reading() as connection:
        return reviews.find_reviewed(connection, form_id, sites=at.sites)


def approve(shown: Mapping[int, int], *, at: StaffOccasion) -> Approved:
    """Approve forms in the version that was shown: form id → its signed corrections then."""
    with transaction(at.actor, at.now) as tx:
        found = reviews.lock_forms(tx, sorted(shown), sites=at.sites)
        same = [each for each in found.values() if each.revision == shown[each.id]]
        fresh = [each for each in same if each.review is not Review.APPROVED]
        for each in fresh:
            reviews.write_review(tx, each.id, approved=True, revision=each.revision, why=None)
        tx.record_many(
            tx.entry("review.approved", each.number, visit=each.visit, changes=_told(each))
            for each in fresh
        )
        if not fresh:
            tx.abandon()
    return Approved(len(fresh), len(found) - len(same))


def reject(form_id: int, *, shown: int, why: str, at: StaffOccasion) -> Refused | None:
    """None once it is rejected, with the reason; its answers and rates stay as they are."""
    why = why.replace("\0", "").strip()
    if len(why) < SHORTEST_WHY:
        return Refused(Why.WHY_MISSING, "why")
    if len(why) > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "why", LONGEST_TEXT)
    with transaction(at.actor, at.now) as tx:
        each = reviews.lock_forms(tx, [form_id], sites=at.sites).get(form_id)
        if each is None or each.revision != shown:
            tx.abandon()
            return Refused(Why.CHANGED) if each else Refused(Why.NOT_HERE)
        reviews.write_review(tx, form_id, approved=False, revision=shown, why=why)
        # Its words may name somebody: they stay with the review.
        changes = _told(each) | {"why": [None, "recorded"]}
        tx.record("review.rejected", each.number, visit=each.visit, changes=changes)
    return None


def _told(form: Reviewed) -> dict[str, list[object]]:
    return {"submission_id": [None, form.submission_id], "revision": [None, form.revision]}
