"""What the printed pages are about."""

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.wording import Wording
from pro_app.instruments import demonstration_if_any
from pro_app.store.engine.transaction import reading
from pro_app.store.forms.wordings import licensed
from pro_app.store.patients.patients import Patient, find_patient


def find(number: str, *, at: StaffOccasion) -> Patient | None:
    """The patient, None when there is no such number at these sites."""
    with reading() as connection:
        return find_patient(connection, number, sites=at.sites)


def wording(language: str, *, at: StaffOccasion) -> Wording | None:
    """What may be printed in this language today; None: nothing."""
    with reading() as connection:
        found = licensed(connection, at.instrument.id, language, today=at.today)
    if found is None and not at.production:
        found = demonstration_if_any(at.study.instrument, language)
    return found
