"""What an export is made of: who leaves, which forms are for analysis, and why not.

`core.tidy` makes the rows of each file from it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from pro_app.core.analysis import Baseline, NotAnalysed, baseline_flag, before_consent, why_not
from pro_app.core.answer_sets import AnswerSet
from pro_app.core.counted import Counted, Cut, count
from pro_app.core.course import NEVER, withdrawals
from pro_app.core.extras import NOTHING_ELSE, Extras, leaving
from pro_app.core.facts import EventKind, PatientFacts
from pro_app.core.instrument import Instrument
from pro_app.core.leaving import Held, Why, may_leave, retained
from pro_app.core.ledger import Entry
from pro_app.core.review import Review
from pro_app.core.study import Study
from pro_app.core.voids import What


@dataclass(frozen=True, slots=True)
class Subject:
    """A patient as the store knows them; `arm` is None unless it was asked for.

    `randomised_at`: the instant of randomisation, where its time was recorded.
    """

    facts: PatientFacts
    language: str | None
    arm: str | None = None
    randomised_at: datetime | None = None


class TakenOut(NamedTuple):
    """A patient who was in this cut, or was there with more, before consent was withdrawn.

    `until`: the last day whose data still leave, None: none do.
    """

    patient_id: str
    why: Why
    until: date | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """What leaves: patients by trial number, forms by patient and visit.

    Of two forms of a visit the one that counts comes first. `visits`: (trial number, visit)
    → its entry. `why_not` says of each form why it is not for analysis, None when it is;
    `baselines` maps a patient to what their form for analysis of the first visit gave.
    `counted` holds the numbers of everybody, those too of whom no row leaves: `withheld`
    counts these, `taken_out` names those whom this cut once held. `before_consent`: forms
    kept here for the site's decision. `narrowed`: forms left out by `review`.
    """

    study: Study
    instrument: Instrument
    as_of: date
    subjects: tuple[Subject, ...]
    entries: tuple[Entry, ...]
    forms: tuple[AnswerSet, ...]
    visits: Mapping[tuple[str, str], Entry]
    why_not: Mapping[str, NotAnalysed | None]
    baselines: Mapping[str, Baseline]
    counted: Counted
    extras: Extras
    withheld: int
    taken_out: tuple[TakenOut, ...]
    before_consent: int
    review: Review | None
    narrowed: int


def assemble(
    subjects: Iterable[Subject],
    forms: Iterable[AnswerSet],
    *,
    study: Study,
    instrument: Instrument,
    as_of: date,
    held: Mapping[str, Held],
    extras: Extras = NOTHING_ELSE,
    review: Review | None = None,
) -> Dataset:
    """The data set as of a day: what happened later is left out.

    Shapes: `held` maps a trial number to what of the patient's data may not leave, by what
    is known now; counts hold everybody. `review` narrows forms and baselines; ledger and
    counts know every form.
    """
    cut = Cut(study, instrument, as_of)
    by_patient = _by_patient(forms, as_of)
    everybody = [
        (each, cut.entries(each.facts)) for each in _known(subjects, by_patient, extras, as_of)
    ]
    there = [one for each in everybody if (one := _leaving(*each, cut, held)) is not None]
    numbers = {subject.facts.patient_id: subject for subject, _ in there}
    entries = tuple(entry for _, found in there for entry in found)
    visits = {(entry.patient_id, entry.visit): entry for entry in entries}
    every, waiting = _forms(by_patient, numbers.values(), study, held, as_of)
    kept = tuple(form for form in every if review in (None, form.review))
    reasons = {f.submission_id: why_not(f, visits.get((f.patient_id, f.visit))) for f in kept}
    people = [(subject.facts, found) for subject, found in everybody]
    return Dataset(
        study=study,
        instrument=instrument,
        as_of=as_of,
        subjects=tuple(numbers.values()),
        entries=entries,
        forms=kept,
        visits=visits,
        why_not=reasons,
        baselines=_baselines(kept, reasons, numbers, study),
        counted=count(people, by_patient, numbers.keys(), cut),
        extras=leaving(extras, numbers.keys(), held, as_of),
        withheld=len(everybody) - len(there),
        taken_out=tuple(_taken_out((facts for facts, _ in people), held, as_of)),
        before_consent=waiting,
        review=review,
        narrowed=len(every) - len(kept),
    )


def _by_patient(forms: Iterable[AnswerSet], as_of: date) -> dict[str, list[AnswerSet]]:
    found: dict[str, list[AnswerSet]] = defaultdict(list)
    for form in forms:
        if form.answered_on <= as_of:
            found[form.patient_id].append(form)
    return found


def _known(
    subjects: Iterable[Subject], forms: Mapping[str, object], extras: Extras, as_of: date
) -> list[Subject]:
    """Whoever had come by the day, by trial number; numbers that were declared wrong are out."""
    wrong = {void.patient_id for void in extras.voids if void.kind == What.PATIENT}
    found = [s for s in subjects if s.facts.patient_id not in wrong and _began(s, forms, as_of)]
    return sorted(found, key=lambda each: each.facts.patient_id)


def _leaving(
    subject: Subject, entries: tuple[Entry, ...], cut: Cut, held: Mapping[str, Held]
) -> tuple[Subject, tuple[Entry, ...]] | None:
    """The patient as they leave, None: not at all."""
    facts = subject.facts
    found = held.get(facts.patient_id)
    if found is None:
        return subject, entries
    left = retained(facts, found)
    return (replace(subject, facts=left), cut.entries(left)) if left else None


def _forms(
    by_patient: Mapping[str, list[AnswerSet]],
    subjects: Iterable[Subject],
    study: Study,
    held: Mapping[str, Held],
    as_of: date,
) -> tuple[list[AnswerSet], int]:
    """The forms that leave, by patient and visit, and how many wait for a consent."""
    visits = [visit.code for visit in study.all_visits]
    leave: list[AnswerSet] = []
    waiting = 0
    for subject in subjects:
        facts = subject.facts
        consent_on = facts.pro_consent_on
        if consent_on is not None and consent_on > as_of:
            consent_on = None
        found = sorted(by_patient.get(facts.patient_id, ()), key=lambda f: _place(f, visits))
        found = [form for form in found if may_leave(held, facts.patient_id, form.answered_on)]
        ready = [form for form in found if not before_consent(form, consent_on)]
        waiting += len(found) - len(ready)
        leave += ready
    return leave, waiting


def _place(form: AnswerSet, visits: Sequence[str]) -> tuple[object, ...]:
    """Where a form stands among its patient's: by visit, the one that counts first."""
    position = visits.index(form.visit) if form.visit in visits else len(visits)
    return position, form.visit, not form.counts, form.received_at, form.submission_id


