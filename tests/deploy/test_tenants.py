"""A tenant is taken from one house to another: all of it arrives, once; nobody else notices."""

import asyncio
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from crmkit.cli import app
from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock, ids
from crmkit.kernel.errors import Conflict, Invalid
from crmkit.service import services
from crmkit.tenants import export_tenant, import_tenant
from crmkit.testing.house import Caller, House, running_house
from services.webhooks.dispatcher import Dispatcher
from services.webhooks.settings import WebhookSettings, knobs
from tests.deploy.files import NAMES
from tests.e2e.receiver import Receiver, receiving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

HEARD = (
    ("identity", "leads"),
    ("leads", "opportunities"),
    ("opportunities", "contracts"),
    ("contracts", "opportunities"),
    ("contracts", "leads"),
    ("leads", "opportunities"),
    ("leads", "reporting"),
    ("opportunities", "reporting"),
    ("contracts", "reporting"),
    ("leads", "webhooks"),
    ("contracts", "webhooks"),
)
SHOWN = {
    "leads": ("/v1/leads", "/v1/accounts"),
    "opportunities": ("/v1/opportunities", "/v1/pipelines"),
    "contracts": ("/v1/contracts",),
    "webhooks": ("/v1/events",),
}
PRICE = {"amount": "1200.00", "currency": "CNY"}
LOST = "insert into ledger_lost (event_id, tenant_id) values ($1, $1)"
"""An event that leads lost, of which its tenant's house knows still."""

COUNTS = "select count(*) from event where tenant_id = $1"


class Company:
    """A tenant in a house."""

    def __init__(self, house: House, tenant: UUID) -> None:
        self.house = house
        self.tenant = tenant
        self._callers: dict[str, Caller] = {}

    async def ask(self, service: str, method: str, path: str, **options: Any) -> Any:
        if service not in self._callers:
            self._callers[service] = await self.house.caller(service, self.tenant, "admin")
        answer = await self._callers[service].client.request(method, path, **options)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json()

    async def found(self, name: str) -> None:
        """Tell the house of it, and sell once."""
        put = {"name": name, "time_zone": "UTC", "base_currency": "CNY"}
        await self.ask("identity", "PUT", "/v1/tenant", json=put)
        await self.sell(name)

    async def sell(self, company: str) -> None:
        """A lead that becomes a deal, which is won and drafts a contract."""
        lead = await self.ask(
            "leads", "POST", "/v1/leads", json={"company": company, "source": "x"}
        )
        path = f"/v1/leads/{lead['id']}"
        await self.ask("leads", "POST", f"{path}/qualify", json={"intent": "a", "need": "'\\ \n"})
        deal = (await self.ask("leads", "POST", f"{path}/convert", json={}))["opportunity_id"]
        wait = {"prefer": "wait=9"}
        await self.ask("opportunities", "GET", f"/v1/opportunities/{deal}", headers=wait)
        won = f"/v1/opportunities/{deal}/win"
        await self.ask("opportunities", "POST", won, json={"amount": PRICE})
        await self.settle()

    async def settle(self) -> None:
        for producer, consumer in HEARD:
            await self.house.caught_up(producer, consumer)

    async def shown(self) -> dict[str, Any]:
        """Lists and figures, as the API tells them."""
        found = {
            path: (await self.ask(service, "GET", path))["items"]
            for service, paths in SHOWN.items()
            for path in paths
        }
        today = clock.now().date()
        asked = {
            "measure": "opportunity_won_amount",
            "grain": "quarter",
            "from": f"{today.year}-01-01",
        }
        asked["to"] = today.isoformat()
        figures = await self.ask("reporting", "GET", "/v1/rollups", params=asked)
        return found | {"won": figures["items"]}

    async def counted(self) -> dict[str, int]:
        """Events of the tenant, and what could not be applied, by service."""
        counts = {}
        for name in NAMES:
            async with (await self.house.system(name)).system() as connection:
                counts[name] = await connection.fetchval(COUNTS, self.tenant)
                assert await connection.fetchval("select count(*) from parked") == 0, name
        return counts


