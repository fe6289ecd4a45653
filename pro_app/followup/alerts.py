"""Look through the forms that came in for what the study's rules name."""

from dataclasses import dataclass
from datetime import timedelta

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.alerts import found
from pro_app.core.instants import RECORDED_AHEAD, is_ahead
from pro_app.store.desk import alerts
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import housekeeping, reading, transaction

#: A form that came longer ago raises no alert: it has been seen by other ways.
_LATELY = timedelta(days=14)
_LEASE = "alerts"
_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many alerts were opened, and how many shown to the investigator."""

    opened: int = 0
    escalated: int = 0


def look(*, holder: str, at: StaffOccasion) -> Counts:
    """Open an alert for each rule that a form meets, once; escalate what nobody took on.

    Where another process has the lease, nothing is done.
    """
    if not at.study.alerts:
        return Counts()
    with housekeeping() as work:
        if not leases.take(work, _LEASE, holder, at.now, _LASTS):
            return Counts()
    return Counts(_open(at), _escalate(at))


def _open(at: StaffOccasion) -> int:
    study = at.study
    with reading() as connection:
        forms = list(
            alerts.forms_since(
                connection,
                at.now - _LATELY,
                baseline=study.visits[0].code,
                scoring_version=at.instrument.scoring_version,
            )
        )
    raised = [
        (form, rule.code)
        for form in forms
        for rule in found(
            study.alerts, answers=form.answers, scores=form.scores, baseline=form.baseline
        )
        if rule.code not in form.raised
    ]
    if raised:
        with transaction(at.actor, at.now) as tx:
            for form, code in raised:
                alerts.open_alert(tx, form, code)
                tx.record(
                    "alert.opened", form.number, visit=form.visit, changes={"rule": [None, code]}
                )
    return len(raised)


def _escalate(at: StaffOccasion) -> int:
    hours = {rule.code: rule.escalate_after_hours for rule in at.study.alerts}
    with reading() as connection:
        late = [
            each
            for each in alerts.not_taken(connection)
            if at.now - each.opened_at >= timedelta(hours=hours.get(each.rule, 24))
            or is_ahead(each.opened_at, at.now, at_most=RECORDED_AHEAD)
        ]
    if late:
        with transaction(at.actor, at.now) as tx:
            for each in late:
                alerts.change(tx, each.id, escalated_at=at.now)
                changes = {"rule": [None, each.rule]}
                tx.record("alert.escalated", each.number, visit=each.visit, changes=changes)
    return len(late)
