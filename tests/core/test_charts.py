"""Where the marks stand: true ranges, true months, gaps where nothing was answered."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pro_app.core.charts import SIGNS, Frame, score_chart, stacked
from pro_app.core.facts import FormFact, PatientFacts
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.timeline import timeline
from pro_app.instruments import load as load_instrument
from pro_app.studies import load

STUDY = load("nct04158843")
INSTRUMENT = load_instrument(STUDY.instrument)
SCALES = {scale.code: scale for scale in INSTRUMENT.scales}
DIFFERENCES = {each.scale: each for each in INSTRUMENT.differences}
FRAME = Frame(480, 100, left=0, right=0, top=0, bottom=0)
ANCHOR = date(2021, 1, 11)


def entries(*visits: str, as_of: date = date(2025, 6, 1)) -> tuple[Entry, ...]:
    plain = PatientFacts("A", "X", ANCHOR, ANCHOR, ANCHOR, True)
    targets = {e.visit: e.target_on for e in ledger(plain, STUDY, valid_from=30, as_of=as_of)}
    forms = tuple(FormFact(visit, targets[visit] or ANCHOR, 37) for visit in visits)
    facts = PatientFacts("A", "X", ANCHOR, ANCHOR, ANCHOR, True, forms=forms)
    return ledger(facts, STUDY, valid_from=30, as_of=as_of)


def test_a_score_stands_at_its_true_month_on_the_scale_s_true_range() -> None:
    chart = score_chart(SCALES["FACT_B"], entries("V0", "V4"), {"V0": 148, "V4": 74}, None, FRAME)
    assert [(p.x, p.y) for p in chart.points] == [(0, 0), (120, 50)]
    assert [tick.text for tick in chart.values] == ["0", "37", "74", "111", "148"]


def test_a_missing_visit_breaks_the_line_and_stands_on_the_base_line() -> None:
    scores = {"V0": 20.0, "V1": 20.0, "V3": 10.0, "V4": 12.0}
    chart = score_chart(SCALES["PWB"], entries(*scores), scores, None, FRAME)
    assert [[p.visit for p in line] for line in chart.lines] == [["V0", "V1"], ["V3", "V4"]]
    assert [gap.visit for gap in chart.gaps] == ["V2", "V5", "V6", "V7", "V8", "V9", "V10"]
    assert chart.gaps[0].status is Status.MISSING


def test_a_form_too_thin_to_score_leaves_a_gap_too() -> None:
    chart = score_chart(SCALES["PWB"], entries("V0", "V1"), {"V0": None, "V1": 3.0}, None, FRAME)
    assert [point.visit for point in chart.points] == ["V1"]
    assert chart.gaps[0] == chart.gaps[0].__class__(0.0, "V0", Status.VALID)


def test_what_is_still_to_come_is_no_gap() -> None:
    chart = score_chart(SCALES["PWB"], entries(as_of=ANCHOR), {}, None, FRAME)
    assert chart.gaps == ()


def test_the_band_lies_about_the_baseline_and_inside_the_range() -> None:
    difference = DIFFERENCES["FACT_B"]
    chart = score_chart(SCALES["FACT_B"], entries("V0"), {"V0": 74.0}, difference, FRAME)
    assert chart.band
    top, height = chart.band.outer
    assert round(top + height / 2, 1) == chart.band.baseline == 50
    assert chart.band.inner[1] < chart.band.outer[1]
    high = score_chart(SCALES["FACT_B"], entries("V0"), {"V0": 148.0}, difference, FRAME)
    assert high.band
    assert high.band.outer[0] == 0


def test_without_a_baseline_there_is_no_band() -> None:
    found = entries("V1")
    chart = score_chart(SCALES["FACT_B"], found, {"V1": 74.0}, DIFFERENCES["FACT_B"], FRAME)
    assert chart.band is None


def test_every_status_has_its_sign() -> None:
    assert set(SIGNS) == set(Status)


@given(
    st.lists(st.tuples(st.integers(-400, 2400), st.sampled_from(["death", "surgery"])), max_size=8)
)
def test_every_mark_of_a_time_line_lies_in_its_frame(days: list[tuple[int, str]]) -> None:
    events = sorted((ANCHOR + timedelta(day), what) for day, what in days)
    line = timeline(entries(), events, [], today=date(2023, 1, 1), frame=FRAME, apart=50)
    assert line
    assert all(0 <= mark.x <= 480 for mark in line.marks)
    assert all(w.x >= 0 and w.x + w.width <= 480.2 for w in line.windows)
    for first in line.marks:
        for second in line.marks:
            if first is not second and first.level == second.level:
                assert abs(first.x - second.x) >= 50


def test_there_is_no_time_line_before_randomisation() -> None:
    facts = PatientFacts("A", "X", ANCHOR, ANCHOR, None, True)
    screened = ledger(facts, STUDY, valid_from=30, as_of=ANCHOR)
    assert timeline(screened, [], [], today=ANCHOR, frame=FRAME, apart=50) is None


@given(st.lists(st.integers(0, 50), min_size=1, max_size=5).filter(any))
def test_a_stacked_bar_fills_its_width(parts: list[int]) -> None:
    pieces = stacked([(str(n), part) for n, part in enumerate(parts)], 100)
    assert abs(sum(piece.width for piece in pieces) - 100) < 0.1
    assert sum(piece.part for piece in pieces) == sum(parts)


def test_an_empty_bar_has_no_pieces() -> None:
    assert stacked([("a", 0)], 100) == ()


@given(st.lists(st.tuples(st.integers(-200, 2200), st.integers(0, 300)), max_size=5))
def test_every_pause_lies_on_the_time_line_and_is_to_be_seen(spans: list[tuple[int, int]]) -> None:
    start = ANCHOR
    told = [
        (start + timedelta(day), start + timedelta(day + long), "festival") for day, long in spans
    ]
    line = timeline(
        entries(), [], [], today=date(2023, 1, 1), frame=FRAME, apart=50, spans=told, calls=[]
    )
    assert line
    assert len(line.spans) == len(told)
    assert all(span.x >= 0 and span.width >= 4 for span in line.spans)


def test_an_open_pause_reaches_to_today() -> None:
    today = date(2023, 1, 1)
    line = timeline(
        entries(),
        [],
        [],
        today=today,
        frame=FRAME,
        apart=50,
        spans=[(date(2022, 6, 1), None, "other")],
        calls=[(date(2022, 7, 1), "REACHED")],
    )
    assert line
    [span] = line.spans
    assert line.today
    assert abs(span.x + span.width - line.today) < 0.2
    assert span.x < line.calls[0].x < line.today


MARGINS = Frame(480, 100, left=40, right=20, top=10, bottom=30)


def test_a_frame_without_margins_fills_its_chart() -> None:
    assert Frame(480, 100) == FRAME
    assert (FRAME.x(0, 0, 48), FRAME.x(48, 0, 48), FRAME.y(0, 0, 4), FRAME.y(4, 0, 4)) == (
        0, 480, 100, 0,
    )  # fmt: skip


def test_an_axis_runs_from_its_lowest_to_its_highest_between_the_margins() -> None:
    assert (MARGINS.x_end, MARGINS.y_end) == (460, 70)
    assert [MARGINS.x(n, 10, 40) for n in (10, 25, 40)] == [40, 250, 460]
    assert [MARGINS.y(n, 10, 40) for n in (10, 25, 40)] == [70, 40, 10]
    assert (MARGINS.x(11, 0, 36), MARGINS.y(11, 0, 36)) == (168.3, 51.7)  # to a tenth


def test_the_axis_of_a_scale_that_does_not_begin_at_nought_has_its_quarters() -> None:
    scale = replace(SCALES["PWB"], lowest=10, highest=50)
    chart = score_chart(scale, entries("V0"), {"V0": 50.0}, None, FRAME)
    assert [tick.text for tick in chart.values] == ["10", "20", "30", "40", "50"]
    assert chart.points[0].y == 0


def test_months_are_told_at_their_places_and_a_form_out_of_its_window_is_marked() -> None:
    found = entries("V0", "V1")
    aside = [
        entry._replace(status=Status.OUT_OF_WINDOW) if entry.visit == "V1" else entry
        for entry in found
    ]
    chart = score_chart(SCALES["PWB"], aside, {"V0": 20.0, "V1": 20.0}, None, FRAME)
    assert [(tick.at, tick.text) for tick in chart.months][:3] == [(0, "0"), (30, "3"), (60, "6")]
    assert [point.in_window for point in chart.points] == [True, False]


def test_one_score_alone_has_no_line_and_a_study_of_one_month_its_place() -> None:
    chart = score_chart(SCALES["PWB"], entries("V0"), {"V0": 20.0}, None, FRAME)
    assert (len(chart.points), chart.lines) == (1, ())
    only = score_chart(SCALES["PWB"], entries("V0")[:1], {"V0": 20.0}, None, FRAME)
    assert only.points[0].x == 0
    assert score_chart(SCALES["PWB"], [], {}, None, FRAME).months == ()


def test_the_band_lies_about_the_first_score_and_no_later_one() -> None:
    difference = DIFFERENCES["FACT_B"]
    scores = {"V0": 74.0, "V1": 20.0}
    both = score_chart(SCALES["FACT_B"], entries(*scores), scores, difference, FRAME).band
    alone = score_chart(SCALES["FACT_B"], entries("V0"), {"V0": 74.0}, difference, FRAME).band
    assert both == alone
    assert both
    assert both.outer[1] == round(both.outer[1], 1)


def test_the_parts_of_a_bar_stand_side_by_side_to_a_hundredth() -> None:
    found = stacked([("a", 1), ("b", 1), ("c", 0), ("d", 1)], 100)
    assert [(p.x, p.width, p.part, p.name) for p in found] == [
        (0, 33.33, 1, "a"),
        (33.33, 33.33, 1, "b"),
        (66.67, 33.33, 1, "d"),
    ]


def test_a_time_line_stands_on_its_days() -> None:
    """1,000 days from the first to the last, a tenth of the frame's width each."""
    found = entries()[:2]
    opens = found[0].opens_on
    frame = Frame(100, 10)
    last = opens + timedelta(1000)
    line = timeline(
        found,
        [(last, "death")],
        [(opens + timedelta(500), "V0")],
        today=last,
        frame=frame,
        apart=10,
        calls=[(opens + timedelta(250), "REACHED")],
    )
    assert line
    assert [(mark.x, mark.level) for mark in line.marks] == [(100, 0)]
    assert [(mark.x, mark.level) for mark in (*line.forms, *line.calls)] == [(50, 0), (25, 0)]
    assert line.today == 100
    windows = [(w.x, w.width, w.target) for w in line.windows]
    assert windows == [(0, 1.4, 1.4), (9.0, 2.8, 10.4)]
    assert [(tick.at, tick.text) for tick in line.months] == [(1.4, "0")]
    before = timeline(found, [], [], today=opens, frame=frame, apart=10)
    assert before
    assert before.today == 0
    later = timeline(found, [], [], today=opens - timedelta(1), frame=frame, apart=10)
    assert later
    assert later.today is None


