"""The shipped instrument is what its sources say; a broken one is refused with every reason."""

import copy
import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import pro_app.instruments
from pro_app.core.instrument import InstrumentError, from_data
from pro_app.instruments import load

FACT_B = load("fact_b_v4")
STRUCTURE = Path(pro_app.instruments.__file__).parent / "fact_b_v4" / "structure.json"
CDISC = Path(__file__).parents[1] / "oracle" / "cdisc_factb_v4.csv"


def cdisc_terms() -> dict[str, tuple[str, str, str]]:
    renamed = {"FACTG": "FACT_G", "FACTB": "FACT_B"}
    with CDISC.open(encoding="utf-8") as file:
        return {
            renamed.get(row["factb_code"], row["factb_code"]): (
                row["QSTESTCD"],
                row["QSTEST"],
                row["NCI_C_code"],
            )
            for row in csv.DictReader(file)
        }


def problems_after(change: Callable[[dict[str, Any]], object]) -> tuple[str, ...]:
    data = copy.deepcopy(json.loads(STRUCTURE.read_bytes()))
    change(data)
    with pytest.raises(InstrumentError) as refused:
        from_data(data, "0" * 64)
    return refused.value.problems


def test_items_stand_in_the_order_of_the_cdisc_terms() -> None:
    assert FACT_B.item_codes == tuple(cdisc_terms())[:37]


def test_every_item_and_scale_carries_its_cdisc_term() -> None:
    stated = {
        each.code: (each.test_code, each.test_name, each.term_code)
        for each in (*FACT_B.items, *FACT_B.scales)
    }
    assert stated == cdisc_terms()
    assert "NCI Thesaurus" in FACT_B.attribution
    assert "CC BY 4.0" in FACT_B.attribution


def test_scales_have_the_published_lengths_ranges_and_thresholds() -> None:
    rules = [(s.code, len(s.items), s.lowest, s.highest, s.min_answered) for s in FACT_B.scales]
    assert rules == [
        ("PWB", 7, 0, 28, 4),
        ("SWB", 7, 0, 28, 4),
        ("EWB", 6, 0, 24, 4),
        ("FWB", 7, 0, 28, 4),
        ("BCS", 10, 0, 40, 6),
        ("FACT_G", 27, 0, 108, 22),
        ("TOI", 24, 0, 96, None),
        ("FACT_B", 37, 0, 148, 30),
    ]


def test_seventeen_items_are_scored_as_answered_and_twenty_reversed() -> None:
    upright = [item.code for item in FACT_B.items if not item.reversed]
    social = [f"GS{n}" for n in range(1, 8)]
    functional = [f"GF{n}" for n in range(1, 8)]
    assert upright == [*social, "GE2", *functional, "B4", "B9"]


def test_the_box_for_not_answering_stands_before_the_item_it_covers() -> None:
    (box,) = FACT_B.opt_outs
    assert (box.code, box.before, box.items) == ("Q1", "GS7", ("GS7",))


@pytest.mark.parametrize(("items", "minutes"), [(37, 10), (36, 9), (3, 1)])
def test_how_long_it_takes_follows_from_the_number_of_items(items: int, minutes: int) -> None:
    assert replace(FACT_B, items=FACT_B.items[:items]).about_minutes == minutes


def test_the_checksum_is_that_of_the_file() -> None:
    assert FACT_B.sha256 == hashlib.sha256(STRUCTURE.read_bytes()).hexdigest()


def test_an_instrument_is_loaded_from_a_folder_outside_too(tmp_path: Path) -> None:
    (tmp_path / "structure.json").write_bytes(STRUCTURE.read_bytes())
    assert load(str(tmp_path)) == FACT_B


def test_a_folder_without_a_structure_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(
        InstrumentError, match="is unknown – expected one of fact_b_v4, or a folder"
    ):
        load(str(tmp_path))


@pytest.mark.parametrize("content", ["{", "[]", "\ufeff"])
def test_a_structure_that_is_no_json_object_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "structure.json").write_text(content, encoding="utf-8")
    with pytest.raises(InstrumentError, match=r"structure\.json"):
        load(str(tmp_path))


