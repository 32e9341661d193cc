"""Charts show what their tables say, and say it to those who do not see them."""

import re
from decimal import Decimal

import pytest

from services.reporting.pages.charts import WIDTH, chart, fitting, nice_step, short
from services.reporting.pages.document import Column, Drawing, Row, Table, Unit, Value
from services.reporting.report.words import Language, Speech
from tests.reporting.reading import Page

ZH, EN = Speech(Language.ZH).words(), Speech(Language.EN).words()


def table(drawing: Drawing, *rows: tuple[str, tuple[Value, ...]], unit: Unit = Unit.COUNT) -> Table:
    width = len(rows[0][1]) if rows else 1
    columns = tuple(Column(f"c{n}", f"Column {n}", unit, drawn=True) for n in range(width))
    made = tuple(Row(label, label, values) for label, values in rows)
    return Table("t", "Title & more", "About <it>", "Row", columns, made, drawing)


def drawn(made: Table) -> Page:
    found = chart(made, EN, "x")
    assert found is not None
    return Page(found.encode())


def bars(page: Page, look: str) -> list[float]:
    return [
        float(each["width"] or 0)
        for each in page.having("rect")
        if look in (each["class"] or "").split()
    ]


@pytest.mark.parametrize("drawing", [each for each in Drawing if each is not Drawing.NONE])
def test_every_chart_has_a_role_a_title_and_a_description(drawing: Drawing) -> None:
    page = drawn(table(drawing, ("2026-W01", (3, 2)), ("2026-W02", (5, 0))))
    (svg,) = page.having("svg")
    assert svg["role"] == "img"
    assert svg["aria-labelledby"] == "x-n x-d"
    assert [each["id"] for each in page.having("title") if "id" in each] == ["x-n"]
    assert [each["id"] for each in page.having("desc")] == ["x-d"]
    assert page.texts[:2] == ["Title & more", "About <it>"]


@pytest.mark.parametrize("drawing", Drawing)
def test_nothing_is_drawn_of_nothing(drawing: Drawing) -> None:
    assert chart(table(drawing), EN, "x") is None
    assert chart(table(drawing, ("a", (0,)), ("b", (None,))), EN, "x") is None


def test_a_table_that_wants_no_drawing_gets_none() -> None:
    assert chart(table(Drawing.NONE, ("a", (3,))), EN, "x") is None


def test_bars_are_as_long_as_their_values() -> None:
    page = drawn(table(Drawing.BARS, ("a", (80,)), ("b", (20,)), ("c", (0,)), ("d", (-5,))))
    assert bars(page, "bar") == [WIDTH, WIDTH / 4, 0, 0]
    assert bars(page, "track") == [WIDTH] * 4


def test_the_steps_of_a_funnel_are_centred_and_as_wide_as_their_values() -> None:
    page = drawn(table(Drawing.FUNNEL, ("a", (40,)), ("b", (10,)), ("c", (0,))))
    first, second, third = (each for each in page.having("rect"))
    widths = [float(each["width"] or 0) for each in (first, second, third)]
    assert widths[1] == widths[0] / 4
    assert widths[2] == 2
    middles = {float(e["x"] or 0) + float(e["width"] or 0) / 2 for e in (first, second, third)}
    assert len(middles) == 1


def test_columns_stand_on_zero_and_hang_where_they_are_less() -> None:
    page = drawn(table(Drawing.COLUMNS, ("2026-01", (10,)), ("2026-02", (-10,))))
    up, down = page.having("rect")
    assert up["height"] == down["height"]
    assert float(up["y"] or 0) + float(up["height"] or 0) == float(down["y"] or 0)


def test_series_of_lines_differ_in_shape_as_well_as_in_colour() -> None:
    made = drawn(table(Drawing.LINES, ("2026-01", (1, 2, 3)), ("2026-02", (3, 2, 1))))
    lines = [look for each in made.having("path") if "line" in (look := each["class"] or "")]
    assert lines == ["line c0", "line c1", "line c2"]
    assert len(made.having("circle")) == 3
    assert len(made.having("rect")) == 3
    triangles = [each for each in made.having("path") if each["class"] == "fill c2"]
    assert len(triangles) == 3


def test_a_line_rises_where_values_do() -> None:
    made = drawn(table(Drawing.LINES, ("2026-01", (0,)), ("2026-02", (40,)), ("2026-03", (20,))))
    (path,) = [each["d"] or "" for each in made.having("path")]
    heights = [float(each) for each in re.findall(r" ([\d.]+)", path)]
    assert heights == [190, 34, 112]


def test_the_last_period_always_has_its_label() -> None:
    rows = [(f"2026-W{n:02}", (n,)) for n in range(1, 13)]
    said = drawn(table(Drawing.LINES, *rows)).texts
    assert "W12" in said
    assert "W11" not in said


def test_a_chart_shows_amounts_as_its_table_does() -> None:
    page = drawn(table(Drawing.BARS, ("a", (Decimal("1234567.50"),)), unit=Unit.AMOUNT))
    assert "1,234,567.50" in page.texts


@pytest.mark.parametrize(
    ("highest", "whole", "step"),
    [
        (4.0, False, 1.0),
        (100.0, False, 50.0),
        (57.0, True, 20.0),
        (1.0, True, 1.0),
        (2_355_625.62, False, 1_000_000.0),
        (0.03, False, 0.01),
        (1e18, False, 5e17),
    ],
)
def test_an_axis_has_round_steps_and_at_most_four(highest: float, whole: bool, step: float) -> None:
    assert nice_step(highest, whole) == pytest.approx(step)


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (950, "950", "950"),
        (1_500_000, "150万", "1.5M"),
        (230_000_000, "2.3亿", "230M"),
        (5_000_000_000, "50亿", "5B"),
        (-20_000, "-2万", "-20K"),
        (0, "0", "0"),
    ],
)
def test_an_axis_counts_as_the_language_does(value: float, chinese: str, english: str) -> None:
    assert (short(value, ZH), short(value, EN)) == (chinese, english)


def test_a_label_is_cut_where_it_would_not_fit() -> None:
    assert fitting("协作机械臂", 5) == "协作机械臂"
    assert fitting("协作机械臂", 4) == "协作机…"
    assert fitting("Robot arm", 5) == "Robot arm"
    assert fitting("Robot arm", 4) == "Robot …"
