"""Patients' trial numbers, to be found however somebody types them."""

from sqlalchemy import ColumnElement, Connection, or_, select

from pro_app.core.identifiers import Numbers, plain
from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.transaction import Tx
from pro_app.store.patients.patients import Patient, find_patient
from pro_app.store.tables import patient, study_state


def numbers_of(connection: Connection, *, sites: Sites) -> Numbers:
    """The numbers of the patients at these sites."""
    query = select(patient.c.number).where(at_sites(patient.c.site, sites))
    return Numbers(connection.execute(query).scalars())


def lock_numbers(tx: Tx) -> Numbers:
    """All numbers; until the transaction ends nobody else enrols.

    Two people may write one patient's number in two ways at once, which no unique index sees.
    PostgreSQL locks the row; on SQLite the transaction is the only writer anyway.
    """
    tx.execute(select(study_state.c.id).with_for_update())
    return numbers_of(tx.connection, sites=EVERYWHERE)


def find_number(connection: Connection, typed: str, *, sites: Sites) -> str | None:
    """The number that was meant, of a patient at these sites; None where none or several are."""
    same = select(patient.c.number).where(
        patient.c.number == typed, at_sites(patient.c.site, sites)
    )
    found: str | None = connection.execute(same).scalar_one_or_none()
    return found or numbers_of(connection, sites=sites).find(typed)


def find_typed(connection: Connection, typed: str, *, sites: Sites) -> Patient | None:
    """The patient whose number was meant, None where there is none at these sites, or several."""
    found = find_patient(connection, typed, sites=sites)
    if found is None:
        number = find_number(connection, typed, sites=sites)
        found = find_patient(connection, number, sites=sites) if number else None
    return found


def fits_search(typed: str, meant: str | None) -> ColumnElement[bool]:
    """Whether a number has in it what was typed, or is the one that was meant by it."""
    parts = {part for part in (typed, plain(typed)) if part}
    fitting = [patient.c.number.icontains(part, autoescape=True) for part in sorted(parts)]
    return or_(patient.c.number == meant, *fitting)
