"""Events from a file: deaths, withdrawals, progressions and the like, each with its day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pro_app.core.facts import ENDS_QUESTIONNAIRES, EventKind
from pro_app.intake.cells import Cells
from pro_app.intake.problems import Remark, Rule
from pro_app.intake.run import Run
from pro_app.store.patients.events import add_events, events_of
from pro_app.store.patients.intake import lock_patients, parts, supersede_events

COLUMNS = ("patient_id", "event", "on")
OPTIONAL = ("note",)

_ENDS = ENDS_QUESTIONNAIRES | {EventKind.DEATH}

#: Patient id, kind and day: what makes two events the same.
_Key = tuple[int, EventKind, date]


@dataclass(frozen=True, slots=True)
class _Line:
    cells: Cells
    number: str
    kind: EventKind
    on: date
    note: str | None


@dataclass(slots=True)
class _Known:
    """An event once the lines so far are in.

    `id` is its row's, None when it is new; `line` is where it stood in the file
    last; `number` is given when the file brings it, or its note.
    """

    id: int | None
    note: str | None
    line: int | None = None
    number: str = ""


def take(run: Run) -> None:
    """Read the file, compare it with the record and write what is new."""
    lines = list(_read(run))
    patients = lock_patients(run.tx, (line.number for line in lines))
    events: dict[_Key, _Known] = {
        (event.patient_id, event.kind, event.on): _Known(event.id, event.note)
        for found in events_of(run.tx.connection, [p.id for p in patients.values()]).values()
        for event in found
    }
    deaths = {key[0]: key[2] for key in events if key[1] is EventKind.DEATH}
    for line in lines:
        patient = patients.get(line.number)
        if patient is None:
            line.cells.refuse("patient_id", Rule.KNOWN_PATIENT)
        else:
            _compare(run, line, patient.id, events, deaths)
    _remark_on_late_ones(run, events)
    if run.writes:
        _write(run, events)


def _read(run: Run) -> Iterator[_Line]:
    kinds = {kind.value: kind for kind in EventKind}
    for cells in run.lines():
        number = cells.number("patient_id")
        kind = cells.one_of("event", kinds, needed=True)
        on = cells.day("on", needed=True)
        if kind and on and not cells.bad:
            yield _Line(cells, number, kinds[kind], on, cells.text("note") or None)


def _compare(
    run: Run, line: _Line, patient_id: int, events: dict[_Key, _Known], deaths: dict[int, date]
) -> None:
    if line.kind is EventKind.DEATH and deaths.setdefault(patient_id, line.on) != line.on:
        line.cells.refuse("on", Rule.ONE_DEATH, (deaths[patient_id].isoformat(),))
        return
    known = events.get((patient_id, line.kind, line.on))
    if known is None:
        new = _Known(None, line.note, line.cells.line, line.number)
        events[patient_id, line.kind, line.on] = new
        run.added += 1
        return
    if known.line is not None:
        run.remark(line.cells.line, Remark.REPEATED, str(known.line))
    known.line = line.cells.line
    if line.note is None or line.note == known.note:
        run.unchanged += 1
    elif known.note is None:
        known.note, known.number = line.note, line.number
        run.filled += 1
    else:
        line.cells.refuse("note", Rule.AS_KNOWN, (known.note,))


def _remark_on_late_ones(run: Run, events: dict[_Key, _Known]) -> None:
    ends: dict[int, tuple[date, EventKind]] = {}
    for patient_id, kind, on in events:
        if kind in _ENDS and (patient_id not in ends or on < ends[patient_id][0]):
            ends[patient_id] = on, kind
    for (patient_id, _kind, on), event in events.items():
        end = ends.get(patient_id)
        if event.id is None and event.line is not None and end and on > end[0]:
            run.remark(event.line, Remark.AFTER_THE_END, end[1].value, end[0].isoformat())


def _write(run: Run, events: dict[_Key, _Known]) -> None:
    brought = [(key, event) for key, event in events.items() if event.number]
    for part in parts(brought):
        # A note is filled by a row that takes the place of the one without it.
        supersede_events(run.tx, [event.id for _, event in part if event.id is not None])
        add_events(run.tx, [(*key, event.note) for key, event in part])
        run.tx.record_many(
            run.tx.entry(
                "event.added" if event.id is None else "event.filled",
                event.number,
                changes={
                    "event": [None if event.id is None else kind.value, kind.value],
                    "on": [None if event.id is None else on.isoformat(), on.isoformat()],
                    # Free words may name somebody: they stay with the event.
                    **({"note": [None, "recorded"]} if event.note else {}),
                },
            )
            for (_, kind, on), event in part
        )
