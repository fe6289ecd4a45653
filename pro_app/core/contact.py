"""Attempts to reach a patient: by which way, with what outcome, and when it is enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from pro_app.core.study import Reason


class Channel(StrEnum):
    """The way of an attempt."""

    PHONE = "PHONE"  # the patient's own telephone
    RELATIVE = "RELATIVE"  # somebody who is close to them
    SMS = "SMS"
    WECHAT = "WECHAT"
    EMAIL = "EMAIL"
    LETTER = "LETTER"
    IN_PERSON = "IN_PERSON"  # at a visit to the hospital, or at home
    ANOTHER = "ANOTHER"  # a way that has no name here


class Outcome(StrEnum):
    """What came of an attempt."""

    REACHED = "REACHED"  # the patient, or whoever speaks for them
    NO_ANSWER = "NO_ANSWER"
    WRONG_NUMBER = "WRONG_NUMBER"
    CALL_BACK = "CALL_BACK"  # to be called again at a time that was named
    REMINDED = "REMINDED"  # a message was sent; whether it was read nobody knows


#: The ways by which a nurse sends a reminder by hand, the usual one first.
MESSAGES = (Channel.WECHAT, Channel.SMS, Channel.EMAIL, Channel.ANOTHER)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; `call_back_at` is set for CALL_BACK alone."""

    made_at: datetime
    channel: Channel
    outcome: Outcome
    call_back_at: datetime | None = None


class Attempted(NamedTuple):
    """An attempt to reach the patient of this trial number; `visit` None: it was about none.

    `on`: the day on which it was made, in the trial's zone.
    """

    patient_id: str
    visit: str | None
    outcome: Outcome
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """How often it was tried in vain, and by how many ways."""

    attempts: int
    channels: int


def effort(attempts: Iterable[Attempt], *, since: datetime) -> Effort:
    """What was tried in vain from an instant on.

    A reminder is no try in vain: it goes one way and has no outcome, so that a patient who
    read it and did not answer can't be told from one whom nobody reaches.
    """
    in_vain = (Outcome.NO_ANSWER, Outcome.WRONG_NUMBER, Outcome.CALL_BACK)
    vain = [a for a in attempts if a.made_at >= since and a.outcome in in_vain]
    return Effort(len(vain), len({a.channel for a in vain}))


def is_possible(channel: Channel, outcome: Outcome) -> bool:
    """Whether an attempt by this way can end so: a reminder is sent, not spoken."""
    return outcome is not Outcome.REMINDED or channel in MESSAGES


def is_enough(reason: Reason, made: Effort) -> bool:
    """Whether a reason may be chosen after this effort.

    Source: requirement F03, three attempts by two channels before "could not be reached".
    """
    return made.attempts >= reason.attempts and made.channels >= reason.channels
