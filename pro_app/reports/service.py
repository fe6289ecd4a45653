"""What the printed pages are about."""

from collections.abc import Sequence

from pro_app.store.patients import Patient, find_patient
from pro_app.store.transaction import reading


def find(number: str, *, sites: Sequence[str] | None) -> Patient | None:
    """The patient, None when there is no such number at these sites."""
    with reading() as connection:
        return find_patient(connection, number, sites=sites)
