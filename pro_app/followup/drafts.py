"""Clear what was begun and can't be finished any more, with a record of each."""

from datetime import timedelta

from pro_app.acts.occasion import StaffOccasion
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.aftermath import drop_drafts
from pro_app.store.forms.drafts import left_drafts
from pro_app.store.patients.intake import lock_patients

#: So many patients at a time: nobody waits long for a row of theirs, the next run takes more.
_MOST = 500


def clear(*, at: StaffOccasion) -> int:
    """How many drafts went: of visits whose form is in, or whose window closed on them.

    A second run, here or elsewhere, finds nothing left.
    """
    begun_before = at.now - timedelta(hours=at.instrument.draft_hours)
    with reading() as connection:
        left = left_drafts(connection, begun_before=begun_before, today=at.today)[:_MOST]
    if not left:
        return 0
    with transaction(at.actor, at.now) as tx:
        ids = [p.id for p in lock_patients(tx, {each.number for each in left}).values()]
        # Again with the patients locked: one of them may just have gone on with it.
        left = left_drafts(
            tx.connection, begun_before=begun_before, today=at.today, patient_ids=ids
        )
        if not left:
            tx.abandon()
            return 0
        drop_drafts(tx, [(each.patient_id, each.visit) for each in left])
        tx.record_many(
            tx.entry(
                "draft.discarded",
                each.number,
                visit=each.visit,
                changes={"submission_id": (each.submission_id, None)},
            )
            for each in left
        )
    return len(left)
