"""A file that comes slowly, by real HTTP, from somebody who leaves while it comes."""

import asyncio
from collections.abc import AsyncIterator
from typing import IO

import httpx
import pytest

from crmkit.components.jobs import rest
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from crmkit.web import leavers
from crmkit.web.edge import EdgeContext
from tests.hostile.doors import told_by
from tests.hostile.test_leavers import tell
from tests.leads.lead.test_imports import CSV, DEFAULTS, PATH
from tests.serving import served

_STORED = "select count(*) from lead_job_part where tenant_id = $1"


class Upload:
    """A file in two halves, of which the second waits until it may go."""

    def __init__(self, caller: Caller, url: str) -> None:
        self.caller = caller
        self.go_on = asyncio.Event()
        self.answer = asyncio.create_task(self._send(url))

    async def _send(self, url: str) -> httpx.Response:
        headers = CSV | {"authorization": self.caller.client.headers["authorization"]}
        async with httpx.AsyncClient(timeout=30) as client:
            params = {"defaults": DEFAULTS}
            return await client.post(
                url + PATH, params=params, headers=headers, content=self._halves()
            )

    async def _halves(self) -> AsyncIterator[bytes]:
        yield b"company\nAcme\n"
        await self.go_on.wait()
        yield b"Birch\n"


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when somebody was let in, and their file is read."""
    event, receive = asyncio.Event(), rest._received

    async def received(edge: EdgeContext, file: IO[bytes]) -> dict[str, str]:
        event.set()
        return await receive(edge, file)

    monkeypatch.setattr(rest, "_received", received)
    return event


@pytest.mark.parametrize("leaves", [True, False])
async def test_a_file_of_who_leaves_while_it_comes_is_refused(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch, begun: asyncio.Event, leaves: bool
) -> None:
    monkeypatch.setattr(leavers, "KEEP_SECONDS", 0.1)
    person, colleague = await login("leads", "admin"), await login("leads", "admin")
    tenant, member = person.actor.tenant_id, person.actor.member_id
    async with served(await house.api("leads")) as url:
        upload = Upload(person, url)
        await begun.wait()
        await tell(house, "leads", tenant, member, active=not leaves)

        async def heard() -> bool:
            answer = await person.get("/v1/limits")
            return bool(answer.status_code == (403 if leaves else 200))

        await until(heard)
        upload.go_on.set()
        answer = await upload.answer
    assert told_by(answer).told == ("403 member.inactive" if leaves else "201")
    found = (await colleague.get(PATH)).json()["items"]
    assert len(found) == (0 if leaves else 1)
    async with colleague.executor.database.lend(tenant) as connection:
        assert bool(await connection.fetchval(_STORED, tenant)) is not leaves
