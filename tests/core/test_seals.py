"""The chain of seals: any single change shows, and the row is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pro_app.core.seals import (
    START,
    Event,
    Finding,
    Head,
    Redaction,
    Seal,
    Verdict,
    Wrong,
    canonical,
    read_head,
    seal_all,
    verify,
)
from pro_app.core.trail_event import REDACTED, commitment, commitments_of, digest, without

NOW = datetime(2026, 3, 5, tzinfo=UTC)
PLAIN = Event(
    id=7, at=NOW, actor="staff:lina", role="nurse", site="A", action="reason.given",
    subject="A-001", visit="V2", changes={"code": [None, "忘记"], "able": [True, 1.5]}, reason=None,
)  # fmt: skip


def chain(events: list[Event], *sizes: int) -> list[Seal]:
    """The seals of the events, made in batches of these sizes and a last one."""
    seals: list[Seal] = []
    for n, size in enumerate([*sizes, len(events)]):
        part = events[len(seals) : len(seals) + size]
        seals += seal_all(part, seals[-1] if seals else None, NOW + timedelta(minutes=n))
    return seals


def trail(count: int) -> list[Event]:
    """Events with gaps between their ids, no two alike."""
    return [replace(PLAIN, id=3 * n, subject=f"A-{n:03}") for n in range(1, count + 1)]


texts = st.text(max_size=6)
some_events = st.builds(
    Event,
    id=st.just(0),
    at=st.datetimes(datetime(2020, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    actor=texts,
    role=texts,
    site=st.none() | texts,
    action=texts,
    subject=texts,
    visit=st.none() | texts,
    changes=st.dictionaries(texts, st.lists(st.none() | st.integers() | texts, max_size=2)),
    reason=st.none() | texts,
)


@st.composite
def trails(draw: st.DrawFn) -> list[Event]:
    """Three to eight events, no two saying the same, with gaps between their ids."""
    made = draw(st.lists(some_events, min_size=3, max_size=8, unique_by=canonical))
    return [replace(event, id=3 * n) for n, event in enumerate(made, 1)]


def test_the_canonical_bytes_are_these() -> None:
    assert canonical(PLAIN).decode("utf-8") == (
        '{"action":"reason.given","actor":"staff:lina","at":"2026-03-05T00:00:00.000000Z",'
        '"changes":{"able":[true,1.5],"code":[null,"忘记"]},"reason":null,"role":"nurse",'
        '"site":"A","subject":"A-001","visit":"V2"}'
    )


def test_the_first_seals_are_these() -> None:
    # What is pinned here stands in every chain that was ever written down.
    seals = chain(trail(2))
    assert START == "629753dff3e14e787580df20aaf49ca891ea4d66cbd36d65de1356309e6de55f"
    assert [seal.chain for seal in seals] == [
        "577fbfa9f9c4690d0cab4d93cf0a6fac3bb5f992d29a348f420446a1380420f1",
        "3009687ef625a98d864a160803072f8efe725dd6b97873cb07104c7e11ed96aa",
    ]


def test_an_instant_is_sealed_in_utc_wherever_it_was_read() -> None:
    there = replace(PLAIN, at=NOW.astimezone(timezone(timedelta(hours=8))))
    assert canonical(there) == canonical(PLAIN)


def test_half_a_character_can_be_sealed_too() -> None:
    assert canonical(replace(PLAIN, reason="\ud800"))


@given(trails(), st.lists(st.integers(1, 3), max_size=3))
def test_a_chain_made_in_any_batches_is_sound(events: list[Event], sizes: list[int]) -> None:
    seals = chain(events, *sizes)
    assert [seal.position for seal in seals] == list(range(1, len(events) + 1))
    verdict = verify(seals, events)
    assert (verdict.finding, verdict.sealed, verdict.waiting) == (None, len(events), 0)
    assert verdict.head == seals[-1]


@given(trails(), st.data())
def test_events_after_the_last_seal_wait_and_are_no_finding(
    events: list[Event], data: st.DataObject
) -> None:
    sealed = data.draw(st.integers(0, len(events)))
    verdict = verify(chain(events)[:sealed], events)
    assert (verdict.finding, verdict.sealed) == (None, sealed)
    assert verdict.waiting == len(events) - sealed


@settings(max_examples=200)
@given(trails(), st.data())
def test_an_altered_event_is_named(events: list[Event], data: st.DataObject) -> None:
    seals = chain(events)
    n = data.draw(st.integers(0, len(events) - 1))
    other = replace(data.draw(some_events), id=events[n].id)
    assume(canonical(other) not in [canonical(each) for each in events])
    names = ["at", "actor", "role", "site", "action", "subject", "visit", "changes", "reason"]
    name = data.draw(st.sampled_from(names))
    altered = replace(events[n], **{name: getattr(other, name)})
    assume(canonical(altered) not in [canonical(each) for each in events])
    found = verify(seals, [*events[:n], altered, *events[n + 1 :]]).finding
    assert found == Finding(Wrong.ALTERED, n + 1, events[n].id)


@given(trails(), st.data())
def test_a_deleted_event_is_named(events: list[Event], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(events) - 1))
    found = verify(chain(events), [*events[:n], *events[n + 1 :]]).finding
    assert found == Finding(Wrong.DELETED, n + 1, events[n].id)


@given(trails(), some_events, st.data())
def test_an_inserted_event_is_named(
    events: list[Event], made_up: Event, data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, len(events) - 1))
    inserted = replace(made_up, id=events[n].id - 1)
    found = verify(chain(events), [*events[:n], inserted, *events[n:]]).finding
    assert found == Finding(Wrong.INSERTED, n + 1, inserted.id)


@given(trails(), st.data())
def test_two_events_that_changed_places_are_named(events: list[Event], data: st.DataObject) -> None:
    seals = chain(events)
    a = data.draw(st.integers(0, len(events) - 2))
    b = data.draw(st.integers(a + 1, len(events) - 1))
    moved = list(events)
    moved[a], moved[b] = replace(events[b], id=events[a].id), replace(events[a], id=events[b].id)
    assert verify(seals, moved).finding == Finding(Wrong.REORDERED, a + 1, events[a].id)


@given(trails(), st.data())
def test_two_seals_that_changed_places_are_named(events: list[Event], data: st.DataObject) -> None:
    seals = chain(events)
    a = data.draw(st.integers(0, len(events) - 2))
    b = data.draw(st.integers(a + 1, len(events) - 1))
    here, there = seals[a], seals[b]
    seals[a], seals[b] = replace(there, position=a + 1), replace(here, position=b + 1)
    assert verify(seals, events).finding == Finding(Wrong.REORDERED, a + 1, events[b].id)


@given(trails(), st.data())
def test_a_deleted_seal_leaves_a_gap_that_is_named(
    events: list[Event], data: st.DataObject
) -> None:
    seals = chain(events)
    n = data.draw(st.integers(0, len(events) - 2))
    left = [*seals[:n], *seals[n + 1 :]]
    assert verify(left, events).finding == Finding(Wrong.SEAL_DELETED, n + 1, events[n].id)
    without = [*events[:n], *events[n + 1 :]]
    assert verify(left, without).finding == Finding(Wrong.SEAL_DELETED, n + 1)


@given(trails(), st.data())
def test_a_gap_that_was_closed_by_renumbering_is_found(
    events: list[Event], data: st.DataObject
) -> None:
    seals = chain(events)
    n = data.draw(st.integers(0, len(events) - 2))
    left = [*seals[:n], *(replace(s, position=s.position - 1) for s in seals[n + 1 :])]
    found = verify(left, [*events[:n], *events[n + 1 :]]).finding
    assert found == Finding(Wrong.SEAL_ALTERED, n + 1, events[n + 1].id)


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": 1},
        {"event_id": 1000},
        {"event_sha256": "0" * 64},
        {"chain": "f" * 64},
        {"sealed_at": NOW + timedelta(microseconds=1)},
    ],
)
@pytest.mark.parametrize("n", [0, 2, 4])
def test_an_altered_seal_is_found_where_it_stands(change: dict[str, object], n: int) -> None:
    events = trail(5)
    seals = chain(events)
    seals[n] = replace(seals[n], **change)
    found = verify(seals, events).finding
    assert found is not None
    assert found.position == n + 1
    assert found.wrong in (Wrong.SEAL_ALTERED, Wrong.REORDERED)


def test_a_seal_before_the_first_is_found() -> None:
    events = trail(3)
    seals = [Seal(0, 1, "0" * 64, NOW, "f" * 64), *chain(events)]
    found = verify(seals, events).finding
    assert found == Finding(Wrong.SEAL_ALTERED, 0, 1)


def test_a_tail_cut_with_its_seals_is_found_by_a_head_kept_outside() -> None:
    events = trail(6)
    seals = chain(events)
    cut = verify(seals[:4], events[:4])
    assert cut.finding is None  # nothing inside can tell
    kept = Head(seals[-1].chain, 6)
    assert verify(seals[:4], events[:4], kept).finding == Finding(Wrong.CUT, 5)
    bare = Head(seals[-1].chain)
    assert verify(seals[:4], events[:4], bare).finding == Finding(Wrong.REPLACED, 4)
    assert verify([], [], kept).finding == Finding(Wrong.CUT, 1)


def test_a_chain_rebuilt_after_a_change_is_found_by_a_head_kept_outside() -> None:
    events = trail(6)
    kept = chain(events[:4])[-1]
    forged = [*events[:2], replace(events[2], reason="另一种说法"), *events[3:]]
    rebuilt = chain(forged)
    assert verify(rebuilt, forged).finding is None
    found = verify(rebuilt, forged, Head(kept.chain, kept.position)).finding
    assert found == Finding(Wrong.REPLACED, 4)


def test_a_head_kept_long_ago_is_found_in_a_chain_that_grew() -> None:
    events = trail(6)
    seals = chain(events, 3)
    assert verify(seals, events, Head(seals[2].chain, 3)).finding is None
    assert verify(seals, events, Head(seals[2].chain)).finding is None
    assert verify(seals, events, Head(seals[2].chain, 2)).finding == Finding(Wrong.REPLACED, 2)


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("a" * 64, Head("a" * 64)),
        (f" 12:{'AB' * 32}\n", Head("ab" * 32, 12)),
        ("a" * 63, None),
        ("g" * 64, None),
        (f"0:{'a' * 64}", None),
        (f"x:{'a' * 64}", None),
        ("", None),
    ],
)
def test_a_head_is_read_as_it_is_printed(text: str, head: Head | None) -> None:
    assert read_head(text) == head


SALTED = replace(
    PLAIN,
    reason="asked 王小明",
    salts={"changes.code": "a" * 32, "changes.able": "b" * 32, "reason": "c" * 32},
    data={"rows": {"reason": [[1, "d" * 64]]}},
)


def test_the_canonical_bytes_of_version_2_are_these() -> None:
    code = commitment("a" * 32, "changes.code", [None, "忘记"])
    able = commitment("b" * 32, "changes.able", [True, 1.5])
    reason = commitment("c" * 32, "reason", "asked 王小明")
    assert reason == sha256(f'["{"c" * 32}","reason","asked 王小明"]'.encode()).hexdigest()
    assert canonical(SALTED).decode("utf-8") == (
        '{"action":"reason.given","actor":"staff:lina","at":"2026-03-05T00:00:00.000000Z",'
        f'"changes":{{"able":"{able}","code":"{code}"}},'
        f'"data":{{"rows":{{"reason":[[1,"{"d" * 64}"]]}}}},"format":"pro_app trail 2",'
        f'"reason":"{reason}","role":"nurse","site":"A","subject":"A-001","visit":"V2"}}'
    )


def test_a_seal_of_version_2_is_this() -> None:
    [seal] = chain([SALTED])
    lines = (START, "1", "7", seal.event_sha256, "2026-03-05T00:00:00.000000Z", "pro_app trail 2")
    assert seal.chain == sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


@given(
    field=st.sampled_from(["changes.code", "changes.able", "reason"]),
    other=st.sampled_from(["changes.code", "changes.able", "reason", "actor", "data"]),
)
def test_what_a_redaction_did_not_name_is_proven(field: str, other: str) -> None:
    left = without(SALTED, [field])
    taken = Redaction(7, digest(SALTED), digest(left), (field,), commitments_of(SALTED, [field]))
    told = replace(
        PLAIN,
        id=9,
        action=REDACTED,
        changes={
            "event_id": [None, 7],
            "fields": [None, [field]],
            "left_sha256": [None, digest(left)],
        },
        salts={},
    )
    seals = chain([SALTED, told])
    sound = verify(seals, [left, told], redactions={7: taken})
    assert (sound.finding, sound.redacted, sound.unproven) == (None, 1, 0)
    forged = replace(
        left,
        actor="x" if other == "actor" else left.actor,
        data={} if other == "data" else left.data,
        reason="x" if other == "reason" else left.reason,
        changes={
            name: [None, "x"] if other == f"changes.{name}" else pair
            for name, pair in left.changes.items()
        },
    )
    covered = replace(taken, left_sha256=digest(forged))
    for redactions in ({7: taken}, {7: covered}):
        assert verify(seals, [forged, told], redactions=redactions).finding is not None


def test_an_event_that_was_sealed_twice_is_found_at_its_second_seal() -> None:
    [event] = trail(1)
    assert verify(chain([event, event]), [event]).finding == Finding(Wrong.REORDERED, 2, event.id)


def test_a_chain_that_ends_where_the_head_does_and_otherwise_was_replaced() -> None:
    events = trail(4)
    assert verify(chain(events), events, Head("f" * 64, 4)).finding == Finding(Wrong.REPLACED, 4)


def test_an_empty_trail_has_nothing_to_find() -> None:
    assert verify([], []) == Verdict(0, 0, None)
