"""The protocol as data: what is shipped, what a file of one's own may hold, what is refused."""

import copy
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pro_app import instruments
from pro_app.core.study import StudyError
from pro_app.core.study_file import from_data
from pro_app.studies import load, shipped_ids

TINY = Path(__file__).parents[1] / "tiny_study" / "study.json"


def tiny() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(TINY.read_text("utf-8"))
    return data


def problems(data: object, *, zone_is_known: bool = True) -> tuple[str, ...]:
    with pytest.raises(StudyError) as refused:
        from_data(data, is_time_zone=lambda _: zone_is_known)
    return refused.value.problems


def test_the_trial_is_shipped_as_its_registry_and_schedule_say() -> None:
    study = load("nct04158843")

    assert study.registry_id == "NCT04158843"
    assert study.instrument == "fact_b_v4"
    assert study.languages == ("zh", "en")
    assert study.time_zone == "Asia/Shanghai"
    assert [(arm.code, arm.weight) for arm in study.arms] == [("RADICAL", 2), ("PALLIATIVE", 1)]
    assert [site.code for site in study.sites] == ["LISHUI", "JIAXING", "ZJCC", "SAHZU"]
    assert study.sites[2].name["zh"] == "浙江省肿瘤医院"
    assert [(v.month, v.days_before, v.days_after) for v in study.visits] == [
        (0, 14, 0),
        *((month, 14, 14) for month in (3, 6, 9, 12)),
        *((month, 28, 28) for month in (18, 24, 30, 36, 42, 48)),
    ]
    assert study.stop_events == ()


def test_the_shipped_reasons_are_those_of_the_science_page() -> None:
    study = load("nct04158843")
    groups: dict[str, list[str]] = {group: [] for group in study.reason_groups}
    for reason in study.reasons:
        groups[reason.group].append(reason.code)

    assert groups == {
        "HEALTH": ["P_TOO_ILL", "P_HOSPITAL", "P_DISTRESS", "C_TOO_ILL"],
        "PATIENT": [
            "P_DECLINED_THIS",
            "P_FORGOT",
            "P_BURDEN",
            "P_PRIVACY",
            "P_LANGUAGE_OR_SIGHT",
        ],
        "CONTACT": ["P_NO_CONTACT", "P_MOVED"],
        "ADMIN": ["S_NOT_OFFERED", "S_WRONG_TIME", "S_ABSENT"],
        "TECH": ["T_LOGIN", "T_DEVICE", "T_SYSTEM", "T_LOST"],
        "EVENT": ["D_IN_WINDOW", "W_IN_WINDOW"],
        "OTHER": ["OTHER"],
        "UNKNOWN": ["UNKNOWN"],
    }
    assert [reason.code for reason in study.reasons if reason.needs_text] == ["OTHER"]


def test_shipped_phone_numbers_can_ring_nowhere() -> None:
    assert all("000-000" in site.phone for site in load("nct04158843").sites)


def test_a_study_says_how_its_forms_are_laid_out() -> None:
    assert load("nct04158843").form_layout == "item"
    assert load(str(TINY)).form_layout == "section"
    assert (
        from_data(
            {key: value for key, value in tiny().items() if key != "form_layout"},
            is_time_zone=lambda _: True,
        ).form_layout
        == "item"
    )
    assert problems(tiny() | {"form_layout": "poster"}) == (
        "form_layout: 'poster' – expected item or section",
    )


def test_a_study_carries_the_checksum_of_its_content_not_of_its_spaces() -> None:
    study = load(str(TINY))
    turned = dict(reversed(tiny().items())) | {"comment": "said twice"}

    assert study.sha256 == hashlib.sha256(study.content.encode()).hexdigest()
    assert from_data(turned, is_time_zone=lambda _: True).sha256 == study.sha256
    changed = from_data(tiny() | {"form_layout": "item"}, is_time_zone=lambda _: True)
    assert changed.sha256 != study.sha256


def test_a_file_does_not_say_what_a_study_knows_of_itself() -> None:
    told = problems(tiny() | {"sha256": "0" * 64, "content": "{}", "plans": []})
    assert told == ("sha256: unknown", "content: unknown", "plans: unknown")


def test_half_a_character_is_refused() -> None:
    data = tiny()
    data["title"]["en"] += "\ud800"
    assert problems(data) == ("the file: holds half of a character (a lone surrogate)",)


def test_a_study_is_read_once() -> None:
    assert load("nct04158843") is load("nct04158843")


