"""How far clocks were off: the server's, when it was set, and phones', when they sent a form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from pro_app.store.tables import audit_event, form, patient

#: What the trail files a step of the server's clock under.
SUBJECT = "server"


@dataclass(frozen=True, slots=True)
class Stepped:
    """The clock stood at `found` when it should have stood at `expected`."""

    expected: datetime
    found: datetime


def last_recorded_at(connection: Connection) -> datetime | None:
    """The instant of the last event of the trail."""
    query = select(audit_event.c.at).order_by(audit_event.c.id.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def steps(connection: Connection, *, limit: int) -> list[Stepped]:
    """The latest steps of the server's clock, the last one first."""
    query = (
        select(audit_event.c.changes)
        .where(audit_event.c.subject == SUBJECT, audit_event.c.action == "clock.stepped")
        .order_by(audit_event.c.id.desc())
        .limit(limit)
    )
    return [
        Stepped(*map(datetime.fromisoformat, changes["clock"]))
        for changes in connection.execute(query).scalars()
    ]


def devices(
    connection: Connection, *, since: datetime, up_to: Sequence[timedelta]
) -> dict[str, list[int]]:
    """Site → how many forms came from devices that were off by at most each of `up_to`, and more.

    Each form is counted once; forms without a device's time are not counted.
    """
    query = (
        select(patient.c.site, form.c.received_at, form.c.device_at)
        .join(patient, patient.c.id == form.c.patient_id)
        .where(form.c.received_at >= since, form.c.device_at.is_not(None))
    )
    counts: dict[str, list[int]] = {}
    for row in connection.execute(query):
        off = abs(row.received_at - row.device_at)
        place = sum(off > limit for limit in up_to)
        counts.setdefault(row.site, [0] * (len(up_to) + 1))[place] += 1
    return counts
