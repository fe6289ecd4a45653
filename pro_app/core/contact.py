"""Attempts to reach a patient: by which way, with what outcome, and when it is enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pro_app.core.study import Reason


class Channel(StrEnum):
    """The way of an attempt."""

    PHONE = "PHONE"  # her own telephone
    RELATIVE = "RELATIVE"  # somebody who is close to her
    SMS = "SMS"
    WECHAT = "WECHAT"
    LETTER = "LETTER"
    IN_PERSON = "IN_PERSON"  # at a visit to the hospital, or at her home


class Outcome(StrEnum):
    """What came of an attempt."""

    REACHED = "REACHED"  # she, or whoever speaks for her
    NO_ANSWER = "NO_ANSWER"
    WRONG_NUMBER = "WRONG_NUMBER"
    CALL_BACK = "CALL_BACK"  # to be called again at a time that was named


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; `call_back_at` is set for CALL_BACK alone."""

    made_at: datetime
    channel: Channel
    outcome: Outcome
    call_back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """How often it was tried in vain, and by how many ways."""

    attempts: int
    channels: int


def effort(attempts: Iterable[Attempt], *, since: datetime) -> Effort:
    """What was tried in vain from an instant on."""
    vain = [a for a in attempts if a.made_at >= since and a.outcome is not Outcome.REACHED]
    return Effort(len(vain), len({a.channel for a in vain}))


def is_enough(reason: Reason, made: Effort) -> bool:
    """Whether a reason may be chosen after this effort.

    Source: requirement F03, three attempts by two channels before "could not be reached".
    """
    return made.attempts >= reason.attempts and made.channels >= reason.channels