def test_a_file_of_ones_own_finds_the_instrument_beside_it() -> None:
    study = load(str(TINY))

    assert study.instrument == str(TINY.parent / "tiny")
    assert instruments.load(study.instrument).item_codes == ("TEA1", "TEA2", "TEA3")
    assert instruments.demonstration(study.instrument, "en").texts["TITLE"] == "Tea form"
    assert study.arms[0].weight == 1


def test_a_file_of_ones_own_may_use_a_shipped_instrument(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps(tiny() | {"instrument": "fact_b_v4"}), "utf-8")

    assert load(str(path)).instrument == "fact_b_v4"


def test_an_unknown_study_is_refused_with_the_ones_there_are() -> None:
    assert shipped_ids() == ("nct04158843",)
    with pytest.raises(StudyError, match="nowhere: no such study file, nor one of nct04158843"):
        load("nowhere")
    with pytest.raises(StudyError, match="no such study"):
        load("/nowhere/study.json")


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{", "utf-8")
    with pytest.raises(StudyError, match="not JSON"):
        load(str(path))


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    for name in ("Asia/Lishui", "", "../etc", "Asia"):
        path = tmp_path / f"{len(name)}.json"
        path.write_text(json.dumps(tiny() | {"time_zone": name}), "utf-8")
        with pytest.raises(StudyError, match=r"time_zone: .* is unknown"):
            load(str(path))


def test_all_problems_of_shape_are_named_at_once() -> None:
    data = tiny()
    del data["title"]
    data["visitz"] = []
    data["visits"][1]["month"] = True
    data["sites"][0] = "HARBOUR"
    data["reasons"][0]["avoidable"] = "yes"

    assert problems(data) == (
        "title: missing – expected an object",
        "visitz: unknown – expected no such key",
        'sites[0]: "HARBOUR" – expected an object with code, name, phone',
        "visits[1].month: true – expected a whole number",
        'reasons[0].avoidable: "yes" – expected true or false',
    )


@pytest.mark.parametrize("data", [None, [], "study", 3])
def test_data_that_is_no_object_is_refused(data: object) -> None:
    shown = json.dumps(data)
    assert problems(data) == (f"the file: {shown} – expected an object",)


def test_lists_and_tables_of_the_wrong_shape_are_refused() -> None:
    data = tiny() | {"arms": {}, "title": "Two teas"}

    assert problems(data) == (
        'title: "Two teas" – expected an object',
        "arms: {} – expected a list",
    )


def test_what_has_the_right_shape_is_looked_at_beside_what_has_not() -> None:
    data = tiny() | {"title": None, "completion_floor": 80, "reason_groups": []}
    data["visits"][1]["days_before"] = -1
    data["arms"][0]["weight"] = "2"
    data["arms"][1]["code"] = "?"

    assert problems(data) == (
        "title: null – expected an object",
        'arms[0].weight: "2" – expected a whole number',
        "reason_groups: [] – expected an object",
        "visits.MIDDLE.days_before: -1 – expected 0 or more",
        "completion_floor: 80.0 – expected a number above 0 and at most 1, or null",
    )
    del data["visits"]
    assert "visits: missing – expected a list" in problems(data)


def test_all_contradictions_are_named_at_once() -> None:
    data = tiny()
    data["languages"] = ["en", "de"]
    data["sites"].append(copy.deepcopy(data["sites"][0]))
    data["arms"][0]["code"] = "GREEN TEA"
    data["arms"][1]["weight"] = 0
    data["stop_events"] = ["rain"]
    data["completion_floor"] = 80
    data["reasons"][0]["group"] = "NONE"
    data["reasons"][1]["code"] = "REASON_PENDING"

    found = problems(data, zone_is_known=False)

    every = "expected one for each of languages"
    told = (
        "sites: HARBOUR is doubled – expected once",
        "arms: 'GREEN TEA' is no code – expected a letter, then letters, digits and underscores",
        "arms.BLACK.weight: 0 – expected 1 or more",
        "completion_floor: 80.0 – expected a number above 0 and at most 1, or null",
        "reasons.ASLEEP.group: 'NONE' is unknown – expected one of reason_groups: ANY",
        "reasons.REASON_PENDING: this code says that none was given – expected another",
        f"title: no text in de – {every}",
        f"reason_groups.ANY: no text in de – {every}",
        "time_zone: 'Europe/Berlin' is unknown – expected one like Asia/Shanghai",
    )
    assert set(told) <= set(found)
    [event] = [each for each in found if each.startswith("stop_events: 'rain' is unknown")]
    assert "expected one of death, progression" in event


@pytest.mark.parametrize("kind", ["return_to_questionnaires", "return_consent", "transfer"])
def test_no_protocol_stops_where_a_patient_goes_on(kind: str) -> None:
    [found] = problems(tiny() | {"stop_events": ["progression", kind]})
    said, _, expected = found.partition(" – expected one of ")
    assert said == f"stop_events: '{kind}' lets a patient go on"
    assert kind not in expected.split(", ")


@pytest.mark.parametrize("kind", ["arms", "sites", "visits", "reasons"])
def test_a_study_without_arms_sites_visits_or_reasons_is_refused(kind: str) -> None:
    assert problems(tiny() | {kind: []}) == (f"{kind}: there is none – expected at least one",)


def test_a_study_without_language_is_refused() -> None:
    [problem] = problems(tiny() | {"languages": []})
    assert problem == "languages: there is none – expected at least one, such as 'en'"


def test_a_study_whose_first_visit_is_no_baseline_is_refused() -> None:
    data = tiny()
    del data["visits"][0]
    assert problems(data) == (
        "visits.MIDDLE.month: 1 – expected 0: the first visit is the baseline",
    )


def test_visits_that_do_not_ascend_are_refused() -> None:
    data = tiny()
    data["visits"][2]["month"] = 1
    assert problems(data) == ("visits.END.month: 1 – expected more than the 1 of MIDDLE before it",)


def test_a_window_with_a_negative_side_is_refused() -> None:
    data = tiny()
    data["visits"][1]["days_before"] = -1
    assert problems(data) == ("visits.MIDDLE.days_before: -1 – expected 0 or more",)


def test_windows_that_overlap_only_after_a_short_month_are_refused() -> None:
    # From 1 January, months 1 and 2 are 1 February and 1 March: 28 days apart.
    data = tiny()
    data["visits"][1]["days_after"] = 14
    data["visits"][2]["days_before"] = 13
    from_data(data, is_time_zone=lambda _: True)

    data["visits"][2]["days_before"] = 14
    assert problems(data) == (
        "visits: the windows of MIDDLE and END overlap – expected a day of one visit only; after a "
        "randomisation on 2020-12-31 the one closes on 2021-02-14 and the other opens on "
        "2021-02-14",
    )


@pytest.mark.parametrize(
    ("floor", "fits"), [(0, False), (0.01, True), (1, True), (1.01, False), (-0.5, False)]
)
def test_a_floor_of_completion_is_a_share(floor: float, fits: bool) -> None:
    data = tiny() | {"completion_floor": floor}
    if fits:
        assert from_data(data, is_time_zone=lambda _: True).completion_floor == floor
    else:
        assert [p.split(":")[0] for p in problems(data)] == ["completion_floor"]


def test_a_site_s_address_is_one_that_mail_can_go_to() -> None:
    data = tiny()
    data["sites"][0]["email"] = "nurse@hospital.example"
    assert from_data(data, is_time_zone=lambda _: True)
    data["sites"][0]["email"] = "nurse"
    assert [p.split(":")[0] for p in problems(data)] == [f"sites.{data['sites'][0]['code']}.email"]


@pytest.mark.parametrize(("before", "after"), [(15, 14), (14, 16)])
def test_windows_that_share_a_day_after_some_randomisation_are_refused(
    before: int, after: int
) -> None:
    # V0 at month 0, the next a month later: February gives the shortest month, 28 days.
    data = tiny()
    first, second = data["visits"][:2]
    first.update(month=0, days_before=0, days_after=after)
    second.update(month=1, days_before=before, days_after=0)
    data["visits"] = [first, second]
    [problem] = problems(data)
    assert "overlap" in problem
    first.update(days_after=13)
    second.update(days_before=14)
    assert from_data(data, is_time_zone=lambda _: True)


def test_a_study_is_the_same_whatever_the_spaces_in_its_file_and_shows_none_of_it() -> None:
    study = from_data(tiny(), is_time_zone=lambda _: True)
    assert dataclasses.replace(study, content="") == study
    assert study.content not in repr(study)
    assert all(reason.channels >= 0 for reason in study.reasons)


def test_what_is_no_text_is_not_asked_to_be_a_time_zone() -> None:
    with pytest.raises(StudyError) as refused:
        from_data(tiny() | {"time_zone": 8}, is_time_zone=lambda zone: zone.isascii())
    assert [p.split(":")[0] for p in refused.value.problems] == ["time_zone"]
