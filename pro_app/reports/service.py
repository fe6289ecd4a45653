"""What the printed pages are about."""

from datetime import date

from pro_app.core.instrument import Instrument
from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.core.wording import Wording
from pro_app.instruments import demonstration_if_any
from pro_app.store.engine.transaction import reading
from pro_app.store.forms.wordings import licensed
from pro_app.store.patients.patients import Patient, find_patient


def find(number: str, *, sites: Sites) -> Patient | None:
    """The patient, None when there is no such number at these sites."""
    with reading() as connection:
        return find_patient(connection, number, sites=sites)


def wording(
    study: Study, instrument: Instrument, language: str, *, production: bool, today: date
) -> Wording | None:
    """What may be printed in this language today; None: nothing."""
    with reading() as connection:
        found = licensed(connection, instrument.id, language, today=today)
    if found is None and not production:
        found = demonstration_if_any(study.instrument, language)
    return found
