"""What an export is made of: who leaves, which forms are for analysis, and why not.

`core.tidy` makes the rows of each file from it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from pro_app.core.contact import Attempted
from pro_app.core.facts import EventKind, Mode, PatientFacts
from pro_app.core.instrument import AnswerState, Instrument
from pro_app.core.ledger import QUARANTINED, Entry, Status, ledger
from pro_app.core.review import Asked, Review
from pro_app.core.study import Study


class NotAnalysed(StrEnum):
    """Why a form is exported and not for analysis; the first that fits."""

    PROXY = "PROXY"  # somebody else answered for her
    CONFLICT = "CONFLICT"  # another form of the same visit counts
    QUARANTINE_BEFORE_CONSENT = "QUARANTINE_BEFORE_CONSENT"  # the site has to decide
    QUARANTINE_AFTER_WITHDRAWAL = "QUARANTINE_AFTER_WITHDRAWAL"  # the same
    ERR_FORM_AFTER_DEATH = "ERR_FORM_AFTER_DEATH"  # answered after the death: a query
    NOT_IN_LEDGER = "NOT_IN_LEDGER"  # no consent, or a visit not planned, by the as-of day


class WordingStatus(StrEnum):
    """Whose words a form showed."""

    LICENSED = "LICENSED"  # an imported licensed wording
    DEMONSTRATION = "DEMONSTRATION"  # our own words: not the licensed questionnaire
    PAPER = "PAPER"  # paper that the system did not print
    NOT_KNOWN = "NOT_KNOWN"  # no wording was named, or none that is known here


@dataclass(frozen=True, slots=True)
class Subject:
    """A patient as the store knows her; `arm` is None unless it was asked for."""

    facts: PatientFacts
    language: str | None
    arm: str | None = None


class StoredScore(NamedTuple):
    value: float | None
    n_answered: int
    prorated: bool


class Corrected(NamedTuple):
    """A signed correction; `changes`: field → (what stood, what is true)."""

    changes: Mapping[str, Sequence[int | str]]
    asked_by: str
    source: str
    written_at: datetime
    decided_at: datetime


class SiteDecision(StrEnum):
    """What the site decided: which of two forms counts, or whether one is let in."""

    COUNTS = "COUNTS"
    SET_ASIDE = "SET_ASIDE"


_DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """A form as it is true today, whether it stands or not.

    `answers`, `answered_on`, `items_answered` and `scores` are as the signed
    `corrections` left them; `handed_in` are the answers as they came, and
    `earlier_scores` what was had from them and from each correction before the last.
    `decision` is the site's; `chosen` says of a visit on which it decided whether this
    form is the one that counts, None: nothing was decided.
    Shapes: `answers` holds, for each item of the instrument in its order, the
    value as chosen or the name of the state that left it blank; it is empty when
    the form's items are not the instrument's. `scores` are in the order of the
    scales; None when the form was not scored with the instrument's version.
    `item_times` maps an item to the seconds after the start at which it was
    [first seen, last chosen].
    """

    submission_id: str
    patient_id: str
    visit: str
    standing: bool
    proxy: bool
    answered_on: date
    received_at: datetime
    mode: str
    language: str
    entered_by_staff: bool
    instrument: str
    instrument_sha256: str
    wording_sha256: str | None
    items_answered: int
    answers: tuple[int | str, ...]
    item_languages: Mapping[str, str]
    scores: tuple[StoredScore, ...] | None
    assistance: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    item_times: Mapping[str, Sequence[int | None]] | None = None
    device_at: datetime | None = None
    device_offset_minutes: int | None = None
    handed_in: tuple[int | str, ...] | None = None
    corrections: tuple[Corrected, ...] = ()
    earlier_scores: tuple[tuple[StoredScore, ...] | None, ...] = ()
    decision: SiteDecision | None = None
    quarantine_decision: SiteDecision | None = None
    chosen: bool | None = None
    review: Review = Review.NOT_REVIEWED

    @property
    def counts(self) -> bool:
        """Whether it is the one form of its visit that counts."""
        return not self.proxy and (self.standing if self.chosen is None else self.chosen)

    @property
    def clock_skew_seconds(self) -> int | None:
        """By how much the device's clock was ahead of the server's when the form came in."""
        if self.device_at is None:
            return None
        return round((self.device_at - self.received_at).total_seconds())

    @property
    def clock_off_by_a_day(self) -> bool:
        """Whether the device's clock showed another time by more than a day."""
        return abs(self.clock_skew_seconds or 0) > _DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Dataset:
    """What leaves: patients by trial number, forms by patient and visit.

    Of two forms of a visit the one that counts comes first. `why_not` says of each
    form why it is not for analysis, None when it is; `baselines` maps a patient to
    the scores of her baseline form for analysis; `withheld` counts the patients
    left out since they withdrew their consent. `narrowed`: forms left out by `review`.
    """

    study: Study
    instrument: Instrument
    as_of: date
    subjects: tuple[Subject, ...]
    entries: tuple[Entry, ...]
    forms: tuple[AnswerSet, ...]
    statuses: Mapping[tuple[str, str], Status]
    why_not: Mapping[str, NotAnalysed | None]
    baselines: Mapping[str, tuple[StoredScore, ...]]
    withheld: int
    queries: tuple[Asked, ...]
    attempts: tuple[Attempted, ...]
    review: Review | None
    narrowed: int


