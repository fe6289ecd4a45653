"""What an export reads: every form with its scores, the arms, the wordings, the exports."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, or_, select, text

from pro_app.core.answer_sets import AnswerSet, Corrected, SiteDecision, StoredScore
from pro_app.core.instrument import Instrument
from pro_app.core.review import review_of
from pro_app.store.engine.known import known, voided
from pro_app.store.forms.amended import Amended, in_parts, read_amended
from pro_app.store.forms.reviews import read_reviews
from pro_app.store.tables import (
    allocation,
    audit_event,
    form,
    form_score,
    patient,
    void,
    wording_pack,
    wording_release,
)

_FORM = (
    *(
        form.c.id,
        form.c.patient_id,
        form.c.submission_id,
        patient.c.number,
        form.c.visit,
        form.c.standing,
        form.c.proxy,
    ),
    *(form.c.answered_on, form.c.received_at, form.c.mode, form.c.language),
    *(form.c.entered_by, form.c.instrument, form.c.instrument_sha256, form.c.wording_sha256),
    *(form.c.items_answered, form.c.answers, form.c.item_languages, form_score.c.scores),
    *(form.c.assistance, form.c.started_at, form.c.finished_at, form.c.item_times),
    *(form.c.device_at, form.c.device_offset_minutes),
)


def read_answer_sets(
    connection: Connection, instrument: Instrument, *, as_of: date, known_at: datetime
) -> Iterator[AnswerSet]:
    """Every form answered by the day and received by the instant, standing or not.

    With what was corrected, decided and found of it by the instant; without those that
    were declared wrong by then.
    """
    reviews = read_reviews(connection, known_at=known_at)
    amended = read_amended(connection, known_at=known_at)
    revised = _revised_scores(connection, instrument, amended)
    scored = and_(
        form_score.c.form_id == form.c.id,
        form_score.c.scoring_version == instrument.scoring_version,
        form_score.c.revision == 0,
    )
    query = (
        select(*_FORM)
        .join(patient, patient.c.id == form.c.patient_id)
        .outerjoin(form_score, scored)
        .where(form.c.received_at <= known_at, ~voided(void.c.form_id == form.c.id, known_at))
    )
    if not any(touched.truth for touched in amended.forms.values()):
        query = query.where(form.c.answered_on <= as_of)
    # In parts: the answers of a large study as dictionaries would fill the memory.
    for row in connection.execution_options(yield_per=2000).execute(query):
        made = _answer_set(row, instrument)
        if row.patient_id in amended.patients:
            made = _amended(made, row, amended, revised, instrument)
        if found := reviews.get(made.submission_id):
            made = replace(made, review=review_of(*found, len(made.corrections)))
        if made.answered_on <= as_of:
            yield made


def _revised_scores(
    connection: Connection, instrument: Instrument, amended: Amended
) -> dict[int, dict[int, Any]]:
    """Form id → revision → the scores after so many corrections."""
    found: dict[int, dict[int, Any]] = defaultdict(dict)
    for part in in_parts([id for id, touched in amended.forms.items() if touched.signed]):
        query = select(form_score.c.form_id, form_score.c.revision, form_score.c.scores).where(
            form_score.c.form_id.in_(part or ()),
            form_score.c.scoring_version == instrument.scoring_version,
            form_score.c.revision > 0,
        )
        for row in connection.execute(query):
            found[row.form_id][row.revision] = row.scores
    return found


def _amended(
    made: AnswerSet,
    row: Any,
    amended: Amended,
    revised: dict[int, dict[int, Any]],
    instrument: Instrument,
) -> AnswerSet:
    """The form as corrections and decisions have left it."""
    winner = amended.winners.get((row.patient_id, row.visit))
    made = replace(made, chosen=None if winner is None else winner == row.id)
    touched = amended.forms.get(row.id)
    if touched is None:
        return made
    made = replace(
        made,
        decision=_said(touched.decided),
        quarantine_decision=_said(touched.let_in),
        let_in=touched.let_in,
    )
    if touched.truth is None:
        return made
    # Those signed later than the instant asked for are not in `signed`.
    scored = revised.get(row.id, {})
    later = range(1, len(touched.signed) + 1)
    scores = [made.scores, *(_scores(scored.get(n), instrument) for n in later)]
    return replace(
        made,
        answered_on=touched.truth.answered_on,
        items_answered=touched.truth.items_answered,
        answers=_answers(dict(touched.truth.answers), instrument.item_codes),
        handed_in=made.answers,
        corrections=tuple(
            Corrected(s.changes, s.asked_by, s.source, s.written_at, s.decided_at)
            for s in touched.signed
        ),
        scores=scores[-1],
        earlier_scores=tuple(scores[:-1]),
    )


def _said(counts: bool | None) -> SiteDecision | None:
    if counts is None:
        return None
    return SiteDecision.COUNTS if counts else SiteDecision.SET_ASIDE


def _answer_set(row: Any, instrument: Instrument) -> AnswerSet:
    return AnswerSet(
        submission_id=row.submission_id,
        patient_id=row.number,
        visit=row.visit,
        standing=row.standing,
        proxy=row.proxy,
        answered_on=row.answered_on,
        received_at=row.received_at,
        mode=row.mode,
        language=row.language,
        entered_by_staff=row.entered_by is not None,
        instrument=row.instrument,
        instrument_sha256=row.instrument_sha256,
        wording_sha256=row.wording_sha256,
        items_answered=row.items_answered,
        answers=_answers(row.answers, instrument.item_codes),
        item_languages=row.item_languages,
        scores=_scores(row.scores, instrument),
        assistance=row.assistance,
        started_at=row.started_at,
        finished_at=row.finished_at,
        item_times=row.item_times,
        device_at=row.device_at,
        device_offset_minutes=row.device_offset_minutes,
    )


def _answers(stored: dict[str, int | str], codes: tuple[str, ...]) -> tuple[int | str, ...]:
    if stored.keys() != set(codes):
        return ()
    return tuple(map(stored.__getitem__, codes))


def _scores(
    stored: dict[str, list[Any]] | None, instrument: Instrument
) -> tuple[StoredScore, ...] | None:
    codes = instrument.scale_codes
    if stored is None or any(code not in stored for code in codes):
        return None
    return tuple([StoredScore._make(stored[code]) for code in codes])


def read_arms(connection: Connection, *, known_at: datetime) -> dict[str, str]:
    """Trial number → arm. Only for what was allowed to ask for it."""
    query = (
        select(patient.c.number, allocation.c.arm)
        .join(patient, patient.c.id == allocation.c.patient_id)
        .where(
            known(allocation, known_at),
            ~voided(void.c.allocation_id == allocation.c.id, known_at),
        )
    )
    return {row.number: row.arm for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Licence:
    """Under what terms an imported wording may be shown."""

    sha256: str
    language: str
    licence: str
    valid_until: date


def read_licences(connection: Connection, instrument: str, *, known_at: datetime) -> list[Licence]:
    """The licensed wordings that served by the instant, in the order of their import."""
    pack, release = wording_pack, wording_release
    released = exists().where(release.c.pack_id == pack.c.id, release.c.released_at <= known_at)
    query = (
        select(pack.c.sha256, pack.c.language, pack.c.licence, pack.c.valid_until)
        .where(
            pack.c.instrument == instrument,
            pack.c.imported_at <= known_at,
            or_(pack.c.needs_release.is_(False), released),
        )
        .order_by(pack.c.id)
    )
    return [Licence(*row) for row in connection.execute(query)]


def schema_revision(connection: Connection) -> str:
    """The migration that this database stands at."""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


@dataclass(frozen=True, slots=True)
class PastExport:
    """One export of the trail; `details` are its recorded values by name."""

    at: datetime
    actor: str
    details: dict[str, Any]


def past_exports(connection: Connection, limit: int) -> list[PastExport]:
    """The last exports, the newest first."""
    query = (
        select(audit_event.c.at, audit_event.c.actor, audit_event.c.changes)
        .where(audit_event.c.subject == "export", audit_event.c.action == "export.made")
        .order_by(audit_event.c.id.desc())
        .limit(limit)
    )
    return [
        PastExport(row.at, row.actor, {name: new for name, (_, new) in row.changes.items()})
        for row in connection.execute(query)
    ]
