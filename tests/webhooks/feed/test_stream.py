import asyncio
from uuid import UUID

import pytest

from crmkit.kernel.errors import Unauthorized
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from crmkit.web import streams
from crmkit.web.tokens import Verifier
from services.webhooks.feed import queries
from tests.crmkit.web.listener import Listener
from tests.webhooks.samples import Tell, an_event


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here waits half a second."""
    monkeypatch.setattr(queries, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(queries, "_TIP_SECONDS", 0.01)


async def test_a_stream_tells_what_happens_from_now_on_with_cursor_and_type(
    admin: Caller, tenant: UUID, tell: Tell
) -> None:
    await tell(an_event(tenant))
    listener = Listener(admin)
    assert await listener.answered() == 200
    events = [an_event(tenant), an_event(tenant, "contract.signed.v1")]
    await tell(*events)
    told = await listener.heard(2)
    await listener.leave()
    assert [each["data"]["id"] for each in told] == [str(event.id) for event in events]
    assert [each["event"] for each in told] == ["lead.created.v1", "contract.signed.v1"]
    assert [each["id"] for each in told] == [each["data"]["cursor"] for each in told]


@pytest.mark.parametrize("by_header", [True, False])
async def test_who_comes_back_goes_on_where_they_were(
    by_header: bool, admin: Caller, tenant: UUID, tell: Tell
) -> None:
    await tell(*(an_event(tenant) for _ in range(4)))
    items = (await admin.get("/v1/events")).json()["items"]
    place = items[1]["cursor"]
    if by_header:
        listener = Listener(admin, "after=0", last_event_id=place)
    else:
        listener = Listener(admin, f"after={place}")
    told = await listener.heard(2)
    await listener.leave()
    assert [each["data"] for each in told] == items[2:]


async def test_a_stream_is_filtered_like_the_list(admin: Caller, tenant: UUID, tell: Tell) -> None:
    listener = Listener(admin, "after=0&types=opportunity.*&field=status&value=won")
    await listener.answered()
    wanted = an_event(tenant, "opportunity.won.v1", status="won")
    await tell(an_event(tenant), an_event(tenant, "opportunity.lost.v1", status="lost"), wanted)
    (told,) = await listener.heard(1)
    await listener.leave()
    assert told["data"]["id"] == str(wanted.id)


async def test_a_partner_is_streamed_their_own_without_personal_data(
    tenant: UUID, login: Login, tell: Tell
) -> None:
    partner = await login("webhooks", "partner")
    listener = Listener(partner, "after=0")
    await listener.answered()
    mine = an_event(tenant, owner_id=partner.actor.member_id)
    await tell(an_event(tenant), mine)
    (told,) = await listener.heard(1)
    await listener.leave()
    assert told["data"]["id"] == str(mine.id)
    assert told["data"]["data"]["state"]["email"] is None


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("types=nothing.*", {}, 400),
        ("after=-1", {}, 422),
        ("unknown=1", {}, 422),
        ("", {"last_event_id": "x"}, 400),
        ("", {"last_event_id": str(2**63)}, 400),
    ],
)
async def test_a_stream_that_cannot_begin_is_refused(
    query: str, headers: dict[str, str], status: int, admin: Caller
) -> None:
    listener = Listener(admin, query, **headers)
    assert await listener.answered() == status


async def test_a_seller_gets_no_stream(login: Login) -> None:
    assert await Listener(await login("webhooks", "sales_rep")).answered() == 403


async def test_a_caller_has_five_streams_at_once_and_gets_places_back(admin: Caller) -> None:
    listeners = [Listener(admin) for _ in range(streams.MOST_AT_ONCE)]
    for each in listeners:
        assert await each.answered() == 200
    refused = Listener(admin)
    assert await refused.answered() == 429
    assert "stream.too_many" in refused.text
    for each in listeners:
        await each.leave()
    again = Listener(admin)
    assert await again.answered() == 200
    await again.leave()


async def test_a_quiet_stream_is_heard_breathing(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0)
    listener = Listener(admin)
    await listener.heard_text(": still here")
    await listener.leave()
    assert listener.events == []


async def test_a_stream_ends_with_its_token(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener(admin)
    await listener.answered()

    async def expired(self: Verifier, token: str) -> None:
        raise Unauthorized("expired")

    monkeypatch.setattr(Verifier, "actor", expired)
    await asyncio.wait_for(listener.task, 10)
    assert listener.status == 200


async def test_a_reader_who_takes_nothing_holds_no_connection_and_is_let_go(
    house: House, admin: Caller, tenant: UUID, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    listeners = [Listener(admin, "after=0") for _ in range(streams.MOST_AT_ONCE)]
    for each in listeners:
        await each.answered()
        each.take.clear()
    monkeypatch.setattr(streams, "TAKEN_WITHIN", 0.05)
    await tell(*(an_event(tenant) for _ in range(150)))
    for _ in range(8):
        assert (await admin.get("/v1/events")).status_code == 200
    await asyncio.wait([each.task for each in listeners], timeout=10)
    assert [each.task.done() and each.task.exception() for each in listeners] == [None] * 5