REFUSALS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an item too few": (lambda d: d["items"].pop(), "items: 36 stand there, 37 were stated"),
    "a wrong count": (lambda d: d.update(item_count=38), "items: 37 stand there, 38 were stated"),
    "no count": (lambda d: d.pop("item_count"), "item_count: null – expected a whole number"),
    "a missing key": (lambda d: d.pop("valid_from"), "valid_from: missing"),
    "a missing key of an item": (lambda d: d["items"][0].pop("reversed"), "items[0].reversed: "),
    "an unknown key": (lambda d: d.update(recal_days=7), "recal_days: unknown"),
    "a text for a number": (
        lambda d: d.update(highest="4"),
        'highest: "4" – expected a whole number',
    ),
    "a yes for a number": (
        lambda d: d.update(lowest=True),
        "lowest: true – expected a whole number",
    ),
    "no list of items": (lambda d: d.update(items={}), "items: {} – expected a list"),
    "no object": (lambda d: d.update(scales=["PWB"]), 'scales[0]: "PWB" – expected an object'),
    "a turned range": (lambda d: d.update(lowest=4, highest=0), "range: 4 is not below 0"),
    "a threshold out of reach": (lambda d: d.update(valid_from=38), "valid_from: 38 of 37 items"),
    "a doubled item": (lambda d: d["items"][1].update(code="GP1"), "codes: GP1 is doubled"),
    "a score named like an item": (
        lambda d: d["scales"][0].update(code="GP1"),
        "codes: GP1 is doubled",
    ),
    "a doubled section": (
        lambda d: d["sections"][1].update(code="PWB"),
        "sections: PWB is doubled",
    ),
    "a doubled test code": (
        lambda d: d["scales"][0].update(test_code="FAC00501"),
        "test_code: FAC00501 is doubled",
    ),
    "an unknown item in a section": (
        lambda d: d["sections"][0]["items"].append("GP8"),
        "sections: unknown item GP8",
    ),
    "an item in no section": (
        lambda d: d["sections"][4]["items"].remove("P2"),
        "sections: P2 stands in none",
    ),
    "an item in two sections": (
        lambda d: d["sections"][1]["items"].append("GP1"),
        "sections: GP1 stands in two places",
    ),
    "sections out of order": (
        lambda d: d["sections"].reverse(),
        "sections: not in the order of the items",
    ),
    "a box before an unknown item": (
        lambda d: d["opt_outs"][0].update(before="GS8"),
        "opt-out Q1: unknown item GS8",
    ),
    "an unknown item in a scale": (
        lambda d: d["scales"][0].update(items=["GP8"]),
        "scale PWB: unknown item GP8",
    ),
    "an item twice in a scale": (
        lambda d: d["scales"][0]["items"].append("GP1"),
        "scale PWB: GP1 is doubled",
    ),
    "a scale of nothing": (lambda d: d["scales"][0].update(items=[]), "scale PWB: no items"),
    "a subscale without a threshold": (
        lambda d: d["scales"][0].update(min_answered=None),
        "scale PWB: min_answered is missing",
    ),
    "a threshold above the number of items": (
        lambda d: d["scales"][0].update(min_answered=8),
        "scale PWB: min_answered 8 of 7 items",
    ),
    "an unknown part": (
        lambda d: d["scales"][5]["parts"].append("XWB"),
        "scale FACT_G: part XWB is no subscale",
    ),
    "a total of a total": (
        lambda d: d["scales"][7].update(parts=["FACT_G", "BCS"]),
        "scale FACT_B: part FACT_G is no subscale",
    ),
    "a total without one of its parts": (
        lambda d: d["scales"][5]["parts"].remove("PWB"),
        "scale FACT_G: its items are not those of its parts",
    ),
    "a range that does not fit": (
        lambda d: d["scales"][7].update(highest=144),
        "scale FACT_B: range 0 to 144, not 0 to 148",
    ),
    "a difference of an unknown scale": (
        lambda d: d["differences"][0].update(scale="XWB"),
        "differences: unknown scale XWB",
    ),
    "a turned difference": (
        lambda d: d["differences"][0].update(low=3, high=2),
        "differences: PWB from 3.0 to 2.0",
    ),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_structure_that_contradicts_itself_is_refused_with_the_reason(fault: str) -> None:
    change, reason = REFUSALS[fault]
    assert any(problem.startswith(reason) for problem in problems_after(change))


def test_all_faults_are_named_at_once() -> None:
    def break_twice(data: dict[str, Any]) -> None:
        data["sections"][4]["items"].remove("P2")
        data["scales"][7]["highest"] = 144
        data["items"][1]["code"] = "GP1"

    problems = problems_after(break_twice)
    assert "codes: GP1 is doubled" in problems
    assert "sections: P2 stands in none" in problems
    assert "scale FACT_B: range 0 to 144, not 0 to 148" in problems


def test_the_bounds_of_a_structure_s_numbers_are_inside() -> None:
    def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        data: dict[str, Any] = copy.deepcopy(json.loads(STRUCTURE.read_bytes()))
        change(data)
        return data

    for change in (
        lambda d: d.update(valid_from=1),
        lambda d: d.update(valid_from=37),
        lambda d: d["scales"][0].update(min_answered=1),
        lambda d: d["scales"][0].update(min_answered=7),
        lambda d: d["differences"][0].update(low=0.5, high=0.5),
    ):
        assert from_data(changed(change), "0" * 64)
    for change, reason in (
        (lambda d: d.update(valid_from=0), "valid_from: 0 of 37 items"),
        (lambda d: d["scales"][0].update(min_answered=0), "scale PWB: min_answered 0 of 7 items"),
        (lambda d: d["differences"][0].update(low=0), "differences: PWB from 0.0 to"),
        (lambda d: d.update(lowest=4, highest=4), "range: 4 is not below 4"),
    ):
        assert any(problem.startswith(reason) for problem in problems_after(change)), reason


def test_what_is_wrong_in_a_file_is_quoted_up_to_sixty_characters() -> None:
    for length, quoted in ((58, f'"{"文" * 58}"'), (59, f'"{"文" * 59}…')):
        found = problems_after(lambda d, length=length: d.update(highest="文" * length))
        assert f"highest: {quoted} – expected a whole number" in found
