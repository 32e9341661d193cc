"""What somebody meant to do about a lead goes where the lead goes."""

from typing import Any
from uuid import UUID

import pytest

from crmkit.db.rows import row
from crmkit.events.envelope import Event
from crmkit.events.leads import LeadState, LeadUpdated
from crmkit.events.leads_pool import LeadClaimed, LeadPooled
from crmkit.kernel import clock, ids
from crmkit.messaging.handlers import Reaction
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.followup import consumers
from services.leads.lead.models import Lead
from tests.leads.followup.test_rest import PLANS, a_template
from tests.leads.pool_samples import claimed, new_pool, seller_of
from tests.leads.samples import hear, made, new_lead

ACTIVITIES = "/v1/activities"
CALL = {"kind": "call", "subject": "Hello", "due_at": "2030-01-15T02:00:00Z"}


async def told(house: House, kind: type[Event[Any]], lead_id: str, before: UUID | str) -> Any:
    """An event of a lead that had another owner before."""
    async with (await house.system("leads")).system() as connection:
        found = await connection.fetchrow("select * from lead where id = $1", UUID(lead_id))
    assert found is not None
    lead = row(Lead, found)
    fields = {name: getattr(lead, name) for name in LeadState.__struct_fields__}
    now, changed = clock.now(), {"owner_id": (str(before), str(lead.owner_id))}
    about = (ids.new(), lead.tenant_id, lead.id, lead.version, now, now, "system", None, None)
    return kind(*about, LeadState(**fields), changed)


@pytest.fixture
async def planned(login: Login, house: House, tenant: UUID) -> tuple[Caller, Caller, str, str]:
    """A director, a seller, a pool, and a lead of the seller's with a plan and two calls, one of
    which is the director's."""
    director = await login("leads", "sales_director")
    seller = await seller_of(house, login, tenant)
    pool_id, template = await new_pool(director, seller), await a_template(director)
    lead_id = (await new_lead(seller))["id"]
    about = {"lead_id": lead_id}
    await made(seller, PLANS, about | {"template_id": template["id"]})
    await made(seller, ACTIVITIES, CALL | about)
    await made(director, ACTIVITIES, CALL | about | {"subject": "Mine"})
    return director, seller, pool_id, lead_id


async def whose(director: Caller, lead_id: str) -> dict[str, str]:
    """Who has what is to be done about a lead, by its name."""
    asked = {"lead_id": lead_id}
    plans = (await director.get(PLANS, params=asked)).json()["items"]
    calls = (await director.get(ACTIVITIES, params=asked)).json()["items"]
    return {each["name"]: each["owner_id"] for each in plans} | {
        each["subject"]: each["owner_id"] for each in calls
    }


async def test_what_was_planned_lies_in_the_pool_and_goes_to_who_claims_the_lead(
    login: Login, house: House, tenant: UUID, planned: tuple[Caller, Caller, str, str]
) -> None:
    director, seller, pool_id, lead_id = planned
    mine, boss = str(seller.actor.member_id), str(director.actor.member_id)
    assert await whose(director, lead_id) == {"Key accounts": mine, "Hello": mine, "Mine": boss}
    await made(seller, f"/v1/leads/{lead_id}/pool", {"pool_id": pool_id})
    pooled = await told(house, LeadPooled, lead_id, mine)
    for _ in "12":
        await hear(house, consumers.follow_pooled, pooled)
    lying = {"Key accounts": pool_id, "Hello": pool_id, "Mine": boss}
    assert await whose(director, lead_id) == lying
    assert (await seller.get(ACTIVITIES)).json()["items"] == []
    heir = await seller_of(house, login, tenant)
    await made(director, "/v1/pool-members", _member(pool_id, heir))
    await claimed(heir, lead_id)
    await hear(house, consumers.follow_claimed, await told(house, LeadClaimed, lead_id, pool_id))
    theirs = str(heir.actor.member_id)
    now = {"Key accounts": theirs, "Hello": theirs, "Mine": boss}
    assert await whose(director, lead_id) == now
    (plan,) = (await heir.get(PLANS)).json()["items"]
    assert (plan["status"], plan["team"]) == ("running", "cn/east/ningbo")
    emitted = await director.emitted(plan["id"])
    assert emitted == ["follow_up_plan.started.v1", *["follow_up_plan.handed_over.v1"] * 2]


def _member(pool_id: str, caller: Caller) -> dict[str, Any]:
    return {"pool_id": pool_id, "member_id": str(caller.actor.member_id), "role": "member"}


async def test_what_is_heard_late_goes_to_whoever_has_the_lead_by_then(
    login: Login, house: House, tenant: UUID, planned: tuple[Caller, Caller, str, str]
) -> None:
    director, seller, pool_id, lead_id = planned
    heir = await seller_of(house, login, tenant)
    await made(director, "/v1/pool-members", _member(pool_id, heir))
    await made(seller, f"/v1/leads/{lead_id}/pool", {"pool_id": pool_id})
    await claimed(heir, lead_id)
    late = await told(house, LeadPooled, lead_id, str(seller.actor.member_id))
    await hear(house, consumers.follow_pooled, late)
    theirs, boss = str(heir.actor.member_id), str(director.actor.member_id)
    now = {"Key accounts": theirs, "Hello": theirs, "Mine": boss}
    assert await whose(director, lead_id) == now


async def test_nothing_follows_a_lead_that_stays_with_its_owner_or_is_gone(
    house: House, planned: tuple[Caller, Caller, str, str]
) -> None:
    director, seller, _, lead_id = planned
    before = await whose(director, lead_id)
    same = await told(house, LeadUpdated, lead_id, seller.actor.member_id)
    await hear(house, consumers.follow_updated, same)
    unowned = await told(house, LeadUpdated, lead_id, seller.actor.member_id)
    object.__setattr__(unowned, "changed", {"need": ("", "x")})
    await hear(house, consumers.follow_updated, unowned)
    await seller.delete(f"/v1/leads/{lead_id}")
    await hear(house, consumers.follow_updated, same)
    assert await whose(director, lead_id) == before


def test_every_way_a_lead_goes_to_somebody_else_is_heard_of() -> None:
    heard = {each.event.type for each in vars(consumers).values() if isinstance(each, Reaction)}
    moves = ("pooled", "returned", "taken_back", "recycled", "claimed", "allocated", "assigned")
    assert {f"lead.{move}.v1" for move in (*moves, "updated")} <= heard
