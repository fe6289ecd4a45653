"""Files that were taken in, as the trail tells of them, and what of each is declared wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    false,
    literal,
    select,
    union,
)

from pro_app.core.sites import Sites
from pro_app.core.voids import What
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.tables import (
    allocation,
    audit_event,
    consent,
    event,
    form,
    patient_version,
    void,
)

#: What the event of a file is about begins so: the index of the trail by subject finds them.
SUBJECT = "import:"
_KINDS = ("patients", "events", "forms", "consents", "wording")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A file that was taken in. `by`: who brought it, where that is not the actor.

    `brought`: what became of its lines, by name; `voided`: how much of what it brought was
    declared wrong since, whole numbers with all that is theirs among it.
    """

    event_id: int
    at: datetime
    kind: str
    actor: str
    by: str
    file: str
    sha256: str
    read_as: str
    brought: dict[str, int]
    voided: int = 0


def taken_in(
    connection: Connection, *, sites: Sites, limit: int, before: int | None = None
) -> list[TakenIn]:
    """The files that were taken in at these sites, the latest first; everywhere, all of them."""
    told = audit_event.c
    query = (
        select(told.id, told.at, told.subject, told.actor, told.changes)
        .where(told.subject.in_([f"{SUBJECT}{kind}" for kind in _KINDS]))
        .where(at_sites(told.site, sites))
        .order_by(told.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(told.id < before)
    rows = connection.execute(query).all()
    wrong = _voided(connection, [(row.at, row.actor) for row in rows])
    return [_taken_in(row, wrong) for row in rows]


def _taken_in(row: Any, wrong: Counter[tuple[str, datetime, str]]) -> TakenIn:
    said = {name: new for name, (_, new) in row.changes.items()}
    kind = row.subject.removeprefix(SUBJECT)
    names = ("file", "sha256", "by", "read_as")
    file, sha256, by, read_as = (str(said.pop(name, "")) for name in names)
    voided = wrong[kind, row.at, row.actor]
    return TakenIn(row.id, row.at, kind, row.actor, by, file, sha256, read_as, said, voided)


def _voided(
    connection: Connection, acts: Sequence[tuple[datetime, str]]
) -> Counter[tuple[str, datetime, str]]:
    """(kind, instant, actor) → how many of the rows that were written then are void.

    What a transaction writes bears its instant and its actor.
    """
    if not acts:
        return Counter()
    instants, actors = ({act[place] for act in acts} for place in (0, 1))
    wrong = [
        select(literal(kind).label("kind"), at.label("at"), by.label("by"), which.label("which"))
        .select_from(table.join(void, points))
        .where(at.in_(instants), by.in_(actors))
        for kind, table, at, by, which, own in _WRITTEN
        for points in (own, and_(_OF_NUMBER, void.c.patient_id == table.c.patient_id))
    ]
    found = union(*wrong)  # what is void in both ways is so once
    return Counter((kind, at, by) for kind, at, by, _ in connection.execute(found))


_OF_NUMBER = void.c.kind == What.PATIENT.value


def _written(
    kind: str, table: Table, which: Column[Any], own: ColumnElement[bool]
) -> tuple[str, Table, Column[Any], Column[Any], Column[Any], ColumnElement[bool]]:
    """Rows that a file brings: when, by whom, which one, and how a declaration points to it."""
    if table is form:
        return kind, table, form.c.received_at, form.c.received_from, which, own
    return kind, table, table.c.recorded_at, table.c.recorded_by, which, own


_WRITTEN = (
    _written("forms", form, form.c.id, void.c.form_id == form.c.id),
    _written("events", event, event.c.id, void.c.event_id == event.c.id),
    _written("consents", consent, consent.c.id, false()),
    _written(
        "patients",
        patient_version,
        patient_version.c.patient_id,
        void.c.version_id == patient_version.c.id,
    ),
    _written(
        "patients", allocation, allocation.c.patient_id, void.c.allocation_id == allocation.c.id
    ),
)
