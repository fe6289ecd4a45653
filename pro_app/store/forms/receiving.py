"""What must be known to take in one form, read in few statements: it is the busiest way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, literal_column, or_, select
from sqlalchemy.exc import IntegrityError

from pro_app.core.facts import PatientFacts
from pro_app.core.instants import as_told
from pro_app.core.instrument import Instrument
from pro_app.core.sites import EVERYWHERE
from pro_app.core.submission import KnownForm, content_of
from pro_app.core.tasks import TaskKind
from pro_app.store.engine.locked import LOCKED
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.aftermath import Loose
from pro_app.store.forms.forms import Received
from pro_app.store.forms.voided import is_void
from pro_app.store.forms.wordings import SERVES, in_force
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.tables import (
    draft,
    form,
    missing_flag,
    nurse_task,
    patient,
    patient_version,
    study_state,
    wording_pack,
)


class Clash(Exception):
    """Another transaction kept a form with the same submission id at this moment."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the decision about one incoming form stands on.

    `facts` hold the patient's days alone: no event, form or reason bears on it. `by_others`:
    the submission id is in use for another patient. `loose`: what is open of this visit;
    `begun_at` is the start of its draft where that has this submission id.
    `wording_sha256` is that of the licensed wording valid today.
    """

    number: str
    facts: PatientFacts
    known: tuple[KnownForm, ...]
    received: tuple[Received, ...]
    by_others: bool
    loose: Loose
    begun_at: datetime | None
    live_at: datetime | None
    wording_sha256: str | None


_LOCK: Select[Any] = (
    select(patient.c.number).where(patient.c.id == bindparam("patient")).with_for_update()
)

_WORDING = in_force(select(wording_pack.c.sha256)).scalar_subquery()

# One row for each form that bears on it, and one without a form where there is none.
_GROUND: Select[Any] = (
    select(
        patient.c.site,
        patient_version.c.screened_on,
        patient_version.c.pro_consent_on,
        patient_version.c.randomised_on,
        patient_version.c.able,
        draft.c.started_at,
        draft.c.submission_id.label("draft_id"),
        missing_flag.c.opened_at,
        nurse_task.c.opened_at.label("asked_for_at"),
        select(study_state.c.live_at).scalar_subquery().label("live_at"),
        _WORDING.label("wording_sha256"),
        LOCKED.label("locked"),
        form.c.submission_id,
        form.c.patient_id,
        form.c.visit,
        and_(form.c.standing, ~is_void()).label("standing"),
        form.c.answered_on,
        form.c.received_at,
        form.c.proxy,
        form.c.finished_at,
        form.c.device_at,
        # Of the one that it may be the same as: of eleven others it would be much to read.
        case((form.c.submission_id == bindparam("submission"), form.c.answers)).label("answers"),
    )
    .select_from(patient)
    .join(
        patient_version,
        and_(
            patient_version.c.patient_id == patient.c.id, patient_version.c.superseded_at.is_(None)
        ),
    )
    .outerjoin(draft, and_(draft.c.patient_id == patient.c.id, draft.c.visit == bindparam("visit")))
    .outerjoin(
        missing_flag,
        and_(
            missing_flag.c.patient_id == patient.c.id,
            missing_flag.c.visit == bindparam("visit"),
            missing_flag.c.closed_at.is_(None),
        ),
    )
    .outerjoin(
        nurse_task,
        and_(
            nurse_task.c.patient_id == patient.c.id,
            nurse_task.c.kind == literal_column(f"'{TaskKind.FORM_NOT_TAKEN}'"),
            nurse_task.c.visit == bindparam("visit"),
            nurse_task.c.closed_at.is_(None),
        ),
    )
    .outerjoin(
        form,
        or_(
            form.c.patient_id == bindparam("patient"),
            form.c.submission_id == bindparam("submission"),
        ),
    )
    .where(patient.c.id == bindparam("patient"))
    .order_by(form.c.id)
)

_FORMS_OF_PATIENT: Select[Any] = (
    select(
        form.c.submission_id,
        form.c.patient_id,
        form.c.visit,
        and_(form.c.standing, ~form.c.proxy, ~is_void()).label("standing"),
        form.c.answered_on,
        form.c.received_at,
    )
    .where(form.c.patient_id == bindparam("patient"))
    .order_by(form.c.received_at.desc(), form.c.id.desc())
)

_KNOWN_WORDING: Select[Any] = select(wording_pack.c.id).where(
    wording_pack.c.instrument == bindparam("instrument"),
    wording_pack.c.language == bindparam("language"),
    wording_pack.c.sha256 == bindparam("sha256"),
    SERVES,
)


def lock(tx: Tx, patient_id: int) -> str:
    """The trial number; nobody else decides about the patient until the transaction ends.

    What is to be decided on is read afterwards, by other statements: PostgreSQL
    shows them what was committed while this one waited.
    """
    return str(tx.execute(_LOCK, {"patient": patient_id}).scalar_one())


def gather(
    tx: Tx,
    patient_id: int,
    *,
    visit: str,
    submission_id: str,
    instrument: Instrument,
    language: str,
    today: date,
) -> Ground:
    """The ground for a decision about one form, with the patient locked."""
    sought = {
        "patient": patient_id,
        "visit": visit,
        "submission": submission_id,
        "instrument": instrument.id,
        "language": language,
        "today": today,
    }
    # Two statements: PostgreSQL shows the second what was committed while the first,
    # which locks the patient's row, waited for it.
    number = lock(tx, patient_id)
    rows = tx.execute(_GROUND, sought).all()
    if not rows[0].locked:
        tx.found_unlocked(number, visit)
    return _ground(number, rows, patient_id, submission_id)


def _ground(number: str, rows: Sequence[Any], patient_id: int, submission_id: str) -> Ground:
    person = rows[0]
    return Ground(
        number=number,
        facts=PatientFacts(
            patient_id=number,
            site=person.site,
            screened_on=person.screened_on,
            pro_consent_on=person.pro_consent_on,
            randomised_on=person.randomised_on,
            able=person.able,
        ),
        known=tuple(_known(row) for row in rows if row.patient_id == patient_id),
        received=tuple(_received(row) for row in rows if row.patient_id == patient_id),
        by_others=any(row.patient_id not in (patient_id, None) for row in rows),
        loose=Loose(
            draft_id=person.draft_id,
            flagged=person.opened_at is not None,
            asked_for=person.asked_for_at is not None,
        ),
        begun_at=person.started_at if person.draft_id == submission_id else None,
        live_at=person.live_at,
        wording_sha256=person.wording_sha256,
    )


def _received(row: Any) -> Received:
    # A form that someone else answered for the patient stands for no visit.
    stands = row.standing and not row.proxy
    return Received(
        row.submission_id, row.patient_id, row.visit, stands, row.answered_on, row.received_at
    )


def _known(row: Any) -> KnownForm:
    return KnownForm(
        row.submission_id,
        row.visit,
        standing=row.standing and not row.proxy,
        content=None if row.answers is None else content_of(row.visit, row.answers),
        answered_on=row.answered_on,
        told_at=as_told(row.finished_at, device_at=row.device_at, received_at=row.received_at),
    )


@contextmanager
def keeping() -> Iterator[None]:
    """Where a form is written.

    Errors: Clash when another patient's form with this id was kept meanwhile. The
    patient's own can't have been: on PostgreSQL the lock keeps any row that refers to
    them out, and SQLite has one writer.
    """
    try:
        yield
    except IntegrityError as error:
        # Any other constraint that is violated is a defect of ours, and said as one.
        if "submission_id" in str(error.orig):
            raise Clash from error
        raise


def facts_of(connection: Connection, patient_id: int) -> PatientFacts:
    """All that is known of one patient."""
    [known] = read_facts(connection, Scope(EVERYWHERE, ids=(patient_id,)))
    return known.facts


def received_of(connection: Connection, patient_id: int) -> list[Received]:
    """Every form of a patient, the newest first."""
    return [
        Received(*row) for row in connection.execute(_FORMS_OF_PATIENT, {"patient": patient_id})
    ]


def is_known_wording(
    connection: Connection, instrument: Instrument, language: str, sha256: str
) -> bool:
    """Whether a licensed wording with this hash was ever shown."""
    parameters = {"instrument": instrument.id, "language": language, "sha256": sha256}
    return connection.execute(_KNOWN_WORDING, parameters).first() is not None
