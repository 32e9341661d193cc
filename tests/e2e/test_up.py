"""`crm up` on a broker that runs already, and the same data once more on a broker of its own."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest
import pytest_asyncio

from crmkit.kernel import clock
from crmkit.local.node import KEPT
from crmkit.local.ports import free_port
from crmkit.local.supervise import Note
from crmkit.testing.brokers import TriedBroker, reach, tried_broker
from crmkit.testing.house import until
from crmkit.testing.machine import lacking
from tests.e2e.fleet import kill
from tests.e2e.shell import CRM, PATH, crm, typed
from tests.e2e.standing import ENDS_WITH, Running, holding, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FIRST = "crm migrate all --check >&2 || exit 91; crm report weekly 2026-W12 || exit 97"
DAYS = ("--from", "2026-01-01", "--to", "2026-01-02")
NONE = ("rollup", "leads_created", *DAYS)


def create_lead(house: Running) -> None:
    house.request("POST", "/v1/leads", company="华星", source="web")


def leads_counted(house: Running) -> int:
    """How many leads of today reporting counts once it has heard of all."""
    today = clock.now().date().isoformat()
    asked = ("--from", today, "--to", today, "--wait", "--format", "json")
    ((item),) = json.loads(house.ask("rollup", "leads_created", *asked))
    return int(item["value"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both houses keep their data, which they find by turns."""
    return tmp_path_factory.mktemp("up")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outside(place: Path) -> AsyncIterator[TriedBroker]:
    """A broker that is nobody's."""
    broker = tried_broker(place / "outside")
    await broker.start()
    yield broker
    await broker.stop()


class Before(NamedTuple):
    """What a house has left that has ended: the leads it counted, what its command said, whether
    it had a broker of its own, and the processes that go on."""

    counted: int
    said: str
    broker: bool
    living: list[str]


@pytest.fixture(scope="module")
def before(place: Path, outside: TriedBroker) -> Before:
    """A house on another broker that is asked about everything, and ends with its command."""
    port = str(free_port())
    elsewhere = [each for each in PATH.split(os.pathsep) if each != str(CRM.parent)]
    told = reach(outside) | {"PATH": os.pathsep.join(elsewhere)}
    with running(place, "--port", port, first=FIRST, bare=True, **told) as house:
        assert house.told["CRM_URL"] == f"http://127.0.0.1:{port}"
        assert house.told["CRM_KAFKA"] == outside.bootstrap
        ask_for_figures(house)
        ask_for_reports(house, place)
        ask_for_proof(house, place)
        create_lead(house)
        counted = leads_counted(house)
        (place / "asked").touch()
        assert house.process.wait(40) == ENDS_WITH
    broker = (place / "data" / "broker").exists()
    return Before(counted, (place / "out").read_text(), broker, living_below(place))


def ask_for_figures(house: Running) -> None:
    assert json.loads(house.ask(*NONE, "--wait", "--format", "json")) == []
    assert "no figures" in house.ask(*NONE)
    assert "no figures" in house.ask(*NONE, "--as-of", "2026-01-01T00:00:00Z")
    assert "no figures" in house.ask(*NONE, "--as-of", "2026-01-01")
    assert "measure: one of " in (line := house.refuse("rollup", "moonbase", *DAYS))
    assert "leads_created" in line
    assert "as_of.invalid" in house.refuse(*NONE, "--as-of", "never")
    assert "no day 2026-02-30" in house.refuse(*NONE, "--as-of", "2026-02-30")


def ask_for_reports(house: Running, place: Path) -> None:
    week, month = ("report", "weekly", "2026-W12"), ("report", "monthly", "2026-03")
    pages = place / "pages"
    house.refuse(*week, "--out", pages / "w.html")
    assert not pages.exists()
    pages.mkdir()
    assert "CRM_TOKEN is not set" in house.refuse(*week, CRM_TOKEN="")
    assert "period.invalid" in house.refuse("report", "weekly", "2026-03")
    house.ask(*week, "--out", pages / "w.html", "--lang", "en")
    assert b"Weekly sales report 2026-W12" in (pages / "w.html").read_bytes()
    house.ask(*month, "--out", pages / "m.csv")
    assert (pages / "m.csv").read_bytes().startswith(b"\xef\xbb\xbfsection,")
    house.ask(*month, "--out", pages / "m", "--format", "xlsx")
    assert (pages / "m").read_bytes().startswith(b"PK")
    house.ask(*month, "--out", pages / "m.json")
    assert json.loads((pages / "m.json").read_bytes())["period"] == "2026-03"


