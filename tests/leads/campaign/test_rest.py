import asyncio
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.leads.capture_samples import BOOTH, FAIR, approved, charged, drafted, yuan
from tests.leads.samples import HISTORY, hire, made, new_lead

MARCH = "2026-03-02T09:00:00Z"


async def test_a_campaign_is_drafted_approved_run_and_ended(login: Login) -> None:
    director = await login("leads", "sales_director")
    campaign = await drafted(director)
    path = f"/v1/campaigns/{campaign['id']}"
    assert (campaign["status"], campaign["spent"]) == ("draft", yuan("0.00"))
    early = await director.post(f"{path}/start")
    assert (early.status_code, early.json()["code"]) == (409, "lifecycle.illegal")
    agreed = await made(director, f"{path}/approve", {})
    assert agreed["approved_by"] == str(director.actor.member_id)
    for step, status in (("start", "running"), ("end", "ended")):
        assert (await made(director, f"{path}/{step}", {}))["status"] == status
    late = await director.patch(path, json={"name": "x"}, headers={"if-match": '"4"'})
    assert (late.status_code, late.json()["code"]) == (409, "campaign.closed")
    assert await director.emitted(campaign["id"]) == [
        "campaign.created.v1",
        "campaign.approved.v1",
        "campaign.started.v1",
        "campaign.ended.v1",
    ]


async def test_marketing_drafts_what_somebody_else_approves(login: Login) -> None:
    marketing = await login("leads", "marketing")
    campaign = await drafted(marketing)
    path = f"/v1/campaigns/{campaign['id']}"
    refused = await marketing.post(f"{path}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    director = await login("leads", "sales_director")
    await made(director, f"{path}/approve", {})
    assert (await made(marketing, f"{path}/start", {}))["status"] == "running"


async def test_what_was_approved_is_revised_before_it_changes(login: Login) -> None:
    director = await login("leads", "sales_director")
    campaign = await approved(director)
    path = f"/v1/campaigns/{campaign['id']}"
    change = {"content": "Half price"}
    refused = await director.patch(path, json=change, headers={"if-match": '"2"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "campaign.approved")
    renamed = await director.patch(path, json={"name": "Fair"}, headers={"if-match": '"2"'})
    assert renamed.json()["name"] == "Fair"
    draft = await made(director, f"{path}/revise", {})
    assert (draft["status"], draft["approved_at"], draft["approved_by"]) == ("draft", None, None)
    changed = await director.patch(path, json=change, headers={"if-match": '"4"'})
    assert changed.json()["content"] == "Half price"


async def test_a_campaign_is_called_off_with_a_reason(login: Login) -> None:
    director = await login("leads", "sales_director")
    path = f"/v1/campaigns/{(await drafted(director))['id']}/cancel"
    assert (await director.post(path, json={})).status_code == 422
    cancelled = await made(director, path, {"reason": "Rain"})
    assert (cancelled["status"], cancelled["cancelled_reason"]) == ("cancelled", "Rain")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "party"}, "/kind"),
        ({"kind": "advertisement"}, "/channel"),
        ({"channel": "pigeon"}, "/channel"),
        ({"starts_on": "2026-03-02", "ends_on": "2026-03-01"}, "/ends_on"),
        ({"budget": None}, "/budget"),
        ({"source": "Spring Fair"}, "/source"),
        ({"status": "running"}, "/status"),
    ],
)
async def test_a_campaign_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    marketing = await login("leads", "marketing")
    answer = await marketing.post("/v1/campaigns", json=FAIR | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_costs_add_up_on_the_campaign(login: Login) -> None:
    director, finance = await login("leads", "sales_director"), await login("leads", "finance")
    campaign = await approved(director)
    path = f"/v1/campaigns/{campaign['id']}"
    answer = await finance.post(f"{path}/costs", json=BOOTH | {"spent_on": "2026-03-02"})
    cost = answer.json()
    assert answer.headers["location"] == f"/v1/campaign-costs/{cost['id']}"
    assert (cost["spent_on"], cost["source"]) == ("2026-03-02", "spring-fair")
    assert cost["owner_id"] == campaign["owner_id"]
    await charged(finance, campaign, kind="material", amount=yuan("99.50"))
    assert (await director.get(path)).json()["spent"] == yuan("1300.00")
    own = f"/v1/campaign-costs/{cost['id']}"
    match = {"if-match": '"1"'}
    corrected = await finance.patch(own, json={"amount": yuan("1000.00")}, headers=match)
    assert corrected.json()["amount"] == yuan("1000.00")
    assert (await director.get(path)).json()["spent"] == yuan("1099.50")
    assert (await finance.delete(own)).status_code == 204
    assert (await director.get(path)).json()["spent"] == yuan("99.50")
    listed = (await finance.get(f"/v1/campaign-costs?campaign_id={campaign['id']}")).json()
    assert [each["kind"] for each in listed["items"]] == ["material"]
    assert await director.emitted(cost["id"]) == [
        "campaign_cost.recorded.v1",
        "campaign_cost.corrected.v1",
        "campaign_cost.deleted.v1",
    ]


async def test_costs_recorded_at_once_are_all_in_the_sum(login: Login) -> None:
    director = await login("leads", "sales_director")
    campaign = await approved(director)
    path = f"/v1/campaigns/{campaign['id']}/costs"
    body = {"kind": "media", "amount": yuan("10.00")}
    answers = await asyncio.gather(*(director.post(path, json=body) for _ in range(8)))
    made_ones = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 412, 503}
    spent = (await director.get(f"/v1/campaigns/{campaign['id']}")).json()["spent"]
    assert spent == yuan(f"{10 * len(made_ones)}.00")


