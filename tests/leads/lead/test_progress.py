"""How far a job is, as a stream: bounded, resumed, and no longer than its reader is let in."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from crmkit.web import streams
from tests.crmkit.web.listener import Listener
from tests.leads.lead.test_imports import PATH, bring, brought, people, worked


@pytest_asyncio.fixture(loop_scope="session")
async def seller(login: Login) -> Caller:
    return await login("leads", "sales_rep")


@pytest_asyncio.fixture(loop_scope="session")
async def path(seller: Caller) -> AsyncIterator[str]:
    """The stream of a job that waits for a worker, and in the end for none."""
    job = await bring(seller, people(1))
    yield f"{PATH}/{job['id']}/stream"
    await seller.post(f"{PATH}/{job['id']}/cancel")


async def test_progress_is_streamed_until_the_end(house: House, seller: Caller) -> None:
    done = await brought(house, seller, people(2))
    stream = await seller.get(f"{PATH}/{done['id']}/stream")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-store"
    head, event, data = stream.text.strip().split("\n\n")[-1].split("\n")
    assert (head, event) == (f"id: {done['version']}", "event: done")
    assert json.loads(data.removeprefix("data: ")) == done


async def test_who_comes_back_is_not_told_again_what_they_have_seen(
    house: House, seller: Caller
) -> None:
    job = await bring(seller, people(2))
    path = f"{PATH}/{job['id']}/stream"
    first = Listener(seller, path=path)
    (seen,) = await first.heard(1)
    await first.leave()
    again = Listener(seller, path=path, last_event_id=seen["id"])
    await again.answered()
    done = await worked(house, seller, job)
    await again.task
    assert seen["event"] == "waiting"
    assert again.events[-1]["data"] == done
    assert seen["id"] not in {each["id"] for each in again.events}
    stream = await seller.get(path, headers={"last-event-id": str(done["version"])})
    assert "data:" not in stream.text
    refused = await seller.get(path, headers={"last-event-id": "x"})
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor.invalid")


async def test_a_caller_has_five_streams_at_once_and_gets_places_back(
    seller: Caller, login: Login, path: str
) -> None:
    listeners = [Listener(seller, path=path) for _ in range(streams.MOST_AT_ONCE)]
    for each in listeners:
        assert await each.answered() == 200
    refused = Listener(seller, path=path)
    assert await refused.answered() == 429
    assert "stream.too_many" in refused.text
    await listeners.pop().leave()
    listeners.append(Listener(seller, path=path))
    assert await listeners[-1].answered() == 200
    for each in listeners:
        await each.leave()


async def test_a_quiet_stream_is_heard_breathing(
    seller: Caller, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0)
    listener = Listener(seller, path=path)
    await listener.heard_text(": still here")
    await listener.leave()
    assert len(listener.events) == 1


async def test_a_stream_ends_with_its_readers_token(
    house: House, seller: Caller, tenant: UUID, path: str
) -> None:
    almost_over = -(30 - 3) / 3600
    """Hours; 30 s after its end a token holds still, for clocks that differ."""
    me = seller.actor
    token = house.issuer.token(
        tenant, me.member_id, me.roles, me.team, me.scopes, hours=almost_over
    )
    seller.client.headers["authorization"] = f"Bearer {token}"
    listener = Listener(seller, path=path)
    await listener.heard(1)
    await listener.task
    assert listener.status == 200
    assert [each["event"] for each in listener.events] == ["waiting"]
    again = house.issuer.token(tenant, me.member_id, me.roles, me.team, me.scopes)
    seller.client.headers["authorization"] = f"Bearer {again}"


async def test_a_stranger_gets_no_place(seller: Caller, login: Login, path: str) -> None:
    stranger = await login("leads", "sales_rep", tenant=ids.new())
    for _ in range(streams.MOST_AT_ONCE + 1):
        assert (await stranger.get(path)).status_code == 404
