"""Events from a file: deaths, withdrawals, transfers and the like, each with its day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from pro_app.acts.events import Brought, add_many
from pro_app.core.course import ended_by
from pro_app.core.facts import ENDED_BY, EventFact, EventKind
from pro_app.core.possible import Contradiction, Never, contradictions, new_ones
from pro_app.intake.cells import Cells
from pro_app.intake.problems import Remark, Rule
from pro_app.intake.run import Run
from pro_app.store.patients.events import events_of
from pro_app.store.patients.intake import lock_patients
from pro_app.store.patients.patients import Patient, facts_alone

COLUMNS = ("patient_id", "event", "on")
OPTIONAL = ("note", "to_site")

#: Kind and day: what makes two events of a patient the same.
_Key = tuple[EventKind, date]

#: What can't be → the column at fault, and what is expected there.
_EXPECTED = {
    Never.DAY_AHEAD: ("on", Rule.NOT_AHEAD),
    Never.BEFORE_SCREENING: ("on", Rule.FROM_SCREENING),
    Never.SECOND_DEATH: ("on", Rule.ONE_DEATH),
    Never.DEATH_BEFORE_RANDOMISATION: ("on", Rule.DEATH_AFTER_RANDOMISATION),
    Never.SECOND_TRANSFER: ("on", Rule.ONE_TRANSFER),
    Never.SAME_SITE: ("to_site", Rule.NEW_SITE),
    Never.NO_SITE: ("to_site", Rule.FILLED),
}


@dataclass(frozen=True, slots=True)
class _Line:
    cells: Cells
    number: str
    fact: EventFact
    note: str | None

    @property
    def key(self) -> _Key:
        return self.fact.kind, self.fact.on


@dataclass(slots=True)
class _Known:
    """An event once the lines so far are in.

    `id` is its row's, None when it is new; `line` is where it stood in the file last;
    `brought`: the file brings it, or its note.
    """

    id: int | None
    fact: EventFact
    note: str | None
    line: _Line | None = None
    brought: bool = False


@dataclass(slots=True)
class _Person:
    """A patient with what happened to them: as it was known, and with the lines so far."""

    patient: Patient
    known: tuple[EventFact, ...]
    events: dict[_Key, _Known]


def take(run: Run) -> None:
    """Read the file, compare it with the record and write what is new."""
    lines = list(_read(run))
    people = _people(run, lines)
    for line in lines:
        person = people.get(line.number)
        if person is None:
            line.cells.refuse("patient_id", Rule.KNOWN_PATIENT)
        else:
            _compare(run, line, person.events)
    for person in people.values():
        _refuse_impossible(run, person)
        _remark_on_late_ones(run, person)
    if run.writes:
        brought = [
            Brought(person.patient, each.fact, each.note, each.id)
            for person in people.values()
            for each in person.events.values()
            if each.brought
        ]
        add_many(run.tx, brought, run.study, run.instrument, run.today)


def _read(run: Run) -> Iterator[_Line]:
    kinds = {kind.value: kind for kind in EventKind}
    sites = [site.code for site in run.study.sites]
    for cells in run.lines():
        number = cells.number("patient_id")
        kind = cells.one_of("event", kinds, needed=True)
        on = cells.day("on", needed=True)
        to_site = None
        if kind == EventKind.TRANSFER:
            to_site = cells.one_of("to_site", sites, needed=True)
        elif cells.text("to_site"):
            cells.refuse("to_site", Rule.OF_TRANSFERS)
        if kind and on and not cells.bad:
            fact = EventFact(kinds[kind], on, to_site)
            yield _Line(cells, number, fact, cells.text("note") or None)


def _people(run: Run, lines: list[_Line]) -> dict[str, _Person]:
    patients = lock_patients(run.tx, (line.number for line in lines))
    events = events_of(run.tx.connection, [patient.id for patient in patients.values()])
    return {
        number: _Person(
            patient,
            tuple(each.fact for each in events.get(patient.id, ())),
            {
                (each.kind, each.on): _Known(each.id, each.fact, each.note)
                for each in events.get(patient.id, ())
            },
        )
        for number, patient in patients.items()
    }


def _compare(run: Run, line: _Line, events: dict[_Key, _Known]) -> None:
    known = events.get(line.key)
    if known is None:
        events[line.key] = _Known(None, line.fact, line.note, line, brought=True)
        run.added += 1
        return
    if known.line is not None:
        run.remark(line.cells, Remark.REPEATED, str(known.line.cells.line))
    known.line = line
    if line.fact.to_site != known.fact.to_site:
        line.cells.refuse("to_site", Rule.AS_KNOWN, (known.fact.to_site or "",))
    elif line.note is None or line.note == known.note:
        run.unchanged += 1
    elif known.note is None:
        known.note, known.brought = line.note, True
        run.filled += 1
    else:
        line.cells.refuse("note", Rule.AS_KNOWN, (known.note,))


def _refuse_impossible(run: Run, person: _Person) -> None:
    """All lines are in: transfers need not stand in the order of their days."""
    sites = [site.code for site in run.study.sites]
    before = facts_alone(person.patient, person.known)
    after = replace(before, events=tuple(each.fact for each in person.events.values()))
    for found in new_ones(
        contradictions(before, today=run.today, sites=sites),
        contradictions(after, today=run.today, sites=sites),
    ):
        line = _line_of(found, person.events)
        if line is not None:
            column, rule = _EXPECTED[found.never]
            against = (found.against.isoformat(),) if found.against else ()
            line.cells.refuse(column, rule, against)


def _line_of(found: Contradiction, events: Mapping[_Key, _Known]) -> _Line | None:
    """The line that brought it: of what stood there before, any line that bears on it."""
    at_fault = events[EventKind(found.what), found.on]
    if at_fault.line is not None:
        return at_fault.line
    kind = EventKind(found.what)
    return next((e.line for e in events.values() if e.line and e.fact.kind is kind), None)


def _remark_on_late_ones(run: Run, person: _Person) -> None:
    for event in person.events.values():
        if event.id is not None or event.line is None:
            continue
        others = [e.fact for e in person.events.values() if e.fact != event.fact]
        end = ended_by([e for e in others if e.on < event.fact.on], event.fact.on)
        if end and event.fact.kind not in ENDED_BY.values():
            cells = event.line.cells
            if cells.held and end.kind is not EventKind.WITHDRAWAL_CONSENT:
                run.remark(cells, Remark.HELD_BACK)
            else:
                run.remark(cells, Remark.AFTER_THE_END, end.kind.value, end.on.isoformat())
