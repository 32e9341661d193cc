"""A figure, its ratio, its goal."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.figures import figure, shown, written
from benchmarks.goals import Goal


@pytest.mark.parametrize(
    ("goal", "value", "ratio", "holds"),
    [
        (Goal("ratio", "<=", 1.2), 9.0, 1.2, True),
        (Goal("ratio", "<=", 1.2), 0.1, 1.21, False),
        (Goal("ratio", "<=", 1.2), 0.1, None, False),
        (Goal("value", "<=", 2.0), 2.0, 9.0, True),
        (Goal("value", "<=", 2.0), 2.1, 0.1, False),
        (Goal("value", ">=", 300), 300.0, None, True),
        (Goal("value", ">=", 300), 299.0, None, False),
    ],
)
def test_a_goal_bounds_value_or_ratio(
    goal: Goal, value: float, ratio: float | None, holds: bool
) -> None:
    assert goal.holds(value, ratio) is holds


def test_a_figure_stands_beside_its_baseline() -> None:
    found = figure("get.cpu", 0.6, 0.4)
    assert (found.ratio, found.goal, found.holds) == (1.5, "ratio <= 1.2", False)


def test_a_figure_without_goal_holds_nothing() -> None:
    found = figure("get.c1.rate", 1234.5)
    assert (found.value, found.baseline, found.goal, found.holds) == (1234, None, None, None)


def test_a_figure_that_is_not_declared_is_refused() -> None:
    with pytest.raises(KeyError):
        figure("get.cpu.of_nobody", 1)


def test_figures_are_written_in_the_order_in_which_they_are_declared(tmp_path: Path) -> None:
    path = tmp_path / "new" / "latest.json"
    written([figure("relay.rate", 5), figure("get.cpu", 1, 2)], path, (1, 2, 3))
    document = json.loads(path.read_text())
    assert [each["name"] for each in document["figures"]] == ["get.cpu", "relay.rate"]
    assert set(document["figures"][0]) == {
        "name",
        "unit",
        "value",
        "baseline",
        "ratio",
        "goal",
        "holds",
    }


def test_the_table_says_what_was_missed() -> None:
    paper = StringIO()
    shown([figure("get.cpu", 2, 1), figure("list.cpu", 1, 2)], Console(file=paper, width=120))
    missed, holds = paper.getvalue().splitlines()[1:]
    assert "missed" in missed
    assert "holds" in holds
