"""Leads join a deal that is there already: several leads of one deal, and a second look at one."""

from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Invalid
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.lead.domain import demand_joinable, demand_joined, demand_with
from tests.leads.erasure_samples import GROUND
from tests.leads.samples import made, new_account, new_contact, new_lead, qualified_lead

KEPT = """
insert into deal_copy (tenant_id, id, version, created_at, updated_at, account_id, status, owner_id,
  team, deleted_at)
values ($1, $2, 1, now(), now(), $3, $4, $5, 'cn/east', case when $6 then now() end)
"""


async def heard(
    house: House,
    tenant: UUID,
    owner: Caller,
    account: dict[str, Any] | None,
    status: str = "open",
    gone: bool = False,
) -> str:
    """A deal that leads has heard of."""
    deal, whose = ids.new(), UUID(account["id"]) if account else None
    async with (await house.system("leads")).system() as connection:
        await connection.execute(KEPT, tenant, deal, whose, status, owner.actor.member_id, gone)
    return str(deal)


async def refused(caller: Caller, lead: dict[str, Any], **deal: Any) -> tuple[int, str]:
    answer = await caller.post(f"/v1/leads/{lead['id']}/convert", json=deal)
    body = answer.json()
    faults = body.get("errors") or [body]
    return answer.status_code, faults[0]["code"]


async def test_several_leads_join_one_deal_and_are_found_by_it(
    house: House, tenant: UUID, seller: Caller
) -> None:
    account = await new_account(seller)
    deal = await heard(house, tenant, seller, account)
    leads = [await qualified_lead(seller, contact_name=name) for name in ("王静", "李雷")]
    for lead in leads:
        joined = await made(seller, f"/v1/leads/{lead['id']}/convert", {"opportunity_id": deal})
        assert (joined["opportunity_id"], joined["account_id"]) == (deal, account["id"])
        assert joined["status"] == "converted"
    found = (await seller.get(f"/v1/leads?opportunity_id={deal}")).json()["items"]
    assert {each["id"] for each in found} == {lead["id"] for lead in leads}


async def test_who_joins_again_is_answered_alike_and_no_other_deal_is_joined(
    house: House, tenant: UUID, seller: Caller
) -> None:
    account = await new_account(seller)
    deal, other = [await heard(house, tenant, seller, account) for _ in "12"]
    lead = await qualified_lead(seller)
    path = f"/v1/leads/{lead['id']}/convert"
    joined = await made(seller, path, {"opportunity_id": deal})
    assert await made(seller, path, {"opportunity_id": deal}) == joined
    assert await made(seller, path, {}) == joined
    assert await refused(seller, lead, opportunity_id=other) == (409, "lifecycle.illegal")


async def test_a_contact_is_added_to_the_account_of_the_deal(
    house: House, tenant: UUID, seller: Caller
) -> None:
    account = await new_account(seller)
    await new_contact(seller, account, is_primary=True)
    deal = await heard(house, tenant, seller, account)
    lead = await qualified_lead(seller, contact_name="李雷")
    wanted = {"opportunity_id": deal, "contact": True}
    joined = await made(seller, f"/v1/leads/{lead['id']}/convert", wanted)
    contact = (await seller.get(f"/v1/contacts/{joined['contact_id']}")).json()
    assert (contact["account_id"], contact["is_primary"]) == (account["id"], False)


async def test_a_deal_with_nobody_takes_the_account_that_is_named_or_new(
    house: House, tenant: UUID, seller: Caller
) -> None:
    account = await new_account(seller)
    deal = await heard(house, tenant, seller, None)
    named = await qualified_lead(seller)
    body = {"opportunity_id": deal, "account_id": account["id"]}
    joined = await made(seller, f"/v1/leads/{named['id']}/convert", body)
    assert joined["account_id"] == account["id"]
    fresh = await qualified_lead(seller, company="恒岭精密")
    joined = await made(seller, f"/v1/leads/{fresh['id']}/convert", {"opportunity_id": deal})
    assert (await seller.get(f"/v1/accounts/{joined['account_id']}")).json()["name"] == "恒岭精密"


async def test_a_deal_whose_account_became_part_of_another_is_with_that_one(
    house: House, tenant: UUID, seller: Caller
) -> None:
    target, source = await new_account(seller), await new_account(seller)
    deal = await heard(house, tenant, seller, source)
    await made(seller, f"/v1/accounts/{target['id']}/merge", {"sources": [source["id"]]})
    for named in ({}, {"account_id": target["id"]}):
        lead = await qualified_lead(seller)
        body = {"opportunity_id": deal, **named}
        joined = await made(seller, f"/v1/leads/{lead['id']}/convert", body)
        assert (joined["opportunity_id"], joined["account_id"]) == (deal, target["id"])


