"""The page of leads does what it says: compared with the code, and its requests are run."""

import asyncio
import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from crmkit.house import roots
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from crmkit.service import services
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.compat.publish import PUBLISHED
from tests.docs.service_page import drawn, endpoints, lifecycles, path_of, written
from tests.docs.tours import demand_shown, script, tour
from tests.leads.samples import hire
from tests.serving import served

(LEADS,) = services(["leads"])
PAGE = path_of(LEADS).read_text("utf-8")
TESTS = Path(__file__).resolve().parents[1] / "leads"
SECONDS = 60
METHODS = {"get", "post", "put", "patch", "delete"}
OWN = {"progress", "audit", "ledger"}
OWNED = re.compile(r"^\| ([a-z_]+) \| [^|]+ \| ([a-z_, ]*)\|$", re.MULTILINE)
DONE = re.compile(r"^\| [^|]+ \| ([A-Z]+ /v1/\S+) \| (test_\w+) \|$", re.MULTILINE)


def documented() -> set[str]:
    """What the published document tells of this service, as `GET /v1/leads`."""
    paths = json.loads((PUBLISHED / "openapi.json").read_text())["paths"]
    own = {root for root in roots(LEADS) if root.partition("/")[0] not in OWN}
    return {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        if path.split("/")[2] in own
        for method in METHODS & set(methods)
    }


def shown_by_tests() -> set[str]:
    found = (path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    return {name for text in found for name in re.findall(r"def (test_\w+)\(", text)}


def unknown(page: str) -> Iterator[str]:
    """What a row of the process names and there is not."""
    known = documented() | shown_by_tests()
    yield from (each for row in DONE.findall(page) for each in row if each not in known)


def tables(room: str) -> list[str]:
    models = importlib.import_module(f"services.leads.{room}.models")
    own = [each for each in vars(models).values() if getattr(each, "__table__", None) is not None]
    return sorted(each.__tablename__ for each in own if each.__module__ == models.__name__)


def test_states_events_and_endpoints_are_those_of_the_code() -> None:
    assert written(LEADS, PAGE) == PAGE, "python -m tests.docs.service_page writes it again"


def test_a_section_that_drifted_is_written_again() -> None:
    for planted in ("lead_new", "`lead.created.v1`", "`GET POST /v1/leads`"):
        assert planted in PAGE
        assert written(LEADS, PAGE.replace(planted, "gone")) == PAGE


def test_every_lifecycle_is_drawn() -> None:
    rooms = set(lifecycles(LEADS))
    assert rooms >= {"lead", "account", "campaign", "reception", "followup", "survey", "partner"}
    assert {room for room in rooms if f"  subgraph {room}\n" not in PAGE} == set()


def test_a_drawing_shows_each_move_and_what_is_final() -> None:
    class Light(Labelled):
        RED = "red", "红", "Red"
        GREEN = "green", "绿", "Green"

    lights = Lifecycle({Light.RED: frozenset({Light.RED, Light.GREEN}), Light.GREEN: frozenset()})
    assert list(drawn("lamp", lights)) == [
        "  subgraph lamp",
        '    lamp_red["red 红"] --> lamp_red & lamp_green',
        '    lamp_green(["green 绿"])',
        "  end",
    ]


def test_the_rooms_endpoints_are_those_of_the_document() -> None:
    shown = {
        f"{method} {path}"
        for paths in endpoints(LEADS).values()
        for path, methods in paths.items()
        for method in methods
    }
    assert shown == documented()


def test_each_room_owns_the_tables_of_its_models() -> None:
    owned = {room: names.split(", ") for room, names in _owned()}
    assert tuple(owned) == LEADS.rooms
    with_tables = {room: names for room, names in owned.items() if names != [""]}
    assert with_tables == {room: tables(room) for room in with_tables}
    assert {name for names in with_tables.values() for name in names} == {
        table
        for model in LEADS.furniture("models")
        for table in tables(model.__name__.split(".")[-2])
    }


def test_what_a_row_of_the_process_names_is_there() -> None:
    rows = PAGE.split("## The process")[1].split("\n## ")[0].count("\n| ") - 1
    assert rows == len(DONE.findall(PAGE))
    assert list(unknown(PAGE)) == []


def test_every_room_is_good_for_a_row_of_the_process() -> None:
    named = {endpoint.partition(" ")[2] for endpoint, _ in DONE.findall(PAGE)}
    rooms = endpoints(LEADS)
    assert {room for room, paths in rooms.items() if named.isdisjoint(paths)} == set()


@pytest.mark.parametrize(
    "planted", ["| x | GET /v1/nothing | test_a |", "| x | PATCH /v1/leads | test_b |"]
)
def test_a_row_about_nothing_is_found(planted: str) -> None:
    _, endpoint, test = planted.strip("| ").split(" | ")
    assert list(unknown(f"{planted}\n")) == [endpoint, test]


def test_the_page_is_short_and_tells_ten_requests() -> None:
    assert len(PAGE.splitlines()) < 450
    assert [int(number) for number in re.findall(r"^\*\*(\d+)\. ", PAGE, re.MULTILINE)] == [
        *range(1, 11)
    ]
    assert [claim is not None for _, claim in tour(PAGE)] == [True] * 10


async def test_the_ten_requests_answer_what_the_page_says(
    house: House, login: Login, tenant: UUID, tmp_path: Path
) -> None:
    admin = await login("leads", "admin")
    member = await hire(house, tenant, "cn/east", "Jiangsu")
    seller = await login("leads", "sales_rep", member=member)
    steps = list(tour(PAGE))
    (tmp_path / "tour.sh").write_text(script("", [each for each, _ in steps]), "utf-8")
    async with served(await house.api("leads")) as url:
        shell = await asyncio.create_subprocess_exec(
            "bash",
            "tour.sh",
            cwd=tmp_path,
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "LANG": "C.UTF-8",
                "CRM_URL": url,
                "CRM_TOKEN": admin.client.headers["authorization"].removeprefix("Bearer "),
                "SELLER": str(member),
                "SELLER_TOKEN": seller.client.headers["authorization"].removeprefix("Bearer "),
            },
            stderr=asyncio.subprocess.PIPE,
        )
        _, complaint = await asyncio.wait_for(shell.communicate(), SECONDS)
    shown = printed(tmp_path)
    assert shell.returncode == 0, f"{shown[-1:]}\n{complaint.decode()}"
    demand_shown(steps, shown)


def printed(place: Path) -> list[str]:
    """What each block has printed, in their order: there are ten."""
    return [file.read_text("utf-8") for file in sorted(place.glob("shown-*"))]


def _owned() -> list[tuple[str, str]]:
    section = PAGE.split("## What it owns")[1].split("\n## ")[0]
    return [(room, names.strip()) for room, names in OWNED.findall(section) if room != "room"]
