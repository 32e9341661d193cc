"""The README does what it says: its tour is run, word for word, against a house of its own."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest
from typer.main import get_command

from crmkit.cli import app
from crmkit.local.demo_data import TENANT
from crmkit.service import services
from tests.docs.tours import demand_shown, script, tour

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TOUR_URL = "http://127.0.0.1:8000"
TOUR_SECONDS = 240
MANY_ROOMS = 5
COMPANY = f"""
curl -sS --fail-with-body -X PUT "$CRM_URL/v1/tenant" -H "authorization: Bearer $CRM_TOKEN" \\
  -H "content-type: application/json" -d '{json.dumps(TENANT)}' > company.json
"""
"""What the demo would have set up."""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_step_of_the_tour_works_and_answers_what_the_text_says(tmp_path: Path) -> None:
    steps = list(tour(README))
    demand_shown(steps, run_tour([commands for commands, _ in steps], tmp_path))


def test_every_make_target_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE))
    assert named
    assert named <= known


def test_every_crm_command_named_exists() -> None:
    known = set(get_command(app).commands)  # type: ignore[attr-defined]  # typer's app is a group
    named = set(re.findall(r"(?:^|`|\$\()crm ([a-z-]+)", README, re.MULTILINE))
    assert named
    assert named <= known


def test_the_map_shows_every_service_with_its_rooms() -> None:
    rows = dict(re.findall(r"^\| ([a-z]+) \| ([a-z_, ]+) \|", README, re.MULTILINE))
    shown = {name: rooms for name, rooms in rows.items() if name not in ("service", "variable")}
    assert shown == {service.name: ", ".join(service.rooms) for service in services()}


def test_what_holds_a_decision_is_there() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    held = "".join(re.findall(r"\*Held by\*.*", architecture))
    tests = {path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py")}
    known = {name for text in tests.values() for name in re.findall(r"def (test_\w+)", text)}
    named = set(re.findall(r"`(test_\w+)`", held))
    assert named
    assert named - known == set()
    places = set(re.findall(r"`(tests/[\w./]+)`", architecture))
    assert places
    assert {place for place in places if not (ROOT / place).exists()} == set()


def test_decisions_are_numbered_without_gaps() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    numbers = re.findall(r"^\*\*D(\w+)\.", architecture, re.MULTILINE)
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]


def test_no_paragraph_stands_there_twice_as_merges_leave_it() -> None:
    for page in (README, (ROOT / "ARCHITECTURE.md").read_text("utf-8")):
        told = [each[:80] for each in page.split("\n\n") if each[:1].isalnum()]
        assert len(told) > MANY_ROOMS
        assert sorted(set(told)) == sorted(told)


def test_furniture_that_many_rooms_have_is_named_wherever_it_is_listed() -> None:
    found = Counter(path.stem for path in ROOT.glob("services/*/*/*.py") if "migr" not in str(path))
    many = {name for name, rooms in found.items() if rooms >= MANY_ROOMS and name != "__init__"}
    assert {"models", "statements", "truth"} <= many
    architecture = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    for page in (README, architecture):
        (listed,) = re.findall(r"^.*<room>/ .*", page, re.MULTILINE)
        assert many - set(listed.split()) == set()


def test_what_the_tour_leaves_behind_is_nothing_that_git_asks_about() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    told = "".join(commands for commands, _ in tour(README))
    made = set(re.findall(r"(?:--out|tee|[^2]>) ([a-z][a-z./-]+)", told))
    assert {"week.html", "lead.json"} <= made
    left = {f"/{name}" for name in made}
    assert {n for n in left if not any(fnmatch(n, f"{known}*") for known in ignored)} == set()


def run_tour(blocks: list[str], place: Path) -> list[str]:
    """What each block prints; one shell runs them all, and stops at the first that fails."""
    told = script(COMPANY, [block.replace(TOUR_URL, "$CRM_URL") for block in blocks])
    (place / "tour.sh").write_text(told, "utf-8")
    binaries = Path(sys.executable).parent
    done = subprocess.run(
        [binaries / "crm", "up", "--", "bash", "tour.sh"],
        cwd=place,
        env={"PATH": f"{binaries}:{os.environ['PATH']}", "HOME": str(place), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS,
        check=False,
    )
    files = [place / f"shown-{number}" for number in range(len(blocks))]
    shown = [file.read_text("utf-8") for file in files if file.exists()]
    assert done.returncode == 0, f"{blocks[max(len(shown) - 1, 0)]}\n{shown[-1:]}\n{done.stderr}"
    return shown
