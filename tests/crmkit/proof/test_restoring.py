"""What the feed has lost is put back, and no partner is told of it anew."""

from typing import Any
from uuid import UUID

import pytest
from rich.console import Console

from crmkit.proof.commands import print_replayed
from crmkit.proof.copies import MirrorCheck
from crmkit.proof.restoring import restoring
from crmkit.service import Service, services
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate
from tests.crmkit.proof.conftest import Spoil, Story, log_made_whole
from tests.crmkit.proof.test_copies import look, told

_FEED = "select id, version, type, actor, owner_id, body from feed_event where tenant_id = $1"
_SENT = "select event_id, body, state from webhook_delivery where tenant_id = $1"
_ENDPOINT = {"name": "ERP", "url": "https://partner.example/hooks", "types": ["lead.*"]}


async def replayed(origin: str = "ledgers") -> str:
    console = Console(record=True, width=200)
    options = {"from_broker": origin == "broker", "reactions": False}
    assert await print_replayed("webhooks", console, **options) == 0
    return console.export_text()


async def kept(house: House, sql: str, tenant: UUID) -> set[tuple[Any, ...]]:
    async with (await house.system("webhooks")).system() as connection:
        return {tuple(row) for row in await connection.fetch(sql, tenant)}


async def lose(house: House, tenant: UUID, *others: str) -> None:
    async with (await house.system("webhooks")).system() as connection:
        for sql in ("delete from feed_event where tenant_id = $1", *others):
            assert await connection.execute(sql, tenant) != "DELETE 0"


@pytest.mark.parametrize("origin", ["ledgers", "broker"])
async def test_lost_events_are_in_the_feed_again_and_nobody_is_told_of_them_anew(
    house: House, login: Login, spoilt: Spoil, story: Story, origin: str
) -> None:
    admin, seller = await login("webhooks", "admin"), await login("leads", "sales_manager")
    assert (await admin.post("/v1/webhook-endpoints", json=_ENDPOINT)).is_success
    await seller(commands.create_lead, LeadCreate(company="Told", source="web"))
    await house.caught_up("leads", "webhooks")
    if origin == "broker":
        await log_made_whole(house, house.service("webhooks"))
    feed, sent = await kept(house, _FEED, story.tenant), await kept(house, _SENT, story.tenant)
    assert (len(feed) >= 4, len(sent)) == (True, 1)
    await lose(house, story.tenant, "delete from webhook_delivery where tenant_id = $1")
    assert "feed_event: 0 of" not in await replayed(origin)
    assert await kept(house, _FEED, story.tenant) == feed
    assert await kept(house, _SENT, story.tenant) == set()
    finding = await look(house, spoilt, story, "webhooks", "feed_event")
    assert (finding.looked_at, told(finding)) == (4, [])
    assert "feed_event: 0 of" in await replayed(origin)


async def test_what_was_not_heard_or_is_parked_is_left_to_those_who_wait_for_it(
    house: House, story: Story
) -> None:
    """Whoever brings it first has partners told: that is not the replay."""
    back = "update watermark set position = $2 where producer = 'leads' and position = $1"
    park = """
    insert into parked (id, tenant_id, topic, partition, broker_offset, value, error, parked_at,
      fingerprint)
    values ($1, $2, 'crm.lead.v1', 0, 0, $3, 'no', now(), $4)
    """
    parked = next(f for f in await kept(house, _FEED, story.tenant) if f[0] == story.events[1])
    value = parked[5].encode().replace(b'"recordedat"', b'"position":2,"previous":1,"recordedat"')
    first, *_, last = story.positions
    async with (await house.system("webhooks")).system() as connection:
        await connection.execute(park, story.events[1], story.tenant, value, b"planted")
        assert await connection.execute(back, last, first) == "UPDATE 1"
        try:
            await lose(house, story.tenant)
            await replayed()
            ids = {row[0] for row in await kept(house, _FEED, story.tenant)}
        finally:
            await connection.execute(back, first, last)
            await connection.execute("delete from parked where id = $1", story.events[1])
    assert ids & set(story.events) == {story.events[0]}
    await replayed()
    ids = {row[0] for row in await kept(house, _FEED, story.tenant)}
    assert ids >= set(story.events)


async def test_a_row_of_an_event_that_its_owner_gave_up_is_counted_and_no_difference(
    house: House, spoilt: Spoil, story: Story
) -> None:
    async with spoilt("webhooks") as feed, spoilt("leads") as leads:
        (mirror,) = [m for m in house.service("webhooks").mirrors if m.aggregate == "lead"]
        gone = "delete from event where id = $1"
        await leads.execute(gone, story.events[2])
        check = MirrorCheck(mirror, "webhooks", "leads", 4, story.tenant)
        finding = await check.run(feed, leads)
        assert (finding.wrong, finding.given_up) == (1, 0)
        await leads.execute("insert into ledger_lost values ($1)", story.events[2])
        check = MirrorCheck(mirror, "webhooks", "leads", 4, story.tenant)
        finding = await check.run(feed, leads)
    assert (finding.wrong, finding.given_up) == (0, 1)


@pytest.mark.parametrize("service", services(), ids=lambda each: each.name)
def test_every_lasting_fold_says_whether_it_may_run_again(service: Service) -> None:
    lasting = [fold for fold in service.folds if getattr(fold, "lasting", False)]
    assert all(hasattr(fold, "restores") for fold in lasting)
    tell = {type(fold).__name__ for fold in lasting if fold not in restoring(service)}
    assert tell == ({"FanOut", "Trials"} if service.name == "webhooks" else set())
