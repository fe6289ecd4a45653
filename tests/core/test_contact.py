"""When the effort to reach a patient is enough for a reason."""

from datetime import UTC, datetime, timedelta

from pro_app import studies
from pro_app.core.contact import (
    MESSAGES,
    Attempt,
    Channel,
    Effort,
    Outcome,
    effort,
    is_enough,
    is_possible,
)

OPENED = datetime(2026, 3, 1, tzinfo=UTC)


def tried(hours: int, channel: Channel, outcome: Outcome = Outcome.NO_ANSWER) -> Attempt:
    return Attempt(OPENED + timedelta(hours=hours), channel, outcome)


def test_what_was_tried_in_vain_since_the_window_opened_counts() -> None:
    attempts = [
        tried(-1, Channel.LETTER),
        tried(0, Channel.PHONE),
        tried(2, Channel.PHONE, Outcome.WRONG_NUMBER),
        tried(3, Channel.RELATIVE, Outcome.CALL_BACK),
        tried(4, Channel.WECHAT, Outcome.REACHED),
    ]
    assert effort(attempts, since=OPENED) == Effort(attempts=3, channels=2)


def test_three_attempts_by_two_ways_are_enough_and_nothing_less_is() -> None:
    [reason] = [each for each in studies.load("nct04158843").reasons if each.attempts]
    assert reason.code == "P_NO_CONTACT"
    enough = [(a, c) for a in range(5) for c in range(a + 1) if is_enough(reason, Effort(a, c))]
    assert enough == [(3, 2), (3, 3), (4, 2), (4, 3), (4, 4)]


def test_other_reasons_ask_for_no_effort() -> None:
    others = [each for each in studies.load("nct04158843").reasons if each.code != "P_NO_CONTACT"]
    assert all(is_enough(each, Effort(0, 0)) for each in others)


def test_a_reminder_is_no_try_in_vain() -> None:
    attempts = [tried(1, channel, Outcome.REMINDED) for channel in MESSAGES]
    assert effort(attempts, since=OPENED) == Effort(attempts=0, channels=0)


def test_a_reminder_is_sent_and_never_spoken() -> None:
    sent = [channel for channel in Channel if is_possible(channel, Outcome.REMINDED)]
    assert sorted(sent) == sorted(MESSAGES)
    assert all(is_possible(c, o) for c in Channel for o in Outcome if o is not Outcome.REMINDED)