async def command(*words: object) -> str:
    """What `crm` says, run in a thread, for a command has a loop of its own."""
    done = await asyncio.to_thread(CliRunner().invoke, app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


async def furnished(house: House) -> None:
    for name in NAMES:
        await house.executor(name)
    await house.work(*NAMES)


@dataclass(frozen=True)
class Archive:
    """A sale made in a house of its own, written down, and what that house showed of it."""

    tenant: UUID
    folder: Path
    shown: dict[str, Any]
    counted: dict[str, int]

    def copied(self, folder: Path) -> Path:
        return shutil.copytree(self.folder, folder / "moved")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    tenant, folder = ids.new(), tmp_path_factory.mktemp("archive") / "moved"
    async with running_house() as house:
        await furnished(house)
        company, other = Company(house, tenant), Company(house, ids.new())
        await company.found("迁移 Ltd")
        await other.found("Stays")
        async with (await house.system("leads")).system() as connection:
            for lost in (tenant, other.tenant):
                await connection.execute(LOST, lost)
        assert re.search(r"\d+ rows of", await command("tenant-export", tenant, "--to", folder))
        return Archive(tenant, folder, await company.shown(), await company.counted())


async def test_a_tenant_arrives_whole_and_once_and_others_notice_nothing(
    archive: Archive, tmp_path: Path
) -> None:
    folder, tenant = archive.copied(tmp_path), archive.tenant
    shown, counted = archive.shown, archive.counted
    assert shown["won"][0]["value"] == PRICE["amount"]
    assert sum(counted.values()) > 5
    async with running_house() as house:
        await furnished(house)
        native, moved = Company(house, ids.new()), Company(house, tenant)
        await native.found("Native")
        before = await native.shown()
        told = await command("tenant-import", folder)
        await moved.settle()
        assert f"imported; {sum(counted.values())} events are told again" in told
        assert await moved.shown() == shown
        assert await moved.counted() == counted
        assert await native.shown() == before
        async with (await house.system("leads")).system() as connection:
            assert await connection.fetchval("select array_agg(event_id) from ledger_lost") == [
                tenant
            ]
        assert await import_tenant(services(), folder) == 0
        await moved.sell("After the move")
        assert (await moved.shown())["won"][0]["value"] == "2400.00"
        assert len((await moved.shown())["/v1/events"]) > len(shown["/v1/events"])
        with pytest.raises(Conflict):
            await import_tenant(services(), folder)
    async with running_house() as empty:
        for name in NAMES:
            await empty.executor(name)
        await refuse_what_was_changed(folder)
        await refuse_what_events_do_not_say(empty, folder)


async def refuse_what_was_changed(folder: Path) -> None:
    """An event that is not what was hashed, another tenant's row, a table with another column, and
    what is no JSON."""
    events = folder / "identity/event.jsonl"
    text = events.read_text()
    changes = (
        ("迁移", "移迁", "hashed"),
        (json.loads((folder / "manifest.json").read_text())["tenant"], str(ids.new()), "another"),
        ('"salt"', '"pepper"', "columns"),
        ("\n[", "\n[[", "identity/event.jsonl, line 2"),
    )
    for old, new, reason in changes:
        assert old in text
        events.write_text(text.replace(old, new))
        with pytest.raises(Invalid, match=reason):
            await import_tenant(services(), folder)
    events.write_text(text)


def changed(file: Path, column: str, change: Callable[[str], str]) -> str:
    """Change a column of the first row of an archive's table; what the file was before."""
    text = file.read_text()
    header, first, *others = text.splitlines()
    row = dict(zip(json.loads(header), json.loads(first), strict=True))
    row[column] = change(row[column])
    file.write_text("\n".join([header, json.dumps(list(row.values())), *others]) + "\n")
    return text


async def refuse_what_events_do_not_say(house: House, folder: Path) -> None:
    """What would harm others is refused before anything is written, by any service; rows and
    figures that events do not tell of before they can be seen."""
    owner = house.settings("webhooks").dsn("webhooks", "owner")
    places = "select last_value from feed_event_cursor_seq"
    plants: tuple[tuple[str, str, Callable[[str], str], str], ...] = (
        ("webhooks/feed_event", "cursor", lambda _: str(2**63 - 1), "feed_event counts"),
        ("leads/event", "id", lambda _: str(UUID(int=1)), "but its id says"),
        ("leads/event", "type", lambda _: "nosuch.made.v1", "has no type of ours"),
        ("leads/lead", "company", lambda _: "Forged", "lead .* company Forged, but 迁移"),
        ("leads/lead", "updated_at", lambda _: "2026-01-05 00:00:00+00", "updated_at"),
        ("reporting/rollup_day", "n", lambda n: str(int(n) + 7), "rollup_day .* has n"),
    )
    for file, column, change, reason in plants:
        before = changed(folder / f"{file}.jsonl", column, change)
        with pytest.raises(Invalid, match=reason):
            await import_tenant(services(), folder)
        (folder / f"{file}.jsonl").write_text(before)
        table = file.split("/")[1]
        async with (await house.system(file.split("/")[0])).system() as kept:
            assert await kept.fetchval(f"select count(*) from {table}") == 0
        connection = await asyncpg.connect(owner)
        try:
            assert await connection.fetchval(places) == 1
        finally:
            await connection.close()
    assert await import_tenant(services(), folder) > 0


async def test_events_of_months_long_ago_get_their_partition(
    archive: Archive, tmp_path: Path
) -> None:
    folder = archive.copied(tmp_path)
    event = folder / "leads/event.jsonl"
    for file in event.parent.iterdir():
        make_old(file)
    count = len(event.read_text().splitlines()) - 1
    async with running_house() as house:
        await furnished(house)
        await import_tenant(services(), folder)
        async with (await house.system("leads")).system() as connection:
            assert await connection.fetchval("select crm.misplaced_events()") == 0
            assert count > 2
            assert await _count_old(connection, archive.tenant) == count
            names = "select count(*) from pg_inherits where inhparent = 'event'::regclass"
            assert await connection.fetchval(names) == 1 + 13 + 1


_EARLIER = 18 << 32
"""Milliseconds: some 895 days."""


def make_old(file: Path) -> None:
    """Have an archive's table tell that all of it was made and changed so much earlier."""
    header, *lines = file.read_text().splitlines()
    rows = [dict(zip(json.loads(header), json.loads(line), strict=True)) for line in lines]
    for row in rows:
        if file.stem == "event":
            row["id"] = str(UUID(int=UUID(row["id"]).int - (_EARLIER << 80)))
        for name in {"recorded_at", "created_at", "updated_at"} & row.keys():
            instant = datetime.fromisoformat(row[name]) - timedelta(milliseconds=_EARLIER)
            row[name] = str(instant)
    texts = [json.dumps(list(row.values())) for row in rows]
    file.write_text("\n".join([header, *texts]) + "\n")


async def _count_old(connection: asyncpg.pool.PoolConnectionProxy, tenant: UUID) -> int:
    sql = "select count(*) from event where tenant_id = $1 and id < $2"
    old = ids.floor(clock.now() - timedelta(milliseconds=_EARLIER) + timedelta(hours=1))
    return int(await connection.fetchval(sql, tenant, old))


class Partner:
    """Whom a tenant tells, by a dispatcher of its own in either house."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    async def listens_to(self, company: Company) -> None:
        body = {"name": "ERP", "url": self.receiver.url, "types": ["*"]}
        await company.ask("webhooks", "POST", "/v1/webhook-endpoints", json=body)

    async def told(self, company: Company) -> list[str]:
        """The types of what is due, once all of it has been taken."""
        before, dispatcher = len(self.receiver.told), Dispatcher(WebhookSettings.load())
        executor, system = await _webhooks(company.house)
        while await dispatcher.dispatch(executor, system, clock.now()):
            pass
        await dispatcher.client.aclose()
        return [webhook.event["type"] for webhook in self.receiver.told[before:]]


async def _webhooks(house: House) -> tuple[Executor, Database]:
    return await house.executor("webhooks"), await house.system("webhooks")


async def test_an_endpoint_that_moves_is_told_nothing_again_and_all_that_is_new(
    tenant: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_WEBHOOK_ALLOW_PRIVATE", "127.0.0.0/8")
    knobs.cache_clear()
    folder = tmp_path / "moved"
    async with receiving() as receiver:
        partner = Partner(receiver)
        async with running_house() as house:
            await furnished(house)
            company = Company(house, tenant)
            await partner.listens_to(company)
            await company.found("Told")
            assert "contract.drafted.v1" in await partner.told(company)
            _, system = await _webhooks(house)
            async with system.system() as connection:  # as they are after thirty days
                await connection.execute("delete from webhook_delivery")
            await export_tenant(services(), tenant, folder)
        async with running_house() as house:
            await furnished(house)
            moved = Company(house, tenant)
            assert await import_tenant(services(), folder) > 5
            await moved.settle()
            assert await partner.told(moved) == []
            lead = {"company": "New", "source": "x"}
            await moved.ask("leads", "POST", "/v1/leads", json=lead)
            await moved.settle()
            assert await partner.told(moved) == ["lead.created.v1"]
    knobs.cache_clear()
