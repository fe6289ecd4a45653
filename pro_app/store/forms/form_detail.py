"""One form as it is kept, with what stands after all that was signed and decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from pro_app.core.corrections import Truth
from pro_app.core.facts import Assistance, Mode
from pro_app.core.leaving import may_leave
from pro_app.core.scoring import Score
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.amended import read_amended
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.tables import form, form_score, patient


@dataclass(frozen=True, slots=True)
class HeldForm:
    """`stands` is the truth after the signed corrections, of which there are `corrections`.

    `counts`: it is the form that counts for its visit, were it not for its day; `by_rule`:
    since the one before it is blank, as long as the site has not decided. `decided`: what
    the site said of it beside the others, `let_in`: of it in quarantine; None: nothing.
    `held_back`: by its day, consent to further use of data was withdrawn before: that it
    came is shown, what is in it neither leaves nor is shown.
    """

    id: int
    patient_id: int
    number: str
    site: str
    submission_id: str
    visit: str
    handed_in: Truth
    stands: Truth
    corrections: int
    standing: bool
    counts: bool
    by_rule: bool
    decided: bool | None
    let_in: bool | None
    proxy: bool
    mode: Mode
    language: str
    assistance: Assistance | None
    entered_by: str | None
    why_not_self: str | None
    wording_sha256: str | None
    instrument_sha256: str
    received_at: datetime
    received_from: str
    finished_at: datetime | None
    device_at: datetime | None
    item_languages: Mapping[str, str]
    void: bool = False  # declared wrong: shown struck out, counted nowhere
    held_back: bool = False

    @property
    def on_paper(self) -> bool:
        return self.mode is Mode.PAPER


def find_form(connection: Connection, form_id: int, *, sites: Sites) -> HeldForm | None:
    """The form, None when there is none with this id of a patient at these sites."""
    query = _query().where(form.c.id == form_id)
    query = query.where(at_sites(patient.c.site, sites), ~of_void_patient())
    row = connection.execute(query).one_or_none()
    return _held(connection, row) if row else None


def lock_form(tx: Tx, form_id: int, *, sites: Sites) -> HeldForm | None:
    """The same with its patient locked: what is decided of it holds."""
    owner = select(form.c.patient_id).where(form.c.id == form_id).scalar_subquery()
    tx.execute(select(patient.c.id).where(patient.c.id == owner).with_for_update())
    return find_form(tx.connection, form_id, sites=sites)


def form_id_of(connection: Connection, submission_id: str) -> int | None:
    query = select(form.c.id).where(form.c.submission_id == submission_id)
    return connection.execute(query).scalar_one_or_none()


def of_visit(connection: Connection, patient_id: int, visit: str) -> list[HeldForm]:
    """Every form of a visit, in the order of arrival."""
    query = _query().where(form.c.patient_id == patient_id, form.c.visit == visit)
    rows = connection.execute(query.order_by(form.c.id)).all()
    return [_held(connection, row) for row in rows]


def revisions(connection: Connection, form_id: int, scoring_version: str) -> list[dict[str, Score]]:
    """The scores as it was handed in, after the first correction, and so on."""
    query = (
        select(form_score.c.scores)
        .where(form_score.c.form_id == form_id, form_score.c.scoring_version == scoring_version)
        .order_by(form_score.c.revision)
    )
    return [
        {code: Score(*parts) for code, parts in scores.items()}
        for scores in connection.execute(query).scalars()
    ]


def _query() -> Select[Any]:
    return select(form, patient.c.number, patient.c.site).join(
        patient, patient.c.id == form.c.patient_id
    )


def _held(connection: Connection, row: Any) -> HeldForm:
    amended = read_amended(connection, patient_ids=[row.patient_id])
    touched = amended.forms.get(row.id)
    handed_in = Truth(row.answered_on, row.answers)
    truth = (touched and touched.truth) or handed_in
    may_not = held_back(connection, patient_ids=[row.patient_id])
    winner = amended.winners.get((row.patient_id, row.visit))
    stands = row.standing if winner is None else winner == row.id
    return HeldForm(
        id=row.id,
        patient_id=row.patient_id,
        number=row.number,
        site=row.site,
        submission_id=row.submission_id,
        visit=row.visit,
        handed_in=handed_in,
        stands=truth,
        corrections=len(touched.signed) if touched else 0,
        standing=row.standing,
        counts=stands and not row.proxy,
        by_rule=row.id in amended.by_rule,
        decided=touched.decided if touched else None,
        let_in=touched.let_in if touched else None,
        proxy=row.proxy,
        mode=Mode(row.mode),
        language=row.language,
        assistance=Assistance(row.assistance) if row.assistance else None,
        entered_by=row.entered_by,
        why_not_self=row.why_not_self,
        wording_sha256=row.wording_sha256,
        instrument_sha256=row.instrument_sha256,
        received_at=row.received_at,
        received_from=row.received_from,
        finished_at=row.finished_at,
        device_at=row.device_at,
        item_languages=row.item_languages,
        void=row.id in amended.voided,
        held_back=not may_leave(may_not, row.number, truth.answered_on),
    )