def _baselines(
    forms: Iterable[AnswerSet],
    reasons: Mapping[str, NotAnalysed | None],
    subjects: Mapping[str, Subject],
    study: Study,
) -> dict[str, Baseline]:
    found = {}
    for form in forms:
        subject = subjects[form.patient_id]
        on = subject.facts.randomised_on
        if form.visit != study.visits[0].code or on is None or form.scores is None:
            continue
        if reasons[form.submission_id] is None:
            flag = baseline_flag(form, on, subject.randomised_at)
            found[form.patient_id] = Baseline(flag, form.scores)
    return found


def _taken_out(
    people: Iterable[PatientFacts], held: Mapping[str, Held], as_of: date
) -> Iterator[TakenOut]:
    """Whom this cut held, by its own day and instant, and what is known now takes out."""
    for facts in people:
        found = held.get(facts.patient_id)
        if found is None or _withdrawn(facts, as_of):
            continue
        if found.until is None or found.until < as_of:
            yield TakenOut(facts.patient_id, found.why, found.until)


def _withdrawn(facts: PatientFacts, as_of: date) -> bool:
    """Whether a withdrawal of consent to further use had happened by a day, and lasted."""
    of_consent = (EventKind.WITHDRAWAL_CONSENT, EventKind.RETURN_CONSENT)
    events = [event for event in facts.events if event.kind in of_consent]
    return any(until == NEVER for _, until in withdrawals(events, as_of))


def _began(subject: Subject, forms: Mapping[str, object], as_of: date) -> bool:
    """Whether anything about a patient had happened by the day, or nothing has a day at all."""
    facts = subject.facts
    days = [facts.screened_on, facts.pro_consent_on, facts.randomised_on]
    days += [event.on for event in facts.events]
    dated = [day for day in days if day is not None]
    return not dated or min(dated) <= as_of or facts.patient_id in forms
