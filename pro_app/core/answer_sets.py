"""A form as an export reads it: what was answered, corrected, scored and decided."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from pro_app.core.corrections import ANSWERED_ON
from pro_app.core.facts import Mode
from pro_app.core.instrument import AnswerState, Instrument
from pro_app.core.review import Review


class WordingStatus(StrEnum):
    """Whose words a form showed."""

    LICENSED = "LICENSED"  # an imported licensed wording
    DEMONSTRATION = "DEMONSTRATION"  # our own words: not the licensed questionnaire
    PAPER = "PAPER"  # paper that the system did not print
    NOT_KNOWN = "NOT_KNOWN"  # no wording was named, or none that is known here


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
    form is the one that counts, None: nothing was decided. `let_in`: what it decided of
    a form in quarantine.
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
    let_in: bool | None = None
    review: Review = Review.NOT_REVIEWED

    @property
    def counts(self) -> bool:
        """Whether it is the one form of its visit that counts."""
        return not self.proxy and (self.standing if self.chosen is None else self.chosen)

    @property
    def finished_on_the_day(self) -> datetime | None:
        """When it was finished, None where nobody knows, or another day was found true."""
        redated = any(ANSWERED_ON in each.changes for each in self.corrections)
        return None if redated else self.finished_at

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
