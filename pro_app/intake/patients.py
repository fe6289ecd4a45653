"""Patients from a file: added, filled where they were empty, never overwritten."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

from pro_app.acts.aftermath import settling
from pro_app.acts.entered import written
from pro_app.acts.patients import LONGEST_VERSION
from pro_app.core.facts import EventFact, PatientFacts
from pro_app.core.possible import Contradiction, Never, contradictions, new_ones
from pro_app.core.study import Study
from pro_app.intake.cells import NUMBER, Cells
from pro_app.intake.problems import Remark, Rule
from pro_app.intake.run import Door, Run
from pro_app.store.patients.consents import consents_of
from pro_app.store.patients.events import events_of
from pro_app.store.patients.intake import arms_of_these, lock_patients, parts
from pro_app.store.patients.patients import (
    Patient,
    PatientState,
    add_patients,
    allocate,
    change_states,
    facts_alone,
)
from pro_app.store.patients.pauses import first_days
from pro_app.store.patients.voids import void_numbers

#: Filled once known; a later file may bring what an earlier one left empty.
FILLABLE = (
    "arm",
    "language",
    "screened_on",
    "pro_consent_on",
    "consent_version",
    "randomised_on",
    "randomised_time",
    "able",
)
OPTIONAL = ("consent_version", "randomised_time")
COLUMNS = ("patient_id", "site", *(name for name in FILLABLE if name not in OPTIONAL))

YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class _Line:
    cells: Cells
    number: str
    site: str
    values: dict[str, Any]


@dataclass(slots=True)
class _Person:
    """What is known of a patient once the lines so far are in.

    `patient` None: they are new. `filled` is what the file brings, `cells` the line that
    brought each; `line` is where they stood in it last. `events`, `pauses` and `consents`
    are what was known of them before.
    """

    patient: Patient | None
    site: str
    values: dict[str, Any]
    filled: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, Cells] = field(default_factory=dict)
    line: int | None = None
    events: tuple[EventFact, ...] = ()
    pauses: tuple[date, ...] = ()
    consents: tuple[date, ...] = ()

    @property
    def state(self) -> PatientState:
        return PatientState(**{k: v for k, v in self.values.items() if k != "arm"})


def columns(door: Door) -> tuple[str, ...]:
    """The columns that a file from this door must have."""
    return tuple(name for name in COLUMNS if door.arms or name != "arm")


def take(run: Run) -> None:
    """Read the file, compare it with the record and write what is new."""
    lines = list(_read(run))
    people = _known(run, lines)
    gone_numbers = void_numbers(run.tx.connection)
    for line in lines:
        _compare(run, line, people, gone_numbers)
    for number, person in people.items():
        _refuse_impossible(run, number, person)
    if run.writes:
        _write(run, people)


def _read(run: Run) -> Iterator[_Line]:
    every = [site.code for site in run.study.sites]
    sites = [code for code in every if code in run.door.sites]
    for cells in run.lines():
        site = cells.one_of("site", sites, needed=True) or ""
        if cells.known or not site:
            number = cells.number(NUMBER)
        else:
            number = cells.new_number(NUMBER, site, run.study.sites)
        line = _Line(cells, number, site, _values(cells, run.study))
        if not cells.bad:
            run.reader.numbers.add(number)  # a later line may write it otherwise
            yield line


def _values(cells: Cells, study: Study) -> dict[str, Any]:
    able = cells.one_of("able", YES_NO)
    return {
        "arm": cells.one_of("arm", [arm.code for arm in study.arms]),
        "language": cells.one_of("language", study.languages),
        "screened_on": cells.day("screened_on"),
        "pro_consent_on": cells.day("pro_consent_on"),
        "consent_version": _version(cells),
        "randomised_on": cells.day("randomised_on"),
        "randomised_time": cells.time_of_day("randomised_time"),
        "able": None if able is None else YES_NO[able],
    }


def _version(cells: Cells) -> str | None:
    found = cells.text("consent_version")
    if len(found) > LONGEST_VERSION:
        cells.refuse("consent_version", Rule.SHORT, (str(LONGEST_VERSION),))
    return found or None


def _known(run: Run, lines: list[_Line]) -> dict[str, _Person]:
    known = lock_patients(run.tx, (line.number for line in lines))
    ids = [patient.id for patient in known.values()]
    arms = arms_of_these(run.tx, ids)
    events = events_of(run.tx.connection, ids)
    consents = consents_of(run.tx.connection, ids)
    pauses = first_days(run.tx.connection, ids)
    return {
        number: _Person(
            patient,
            patient.site,
            {
                name: arms.get(patient.id) if name == "arm" else getattr(patient.state, name)
                for name in FILLABLE
            },
            events=tuple(each.fact for each in events.get(patient.id, ())),
            pauses=pauses.get(patient.id, ()),
            consents=tuple(each.on for each in consents.get(patient.id, ())),
        )
        for number, patient in known.items()
    }


def _compare(
    run: Run, line: _Line, people: dict[str, _Person], gone_numbers: frozenset[str]
) -> None:
    person = people.get(line.number)
    if person is None and line.number in gone_numbers:
        line.cells.refuse(NUMBER, Rule.FREE_NUMBER)
        return
    if person is not None and not _may_come(run.door, person):
        # Of another site's patient no more is told than that the number is taken, and not even
        # that where this site gives no such numbers.
        if person.site != line.site:
            line.cells.new_number(NUMBER, line.site, run.study.sites)
        if not line.cells.bad:
            line.cells.refuse(NUMBER, Rule.FREE_NUMBER)
        return
    if person is None:
        person = people[line.number] = _Person(None, line.site, dict.fromkeys(FILLABLE))
        new = _fill(person, line)
        run.added += 1
    else:
        if person.line is not None:
            run.remark(line.cells, Remark.REPEATED, str(person.line))
        # The same file may come again after a transfer.
        first = person.patient and person.patient.first_site
        if line.site not in (person.site, first):
            line.cells.refuse("site", Rule.AS_KNOWN, (person.site,))
        new = _fill(person, line)
        run.filled += bool(new)
        run.unchanged += not new
    person.line = line.cells.line
    if run.door.versions and "pro_consent_on" in new and not person.values["consent_version"]:
        line.cells.refuse("consent_version", Rule.CONSENT_VERSION)
    if "randomised_time" in new and not person.values["randomised_on"]:
        line.cells.refuse("randomised_time", Rule.DAY_OF_TIME, ("randomised_on",))
    _remark_on_order(run, line.cells, new, person.values)


def _remark_on_order(run: Run, cells: Cells, new: set[str], values: dict[str, Any]) -> None:
    screened = values["screened_on"]
    for name, remark in (
        ("randomised_on", Remark.SCREENED_LATE),
        ("pro_consent_on", Remark.CONSENT_EARLY),
    ):
        on = values[name]
        if new & {"screened_on", name} and screened and on and on < screened:
            run.remark(cells, remark, screened.isoformat(), on.isoformat())


def _refuse_impossible(run: Run, number: str, person: _Person) -> None:
    """What the days of the file contradict, whichever came first."""
    if not person.filled:
        return

    def found(facts: PatientFacts) -> tuple[Contradiction, ...]:
        sites = [site.code for site in run.study.sites]
        return contradictions(
            facts, today=run.today, sites=sites, pauses=person.pauses, consents=person.consents
        )

    known = person.patient or Patient(0, number, person.site, PatientState(), person.site)
    before = facts_alone(known, person.events)
    after = facts_alone(replace(known, state=person.state), person.events)
    for each in new_ones(found(before), found(after)):
        if each.never is Never.BEFORE_SCREENING:
            _refuse(person, "screened_on", Rule.BEFORE_EVENTS, each.on)
        elif each.never is Never.DEATH_BEFORE_RANDOMISATION:
            _refuse(person, "randomised_on", Rule.ALIVE, each.on)
    earliest = min(person.consents, default=None)
    first = person.filled.get("pro_consent_on")
    if earliest and first and first > earliest:
        _refuse(person, "pro_consent_on", Rule.CONSENTED_FIRST, earliest)


def _refuse(person: _Person, name: str, rule: Rule, on: date) -> None:
    cells = person.cells.get(name)
    if cells is not None:
        cells.refuse(name, rule, (on.isoformat(),))


def _may_come(door: Door, person: _Person) -> bool:
    if person.site not in door.sites:
        return False
    return not (door.only_new and person.patient is not None)


def _fill(person: _Person, line: _Line) -> set[str]:
    """The names of what this line brings; what it contradicts is refused."""
    new = set()
    for name, value in line.values.items():
        known = person.values[name]
        if value is None or value == known:
            continue
        if known is None:
            person.values[name] = person.filled[name] = value
            person.cells[name] = line.cells
            new.add(name)
        else:
            line.cells.refuse(name, _as_known(name, person), (_told(known),))
    return new


def _as_known(name: str, person: _Person) -> Rule:
    """What is said where a file brings another value than is recorded."""
    if name == "able" and person.values["randomised_on"]:
        return Rule.ABLE_CORRECTED
    if name in ("pro_consent_on", "consent_version"):
        return Rule.FIRST_CONSENT
    return Rule.AS_KNOWN


def _write(run: Run, people: dict[str, _Person]) -> None:
    new = [(number, person) for number, person in people.items() if person.patient is None]
    for part in parts(new):
        rows = [(number, p.site, p.state, p.values["arm"]) for number, p in part]
        add_patients(run.tx, rows, run.study)
        run.tx.record_many(
            run.tx.entry("patient.added", n, changes={"site": [None, p.site], **_changes(p)})
            for n, p in part
        )
    filled = [(person.patient, person) for person in people.values() if person.filled]
    ids = [patient.id for patient, _ in filled if patient]
    with settling(run.tx, ids, run.study, run.instrument, run.today):
        _fill_known(run, [(patient, person) for patient, person in filled if patient])


def _fill_known(run: Run, filled: list[tuple[Patient, _Person]]) -> None:
    for some in parts(filled):
        stated = [(patient, p.state) for patient, p in some if p.filled.keys() != {"arm"}]
        change_states(run.tx, stated, run.study)
        for patient, person in some:
            if "arm" in person.filled:
                allocate(run.tx, patient.id, person.filled["arm"])
        run.tx.record_many(
            run.tx.entry("patient.filled", patient.number, changes=_changes(person))
            for patient, person in some
        )


def _changes(person: _Person) -> dict[str, list[Any]]:
    """What the trail keeps; it is read by people who may not know the arm."""
    return {
        name: [None, "recorded" if name == "arm" else _told(value)]
        for name, value in person.filled.items()
    }


def _told(value: Any) -> str:
    """A value as it stands in a file."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return written(value)
    return value.isoformat() if isinstance(value, date) else str(value)
