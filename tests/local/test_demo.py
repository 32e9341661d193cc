"""`crm demo` from an empty folder, and once more on what it left."""

import asyncio
import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from rich.console import Console
from rich.progress import Progress

from crmkit.local import demo_data as data
from crmkit.local.administrator import DEMO_MEMBER, DEMO_TENANT
from crmkit.local.demo import prepare
from crmkit.local.demo_load import Loading
from crmkit.local.demo_mark import Mark
from crmkit.local.demo_story import Life, Story
from crmkit.local.issuing import DevIssuer
from crmkit.remote.api import Api, Refused
from crmkit.settings import Settings
from crmkit.testing.house import until
from crmkit.testing.plugin import Login
from tests.e2e.shell import typed

CRM = Path(sys.executable).parent / "crm"
PROJECT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
COUNTED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "accounts": ("/v1/accounts", {}),
    "leads": ("/v1/leads", {}),
    "activities": ("/v1/activities", {}),
    "won": ("/v1/opportunities", {"status": "won"}),
    "lost": ("/v1/opportunities", {"status": "lost"}),
    "deals": ("/v1/opportunities", {}),
    "drafts": ("/v1/contracts", {"status": "draft"}),
    "contracts": ("/v1/contracts", {}),
    "targets": ("/v1/targets", {}),
    "forecasts": ("/v1/forecasts", {}),
}
WHOLE = {
    "accounts": 120,
    "leads": 500,
    "activities": 1098,
    "won": 90,
    "lost": 60,
    "deals": 200,
    "drafts": 0,
    "contracts": 90,
    "targets": 18,
    "forecasts": 6,
}
MOMENTS = (
    datetime(2026, 11, 22, 16, 0, 1, tzinfo=UTC),  # a second into a Monday in Shanghai
    datetime(2026, 3, 31, 16, 0, tzinfo=UTC),  # the very first moment of a month there
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_demo_that_was_killed_goes_on_doubles_nothing_and_finds_its_data_again(
    tmp_path: Path,
) -> None:
    with open_demo(tmp_path) as killed:

        async def is_amid() -> bool:
            assert killed.poll() is None
            return (await counted(asking, "won")).get("won", 0) >= 5

        async with caller(tmp_path, killed) as asking:
            await until(is_amid)
            killed.kill()
    first = run_demo(tmp_path)
    with open_demo(tmp_path) as again:

        async def is_shown() -> bool:
            assert again.poll() is None
            return "Ctrl-C" in shown(tmp_path)

        await until(is_shown)
        async with caller(tmp_path, again) as asking:
            assert await counted(asking, *COUNTED) == WHOLE
        again.send_signal(signal.SIGINT)
    second = shown(tmp_path).partition("\n\nTOKEN=")[0]
    assert "leads 线索" in first
    assert "nothing is loaded" not in first
    assert "leads 线索" not in second
    assert "nothing is loaded" in " ".join(second.split())
    assert report_of(first) == report_of(second)
    assert all(amount != "0" for amount in won_amounts(first))
    pages = sorted((tmp_path / "data/reports").glob("*.html"))
    assert [page.name.partition("-")[0] for page in pages][:2] == ["monthly", "weekly"]
    assert all("销售漏斗" in page.read_text("utf-8") for page in pages)
    assert str(tmp_path / "data/reports") in first


async def test_a_load_that_is_ended_says_nothing_of_what_it_had_not_begun() -> None:
    nobody: Any = None
    with warnings.catch_warnings(record=True) as said, Progress(console=Console(quiet=True)) as bar:
        warnings.simplefilter("always")
        loading = Loading(nobody, nobody, nobody, bar)
        work = [asyncio.sleep(60) for _ in range(20)]
        task = asyncio.create_task(loading._each("all at once", work))
        await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        del work, task
        await asyncio.sleep(0)  # the loop lets go of what it called last
        gc.collect()
    assert [str(each.message) for each in said] == []


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = typed("demo", "--once", "--port", port, "--data", tmp_path / "data")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"port {port} is taken; --port (of make: PORT=)" in line


def test_make_passes_the_port_on() -> None:
    command = ["make", "--dry-run", "demo", "up", "PORT=8099", "ONCE=1"]
    own = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=PROJECT, env=own, capture_output=True, text=True, check=True)
    told = [line.split()[1:] for line in done.stdout.splitlines() if "/crm " in line]
    assert told == [["demo", "--port", "8099", "--once"], ["up", "--port", "8099"]]


class Doors(httpx.AsyncBaseTransport):
    """The services of a house behind one address."""

    def __init__(self, doors: Mapping[str, httpx.AsyncBaseTransport]) -> None:
        self._doors = doors

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._doors[request.url.path.split("/")[2]].handle_async_request(request)


@pytest.fixture
async def api(login: Login) -> Api:
    """Of a tenant that nobody has set up, in a house that nobody has told a forecast."""
    caller, forecast = await login("identity", "admin"), await login("forecast", "admin")
    client, other = caller.client, forecast.client
    doors = {"tenant": client._transport, "members": client._transport}
    api = Api("http://test", client.headers["authorization"].removeprefix("Bearer "))
    await api.http.aclose()
    api.http = httpx.AsyncClient(
        transport=Doors(doors | {"forecasts": other._transport}),
        base_url="http://test",
        headers=client.headers,
    )
    return api


