"""Whose data may leave, and up to which day: the rule of withdrawn consent.

A patient may take back the consent to further use of their data. From then on none of
their rows leaves, whatever day a report is asked for, until the site has recorded what
it decided: the data that were collected before the withdrawal stay, or all are erased.
Counts without rows go on holding them. Source: science page, section 3, "Withdrawn
consent to further use".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from pro_app.core.facts import EventKind, PatientFacts
from pro_app.core.ledger import Entry, ledger
from pro_app.core.study import REASON_HELD_BACK, Study


class Ruling(StrEnum):
    """What becomes of data that were collected before a withdrawal of consent."""

    RETAIN = "retain"  # they stay in the trial, as regulators usually ask
    ERASE = "erase"  # they never leave again


class Why(StrEnum):
    """Why a patient's rows may not leave, or not all of them."""

    UNDECIDED = "CONSENT_WITHDRAWN"  # withdrawn, and the site has not decided
    RETAINED = "CONSENT_WITHDRAWN_RETAINED"  # the data before the withdrawal may
    ERASED = "CONSENT_WITHDRAWN_ERASED"  # withdrawn, and the site decided to erase


@dataclass(frozen=True, slots=True)
class Step:
    """A withdrawal of consent to further use, or the return from it; `kind` says which."""

    kind: EventKind
    on: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """The site's decision as it stands."""

    ruling: Ruling
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What of a patient's data may not leave.

    `withdrawn_on`: the day of the withdrawal that lasts, None where its record was taken
    back and the decision to erase was not. `until`: the last day whose data may leave,
    None: none may.
    """

    why: Why
    withdrawn_on: date | None
    until: date | None

    def may_leave(self, day: date | None) -> bool:
        """Whether what happened on `day` may leave; what has no day counts as the patient's own."""
        return self.until is not None and (day is None or day <= self.until)


def may_leave(held: Mapping[str, Held], number: str, day: date | None) -> bool:
    """Whether what happened to a patient on `day` may leave; `held` is by trial number."""
    return number not in held or held[number].may_leave(day)


def retained(facts: PatientFacts, held: Held | None) -> PatientFacts | None:
    """What of a patient's facts may leave, None: the patient does not leave at all."""
    if held is None:
        return facts
    if held.until is None:
        return None
    return replace(
        facts,
        events=tuple(event for event in facts.events if held.may_leave(event.on)),
        forms=tuple(form for form in facts.forms if held.may_leave(form.answered_on)),
        reasons=tuple(reason for reason in facts.reasons if held.may_leave(reason.on)),
    )


def on_pages(
    facts: PatientFacts, held: Held | None, study: Study, *, valid_from: int, as_of: date
) -> tuple[Entry, ...]:
    """The patient's ledger as the pages of the staff show it: the facts are all there.

    Who cares for the patient has to see that a form came and waits. Of what happened after
    the withdrawal they see the day and that it is held back: not how much of a form was
    answered, nor which reason was given. Of whom no row may leave there is none here either.
    """
    if held is None:
        return ledger(facts, study, valid_from=valid_from, as_of=as_of)
    if held.until is None:
        return ()
    reasons = tuple(
        each if held.may_leave(each.on) else replace(each, code=REASON_HELD_BACK)
        for each in facts.reasons
    )
    seen = replace(facts, reasons=reasons)
    entries = ledger(seen, study, valid_from=valid_from, as_of=as_of)
    return tuple([_on_page(entry, held) for entry in entries])


def shows_changes(held: Held | None, action: str, day: date) -> bool:
    """Whether a page of the trail shows what an act changed, or only that it was done.

    `day`: when it was recorded. What was not about a form, a reason or a query is shown.
    """
    about = action.partition(".")[0]
    return held is None or held.may_leave(day) or about not in _OF_ANSWERS


#: What acts are about that tell of answers, or of why there are none.
_OF_ANSWERS = frozenset({"form", "correction", "keying", "scan", "reason", "query", "review"})


def _on_page(entry: Entry, held: Held) -> Entry:
    if held.may_leave(entry.answered_on):
        return entry
    return entry._replace(items_answered=None, held_back=True)


def held(steps: Iterable[Step], decision: Decided | None) -> Held | None:
    """What may not leave of a patient, by all that is known of them; None: all may.

    `steps`: every withdrawal and return that stands, whatever their days and whatever
    day is asked for.
    """
    lasting = _lasting(steps)
    since = lasting[0].on if lasting else None
    if decision is not None and decision.ruling is Ruling.ERASE:
        return Held(Why.ERASED, since, None)
    if since is None:
        return None
    # Only a decision on this withdrawal: one that was recorded before it is about an
    # earlier one, from which the patient had returned.
    if decision is None or decision.recorded_at < max(step.recorded_at for step in lasting):
        return Held(Why.UNDECIDED, since, None)
    return Held(Why.RETAINED, since, since)


def stricter(one: Held | None, other: Held | None) -> Held | None:
    """Of two views of one patient the one by which less may leave; `one` where they are equal."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda held: held.until or date.min)


def _lasting(steps: Iterable[Step]) -> list[Step]:
    """The withdrawals that no return has ended, the earliest first."""
    days: dict[date, list[Step]] = {}
    for step in sorted(steps, key=lambda step: step.on):
        days.setdefault(step.on, []).append(step)
    found: list[Step] = []
    for of_day in days.values():
        out = [step for step in of_day if step.kind is EventKind.WITHDRAWAL_CONSENT]
        if len(out) < len(of_day):
            # As of the statuses: a return ends what lasted before, else that day's own.
            found = out if found else []
        else:
            found += out
    return found
