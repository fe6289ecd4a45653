"""A data set → tidy rows, one kind of row for each exported file."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pro_app.core.dataset import AnswerSet, Dataset, WordingStatus, wording_status
from pro_app.core.dictionary import ALL_SITES, Dictionary, DictionaryRow, dictionary_rows
from pro_app.core.effort import effort_rows
from pro_app.core.instrument import AnswerState
from pro_app.core.ledger import Entry, randomised_visits
from pro_app.core.rates import NUMBERS, RATES, VisitRates, pooled, rates
from pro_app.core.rows import (
    Cell,
    ComplianceRow,
    CorrectionRow,
    EffortRow,
    EventRow,
    FormRow,
    ItemRow,
    LedgerRow,
    PatientRow,
    QueryRow,
    ScoreRow,
)


@dataclass(frozen=True, slots=True)
class Table:
    """One file: its columns and, anew each time they are asked for, its rows."""

    file: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[tuple[Cell, ...]]]


def tables(
    dataset: Dataset,
    dictionary: Dictionary,
    wordings: Mapping[str, WordingStatus],
    *,
    with_arm: bool,
    with_timings: bool,
) -> tuple[Table, ...]:
    """Every file but the manifest, in the order in which they are best read.

    Shapes: `wordings` maps the SHA-256 of a wording to whose words it is.
    """
    of_patients = PatientRow._fields if with_arm else PatientRow._fields[:-1]
    of_items = ItemRow._fields if with_timings else ItemRow._fields[:-2]
    data = (
        Table("patients.csv", of_patients, lambda: _patients(dataset, len(of_patients))),
        Table("ledger.csv", LedgerRow._fields, lambda: map(_ledger_row, dataset.entries)),
        Table("forms.csv", FormRow._fields, lambda: _forms(dataset, wordings)),
        Table("items.csv", of_items, lambda: _items(dataset, with_timings)),
        Table("scores.csv", ScoreRow._fields, lambda: _scores(dataset)),
        Table("corrections.csv", CorrectionRow._fields, lambda: _corrections(dataset)),
        Table("queries.csv", QueryRow._fields, lambda: _queries(dataset)),
        Table("events.csv", EventRow._fields, lambda: _events(dataset)),
        Table("compliance.csv", ComplianceRow._fields, lambda: _compliance(dataset)),
        Table("effort.csv", EffortRow._fields, lambda: effort_rows(dataset)),
    )
    columns = {table.file: table.columns for table in data}
    columns["dictionary.csv"] = DictionaryRow._fields
    explained = tuple(dictionary_rows(dictionary, columns, dataset.study, dataset.instrument))
    return (*data, Table("dictionary.csv", DictionaryRow._fields, lambda: iter(explained)))


def _patients(dataset: Dataset, width: int) -> Iterator[tuple[Cell, ...]]:
    def by_then(day: date | None) -> date | None:
        return day if day is not None and day <= dataset.as_of else None

    for subject in dataset.subjects:
        facts = subject.facts
        randomised_on = by_then(facts.randomised_on)
        row = PatientRow(
            patient_id=facts.patient_id,
            site=facts.site,
            language=subject.language,
            screened_on=by_then(facts.screened_on),
            pro_consent_on=by_then(facts.pro_consent_on),
            randomised_on=randomised_on,
            able=facts.able,
            arm=subject.arm if randomised_on else None,
        )
        yield row[:width]


def _ledger_row(entry: Entry) -> LedgerRow:
    return LedgerRow(
        patient_id=entry.patient_id,
        site=entry.site,
        visit=entry.visit,
        month=entry.month,
        opens_on=entry.opens_on,
        target_on=entry.target_on,
        closes_on=entry.closes_on,
        status=entry.status.value,
        pattern=entry.pattern.value if entry.pattern else None,
        reason=entry.reason,
        flags="|".join(flag.value for flag in entry.flags),
        answered_on=entry.answered_on,
        items_answered=entry.items_answered,
        days_off_target=entry.days_off_target,
        in_population=entry.in_population,
        alive_at_target=entry.alive_at_target,
        asked_for=entry.asked_for,
        window_closed=entry.window_closed,
        window_open=entry.window_open,
        died_in_window=entry.died_in_window,
        truncated_by_death=entry.truncated_by_death,
    )


def _forms(dataset: Dataset, wordings: Mapping[str, WordingStatus]) -> Iterator[FormRow]:
    instrument = dataset.instrument
    for form in dataset.forms:
        status = dataset.statuses.get((form.patient_id, form.visit))
        why_not = dataset.why_not[form.submission_id]
        same = form.instrument_sha256 == instrument.sha256
        yield FormRow(
            submission_id=form.submission_id,
            patient_id=form.patient_id,
            visit=form.visit,
            standing=form.standing,
            proxy=form.proxy,
            assistance=form.assistance,
            status=status.value if status else None,
            analysis=why_not is None,
            why_not_analysed=why_not.value if why_not else None,
            answered_on=form.answered_on,
            items_answered=form.items_answered,
            corrections=len(form.corrections),
            decision=form.decision,
            quarantine_decision=form.quarantine_decision,
            review=form.review.value,
            mode=form.mode,
            language=form.language,
            entered_by_staff=form.entered_by_staff,
            instrument=form.instrument,
            instrument_version=instrument.version if same else None,
            instrument_sha256=form.instrument_sha256,
            wording_status=wording_status(form, wordings).value,
            wording_sha256=form.wording_sha256,
            started_at=form.started_at,
            finished_at=form.finished_at,
            device_at=form.device_at,
            device_offset_minutes=form.device_offset_minutes,
            received_at=form.received_at,
            clock_skew_seconds=form.clock_skew_seconds,
            clock_off_by_a_day=form.clock_off_by_a_day,
        )


_NO_TIMES = (None, None)


# The two long files are made of plain tuples in the order of their row types:
# hundreds of thousands of named ones take twice the time.
def _items(dataset: Dataset, with_timings: bool) -> Iterator[tuple[Cell, ...]]:
    codes = dataset.instrument.item_codes
    answered = AnswerState.ANSWERED.value
    for form in dataset.forms:
        number, patient, visit = form.submission_id, form.patient_id, form.visit
        languages, times = form.item_languages, form.item_times or {}
        if form.corrections:
            yield from _corrected_items(form, codes, with_timings)
            continue
        for code, answer in zip(codes, form.answers, strict=True):
            language = languages.get(code, form.language)
            taken = times.get(code, _NO_TIMES) if with_timings else ()
            state, value = (answer, None) if isinstance(answer, str) else (answered, answer)
            said = (state, value, False, state, value)
            yield (number, patient, visit, code, *said, language, *taken)


def _corrected_items(
    form: AnswerSet, codes: tuple[str, ...], with_timings: bool
) -> Iterator[tuple[Cell, ...]]:
    """Both truths of each item; it is called corrected though it was put back later."""
    touched = {field for correction in form.corrections for field in correction.changes}
    times = form.item_times or {}
    for code, now, first in zip(codes, form.answers, form.handed_in or form.answers, strict=True):
        yield (
            *(form.submission_id, form.patient_id, form.visit, code),
            *_said(now),
            code in touched,
            *_said(first),
            form.item_languages.get(code, form.language),
            *(times.get(code, _NO_TIMES) if with_timings else ()),
        )


def _said(answer: int | str) -> tuple[str, int | None]:
    if isinstance(answer, str):
        return answer, None
    return AnswerState.ANSWERED.value, answer


def _corrections(dataset: Dataset) -> Iterator[CorrectionRow]:
    for form in dataset.forms:
        for revision, correction in enumerate(form.corrections, start=1):
            for field, (old, new) in correction.changes.items():
                yield CorrectionRow(
                    submission_id=form.submission_id,
                    patient_id=form.patient_id,
                    visit=form.visit,
                    revision=revision,
                    field=field,
                    old=str(old),
                    new=str(new),
                    asked_by=correction.asked_by,
                    source=correction.source,
                    written_at=correction.written_at,
                    signed_at=correction.decided_at,
                )


def _queries(dataset: Dataset) -> Iterator[QueryRow]:
    for asked in dataset.queries:
        yield QueryRow(
            query=asked.id,
            patient_id=asked.patient_id,
            visit=asked.visit,
            submission_id=asked.form,
            field=asked.field,
            state=asked.state.value,
            opened_on=asked.opened_on,
            closed_on=asked.closed_on,
            age_days=asked.age_days(dataset.as_of),
        )


def _scores(dataset: Dataset) -> Iterator[tuple[Cell, ...]]:
    codes = dataset.instrument.scale_codes
    version = dataset.instrument.scoring_version
    for form in dataset.forms:
        where = (form.submission_id, form.patient_id, form.visit)
        analysis = dataset.why_not[form.submission_id] is None
        baselines = dataset.baselines.get(form.patient_id) if analysis else None
        # What stood before a correction stays to be seen, and is in no analysis.
        for revision, earlier in enumerate(form.earlier_scores):
            for code, score in zip(codes, earlier or (), strict=False):
                yield (*where, revision, False, code, *score, version, None, None, False)
        now = (*where, len(form.earlier_scores), True)
        for position, score in enumerate(form.scores or ()):
            baseline = baselines[position].value if baselines else None
            change = _change(score.value, baseline)
            yield (*now, codes[position], *score, version, baseline, change, analysis)


def _change(value: float | None, baseline: float | None) -> float | None:
    return None if value is None or baseline is None else value - baseline


def _events(dataset: Dataset) -> Iterator[EventRow]:
    for subject in dataset.subjects:
        happened = {(event.on, event.kind.value) for event in subject.facts.events}
        for on, kind in sorted(happened):
            if on <= dataset.as_of:
                yield EventRow(subject.facts.patient_id, kind, on)


def _compliance(dataset: Dataset) -> Iterator[ComplianceRow]:
    by_site: dict[str, list[Entry]] = defaultdict(list)
    for entry in dataset.entries:
        by_site[entry.site].append(entry)
    randomised = _randomised(dataset)
    parts = {ALL_SITES: dataset.entries} | {
        site.code: tuple(by_site[site.code]) for site in dataset.study.sites
    }
    for name, entries in parts.items():
        of_visits = rates(entries, dataset.study, randomised=randomised[name])
        for row in (*of_visits, pooled(of_visits)):
            yield _compliance_row(name, row)


def _randomised(dataset: Dataset) -> dict[str, Counter[str]]:
    """Site of the target day, or ALL_SITES → how many were randomised, by visit."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for subject in dataset.subjects:
        for visit, site in randomised_visits(subject.facts, dataset.study, dataset.as_of):
            found[site][visit] += 1
            found[ALL_SITES][visit] += 1
    return found


def _compliance_row(site: str, row: VisitRates) -> ComplianceRow:
    return ComplianceRow(
        *(site, row.visit, row.month),
        *(getattr(row.counts, name) for name in NUMBERS),
        *(getattr(row, name) for name in RATES),
    )