def ask_for_proof(house: Running, place: Path) -> None:
    """By the folder alone."""
    data = ("--data", place / "data")
    for arguments in (
        ("verify", "leads", "--wait"),
        ("ledger", "export", "leads", "--out", place / "leads.jsonl"),
        ("replay", "reporting"),
    ):
        run = typed(*arguments, *data)
        assert run.returncode == 0, run.stdout + run.stderr


def test_up_runs_a_command_against_the_house_and_ends_with_its_status(
    place: Path, before: Before
) -> None:
    """What else it says and does is asserted where it is asked."""
    assert before == Before(1, "weekly-report-2026-W12.html\n", broker=False, living=[])
    assert "销售周报 2026-W12" in (place / "weekly-report-2026-W12.html").read_text("utf-8")


def test_a_house_moves_to_a_broker_of_its_own_counts_on_and_starts_again_what_was_killed(
    place: Path, before: Before
) -> None:
    with holding(place, PATH=without_node(place / "bin")) as house:
        create_lead(house)
        assert leads_counted(house) == before.counted + 1
        data = place / "data"
        loses_its_gateway_and_answers(place, house)
        names = ("worker", "broker/broker", "postgres/postgres", "api")
        asyncio.run(killed_and_back([data / f"{name}.pid" for name in names], house))
        assert house.process.poll() is None
    assert f"{house.told['CRM_URL']}/docs" in (place / "out").read_text()
    assert living_below(place) == []


def loses_its_gateway_and_answers(place: Path, house: Running) -> None:
    """The gateway runs on the Node that was fetched for it, and is not kept: the house runs on."""
    data = place / "data"
    graphql = json.loads((data / "house.json").read_text())["graphql"]
    live = graphql.replace("/graphql", "/livez")

    async def is_settled() -> bool:
        return "no gateway" in (place / "out").read_text() or await answers(live)

    asyncio.run(until(is_settled))
    if refusal := re.search(r"no gateway .*", (place / "out").read_text()):
        assert "cannot be" in refusal[0], "what was installed does not start"
        lacking("gateway", refusal[0])
    query = "{ leads(first: 1) { pageInfo { hasNextPage } } }"
    assert "errors" not in house.request("POST", graphql, query=query)
    gateway = psutil.Process(json.loads((data / "gateway.pid").read_text())["pid"])
    assert Path(gateway.exe()).is_relative_to(KEPT)
    gateway.kill()

    async def is_gone() -> bool:
        return not await answers(live)

    asyncio.run(until(is_gone))
    assert "errors" not in house.request("POST", "/graphql/leads", query=query)
    assert house.process.poll() is None


def without_node(folder: Path) -> str:
    """A PATH that has all that ours has, but for Node."""
    folder.mkdir()
    for each in os.get_exec_path():
        for program in Path(each).glob("*"):
            link = folder / program.name
            if program.name not in {"node", "npm"} and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


async def killed_and_back(notes: list[Path], house: Running) -> None:
    """Until others have the places of those that were killed, and the API answers."""
    for note in notes:
        before = Note.read(note)
        assert before is not None
        kill(before.pid)

        async def back(note: Path = note, before: Note = before) -> bool:
            now = Note.read(note)
            return now is not None and now.pid != before.pid and now.child() is not None

        await until(back, 60)
    await until(lambda: answers(f"{house.told['CRM_URL']}/readyz"), 60)


async def answers(url: str) -> bool:
    try:
        return (await asyncio.to_thread(httpx.get, url, timeout=5)).is_success
    except httpx.TransportError:
        return False


def living_below(folder: Path) -> list[str]:
    """The command lines of processes that have to do with the folder, but for the broker's."""
    found = psutil.process_iter(["cmdline"])
    lines = [" ".join(process.info["cmdline"] or ()) for process in found]
    return [line for line in lines if str(folder) in line and "/outside" not in line]


def test_a_broker_that_does_not_answer_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    address = f"127.0.0.1:{free_port()}"
    run = crm("up", "--data", tmp_path / "data", "--", "true", CRM_KAFKA=address)
    assert run.returncode == 2
    assert f"no broker answers at {address}" in run.stderr
