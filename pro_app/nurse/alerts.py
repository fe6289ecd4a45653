"""What somebody at the site does about an alert: takes it on, and closes it with a note."""

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.store.desk import alerts
from pro_app.store.engine.transaction import transaction


def take(alert_id: int, *, at: StaffOccasion) -> Refused | None:
    """None once somebody owns it; the first who takes it on stays."""
    with transaction(at.actor, at.now) as tx:
        found = alerts.lock_alert(tx, alert_id, sites=at.sites)
        if found is None or found.owner:
            tx.abandon()
            return None if found else Refused(Why.NOT_HERE)
        alerts.change(tx, alert_id, owner=at.actor.name, acknowledged_at=at.now)
        tx.record(
            "alert.taken", found.number, visit=found.visit, changes={"rule": [None, found.rule]}
        )
    return None


def close(alert_id: int, note: str, *, at: StaffOccasion) -> Refused | None:
    """None once it is closed; what was done about it stands in the note."""
    note = note.strip()
    with transaction(at.actor, at.now) as tx:
        found = alerts.lock_alert(tx, alert_id, sites=at.sites)
        if found is None or not 0 < len(note) <= LONGEST_TEXT:
            tx.abandon()
            missing = Refused(Why.NOTE_MISSING, "note", LONGEST_TEXT)
            return missing if found else Refused(Why.NOT_HERE)
        taken = {} if found.owner else {"owner": at.actor.name, "acknowledged_at": at.now}
        alerts.change(tx, alert_id, closed_at=at.now, closed_by=at.actor.name, note=note, **taken)
        # Free words may name somebody: they stay with the alert, not in the trail.
        changes = {"rule": [None, found.rule], "note": [None, "recorded"]}
        tx.record("alert.closed", found.number, visit=found.visit, changes=changes)
    return None
