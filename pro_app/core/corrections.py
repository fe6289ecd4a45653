"""What is true of a form: as it was handed in, with all signed corrections in their order.

A form that was handed in never changes. Whoever reads one reads this truth, and can
have what stood before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from pro_app.core.instrument import Instrument
from pro_app.core.refused import Refused, Why
from pro_app.core.submission import check_answers

#: The one field of a form that can be corrected beside its items.
ANSWERED_ON = "answered_on"

#: Field → (what stood, what is true), a day as YYYY-MM-DD, an item as it is stored.
Changes = Mapping[str, Sequence[Any]]


class AskedBy(StrEnum):
    """Who said that something is wrong."""

    PATIENT = "PATIENT"
    SITE = "SITE"


class Evidence(StrEnum):
    """What shows that the new value is the true one."""

    PAPER_FORM = "PAPER_FORM"  # the paper, read again
    CALL_NOTE = "CALL_NOTE"  # the note of a call with the patient
    VISIT_NOTE = "VISIT_NOTE"  # the note of what the patient said at the hospital
    PATIENT_MESSAGE = "HER_MESSAGE"  # what the patient wrote; records have this word
    ELSEWHERE = "ELSEWHERE"  # as the reason says


@dataclass(frozen=True, slots=True)
class Truth:
    """`answers`: item → value as chosen, or the name of the state that left it blank."""

    answered_on: date
    answers: Mapping[str, int | str]

    @property
    def items_answered(self) -> int:
        return sum(isinstance(value, int) for value in self.answers.values())

    @property
    def blanks(self) -> tuple[str, ...]:
        """The items without an answer, in their order."""
        return tuple(code for code, value in self.answers.items() if isinstance(value, str))


def corrected(handed_in: Truth, signed: Iterable[Changes]) -> Truth:
    """The truth after these corrections; of two for one field the later stands."""
    answers, answered_on = dict(handed_in.answers), handed_in.answered_on
    for changes in signed:
        for field, (_old, new) in changes.items():
            if field == ANSWERED_ON:
                answered_on = date.fromisoformat(new)
            elif field in answers:
                answers[field] = new
    return Truth(answered_on, answers)


def difference(one: Truth, other: Truth) -> dict[str, list[Any]]:
    """Field → [in the one, in the other], where they are not the same."""
    found: dict[str, list[Any]] = {}
    if one.answered_on != other.answered_on:
        found[ANSWERED_ON] = [one.answered_on.isoformat(), other.answered_on.isoformat()]
    for code, value in one.answers.items():
        if other.answers.get(code, value) != value:
            found[code] = [value, other.answers[code]]
    return found


def ask(
    stands: Truth,
    wanted: Mapping[str, object],
    answered_on: date,
    *,
    instrument: Instrument,
    today: date,
) -> dict[str, list[Any]] | Refused:
    """The changes of a correction, field by field, or why there is none.

    `wanted` holds the items to be changed; the others stay.
    """
    if answered_on > today:
        return Refused(Why.DAY_AHEAD, "answered_on")
    _, problems = check_answers(dict(stands.answers) | dict(wanted), instrument)
    if problems:
        return Refused(Why.BAD_ANSWERS, problems[0].item, problems)
    new: Any = {code: wanted.get(code, value) for code, value in stands.answers.items()}
    changes = difference(stands, Truth(answered_on, new))
    return changes or Refused(Why.NOTHING_CHANGED)


class Question(StrEnum):
    """What the site decides of a form. Neither answers the other, now or later."""

    CONFLICT = "conflict"  # which of two forms of a visit counts
    QUARANTINE = "quarantine"  # whether one from before consent or after a withdrawal is let in


class Rival(NamedTuple):
    """A patient's own form of a visit that has several; `decided`: what the site said of it.

    `items_answered` is as corrected; `standing`: it came first.
    """

    form: int
    standing: bool
    items_answered: int
    decided: bool | None = None


def counts_by_rule(rivals: Iterable[Rival]) -> int | None:
    """The form that counts for a visit since the one that came first is blank; None: no rule.

    A blank form outranks no answered one without a decision: the first answered one, in
    the order of arrival, counts as long as the site has decided nothing of it.
    Source: science page, section 3; a rule of ours, shown as such and listed for the site.
    """
    found = list(rivals)
    if any(each.decided or (each.standing and each.items_answered) for each in found):
        return None
    answered = (r.form for r in found if r.items_answered and r.decided is None and not r.standing)
    return next(answered, None)


class Decided(NamedTuple):
    """The site's decision on one form of a visit; a later one has a higher `order`."""

    form: int
    counts: bool
    order: int


def chosen(decisions: Iterable[Decided]) -> int | None:
    """The form of a visit that a decision made the one that counts; None: as they came.

    However many were said to count, one does: the one last decided on.
    """
    counting = [each for each in decisions if each.counts]
    return max(counting, key=lambda each: each.order).form if counting else None
