"""The rows of scores.csv: where each score lies, whether it counts, the change from baseline."""

from collections.abc import Iterator
from datetime import date

from pro_app.core.analysis import Baseline, BaselineFlag, Place, in_window, place
from pro_app.core.dataset import Dataset
from pro_app.core.rows import Cell


def score_rows(dataset: Dataset) -> Iterator[tuple[Cell, ...]]:
    """Plain tuples in the order of ScoreRow, which named ones would take twice the time."""
    codes = dataset.instrument.scale_codes
    version = dataset.instrument.scoring_version
    randomised = {s.facts.patient_id: s.facts.randomised_on for s in dataset.subjects}
    for form in dataset.forms:
        number = form.patient_id
        where = (form.submission_id, number, form.visit)
        entry = dataset.visits.get((number, form.visit))
        lies = _lies(place(form, entry, by_then(dataset.as_of, randomised[number])))
        analysis = dataset.why_not[form.submission_id] is None
        flags = (analysis and in_window(entry), analysis)
        # What stood before a correction stays to be seen, and is in no analysis.
        for revision, earlier in enumerate(form.earlier_scores):
            for code, score in zip(codes, earlier or (), strict=False):
                told = (*where, revision, False, code, *score, version, *lies)
                yield (*told, False, False, None, None, None, None, None, False)
        now = (*where, len(form.earlier_scores), True)
        baseline = dataset.baselines.get(number) if analysis else None
        for position, score in enumerate(form.scores or ()):
            change = _change(score.value, baseline, position)
            yield (*now, codes[position], *score, version, *lies, *flags, *change, analysis)


def _lies(lies: Place) -> tuple[Cell, ...]:
    window, status = lies.window, lies.status
    return lies.month, lies.study_day, window and window.value, status and status.value


_NO_BASELINE = (None, None, None, None, None)


def _change(value: float | None, baseline: Baseline | None, position: int) -> tuple[Cell, ...]:
    """Flag, baseline and change by it, and both again by whatever the first visit gave."""
    if baseline is None:
        return _NO_BASELINE
    stood = baseline.scores[position].value
    change = None if value is None or stood is None else value - stood
    strict = (stood, change) if baseline.flag is BaselineFlag.BASELINE else (None, None)
    return (baseline.flag.value, *strict, stood, change)


def by_then(as_of: date, day: date | None) -> date | None:
    """A day that has come, None else."""
    return day if day is not None and day <= as_of else None