async def test_a_folder_with_data_of_a_tenant_nobody_named_is_refused(
    api: Api, tmp_path: Path
) -> None:
    person = {"name": "陈立群", "team": "cn", "roles": ["sales_rep"]}
    await api.ask("POST", "/v1/members", json=person)
    with pytest.raises(Refused, match="data that is not the demo's; use another --data"):
        await prepare(api, Mark(tmp_path))
    assert Mark(tmp_path).began is None


async def test_a_folder_with_somebody_elses_data_is_refused_by_their_name(
    api: Api, tmp_path: Path
) -> None:
    await api.ask("PUT", "/v1/tenant", json=data.TENANT | {"name": "华星"})
    with pytest.raises(Refused, match="holds the data of 华星; use another --data"):
        await prepare(api, Mark(tmp_path))
    Mark(tmp_path).begin(MOMENTS[0])
    with pytest.raises(Refused, match="holds the data of 华星"):
        await prepare(api, Mark(tmp_path))


async def test_a_demo_that_does_not_know_how_it_began_cannot_go_on(
    api: Api, tmp_path: Path
) -> None:
    await api.ask("PUT", "/v1/tenant", json=data.TENANT)
    with pytest.raises(Refused, match="cannot go on; use another --data"):
        await prepare(api, Mark(tmp_path))
    Mark(tmp_path).begin(MOMENTS[0])
    mark = Mark(tmp_path)
    assert (await prepare(api, mark))["name"] == data.TENANT["name"]
    assert (mark.began, mark.is_loaded) == (MOMENTS[0], False)
    mark.end()
    assert (Mark(tmp_path).began, Mark(tmp_path).is_loaded) == (MOMENTS[0], True)


@pytest.mark.parametrize("now", MOMENTS)
def test_everything_in_the_story_has_happened_by_now_and_in_order(now: datetime) -> None:
    lives = Story(now, ZONE).lives
    assert len(lives) == 500
    for life in lives:
        steps = moments(life)
        assert steps == sorted(steps), life.key
        assert all(step <= now for step in (*steps, *(deed.at for deed in life.deeds))), life.key


@pytest.mark.parametrize("now", MOMENTS)
def test_the_instalments_of_a_contract_add_up(now: datetime) -> None:
    deals = [life.deal for life in Story(now, ZONE).lives if life.deal and life.deal.parts]
    assert len(deals) == 90
    assert all(sum(part.amount for part in deal.parts) == deal.amount for deal in deals)


def test_the_story_is_the_same_for_the_same_moment() -> None:
    assert Story(MOMENTS[0], ZONE).lives == Story(MOMENTS[0], ZONE).lives


def moments(life: Life) -> list[datetime]:
    steps = [life.received_at, life.worked_at, life.qualified_at, life.disqualified_at]
    steps.append(life.converted_at)
    if life.deal:
        steps += [at for _, at in life.deal.moves]
        steps += [life.deal.won_at, life.deal.lost_at, life.deal.signed_at]
        steps += [part.paid_at for part in life.deal.parts]
    return [step for step in steps if step is not None]


def own_environment() -> dict[str, str]:
    """Other tests of this process have set where their broker is."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}


@contextmanager
def open_demo(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A demo that stays; what it shows is in the file `shown`."""
    with (
        (folder / "shown").open("wb") as output,
        subprocess.Popen(
            [CRM, "demo", "--port", "0", "--data", folder / "data"],
            stdout=output,
            env=own_environment(),
        ) as running,
    ):
        try:
            yield running
        except BaseException:
            running.terminate()
            raise


def shown(folder: Path) -> str:
    return (folder / "shown").read_text("utf-8")


@asynccontextmanager
async def caller(folder: Path, demo: subprocess.Popen[bytes]) -> AsyncIterator[Api]:
    """The administrator of a demo, as soon as it answers."""
    announced = folder / "data/house.json"

    async def is_announced() -> bool:
        assert demo.poll() is None
        return announced.exists()

    await until(is_announced)
    url = json.loads(announced.read_text())["url"]
    issuer = DevIssuer(folder / "data/keys", Settings())
    async with Api(url, issuer.token(DEMO_TENANT, DEMO_MEMBER, ["admin"])) as api:
        yield api


async def counted(api: Api, *names: str) -> dict[str, int]:
    """How much of each there is; nothing as long as it is refused."""
    found = {}
    with suppress(Refused):
        for name in names:
            path, asked = COUNTED[name]
            asked = {"limit": "1", "count": "exact", **asked}
            found[name] = (await api.ask("GET", path, params=asked))["total"]
    return found


def run_demo(folder: Path) -> str:
    done = subprocess.run(
        [CRM, "demo", "--once", "--port", "0", "--data", folder / "data"],
        capture_output=True,
        text=True,
        timeout=140,
        env=own_environment(),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def report_of(output: str) -> list[str]:
    """The month's figures and the forecast; a week may end between two starts."""
    return output[output.index("月报") :].splitlines()


def won_amounts(output: str) -> list[str]:
    return re.findall(r"赢单 deals won +│ +\d+ │ +([\d,]+)", output)
