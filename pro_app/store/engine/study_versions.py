"""The versions of the protocol that this database was written by; each is written once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pro_app.core.study import PlanVersion, Study
from pro_app.core.study_file import from_data
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import patient, study_state, study_version


@dataclass(frozen=True, slots=True)
class Stamp:
    """A version without its content; `effective_on` None: from the beginning."""

    number: int
    effective_on: date | None
    sha256: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class StudyVersion:
    """A version as it was recorded; `content` is the study file in canonical JSON."""

    stamp: Stamp
    content: str
    reason: str | None
    recorded_by: str


class UnreadableVersion(Exception):
    """The content of a version is no study, or not the one that was recorded.

    `number` is the version's; `why` says what is wrong with it, in English.
    """

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"version {number} of the study: {why}")
        self.number = number
        self.why = why


_STAMP = (
    study_version.c.number,
    study_version.c.effective_on,
    study_version.c.sha256,
    study_version.c.recorded_at,
)
_STAMPS = select(*_STAMP).order_by(study_version.c.number)


def stamps(connection: Connection) -> tuple[Stamp, ...]:
    """The versions that were recorded, the first one first; none before the first patient."""
    return tuple(Stamp(*row) for row in connection.execute(_STAMPS))


def read_versions(connection: Connection) -> tuple[StudyVersion, ...]:
    """The same with their contents."""
    version = study_version.c
    query = select(*_STAMP, version.content, version.reason, version.recorded_by).order_by(
        version.number
    )
    return tuple(StudyVersion(Stamp(*row[:4]), *row[4:]) for row in connection.execute(query))


def parsed(version: StudyVersion, parse: Callable[[str], Study]) -> Study:
    """The study of a version, by `parse`. Errors: UnreadableVersion: somebody broke the row."""
    number = version.stamp.number
    try:
        study = parse(version.content)
    except (ValueError, TypeError, RecursionError) as error:
        raise UnreadableVersion(number, str(error)) from error
    if study.sha256 != version.stamp.sha256:
        raise UnreadableVersion(number, f"its SHA-256 is not {version.stamp.sha256}")
    return study


def plans_of(versions: Sequence[tuple[Stamp, Study]]) -> tuple[PlanVersion, ...]:
    """What the versions ask for; none where there is but one, which needs no rule."""
    if len(versions) < 2:
        return ()
    return tuple(
        PlanVersion(s.number, s.effective_on, s.recorded_at, study.visits, study.stop_events)
        for s, study in versions
    )


def as_recorded(tx: Tx, study: Study) -> Study:
    """The study with every version that stands in the database, for plans to be written by.

    Where there is none, this one is recorded as the first: no patient is written
    without. Call it with a patient locked, or written in this transaction: then no
    amendment can come in between, since that waits for such transactions to end.
    Errors: UnreadableVersion.
    """
    last = tx.execute(select(func.max(study_version.c.number))).scalar_one()
    if last is None:
        record_first(tx, study)
        return study
    if last == (len(study.plans) or 1):
        return study
    found = [(each.stamp, parsed(each, _study)) for each in read_versions(tx.connection)]
    return replace(study, plans=plans_of(found))


def record_first(tx: Tx, study: Study) -> None:
    """Record the study as the first version. Of two who do so at once one finds it done."""
    dialect = postgresql if tx.connection.dialect.name == "postgresql" else sqlite
    row = _row(tx, study, number=1, effective_on=None, reason=None)
    done = tx.execute(dialect.insert(study_version).values(row).on_conflict_do_nothing())
    if done.rowcount:
        tx.record("study.recorded", f"study:{study.id}", changes={"sha256": (None, study.sha256)})


def record_version(tx: Tx, study: Study, *, number: int, effective_on: date, reason: str) -> None:
    """Record an amendment. Errors: IntegrityError if this number was recorded meanwhile."""
    row = _row(tx, study, number=number, effective_on=effective_on, reason=reason)
    tx.execute(study_version.insert(), row)


def hold_patients(tx: Tx) -> None:
    """Wait for everybody who writes of a patient, and keep the others waiting.

    SQLite has one writer anyway.
    """
    if tx.connection.dialect.name == "postgresql":
        # Row by row, which the application's account may: enrolment holds the state's row.
        tx.execute(select(study_state.c.id).with_for_update())
        tx.execute(select(patient.c.id).order_by(patient.c.id).with_for_update())


def _row(
    tx: Tx, study: Study, *, number: int, effective_on: date | None, reason: str | None
) -> dict[str, Any]:
    return {
        "number": number,
        "effective_on": effective_on,
        "content": study.content,
        "sha256": study.sha256,
        "reason": reason,
        "recorded_at": tx.now,
        "recorded_by": tx.actor.name,
    }


def _study(content: str) -> Study:
    # It was checked when it was recorded.
    return from_data(json.loads(content), is_time_zone=lambda _name: True)
