"""Words taken out of a sealed event: sound as far as a later event says so, and no further."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from hashlib import sha256

import pytest

from pro_app.core.seals import (
    Event,
    Finding,
    Redaction,
    Verdict,
    Wrong,
    digest,
    seal_all,
    verify,
    without,
)
from pro_app.core.trail_event import REDACTED, commitments_of, fields_of, is_empty, sealed_bytes
from pro_app.core.witness import DataVerdict, Difference, Differs, row_digest

NOW = datetime(2026, 3, 5, tzinfo=UTC)
OLD = Event(
    id=7, at=NOW, actor="staff:lina", role="nurse", site="A", action="reason.given",
    subject="A-001", visit="V2", changes={"code": (None, "忘记")}, reason="asked 王小明",
)  # fmt: skip
SALTED = replace(OLD, salts={"changes.code": "a" * 32, "reason": "c" * 32})
FIELDS = ("reason",)


def redaction(event: Event, fields: tuple[str, ...] = FIELDS, **changes: object) -> Redaction:
    left = digest(without(event, fields))
    made = Redaction(event.id, digest(event), left, fields, commitments_of(event, fields))
    return replace(made, **changes)  # type: ignore[arg-type]


def telling(of: Redaction, number: int = 9, **changes: object) -> Event:
    """The later event that says what was taken out and what is left."""
    said = {"event_id": of.event_id, "fields": list(of.fields), "left_sha256": of.left_sha256}
    told = {name: [None, value] for name, value in (said | changes).items()}
    return replace(OLD, id=number, action=REDACTED, reason=None, changes=told)


def verified(
    sealed: Iterable[Event], there: Iterable[Event], *redactions: Redaction, seals: int = 99
) -> Verdict:
    """What is found where these were sealed, the first so many, and those are there now."""
    made = list(seal_all(sealed, None, NOW))[:seals]
    return verify(made, there, redactions={each.event_id: each for each in redactions})


@pytest.mark.parametrize(("event", "unproven"), [(OLD, 1), (SALTED, 0)])
def test_a_redaction_that_a_later_event_tells_of_is_sound(event: Event, unproven: int) -> None:
    taken = redaction(event)
    left, told = without(event, FIELDS), telling(taken)
    for seals, waiting in ((2, 0), (1, 1)):  # also before that event is sealed
        verdict = verified([event, told], [left, told], taken, seals=seals)
        assert (verdict.finding, verdict.waiting) == (None, waiting)
        assert (verdict.redacted, verdict.unproven) == (1, unproven)


def test_a_redaction_that_no_event_tells_of_is_an_alteration() -> None:
    taken = redaction(OLD)
    verdict = verified([OLD], [without(OLD, FIELDS)], taken)
    assert verdict.finding == Finding(Wrong.ALTERED, 1, 7)
    assert (verdict.sealed, verdict.redacted) == (1, 1)
    assert verified([OLD], [without(OLD, FIELDS)]).finding == Finding(Wrong.ALTERED, 1, 7)


@pytest.mark.parametrize(
    "told",
    [
        replace(telling(redaction(OLD)), action="reason.given"),
        telling(redaction(OLD), event_id=8),
        telling(redaction(OLD), left_sha256="0" * 64),
        telling(redaction(OLD), fields=["changes.code"]),
        telling(redaction(OLD), fields=None),
        replace(telling(redaction(OLD)), changes={"event_id": [], "fields": [], "left_sha256": []}),
    ],
    ids=["no redaction", "another event", "other words left", "other fields", "no field", "empty"],
)
def test_an_event_that_tells_of_something_else_does_not_cover_it(told: Event) -> None:
    verdict = verified([OLD, told], [without(OLD, FIELDS), told], redaction(OLD))
    assert verdict.finding == Finding(Wrong.ALTERED, 1, 7)


def test_an_event_from_before_the_redacted_one_can_not_tell_of_it() -> None:
    taken = redaction(OLD)
    told = telling(taken, 3)
    verdict = verified([told, OLD], [told, without(OLD, FIELDS)], taken)
    assert verdict.finding == Finding(Wrong.ALTERED, 2, 7)


def test_a_redaction_of_before_fields_were_named_is_told_by_its_digest() -> None:
    taken = redaction(OLD, fields=FIELDS)
    unnamed = replace(taken, fields=())
    told = telling(unnamed, fields=None)
    verdict = verified([OLD, told], [without(OLD, FIELDS), told], unnamed)
    assert (verdict.finding, verdict.redacted) == (None, 1)


def test_of_two_redactions_without_a_word_the_first_is_named() -> None:
    second = replace(OLD, id=8, subject="A-002")
    left = [without(OLD, FIELDS), without(second, FIELDS)]
    both = (redaction(OLD), redaction(second))
    assert verified([OLD, second], left, *both).finding == Finding(Wrong.ALTERED, 1, 7)
    told = telling(both[0])
    verdict = verified([OLD, second, told], [*left, told], *both)
    assert (verdict.finding, verdict.redacted) == (Finding(Wrong.ALTERED, 2, 8), 2)


@pytest.mark.parametrize("event", [OLD, SALTED])
@pytest.mark.parametrize("digests", [{"event_sha256": "0" * 64}, {"left_sha256": "0" * 64}])
def test_a_redaction_that_names_another_digest_covers_nothing(
    event: Event, digests: Mapping[str, str]
) -> None:
    taken = redaction(event, **digests)
    told = telling(taken)
    verdict = verified([event, told], [without(event, FIELDS), told], taken)
    assert verdict.finding == Finding(Wrong.ALTERED, 1, 7)
    assert verdict.redacted == 0


@pytest.mark.parametrize(
    "commitments", [None, {}, {"reason": "0" * 64}, {"changes.code": "0" * 64}]
)
def test_without_what_was_sealed_of_a_field_the_rest_is_not_proven(
    commitments: Mapping[str, str] | None,
) -> None:
    taken = redaction(SALTED, commitments=commitments)
    told = telling(taken)
    verdict = verified([SALTED, told], [without(SALTED, FIELDS), told], taken)
    assert verdict.finding == Finding(Wrong.ALTERED, 1, 7)


@pytest.mark.parametrize("event", [OLD, SALTED])
def test_a_field_that_was_taken_out_may_say_nothing_else(event: Event) -> None:
    forged = replace(without(event, FIELDS), reason="never asked")
    taken = redaction(event, left_sha256=digest(forged))
    told = telling(taken)
    assert verified([event, told], [forged, told], taken).finding == Finding(Wrong.ALTERED, 1, 7)


def test_what_was_found_before_an_alteration_is_still_counted() -> None:
    taken, other = redaction(OLD), replace(OLD, id=8)
    told = telling(taken)
    altered = replace(other, subject="A-002")
    verdict = verified([OLD, other, told], [without(OLD, FIELDS), altered, told], taken)
    assert verdict.finding == Finding(Wrong.ALTERED, 2, 8)
    assert (verdict.sealed, verdict.redacted, verdict.unproven) == (1, 1, 1)


def test_what_comes_after_the_first_finding_is_not_counted() -> None:
    verdict = verified([OLD], [replace(OLD, subject="A-002"), replace(OLD, id=8)])
    assert verdict == Verdict(0, 0, None, Finding(Wrong.ALTERED, 1, 7), unproven=0)


def test_an_altered_event_that_stands_in_a_later_one_s_place_is_called_moved() -> None:
    other = replace(OLD, id=8, subject="A-002")
    assert verified([OLD, other], [replace(other, id=7), other]).finding == Finding(
        Wrong.REORDERED, 1, 7
    )


def test_a_field_is_empty_when_neither_words_nor_salt_are_left() -> None:
    assert not is_empty(SALTED, "reason")
    assert not is_empty(replace(SALTED, reason=None), "reason")
    assert not is_empty(replace(OLD, changes={"code": (None, "x")}), "changes.code")
    assert not is_empty(OLD, "changes.unknown")
    for field in ("reason", "changes.code"):
        assert is_empty(without(SALTED, [field]), field)
        assert is_empty(without(OLD, [field]), field)


@pytest.mark.parametrize("field", ["reason", "changes.unknown", "code", "actor"])
def test_what_an_event_does_not_have_can_not_be_taken_out_of_it(field: str) -> None:
    with pytest.raises(KeyError, match=field):
        without(replace(OLD, reason=None), [field])


def test_an_event_that_tells_of_a_redaction_can_not_be_redacted_itself() -> None:
    with pytest.raises(KeyError):
        without(telling(redaction(OLD)), ["changes.fields"])


def test_a_trail_is_whole_when_neither_it_nor_the_tables_differ() -> None:
    sound = verified([OLD], [OLD])
    altered = verified([OLD], [replace(OLD, site="B")])
    same = DataVerdict(rows=1, unwitnessed=0)
    differs = replace(same, difference=Difference(Differs.ALTERED, "form", (1,)))
    assert sound.whole
    assert sound.with_data(same).whole
    assert not sound.with_data(differs).whole
    assert not altered.whole
    assert not altered.with_data(same).whole


def test_every_change_and_the_reason_get_a_commitment_of_their_own() -> None:
    assert fields_of(OLD.changes, OLD.reason) == ["changes.code", "reason"]
    assert fields_of(OLD.changes, None) == ["changes.code"]


def test_days_times_and_instants_are_sealed_as_texts() -> None:
    values = [date(2026, 3, 5), time(8, 30), NOW]
    assert sealed_bytes(values) == b'["2026-03-05","08:30:00","2026-03-05T00:00:00.000000Z"]'
    with pytest.raises(TypeError, match="set can't be sealed"):
        sealed_bytes({1})


def test_the_digest_of_a_row_is_salted_and_names_its_table() -> None:
    row = {"id": 1, "arm": "RADICAL"}
    salted = sha256(b'["salt","patient",{"arm":"RADICAL","id":1}]').hexdigest()
    assert row_digest("salt", "patient", row) == salted
    others = {row_digest("other", "patient", row), row_digest("salt", "form", row)}
    assert salted not in others
