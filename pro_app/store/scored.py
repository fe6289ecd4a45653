"""The forms of one patient with their scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, select

from pro_app.core.facts import Mode
from pro_app.core.scoring import Score
from pro_app.store.tables import form, form_score


@dataclass(frozen=True, slots=True)
class ScoredForm:
    """`counts`: it is the one form that stands for its visit, and her own."""

    visit: str
    answered_on: date
    received_at: datetime
    mode: Mode
    items_answered: int
    counts: bool
    proxy: bool
    scores: Mapping[str, Score]


def scored_forms(connection: Connection, patient_id: int, scoring_version: str) -> list[ScoredForm]:
    """Every form of a patient by its day, with the scores of one scoring version."""
    query = (
        select(
            form.c.visit,
            form.c.answered_on,
            form.c.received_at,
            form.c.mode,
            form.c.items_answered,
            form.c.standing,
            form.c.proxy,
            form_score.c.scores,
        )
        .outerjoin(
            form_score,
            and_(
                form_score.c.form_id == form.c.id,
                form_score.c.scoring_version == scoring_version,
            ),
        )
        .where(form.c.patient_id == patient_id)
        .order_by(form.c.answered_on, form.c.id)
    )
    return [
        ScoredForm(
            visit=row.visit,
            answered_on=row.answered_on,
            received_at=row.received_at,
            mode=Mode(row.mode),
            items_answered=row.items_answered,
            counts=row.standing and not row.proxy,
            proxy=row.proxy,
            scores={code: Score(*parts) for code, parts in (row.scores or {}).items()},
        )
        for row in connection.execute(query)
    ]