def assemble(
    subjects: Iterable[Subject],
    forms: Iterable[AnswerSet],
    *,
    study: Study,
    instrument: Instrument,
    as_of: date,
    queries: Iterable[Asked] = (),
    attempts: Iterable[Attempted] = (),
    review: Review | None = None,
) -> Dataset:
    """The data set as of a day: what happened later is left out.

    Patients who withdrew their consent to further use of data by then are left
    out altogether. `review` narrows forms and baselines; ledger and rates know every form.
    """
    by_patient: dict[str, list[AnswerSet]] = defaultdict(list)
    for form in forms:
        if form.answered_on <= as_of:
            by_patient[form.patient_id].append(form)
    known = sorted(
        (each for each in subjects if _began(each.facts, by_patient, as_of)),
        key=lambda each: each.facts.patient_id,
    )
    leaving = tuple(each for each in known if not _consent_withdrawn(each.facts, as_of))
    entries = tuple(_entries(leaving, study, instrument, as_of))
    statuses = {(entry.patient_id, entry.visit): entry.status for entry in entries}
    visits = [visit.code for visit in study.visits]
    every = [form for each in leaving for form in _in_order(by_patient, each, visits)]
    kept = tuple(form for form in every if review in (None, form.review))
    why_not = {form.submission_id: _why_not(form, statuses) for form in kept}
    numbers = {each.facts.patient_id for each in leaving}
    return Dataset(
        study=study,
        instrument=instrument,
        as_of=as_of,
        subjects=leaving,
        entries=entries,
        forms=kept,
        statuses=statuses,
        why_not=why_not,
        baselines=_baselines(kept, why_not, visits[0]),
        withheld=len(known) - len(leaving),
        queries=tuple(each for each in queries if each.patient_id in numbers),
        attempts=tuple(each for each in attempts if each.patient_id in numbers),
        review=review,
        narrowed=len(every) - len(kept),
    )


def _entries(
    subjects: Iterable[Subject], study: Study, instrument: Instrument, as_of: date
) -> Iterator[Entry]:
    for each in subjects:
        yield from ledger(each.facts, study, valid_from=instrument.valid_from, as_of=as_of)


def _in_order(
    by_patient: Mapping[str, list[AnswerSet]], subject: Subject, visits: Sequence[str]
) -> list[AnswerSet]:
    hers = by_patient.get(subject.facts.patient_id, [])
    return sorted(hers, key=lambda form: _place(form, visits))


def _baselines(
    forms: Iterable[AnswerSet], why_not: Mapping[str, NotAnalysed | None], visit: str
) -> dict[str, tuple[StoredScore, ...]]:
    return {
        form.patient_id: form.scores
        for form in forms
        if form.visit == visit and why_not[form.submission_id] is None and form.scores is not None
    }


def _place(form: AnswerSet, visits: Sequence[str]) -> tuple[object, ...]:
    """Where a form stands among its patient's: by visit, the one that counts first."""
    position = visits.index(form.visit) if form.visit in visits else len(visits)
    return position, form.visit, not form.counts, form.received_at, form.submission_id


def _began(facts: PatientFacts, forms: Mapping[str, object], as_of: date) -> bool:
    """Whether anything about her had happened by the day, or nothing has a day at all."""
    days = [facts.screened_on, facts.pro_consent_on, facts.randomised_on]
    days += [event.on for event in facts.events]
    dated = [day for day in days if day is not None]
    return not dated or min(dated) <= as_of or facts.patient_id in forms


def _consent_withdrawn(facts: PatientFacts, as_of: date) -> bool:
    return any(
        event.kind is EventKind.WITHDRAWAL_CONSENT and event.on <= as_of for event in facts.events
    )


def _why_not(form: AnswerSet, statuses: Mapping[tuple[str, str], Status]) -> NotAnalysed | None:
    if form.proxy:
        return NotAnalysed.PROXY
    if not form.counts:
        return NotAnalysed.CONFLICT
    status = statuses.get((form.patient_id, form.visit))
    if status is None:
        return NotAnalysed.NOT_IN_LEDGER
    if status in QUARANTINED or status is Status.ERR_FORM_AFTER_DEATH:
        return NotAnalysed(status.value)
    return None


def versions(forms: Iterable[AnswerSet], codes: Sequence[str]) -> Iterator[AnswerSet]:
    """Every form as it stands, and as it stood before each of its corrections."""
    for form in forms:
        answers = dict(zip(codes, form.handed_in or (), strict=False))
        for scores, correction in zip(form.earlier_scores, form.corrections, strict=True):
            if scores is not None:
                yield replace(form, answers=tuple(answers.values()), scores=scores)
            answers |= {c: new for c, (_, new) in correction.changes.items() if c in answers}
        yield form


def wording_status(form: AnswerSet, wordings: Mapping[str, WordingStatus]) -> WordingStatus:
    """Whose words the form showed; `wordings` maps the SHA-256 of a wording to that."""
    if form.wording_sha256 is not None:
        return wordings.get(form.wording_sha256, WordingStatus.NOT_KNOWN)
    return WordingStatus.PAPER if form.mode == Mode.PAPER else WordingStatus.NOT_KNOWN


def unreadable(forms: Iterable[AnswerSet], instrument: Instrument) -> list[str]:
    """The submission ids of forms that this instrument can't read or has not scored."""
    choices = instrument.choices
    blanks = [state.value for state in AnswerState if state is not AnswerState.ANSWERED]
    allowed = {*choices, *blanks}
    return [
        form.submission_id
        for form in forms
        if form.scores is None or not form.answers or not allowed.issuperset(form.answers)
    ]
