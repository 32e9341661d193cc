"""What was measured, as a table and as JSON."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.goals import FIGURES


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `ratio` is value over baseline; `holds` is null where there is no goal."""

    name: str
    unit: str
    value: float
    baseline: float | None
    ratio: float | None
    goal: str | None
    holds: bool | None


def figure(name: str, value: float, baseline: float | None = None) -> Figure:
    """KeyError where no such figure is declared."""
    unit, goal = FIGURES[name]
    ratio = value / baseline if baseline else None
    holds = goal.holds(value, ratio) if goal else None
    said = str(goal) if goal else None
    return Figure(name, unit, _short(value), _short(baseline), _short(ratio), said, holds)


def written(figures: Iterable[Figure], path: Path, sizes: tuple[int, ...]) -> None:
    """The list, and the machine it was measured on, told by what it is and not by its name."""
    order = list(FIGURES)
    listed = sorted(figures, key=lambda each: order.index(each.name))
    document = {"machine": machine(), "rows": sizes, "figures": [asdict(each) for each in listed]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


def machine() -> dict[str, Any]:
    """Model and number of its processors, memory in GiB."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = next((each for each in lines if each.startswith("model name")), "")
    model = named.partition(":")[2].strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cpu": model, "cpus": os.cpu_count(), "memory_gib": round(memory)}


def shown(figures: Iterable[Figure], console: Console) -> None:
    """One line for each figure."""
    table = Table(box=None, header_style="bold")
    table.add_column("figure", no_wrap=True)
    for name in ("value", "baseline", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("unit", "goal", ""):
        table.add_column(name, no_wrap=True)
    for each in figures:
        verdict = {None: "", True: "[green]holds[/green]", False: "[red]missed[/red]"}[each.holds]
        numbers = (each.value, each.baseline, each.ratio)
        table.add_row(each.name, *map(_told, numbers), each.unit, each.goal or "", verdict)
    console.print(table)


def _told(number: float | None) -> str:
    return "" if number is None else f"{number:,g}"


def _short(number: Any) -> Any:
    """Three digits that count, more of what is large."""
    if number is None:
        return None
    return round(number) if number >= 1000 else float(f"{number:.3g}")