async def test_a_deal_that_is_over_elsewhere_or_somebody_elses_is_not_joined(
    house: House, tenant: UUID, login: Login, seller: Caller
) -> None:
    other = await login("leads", "sales_rep")
    account, elsewhere = await new_account(seller), await new_account(seller)
    lead = await qualified_lead(seller)
    won = await heard(house, tenant, seller, account, "won")
    theirs = await heard(house, tenant, other, account)
    gone = await heard(house, tenant, seller, account, gone=True)
    foreign = await heard(house, ids.new(), seller, account)
    assert await refused(seller, lead, opportunity_id=won) == (409, "opportunity.closed")
    for unseen in (theirs, gone, foreign, str(ids.new())):
        unknown = await refused(seller, lead, opportunity_id=unseen)
        assert unknown == (422, "opportunity.unknown")
    deal = await heard(house, tenant, seller, account)
    wrong = {"opportunity_id": deal, "account_id": elsewhere["id"]}
    assert await refused(seller, lead, **wrong) == (422, "lead.deal_elsewhere")
    for body in ({"opportunity": False}, {"opportunity_name": "两台磨床"}):
        named = await refused(seller, lead, opportunity_id=deal, **body)
        assert named == (422, "lead.deal_named")
    assert (await seller.get(f"/v1/leads/{lead['id']}")).json()["version"] == lead["version"]


async def test_a_deal_stays_when_somebody_is_erased_whose_lead_joined_it(
    house: House, tenant: UUID, login: Login
) -> None:
    admin = await login("leads", "admin")
    deal = await heard(house, tenant, admin, await new_account(admin, name="恒岭精密"))
    for body, goes in (({"opportunity_id": deal}, False), ({}, True)):
        lead = await qualified_lead(admin, company="王静", contact_name="王静")
        path = f"/v1/leads/{lead['id']}"
        await made(admin, f"{path}/convert", body)
        await made(admin, f"{path}/erase", GROUND)
        told = (await admin.get(f"{path}/history")).json()["items"][0]
        assert (told["type"], told["state"]["deal_erased"]) == ("lead.erased.v1", goes)


async def test_a_lead_that_is_not_qualified_joins_nothing(
    house: House, tenant: UUID, seller: Caller
) -> None:
    deal = await heard(house, tenant, seller, await new_account(seller))
    lead = await new_lead(seller)
    assert await refused(seller, lead, opportunity_id=deal) == (409, "lifecycle.illegal")


async def test_graphql_joins_a_deal(house: House, tenant: UUID, seller: Caller) -> None:
    deal = await heard(house, tenant, seller, await new_account(seller))
    lead = await qualified_lead(seller)
    join = """
    mutation ($id: UUID!, $deal: UUID!) {
      convertLead(id: $id, input: {opportunityId: $deal}) { ... on Lead { opportunityId } }
    }
    """
    answer = await seller.graphql("leads", join, id=lead["id"], deal=deal)
    assert answer["data"]["convertLead"] == {"opportunityId": deal}


async def test_the_deal_of_one_lead_is_joined_by_the_next(house: House, login: Login) -> None:
    await house.work("leads", "opportunities")
    seller = await login("leads", "sales_rep")
    first = await qualified_lead(seller)
    opened = await made(seller, f"/v1/leads/{first['id']}/convert", {})
    await house.caught_up("leads", "opportunities")
    await house.caught_up("opportunities", "leads")
    deal = opened["opportunity_id"]
    second = await qualified_lead(seller)
    path = f"/v1/leads/{second['id']}/convert"
    joined = await made(seller, path, {"opportunity_id": deal})
    assert joined["account_id"] == opened["account_id"]
    await house.caught_up("leads", "opportunities")
    reader = await login("opportunities", "admin")
    told = (await reader.get(f"/v1/opportunities/{deal}")).json()
    assert (told["lead_id"], told["version"]) == (first["id"], 1)
    assert len((await reader.get("/v1/opportunities")).json()["items"]) == 1


@pytest.mark.parametrize("status", ["won", "lost"])
def test_only_an_open_deal_is_joined(status: str) -> None:
    demand_joinable("open")
    with pytest.raises(Conflict):
        demand_joinable(status)


def test_a_deal_that_is_named_is_neither_left_out_nor_called_otherwise() -> None:
    demand_joined(True, True, "")
    demand_joined(False, False, "")
    demand_joined(False, True, "两台磨床")
    for wanted, name in ((False, ""), (True, "两台磨床")):
        with pytest.raises(Invalid):
            demand_joined(True, wanted, name)


def test_a_deal_is_with_one_account() -> None:
    one, other = ids.new(), ids.new()
    for same in ((None, None), (one, None), (None, one), (one, one)):
        demand_with(*same)
    with pytest.raises(Invalid):
        demand_with(one, other)
