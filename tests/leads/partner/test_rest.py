from typing import Any

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from tests.leads.samples import made, new_account, new_lead

PATH = "/v1/channel-partners"
APRIL, MAY, JUNE = (f"2026-0{month}-01T00:00:00Z" for month in (4, 5, 6))


async def identified(caller: Caller, **fields: Any) -> dict[str, Any]:
    body = {"name": "华东代理", "kind": "agent", "territory": "江苏", **fields}
    return await made(caller, PATH, body)


async def test_a_partner_goes_from_a_name_to_the_end(manager: Caller) -> None:
    account = await new_account(manager)
    body = {"name": "华东代理", "kind": "agent", "territory": "江苏", "source": "招商广告"}
    given = body | {"account_id": account["id"]}
    partner = await made(manager, PATH, given, occurred_at=APRIL)
    assert {name: partner[name] for name in given} == given
    assert (partner["status"], partner["identified_at"]) == ("identified", APRIL)
    path = f"{PATH}/{partner['id']}"
    steps: tuple[tuple[str, dict[str, Any], str, str], ...] = (
        ("assess", {"rating": 4, "assessment": "市场未饱和"}, "assessed", "assessed_at"),
        ("sign", {}, "signed", "signed_at"),
        ("activate", {}, "active", "activated_at"),
        ("assess", {"rating": 2}, "active", "assessed_at"),
        ("end", {"reason": "窜货"}, "ended", "ended_at"),
    )
    for step, sent, status, dated in steps:
        partner = await made(manager, f"{path}/{step}", sent, occurred_at=MAY)
        assert (partner["status"], partner[dated]) == (status, MAY), step
    assert (partner["rating"], partner["assessment"], partner["end_reason"]) == (2, "", "窜货")
    assert await manager.emitted(partner["id"]) == [
        "channel_partner.identified.v1",
        "channel_partner.assessed.v1",
        "channel_partner.signed.v1",
        "channel_partner.activated.v1",
        "channel_partner.assessed.v1",
        "channel_partner.ended.v1",
    ]


async def test_a_step_that_is_not_the_next_one_is_refused(manager: Caller) -> None:
    path = f"{PATH}/{(await identified(manager))['id']}"
    for step in ("sign", "activate"):
        refused = await manager.post(f"{path}/{step}")
        assert (refused.status_code, refused.json()["code"]) == (409, "lifecycle.illegal")
    assert (await manager.post(f"{path}/assess", json={"rating": 6})).status_code == 422
    early = await manager.post(f"{path}/assess", json={"rating": 3}, headers={"occurred-at": APRIL})
    assert early.json()["code"] == "channel_partner.before"
    await made(manager, f"{path}/end", {"reason": "No interest"})
    for step, sent in (("assess", {"rating": 3}), ("end", {"reason": "x"})):
        refused = await manager.post(f"{path}/{step}", json=sent)
        assert (refused.status_code, refused.json()["code"]) == (409, "lifecycle.illegal")
    changed = await manager.patch(path, json={"name": "x"}, headers={"if-match": '"2"'})
    assert (changed.status_code, changed.json()["code"]) == (409, "channel_partner.closed")


async def test_facts_change_until_the_end(manager: Caller) -> None:
    partner = await identified(manager)
    path = f"{PATH}/{partner['id']}"
    assert (await manager.patch(path, json={"territory": "浙江"})).status_code == 428
    sent = {"territory": "浙江", "kind": "dealer"}
    changed = await manager.patch(path, json=sent, headers={"if-match": '"1"'})
    assert (changed.json()["territory"], changed.json()["kind"]) == ("浙江", "dealer")
    unknown = await manager.patch(
        path, json={"account_id": str(ids.new())}, headers={"if-match": '"2"'}
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "account.not_found")


async def test_partners_are_found_by_kind_step_and_territory(manager: Caller) -> None:
    agent = await identified(manager)
    dealer = await identified(manager, name="Dealer", kind="dealer", territory="上海")
    await made(manager, f"{PATH}/{dealer['id']}/assess", {"rating": 5})
    for asked, found in (
        ("kind=agent", agent),
        ("status=assessed", dealer),
        ("rating_gte=4", dealer),
        ("rating_null=true", agent),
        ("q=上海", dealer),
    ):
        items = (await manager.get(f"{PATH}?{asked}")).json()["items"]
        assert [item["id"] for item in items] == [found["id"]], asked
    labels = (await manager.get(f"{PATH}/enums")).json()
    assert labels["kind"][1] == {"code": "agent", "zh": "代理商", "en": "Agent"}