def test_the_years_of_a_time_line_are_counted_from_the_randomisation() -> None:
    line = timeline(entries(), [], [], today=ANCHOR, frame=FRAME, apart=50)
    assert line
    assert [tick.text for tick in line.months] == ["0", "12", "24", "36", "48"]
    assert line.months[0].at == line.windows[0].target


def test_near_marks_stand_on_levels_of_their_own_as_low_as_there_is_room() -> None:
    frame = Frame(1000, 10)
    found = entries()[:1]
    opens = found[0].opens_on
    days = [0, 10, 20, 60, 65, 110, 1000]
    events = [(opens + timedelta(n), "event") for n in days]
    line = timeline(found, events, [], today=opens, frame=frame, apart=50)
    assert line
    assert [(mark.x, mark.level) for mark in line.marks] == [
        (0, 0), (10, 1), (20, 2), (60, 0), (65, 1), (110, 0), (1000, 0),
    ]  # fmt: skip


def test_a_year_that_is_not_reached_has_no_tick() -> None:
    first, second = entries()[:2]
    found = [first, second._replace(month=11)]
    line = timeline(found, [], [], today=ANCHOR, frame=FRAME, apart=50)
    assert line
    assert [tick.text for tick in line.months] == ["0"]


def test_a_time_line_of_one_day_or_two_has_its_ends() -> None:
    [only] = entries()[:1]
    for days, target in ((0, 0), (1, 480)):
        short = only._replace(opens_on=ANCHOR - timedelta(days), closes_on=ANCHOR)
        line = timeline([short], [], [], today=ANCHOR, frame=FRAME, apart=50)
        assert line
        assert line.windows[0].target == target
