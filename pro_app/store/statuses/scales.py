"""Which of the received forms have a value of each score."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection, and_, select

from pro_app.core.instrument import Instrument
from pro_app.core.rates import counts_of
from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.store.forms.amended import read_amended
from pro_app.store.statuses import counts
from pro_app.store.statuses.tallies import Tallies
from pro_app.store.tables import form, form_score, patient


def with_values(
    connection: Connection,
    study: Study,
    instrument: Instrument,
    tallies: Tallies,
    *,
    sites: Sites,
    as_of: date,
    known_at: datetime | None,
) -> list[tuple[str, str, str]]:
    """(trial number, visit, scale) of the values of the forms in R; `tallies` are of all."""
    received = {
        (entry.patient_id, entry.visit) for entry in tallies.of(None).entries if counts_of(entry).r
    }
    pairs: set[tuple[int, str]] = set()
    if known_at is None:
        pairs = set(
            counts.between(
                connection,
                study,
                sites=sites,
                as_of=as_of,
                valid_from=instrument.valid_from,
                by=None,
                group=None,
                visit=None,
                whole="r",
                part=None,
            )
        )
    return [
        (number, visit, scale)
        for patient_id, number, visit, scores in _scores(connection, instrument, known_at)
        if (patient_id, visit) in pairs or (number, visit) in received
        for scale, (value, *_) in scores.items()
        if value is not None
    ]


def _scores(
    connection: Connection, instrument: Instrument, known_at: datetime | None
) -> Iterator[tuple[int, str, str, dict[str, list[float | None]]]]:
    """(patient id, trial number, visit, scores) of the form that counts for each visit."""
    amended = read_amended(connection, known_at=known_at)
    query = (
        select(
            form.c.id,
            form.c.patient_id,
            patient.c.number,
            form.c.visit,
            form.c.standing,
            form_score.c.revision,
            form_score.c.scores,
        )
        .join(patient, patient.c.id == form.c.patient_id)
        .join(
            form_score,
            and_(
                form_score.c.form_id == form.c.id,
                form_score.c.scoring_version == instrument.scoring_version,
            ),
        )
        .where(~form.c.proxy)
    )
    for row in connection.execute(query):
        touched = amended.forms.get(row.id)
        revision = len(touched.signed) if touched else 0
        if row.revision == revision and amended.counts(row):
            yield row.patient_id, row.number, row.visit, row.scores
