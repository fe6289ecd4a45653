"""The version of a record: the same for the same content, another for any other."""

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.core.versions import version_of_many, version_sha256

RECORD = {
    "patient": [{"number": "A-001", "site": "A"}],
    "form": [
        {"visit": "V0", "answers": {"Q1": 2, "Q2": "SKIPPED"}, "answered_on": date(2026, 3, 5)},
        {"visit": "V1", "answers": {"Q1": 0, "Q2": 1}, "answered_on": date(2026, 6, 5)},
    ],
}
values = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
rows = st.lists(st.dictionaries(st.sampled_from("abc"), values, min_size=1), max_size=4)
records = st.dictionaries(st.sampled_from(["event", "form", "reason"]), rows, max_size=3)


def test_the_version_of_a_record_is_this() -> None:
    # What is pinned here stands in signatures.
    assert version_sha256(RECORD) == (
        "29d538f590cc487f477cc8ac043d55397522045f9f0996403d8e03eee666d86c"
    )


@given(record=records, chance=st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_rows_and_fields_does_not_matter(record, chance) -> None:
    shuffled = {}
    for name in sorted(record, reverse=True):
        found = [dict(sorted(row.items(), reverse=True)) for row in record[name]]
        chance.shuffle(found)
        shuffled[name] = found
    assert version_sha256(shuffled) == version_sha256(record)


@given(record=records.filter(lambda found: any(found.values())), data=st.data())
@settings(max_examples=60)
def test_any_other_value_is_another_version(record, data) -> None:
    name = data.draw(st.sampled_from(sorted(each for each in record if record[each])))
    place = data.draw(st.integers(0, len(record[name]) - 1))
    field = data.draw(st.sampled_from(sorted(record[name][place])))
    changed = {each: [dict(row) for row in found] for each, found in record.items()}
    changed[name][place][field] = "something else"
    assert version_sha256(changed) != version_sha256(record)


def test_a_row_more_or_less_is_another_version_and_an_empty_table_is_none() -> None:
    fewer = RECORD | {"form": RECORD["form"][:1]}
    assert version_sha256(fewer) != version_sha256(RECORD)
    assert version_sha256(RECORD | {"event": []}) == version_sha256(RECORD)


def test_an_instant_is_the_same_in_whatever_zone_it_is_read() -> None:
    here = datetime(2026, 3, 5, 8, tzinfo=timezone(timedelta(hours=8)))
    there = datetime(2026, 3, 5, 0, tzinfo=UTC)
    assert version_sha256({"form": [{"at": here}]}) == version_sha256({"form": [{"at": there}]})


def test_what_no_record_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        version_sha256({"form": [{"at": object()}]})


def test_the_version_of_a_site_follows_those_of_its_patients() -> None:
    one = version_of_many({"A-001": "x", "A-002": "y"})
    assert one == version_of_many({"A-002": "y", "A-001": "x"})
    assert one != version_of_many({"A-001": "x", "A-002": "z"})
    assert one != version_of_many({"A-001": "x"})


def test_characters_and_instants_stand_in_the_version_as_they_are() -> None:
    instant = datetime(2026, 3, 5, tzinfo=UTC)
    content = '{"event":["{\\"at\\":\\"2026-03-05T00:00:00.000000Z\\",\\"why\\":\\"忘记\\"}"]}'
    assert (
        version_sha256({"event": [{"why": "忘记", "at": instant}]})
        == hashlib.sha256(content.encode()).hexdigest()
    )
