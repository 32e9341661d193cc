"""The benchmarks run, and tell every figure they declare; how large they are is not asked."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.goals import FIGURES, GRAPHQL, ON_PGBENCH, OPERATIONS, ROLLUPS
from tests.e2e.shell import PROJECT

_SECONDS = 580
"""A minute where nothing else runs."""

_LATEST = PROJECT / "benchmarks" / "results" / "latest.json"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a short run wrote."""
    out = tmp_path_factory.mktemp("benchmarks") / "short.json"
    environment = {name: value for name, value in os.environ.items() if name[:4] != "CRM_"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--short", "--out", out],
        cwd=PROJECT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    document: dict[str, Any] = json.loads(out.read_text())
    document["printed"] = done.stdout
    return document


@pytest.mark.slow
@pytest.mark.kit
@pytest.mark.timeout(600)
def test_a_short_run_tells_every_figure_once(told: dict[str, Any]) -> None:
    assert [each["name"] for each in told["figures"]] == list(FIGURES)


@pytest.mark.slow
@pytest.mark.kit
@pytest.mark.timeout(600)
def test_each_figure_has_its_unit_and_goal_and_is_positive(told: dict[str, Any]) -> None:
    for each in told["figures"]:
        unit, goal = FIGURES[each["name"]]
        assert (each["unit"], each["goal"]) == (unit, str(goal) if goal else None)
        assert each["value"] > 0, each
        assert (each["holds"] is None) == (goal is None)


@pytest.mark.slow
@pytest.mark.kit
@pytest.mark.timeout(600)
def test_what_is_compared_stands_beside_it(told: dict[str, Any]) -> None:
    found = {each["name"]: each for each in told["figures"]}
    compared = [*OPERATIONS, *GRAPHQL, "rollup", *(f"{name}.pgbench" for name in ON_PGBENCH)]
    for name in compared:
        for what in ("cpu", "c1.rate", "c16.p50", "c64.p99"):
            assert found[f"{name}.{what}"]["baseline"] > 0
            assert found[f"{name}.{what}"]["ratio"] > 0


@pytest.mark.slow
@pytest.mark.kit
@pytest.mark.timeout(600)
def test_the_table_shows_every_figure(told: dict[str, Any]) -> None:
    assert [name for name in FIGURES if f" {name} " not in told["printed"]] == []


@pytest.mark.slow
@pytest.mark.kit
@pytest.mark.timeout(600)
def test_the_machine_is_told_and_not_named(told: dict[str, Any]) -> None:
    assert set(told["machine"]) == {"cpu", "cpus", "memory_gib"}
    assert Path.cwd().as_posix() not in json.dumps(told["figures"])


def test_the_committed_figures_are_those_that_are_declared() -> None:
    committed = json.loads(_LATEST.read_text())
    declared = {name: str(goal) if goal else None for name, (_, goal) in FIGURES.items()}
    assert {each["name"]: each["goal"] for each in committed["figures"]} == declared


def test_every_operation_grows_and_has_a_tail() -> None:
    for name in (*OPERATIONS, *GRAPHQL, *ROLLUPS):
        assert {f"{name}.growth.100k", f"{name}.growth.1M", f"{name}.tail"} <= set(FIGURES)