async def test_leads_name_the_partner_who_brought_them(manager: Caller) -> None:
    partner = await identified(manager)
    lead = await new_lead(manager, channel_partner_id=partner["id"])
    await new_lead(manager)
    path = f"/v1/leads?channel_partner_id={partner['id']}&count=exact"
    brought = (await manager.get(path)).json()
    assert ([item["id"] for item in brought["items"]], brought["total"]) == ([lead["id"]], 1)
    other = {"channel_partner_id": (await identified(manager, name="Other"))["id"]}
    moved = await manager.patch(f"/v1/leads/{lead['id']}", json=other, headers={"if-match": '"1"'})
    assert moved.json()["channel_partner_id"] == other["channel_partner_id"]
    unknown = {"company": "Acme", "source": "web", "channel_partner_id": str(ids.new())}
    refused = await manager.post("/v1/leads", json=unknown)
    assert (refused.status_code, refused.json()["code"]) == (404, "channel_partner.not_found")


async def test_a_batch_takes_partners_to_where_they_stand(manager: Caller) -> None:
    known = {"name": "Agent", "kind": "agent", "external_system": "erp", "external_id": "P1"}
    steps = [
        {"action": "assess", "data": {"rating": 3}},
        {"action": "sign"},
        {"action": "activate"},
    ]
    rows = {"rows": [{"data": known, "then": steps}]}
    (row,) = (await made(manager, f"{PATH}/batch", rows))["rows"]
    assert row["outcome"] == "created"
    assert (await manager.get(f"{PATH}/{row['id']}")).json()["status"] == "active"


async def test_graphql_does_all_that_rest_does(manager: Caller) -> None:
    account = await new_account(manager)
    create = """mutation ($input: ChannelPartnerCreateInput!) {
      createChannelPartner(input: $input) { ... on ChannelPartner { id status owner { id } } }
    }"""
    given = {"name": "Agent", "kind": "AGENT", "accountId": account["id"]}
    answer = await manager.graphql("leads", create, input=given)
    partner = answer["data"]["createChannelPartner"]
    assert (partner["status"], partner["owner"]) == (
        "IDENTIFIED",
        {"id": str(manager.actor.member_id)},
    )
    await new_lead(manager, company="Brought", channel_partner_id=partner["id"])
    steps = """mutation ($id: UUID!) {
      update: updateChannelPartner(id: $id, expectedVersion: 1, input: {territory: "East"}) {
        ... on ChannelPartner { territory }
      }
      early: activateChannelPartner(id: $id) { ... on Problem { code } }
      assess: assessChannelPartner(id: $id, input: {rating: 4}) { ... on ChannelPartner { rating } }
      sign: signChannelPartner(id: $id) { ... on ChannelPartner { status } }
      activate: activateChannelPartner(id: $id) { ... on ChannelPartner { status } }
      end: endChannelPartner(id: $id, input: {reason: "x"}) { ... on ChannelPartner { status } }
    }"""
    assert (await manager.graphql("leads", steps, id=partner["id"]))["data"] == {
        "update": {"territory": "East"},
        "early": {"code": "lifecycle.illegal"},
        "assess": {"rating": 4},
        "sign": {"status": "SIGNED"},
        "activate": {"status": "ACTIVE"},
        "end": {"status": "ENDED"},
    }
    query = """query ($id: UUID!, $account: UUID!) {
      channelPartner(id: $id) { account { id } leads { nodes { company channelPartner { id } } } }
      account(id: $account) { channelPartners { nodes { id } } }
      channelPartners(filter: {status: [ENDED]}) { nodes { endReason } }
    }"""
    answer = await manager.graphql("leads", query, id=partner["id"], account=account["id"])
    assert answer["data"] == {
        "channelPartner": {
            "account": {"id": account["id"]},
            "leads": {"nodes": [{"company": "Brought", "channelPartner": {"id": partner["id"]}}]},
        },
        "account": {"channelPartners": {"nodes": [{"id": partner["id"]}]}},
        "channelPartners": {"nodes": [{"endReason": "x"}]},
    }
