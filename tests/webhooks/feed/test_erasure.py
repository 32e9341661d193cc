"""What the feed and deliveries keep of somebody who was erased."""

from typing import Any
from uuid import UUID

from crmkit.events.envelope import Wire
from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from tests.webhooks.samples import Subscribe, Tell, an_event


def life(tenant: UUID) -> tuple[UUID, list[Wire]]:
    """A lead that was created, changed and erased."""
    subject = ids.new()
    told = [an_event(tenant, subject=subject), an_event(tenant, subject=subject, version=2)]
    blank: dict[str, Any] = {"email": None, "phone": None, "changed": {}}
    erased = an_event(tenant, "lead.erased.v1", subject=subject, version=3, **blank)
    return subject, [*told, erased]


async def bodies_of(house: House, subject: UUID) -> list[str]:
    sql = """select body from feed_event where aggregate_id = $1
      union all select body from webhook_delivery where aggregate_id = $1"""
    async with (await house.system("webhooks")).system() as connection:
        return [row["body"] for row in await connection.fetch(sql, subject)]


async def test_what_comes_together_with_its_erasure_is_emptied(
    house: House, subscribe: Subscribe, tenant: UUID, tell: Tell
) -> None:
    await subscribe("lead.*")
    subject, events = life(tenant)
    await tell(*events)
    bodies = await bodies_of(house, subject)
    assert len(bodies) == 6
    assert not any("example.cn" in body or "5555" in body for body in bodies)


async def test_what_was_erased_does_not_come_back_when_it_is_told_again(
    house: House, admin: Caller, subscribe: Subscribe, tenant: UUID, tell: Tell
) -> None:
    await subscribe("lead.*")
    subject, events = life(tenant)
    other = an_event(tenant)
    await tell(*events[:2], other)
    assert sum("wang@example.cn" in body for body in await bodies_of(house, subject)) == 4
    await tell(events[2])
    await tell(*events[:2])
    assert not any("example.cn" in body for body in await bodies_of(house, subject))
    shown = (await admin.get(f"/v1/events?aggregate_id={subject}")).json()["items"]
    assert [item["data"].get("erased", False) for item in shown] == [True, True, False]
    kept = (await admin.get(f"/v1/events?aggregate_id={other.subject}")).json()["items"]
    assert kept[0]["data"]["state"]["email"] == "wang@example.cn"
