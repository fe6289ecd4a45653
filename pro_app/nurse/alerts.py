"""What somebody at the site does about an alert: takes it on, and closes it with a note."""

from datetime import datetime
from enum import StrEnum

from pro_app.core.sites import Sites
from pro_app.store.desk import alerts
from pro_app.store.engine.transaction import Actor, transaction

LONGEST_NOTE = 500


class Step(StrEnum):
    """What became of a step; a repeated one changes nothing."""

    DONE = "DONE"
    NOT_HERE = "NOT_HERE"  # there is no such open alert at her sites
    NOTE_MISSING = "NOTE_MISSING"  # it closes with a note of at most LONGEST_NOTE characters


def take(alert_id: int, *, sites: Sites, actor: Actor, now: datetime) -> Step:
    """Whether somebody owns it now; the first who takes it on stays."""
    with transaction(actor, now) as tx:
        found = alerts.lock_alert(tx, alert_id, sites=sites)
        if found is None or found.owner:
            tx.abandon()
            return Step.DONE if found else Step.NOT_HERE
        alerts.change(tx, alert_id, owner=actor.name, acknowledged_at=now)
        tx.record(
            "alert.taken", found.number, visit=found.visit, changes={"rule": [None, found.rule]}
        )
    return Step.DONE


def close(alert_id: int, note: str, *, sites: Sites, actor: Actor, now: datetime) -> Step:
    """Whether it is closed; what was done about it stands in the note."""
    note = note.strip()
    with transaction(actor, now) as tx:
        found = alerts.lock_alert(tx, alert_id, sites=sites)
        if found is None or not 0 < len(note) <= LONGEST_NOTE:
            tx.abandon()
            return Step.NOTE_MISSING if found else Step.NOT_HERE
        taken = {} if found.owner else {"owner": actor.name, "acknowledged_at": now}
        alerts.change(tx, alert_id, closed_at=now, closed_by=actor.name, note=note, **taken)
        # Free words may name somebody: they stay with the alert, not in the trail.
        changes = {"rule": [None, found.rule], "note": [None, "recorded"]}
        tx.record("alert.closed", found.number, visit=found.visit, changes=changes)
    return Step.DONE
