"""Which codes of the protocol the rows of a database name."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, func, select

from pro_app.store.tables import (
    alert,
    allocation,
    form,
    patient,
    patient_version,
    planned_visit,
    reason,
    staff_right,
)


@dataclass(frozen=True, slots=True)
class Held:
    """The codes that stand in a database, superseded facts among them.

    `first_on`: the earliest day of screening or randomisation of any patient.
    """

    patients: int
    first_on: date | None
    sites: frozenset[str]
    arms: frozenset[str]
    visits: frozenset[str]
    instruments: frozenset[str]
    reasons: frozenset[str]
    alerts: frozenset[str]


def read_held(connection: Connection) -> Held:
    version = patient_version.c
    first_on = connection.execute(
        select(func.min(func.coalesce(version.screened_on, version.randomised_on))).where(
            version.superseded_at.is_(None)
        )
    ).scalar_one()
    return Held(
        patients=connection.execute(select(func.count()).select_from(patient)).scalar_one(),
        first_on=first_on,
        sites=_codes(connection, patient.c.site) | _staff_sites(connection),
        arms=_codes(connection, allocation.c.arm),
        visits=_codes(connection, planned_visit.c.visit) | _codes(connection, form.c.visit),
        instruments=_codes(connection, form.c.instrument),
        reasons=_codes(connection, reason.c.code),
        alerts=_codes(connection, alert.c.rule),
    )


def has_patients(connection: Connection) -> bool:
    return connection.execute(select(patient.c.id).limit(1)).first() is not None


def instrument_of_forms(connection: Connection) -> str | None:
    """The instrument of some form; a database knows but one. None before the first form."""
    row = connection.execute(select(form.c.instrument).limit(1)).first()
    return row.instrument if row else None


def _codes(connection: Connection, column: Column[Any]) -> frozenset[str]:
    return frozenset(connection.execute(select(column).distinct()).scalars())


def _staff_sites(connection: Connection) -> frozenset[str]:
    query = select(staff_right.c.sites).where(staff_right.c.superseded_at.is_(None))
    return frozenset(code for sites in connection.execute(query).scalars() for code in sites)
