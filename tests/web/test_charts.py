"""Charts and plans: the geometry shows what the numbers say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops.wording import speaking
from web.charts import Series, bar_chart, column_chart, line_chart, number, sparkline, ticks
from web.plans import Lane, Spot, Stretch, Way, gantt, plan_map

PLANT = ZoneInfo("Europe/Luxembourg")


@given(st.floats(-1e9, 1e9), st.floats(0.001, 1e9))
def test_ticks_enclose_what_they_scale(low: float, spread: float) -> None:
    high = low + spread
    found = ticks(low, high)
    assert found[0] <= low + 1e-6 * spread and found[-1] >= high - 1e-6 * spread
    assert 2 <= len(found) <= 12


def test_a_line_lifts_the_pen_where_nothing_is_known() -> None:
    chart = line_chart("Overtime", ["a", "b", "c", "d"], [Series("Overtime", [1, None, 3, 4])], unit="%", target=4)
    assert chart.lines[0].path.count("M") == 2
    assert chart.rows[1] == ("b", ("–",))
    assert chart.target_label == "Target 4 %"


def test_higher_values_stand_higher() -> None:
    chart = line_chart("x", ["a", "b"], [Series("s", [1, 9])])
    (_, low, _), (_, high, _) = chart.lines[0].dots
    assert high < low  # SVG counts downwards


def test_stacked_columns_stand_on_each_other() -> None:
    chart = column_chart("x", ["a"], [Series("done", [3]), Series("open", [2])], stacked=True)
    done, still_open = chart.bars
    assert still_open.y + still_open.height == pytest.approx(done.y, abs=0.2)
    assert done.label == "a, done: 3"


def test_a_ranking_is_in_proportion() -> None:
    chart = bar_chart("Spend", ["A", "B"], [200, 50], unit="EUR")
    assert chart.bars[0].width == pytest.approx(4 * chart.bars[1].width, rel=0.01)
    assert chart.bars[1].shown == "50 EUR"


def test_values_and_labels_must_match() -> None:
    with pytest.raises(ValueError, match="has 1 values for 2 labels"):
        line_chart("x", ["a", "b"], [Series("s", [1])])


def test_empty_charts_are_drawn_too() -> None:
    assert line_chart("x", [], [Series("s", [])]).lines[0].path == ""
    assert sparkline([None]).text == "no values"


@pytest.mark.parametrize(("value", "said"), [(0.5, "0.5"), (1234.5, "1,234"), (12.34, "12.3"), (3, "3"), (None, "–")])
def test_numbers_on_charts_are_short(value: float | None, said: str) -> None:
    assert number(value) == said


def test_an_axis_of_close_values_tells_its_steps_apart() -> None:
    drawn = line_chart("x", ["2 s", "6 s", "9 s"], [Series("Best", [111.02, 110.74, 110.59])], from_zero=False)
    assert [tick.label for tick in drawn.y_ticks] == ["110.4", "110.6", "110.8", "111", "111.2"]
    assert drawn.rows[1] == ("6 s", ("110.7",))
    with speaking("de"):
        assert number(1234.5, least=1) == "1.234,5"


def test_a_gantt_begins_on_the_hour_in_plant_time() -> None:
    start = datetime(2026, 11, 23, 5, 20, tzinfo=UTC)
    plan = gantt("Trips", [Lane("Van 1", [Stretch(start, start + timedelta(minutes=40), "drive")])], PLANT)
    assert plan.hours[0][1] == "06:00"
    assert plan.rows == (("Van 1", "06:20", "07:00", "drive"),)
    bar = plan.bars[0]
    assert plan.label_width < bar.x < bar.x + bar.width <= plan.width


def test_north_is_up_and_the_scale_is_true() -> None:
    depot, north = Spot(49.6, 6.1, "Depot", is_depot=True), Spot(49.7, 6.1, "North")
    plan = plan_map("Tour", [depot, north], [Way("Van", [(49.6, 6.1), (49.7, 6.1)])])
    assert plan.spots[1].y < plan.spots[0].y
    pixels_per_km = (plan.spots[0].y - plan.spots[1].y) / 11.1195
    assert plan.scale_width / float(plan.scale_label.split()[0]) == pytest.approx(pixels_per_km, rel=0.01)
    assert plan.ways[0][2].startswith("M")


def test_one_place_alone_is_a_map_too() -> None:
    assert len(plan_map("One", [Spot(49.6, 6.1, "Depot")]).spots) == 1
    assert plan_map("None", []).spots == ()
