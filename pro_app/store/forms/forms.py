"""Handed-in forms and their scores: written once, read by everybody else."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from pro_app.core.facts import Mode
from pro_app.core.instrument import Answer, AnswerState, Instrument
from pro_app.core.scoring import score
from pro_app.core.submission import KnownForm
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.voided import places_of_voided
from pro_app.store.tables import form, form_score

_KEEP = insert(form).returning(form.c.submission_id, form.c.id)
_KEEP_SCORE = insert(form_score)


@dataclass(frozen=True, slots=True)
class NewForm:
    """A form to be kept; `answers` has every item of the instrument."""

    submission_id: str
    patient_id: int
    visit: str
    standing: bool
    answered_on: date
    mode: Mode
    language: str
    answers: Mapping[str, Answer]
    wording_sha256: str | None = None
    item_languages: Mapping[str, str] | None = None
    entered_by: str | None = None
    why_not_self: str | None = None
    proxy: bool = False
    assistance: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    item_times: Mapping[str, Sequence[int | None]] | None = None
    device_at: datetime | None = None
    device_offset_minutes: int | None = None

    @property
    def items_answered(self) -> int:
        return sum(answer.value is not None for answer in self.answers.values())


def to_json(answers: Mapping[str, Answer]) -> dict[str, int | str]:
    """Item → value as chosen, or the name of the state that left it blank."""
    return {
        code: answer.state.value if answer.value is None else answer.value
        for code, answer in answers.items()
    }


def from_json(stored: Mapping[str, int | str]) -> dict[str, Answer]:
    """The answers again, each with its state."""
    return {
        code: Answer(AnswerState.ANSWERED, value)
        if isinstance(value, int)
        else Answer(AnswerState(value))
        for code, value in stored.items()
    }


def keep_forms(tx: Tx, forms: Sequence[NewForm], instrument: Instrument) -> None:
    """Write forms with their scores: none is ever kept unscored.

    The trail's record is the caller's. Errors: IntegrityError, when a constraint is violated.
    """
    if not forms:
        return
    # One that was declared wrong keeps the place of the first form of its visit.
    taken = places_of_voided(tx.connection, [each.patient_id for each in forms if each.standing])
    rows = [
        _row(tx, each, instrument)
        | {"standing": each.standing and (each.patient_id, each.visit) not in taken}
        for each in forms
    ]
    ids = {row.submission_id: row.id for row in tx.execute(_KEEP, rows)}
    scores = [
        _scores(tx, each.answers, instrument) | {"form_id": ids[each.submission_id]}
        for each in forms
    ]
    tx.execute(_KEEP_SCORE, scores)


def _row(tx: Tx, new: NewForm, instrument: Instrument) -> dict[str, Any]:
    return {
        "submission_id": new.submission_id,
        "patient_id": new.patient_id,
        "visit": new.visit,
        "standing": new.standing,
        "answered_on": new.answered_on,
        "mode": new.mode.value,
        "language": new.language,
        "entered_by": new.entered_by,
        "why_not_self": new.why_not_self,
        "proxy": new.proxy,
        "assistance": new.assistance,
        "instrument": instrument.id,
        "instrument_sha256": instrument.sha256,
        "wording_sha256": new.wording_sha256,
        "answers": to_json(new.answers),
        "item_languages": dict(new.item_languages or {}),
        "items_answered": new.items_answered,
        "started_at": new.started_at,
        "finished_at": new.finished_at,
        "item_times": new.item_times,
        "device_at": new.device_at,
        "device_offset_minutes": new.device_offset_minutes,
        "received_at": tx.now,
        "received_from": tx.actor.name,
    }


def keep_scores(
    tx: Tx, form_id: int, answers: Mapping[str, Answer], instrument: Instrument, *, revision: int
) -> None:
    """Score corrected answers; what was scored before stays.

    `revision`: how many signed corrections these answers hold.
    """
    row = _scores(tx, answers, instrument) | {"form_id": form_id, "revision": revision}
    tx.execute(insert(form_score), row)


def _scores(tx: Tx, answers: Mapping[str, Answer], instrument: Instrument) -> dict[str, Any]:
    values = {code: answer.value for code, answer in answers.items()}
    scores = score(values, instrument)
    return {
        "revision": 0,
        "scoring_version": instrument.scoring_version,
        "inputs_sha256": hashlib.sha256(json.dumps(values).encode()).hexdigest(),
        "scores": {code: [s.value, s.n_answered, s.prorated] for code, s in scores.items()},
        "scored_at": tx.now,
    }


def known_forms(connection: Connection, patient_ids: Iterable[int]) -> dict[int, list[KnownForm]]:
    """Patient id → every form handed in, in the order of arrival."""
    found: dict[int, list[KnownForm]] = {}
    ids = list(patient_ids)
    for start in range(0, len(ids), 5000):
        part = ids[start : start + 5000]
        query = (
            select(form.c.patient_id, form.c.submission_id, form.c.visit, form.c.standing)
            .where(form.c.patient_id.in_(part))
            .order_by(form.c.id)
        )
        for row in connection.execute(query):
            known = KnownForm(row.submission_id, row.visit, row.standing)
            found.setdefault(row.patient_id, []).append(known)
    return found


@dataclass(frozen=True, slots=True)
class Received:
    """What a receipt says of a form; `standing`: it is the one that counts for its visit."""

    submission_id: str
    patient_id: int
    visit: str
    standing: bool
    answered_on: date
    received_at: datetime


def find_received(connection: Connection, submission_id: str) -> Received | None:
    row = connection.execute(
        select(
            form.c.submission_id,
            form.c.patient_id,
            form.c.visit,
            form.c.standing,
            form.c.answered_on,
            form.c.received_at,
        ).where(form.c.submission_id == submission_id)
    ).one_or_none()
    return Received(*row) if row else None
