"""Versions of the consent from a file: each with the day on which a patient signed it."""

from dataclasses import dataclass
from datetime import date

from pro_app.acts.consents import Changed, keep_many, versions_known
from pro_app.acts.patients import LONGEST_VERSION
from pro_app.core.consents import Clash, Signed, Versions, with_version
from pro_app.intake.cells import Cells
from pro_app.intake.problems import Remark, Rule
from pro_app.intake.run import Run
from pro_app.store.patients.consents import consents_of
from pro_app.store.patients.intake import lock_patients
from pro_app.store.patients.patients import Patient

COLUMNS = ("patient_id", "version", "on")

_EXPECTED = {Clash.OTHER_DAY: Rule.AS_KNOWN, Clash.FIRST_UNNAMED: Rule.FIRST_VERSION}


@dataclass(slots=True)
class _Person:
    """A patient's versions as they were known, and with the lines so far."""

    patient: Patient
    before: Versions
    after: Versions


def take(run: Run) -> None:
    """Read the file, compare it with the record and write what is new."""
    lines = [(cells, *_read(cells)) for cells in run.lines()]
    good = [line for line in lines if not line[0].bad]
    patients = lock_patients(run.tx, (number for _, number, _, _ in good))
    later = consents_of(run.tx.connection, [patient.id for patient in patients.values()])
    people = {}
    for number, patient in patients.items():
        known = versions_known(patient, later.get(patient.id, ()))
        people[number] = _Person(patient, known, known)
    for cells, number, version, on in good:
        person = people.get(number)
        if person is None:
            cells.refuse("patient_id", Rule.KNOWN_PATIENT)
        elif on is not None:
            _compare(run, cells, person, Signed(version, on))
    changed = [each for each in people.values() if each.after != each.before]
    if run.writes and changed:
        keep_many(
            run.tx,
            [Changed(each.patient, each.before, each.after) for each in changed],
            run.study,
            run.instrument,
            run.today,
        )


def _read(cells: Cells) -> tuple[str, str, date | None]:
    number, version = cells.number("patient_id"), cells.text("version")
    if not version:
        cells.refuse("version", Rule.FILLED)
    elif len(version) > LONGEST_VERSION:
        cells.refuse("version", Rule.SHORT, (str(LONGEST_VERSION),))
    return number, version, cells.day("on", needed=True)


def _compare(run: Run, cells: Cells, person: _Person, signed: Signed) -> None:
    found = with_version(person.after, signed)
    if isinstance(found, tuple):
        clash, on = found
        cells.refuse("on", _EXPECTED[clash], (on.isoformat(),))
        return
    screened = person.patient.state.screened_on
    if found == person.after:
        run.unchanged += 1
        return
    run.added += 1
    person.after = found
    if screened and signed.on < screened:
        days = screened.isoformat(), signed.on.isoformat()
        run.remark(cells, Remark.CONSENT_EARLY, *days)
