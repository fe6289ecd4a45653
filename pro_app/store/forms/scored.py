"""The forms of one patient with their scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from pro_app.core.facts import Mode
from pro_app.core.scoring import Score
from pro_app.store.forms.amended import Amended, read_amended
from pro_app.store.tables import form, form_score


@dataclass(frozen=True, slots=True)
class ScoredForm:
    """A form as corrected; `counts`: it is the one that counts for its visit, by the patient.

    `corrections`: how many were signed; `entered_by`: who keyed in what was answered elsewhere.
    """

    id: int
    visit: str
    answered_on: date
    received_at: datetime
    mode: Mode
    items_answered: int
    counts: bool
    proxy: bool
    scores: Mapping[str, Score]
    corrections: int = 0
    entered_by: str | None = None
    submission_id: str = ""
    void: bool = False  # declared wrong: shown struck out, counted nowhere
    held_back: bool = False  # that it came is shown, and not what is in it


def scored_forms(connection: Connection, patient_id: int, scoring_version: str) -> list[ScoredForm]:
    """Every form of a patient by its day, with the scores of one scoring version."""
    query = (
        select(
            form.c.id,
            form.c.submission_id,
            form.c.visit,
            form.c.answered_on,
            form.c.received_at,
            form.c.mode,
            form.c.items_answered,
            form.c.standing,
            form.c.proxy,
            form.c.entered_by,
            form_score.c.scores,
            form_score.c.revision,
        )
        .outerjoin(
            form_score,
            and_(
                form_score.c.form_id == form.c.id,
                form_score.c.scoring_version == scoring_version,
            ),
        )
        .where(form.c.patient_id == patient_id)
        .order_by(form.c.answered_on, form.c.id, form_score.c.revision)
    )
    amended = read_amended(connection, patient_ids=[patient_id])
    # Of several revisions of a form's scores the last one is left.
    last = {row.id: row for row in connection.execute(query)}
    found = [_scored(row, patient_id, amended) for row in last.values()]
    return sorted(found, key=lambda each: (each.answered_on, each.id))


def _scored(row: Any, patient_id: int, amended: Amended) -> ScoredForm:
    touched = amended.forms.get(row.id)
    fact = touched.fact if touched else row
    winner = amended.winners.get((patient_id, row.visit))
    stands = row.standing if winner is None else winner == row.id
    return ScoredForm(
        id=row.id,
        visit=row.visit,
        answered_on=fact.answered_on,
        received_at=row.received_at,
        mode=Mode(row.mode),
        items_answered=fact.items_answered,
        counts=stands and not row.proxy,
        proxy=row.proxy,
        scores={code: Score(*parts) for code, parts in (row.scores or {}).items()},
        corrections=len(touched.signed) if touched else 0,
        entered_by=row.entered_by,
        submission_id=row.submission_id,
        void=row.id in amended.voided,
    )