async def test_a_corrected_day_moves_the_cost(login: Login) -> None:
    director = await login("leads", "sales_director")
    cost = await charged(director, await approved(director), spent_on="2026-03-02")
    path = f"/v1/campaign-costs/{cost['id']}"
    moved = await director.patch(path, json={"spent_on": "2026-03-05"}, headers={"if-match": '"1"'})
    assert moved.json()["spent_on"] == "2026-03-05"
    newest, oldest = (await director.get(f"{path}/history")).json()["items"]
    assert newest["state"]["spent_at"] > oldest["state"]["spent_at"]


async def test_nothing_is_spent_on_a_draft_nor_in_another_currency(login: Login) -> None:
    director = await login("leads", "sales_director")
    draft = await drafted(director)
    refused = await director.post(f"/v1/campaigns/{draft['id']}/costs", json=BOOTH)
    assert (refused.status_code, refused.json()["code"]) == (409, "campaign.not_approved")
    path = f"/v1/campaigns/{(await approved(director))['id']}/costs"
    for amount, code in (
        ({"amount": "1.00", "currency": "USD"}, "campaign_cost.currency"),
        (yuan("0.00"), "field.greater_than"),
        (yuan("-1.00"), "field.greater_than"),
    ):
        wrong = await director.post(path, json=BOOTH | {"amount": amount})
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, code)


async def test_a_cost_without_a_day_is_of_the_day_it_happened_on(login: Login) -> None:
    importer = await login("leads", "sales_director", scopes=[HISTORY])
    campaign = await approved(importer)
    path = f"/v1/campaigns/{campaign['id']}/costs"
    cost = await made(importer, path, BOOTH, occurred_at=MARCH)
    assert cost["spent_on"] == "2026-03-02"


async def test_leads_say_which_campaign_brought_them(login: Login) -> None:
    director = await login("leads", "sales_director")
    campaign = await drafted(director)
    lead = await new_lead(director, campaign_id=campaign["id"])
    await new_lead(director)
    listed = await director.get(f"/v1/leads?campaign_id={campaign['id']}&count=exact")
    assert listed.json()["total"] == 1
    assert listed.json()["items"][0]["id"] == lead["id"]
    unknown = await director.post(
        "/v1/leads", json={"company": "A", "source": "x", "campaign_id": str(ids.new())}
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "campaign.not_found")
    left = await director.patch(
        f"/v1/leads/{lead['id']}", json={"campaign_id": None}, headers={"if-match": '"1"'}
    )
    assert left.json()["campaign_id"] is None


async def test_a_campaign_belongs_to_its_owners_team(
    login: Login, house: House, tenant: UUID
) -> None:
    marketing = await login("leads", "marketing")
    owner = await hire(house, tenant, "cn/west", "Sichuan")
    campaign = await drafted(marketing, owner_id=str(owner))
    assert (campaign["team"], campaign["region"]) == ("cn/west", "Sichuan")


async def test_campaigns_of_another_system_are_known_again_in_a_batch(login: Login) -> None:
    director = await login("leads", "sales_director")
    known = FAIR | {"external_system": "zoho", "external_id": "C-1"}
    rows = {"rows": [{"data": known, "then": [{"action": "approve"}, {"action": "start"}]}]}
    first = (await made(director, "/v1/campaigns/batch", rows))["rows"][0]
    assert (first["outcome"], first["version"]) == ("created", 3)
    again = (await made(director, "/v1/campaigns/batch", rows))["rows"][0]
    assert (again["id"], again["outcome"]) == (first["id"], "unchanged")
    assert len((await director.get("/v1/campaigns?status=running")).json()["items"]) == 1


async def test_codes_have_labels(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    labels = (await seller.get("/v1/campaigns/enums")).json()
    assert {"code": "newspaper", "zh": "报纸", "en": "Newspaper"} in labels["channel"]
    assert {"code": "event", "zh": "展会活动", "en": "Event or fair"} in labels["kind"]
    assert (await seller.get("/v1/campaign-costs/enums")).json()["kind"][0]["zh"] == "媒体投放"


async def test_costs_add_up_to_no_more_than_an_amount_may_be(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    campaign = await approved(director)
    async with (await house.system("leads")).system() as connection:
        most = "update campaign set spent = 999999999999999990.00 where tenant_id = $1"
        await connection.execute(most, tenant)
    path = f"/v1/campaigns/{campaign['id']}/costs"
    cost = await made(director, path, {"kind": "venue", "amount": yuan("9.99")})
    over = await director.post(path, json={"kind": "venue", "amount": yuan("0.01")})
    assert over.status_code == 422
    (fault,) = over.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/amount/amount", "campaign.spent_limit")
    more = {"amount": yuan("10.00")}
    patched = await director.patch(
        f"/v1/campaign-costs/{cost['id']}", json=more, headers={"if-match": '"1"'}
    )
    assert (patched.status_code, patched.json()["code"]) == (422, "campaign.spent_limit")


@pytest.mark.parametrize("medium", ["television", "radio", "newspaper", "internet"])
async def test_campaigns_are_run_in_each_medium_and_found_by_it(login: Login, medium: str) -> None:
    marketing = await login("leads", "marketing")
    await drafted(marketing, kind="promotion")
    nowhere = FAIR | {"kind": "advertisement", "name": "广告"}
    refused = await marketing.post("/v1/campaigns", json=nowhere)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/channel")
    campaign = await drafted(marketing, kind="advertisement", channel=medium)
    assert (campaign["kind"], campaign["channel"]) == ("advertisement", medium)
    found = (await marketing.get(f"/v1/campaigns?channel={medium}")).json()["items"]
    assert [each["id"] for each in found] == [campaign["id"]]
    codes = (await marketing.get("/v1/campaigns/enums")).json()
    assert medium in {each["code"] for each in codes["channel"]}
