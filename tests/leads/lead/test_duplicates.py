"""重复客户 one rule for all ways in."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.db.reading import Reading
from crmkit.kernel import clock
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.key_keeper import KeyKeeper
from services.leads.lead.models import Lead
from services.leads.matching.queries import list_certain, prepare_certain
from services.leads.matching.schemas import LeadProbe
from tests.leads.lead.test_imports import brought
from tests.leads.samples import a_lead, made, new_lead

HENGLING = {"company": "苏州恒岭精密有限公司", "phone": "13800138000", "email": "wang@hengling.cn"}
REFUSE, OVERRIDE = {"duplicates": "refuse"}, {"duplicates": "override"}


async def duplicates_of(caller: Caller, lead_id: str) -> list[dict[str, Any]]:
    answer = await caller.get(f"/v1/leads/{lead_id}/duplicates")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_the_duplicates_of_a_lead_are_scored_with_their_reasons(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, **HENGLING)
    same_phone = await new_lead(seller, company="Other", phone="+86 138-0013-8000")
    same_name = await new_lead(seller, company="苏州恒岭精密（集团）股份有限公司")
    like = await new_lead(seller, company="苏州恒岭精密机械有限公司")
    turned = await new_lead(seller, company="昆山恒岭精密有限公司")
    await new_lead(seller, company="北京远大重工有限公司")
    found = await duplicates_of(seller, lead["id"])
    assert [(each["lead_id"], each["certainty"], each["reasons"]) for each in found] == [
        (same_phone["id"], "certain", ["phone"]),
        (same_name["id"], "likely", ["company"]),
        (like["id"], "possible", ["similar"]),
        (turned["id"], "possible", ["similar"]),
    ]
    assert [each["score"] for each in found] == sorted((f["score"] for f in found), reverse=True)
    assert found[0]["company"] == "Other"


async def test_many_are_looked_for_at_once_before_they_are_created(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, **HENGLING)
    asked = [{"email": "WANG@hengling.cn"}, {"company": "Nobody"}, {"phone": "0086 13800138000"}]
    answer = await seller.post("/v1/leads/duplicates", json={"leads": asked})
    found = [[each["lead_id"] for each in one["items"]] for one in answer.json()["items"]]
    assert found == [[lead["id"]], [], [lead["id"]]]
    assert len((await seller.get("/v1/leads")).json()["items"]) == 1


async def test_who_wants_no_duplicate_is_refused_with_the_candidates(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await made(seller, "/v1/leads", a_lead(**HENGLING, **REFUSE))
    again = await seller.post("/v1/leads", json=a_lead(phone="+8613800138000", **REFUSE))
    assert (again.status_code, again.json()["code"]) == (409, "lead.duplicate")
    (candidate,) = again.json()["candidates"]
    assert (candidate["lead_id"], candidate["certainty"]) == (lead["id"], "certain")
    assert (await new_lead(seller, **HENGLING))["duplicate_of"] is None


async def test_a_duplicate_that_is_meant_says_of_which_and_history_shows_it(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, **HENGLING)
    twin = await new_lead(seller, **HENGLING, **OVERRIDE)
    assert twin["duplicate_of"] == lead["id"]
    history = (await seller.get(f"/v1/leads/{twin['id']}/history")).json()["items"]
    assert history[0]["state"]["duplicate_of"] == lead["id"]
    assert (await new_lead(seller, company="New", **OVERRIDE))["duplicate_of"] is None
    listed = await seller.get(f"/v1/leads?duplicate_of={lead['id']}")
    assert [each["id"] for each in listed.json()["items"]] == [twin["id"]]


async def test_of_many_that_come_at_once_one_is_created(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    tries = (seller.post("/v1/leads", json=a_lead(**HENGLING, **REFUSE)) for _ in range(8))
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {each["code"] for each in refused} == {"lead.duplicate"}


async def test_rows_of_a_batch_are_duplicates_of_each_other(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    rows = [{"data": a_lead(email=f"{n}@acme.cn", **REFUSE)} for n in (1, 2, 1)]
    answer = (await seller.post("/v1/leads/batch", json={"rows": rows})).json()["rows"]
    assert [each["status"] for each in answer] == [201, 201, 409]
    assert answer[2]["problem"]["code"] == "lead.duplicate"


async def test_a_batch_looks_for_the_duplicates_of_all_its_rows_at_once(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for n in range(3):
        await new_lead(seller, email=f"{n}@acme.cn")
    executor = seller.executor
    reading = Reading(executor.database, executor.policy, seller.actor, clock.now())
    rows = [a_lead(email=f"{n}@Acme.CN", **REFUSE) for n in range(4)]
    odd = [a_lead(phone=7, **REFUSE), a_lead(email="\0@x.cn", **REFUSE), {"duplicates": []}]
    memo = await prepare_certain(reading, [*rows, *odd, a_lead(email="9@acme.cn")])
    assert [len(told.result()) for told in memo.values()] == [1, 1, 1, 0]
    tx = executor.open(Call(seller.actor))
    tx.memo = dict(memo)
    for row in rows:
        probe = LeadProbe(company=row["company"], email=row["email"])
        found, known = await list_certain(tx, probe.keys())
        assert (len(found), known) == ((0, False) if row is rows[3] else (1, True))
    assert tx.memo == memo, "a row has asked for what was read already"
    answer = await seller.post("/v1/leads/batch", json={"rows": [{"data": row} for row in rows]})
    assert [each["status"] for each in answer.json()["rows"]] == [409, 409, 409, 201]


async def test_a_file_brings_nobody_in_twice_where_that_is_wanted(
    login: Login, house: House
) -> None:
    seller = await login("leads", "sales_rep")
    await new_lead(seller, **HENGLING)
    rows = "company,phone\n恒岭,138 0013 8000\n新松,13900139000\n新松机器人,+8613900139000\n"
    wanted = json.dumps({"source": "file", **REFUSE})
    done = await brought(house, seller, rows.encode(), defaults=wanted)
    assert (done["state"], done["created"], done["refused"]) == ("done", 1, 2)
    told = await seller.get(f"/v1/leads/imports/{done['id']}/errors")
    assert told.text.count("lead.duplicate") == 2


async def test_a_number_that_is_given_up_is_free_again(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    first = await made(seller, "/v1/leads", a_lead(**HENGLING, **REFUSE))
    path = f"/v1/leads/{first['id']}"
    other = {"phone": "13900139000", "email": None}
    await seller.patch(path, json=other, headers={"if-match": '"1"'})
    second = await made(seller, "/v1/leads", a_lead(**HENGLING, **REFUSE))
    await seller.delete(f"/v1/leads/{second['id']}")
    third = await made(seller, "/v1/leads", a_lead(**HENGLING, **REFUSE))
    await made(seller, f"/v1/leads/{second['id']}/restore", {})
    found = await duplicates_of(seller, third["id"])
    assert [(each["lead_id"], each["certainty"]) for each in found] == [
        (second["id"], "certain"),
        (first["id"], "likely"),
    ]


async def test_a_colleagues_lead_is_told_by_its_owner_and_no_more(login: Login) -> None:
    mine, colleague = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    await new_lead(colleague, **HENGLING)
    answer = await mine.post("/v1/leads/duplicates", json={"leads": [{"phone": "13800138000"}]})
    (found,) = answer.json()["items"][0]["items"]
    told = {"certainty": "certain", "score": 100, "reasons": ["phone"]}
    hidden = dict.fromkeys(("lead_id", "company", "contact_name", "status"))
    assert found == told | hidden | {"owner_id": str(colleague.actor.member_id)}
    refused = await mine.post("/v1/leads", json=a_lead(**HENGLING, **REFUSE))
    everything = {"reasons": ["phone", "email", "company"]}
    assert refused.json()["candidates"] == [found | everything]


async def test_a_partner_is_told_of_their_own_leads_alone(login: Login) -> None:
    seller, partner = await login("leads", "sales_rep"), await login("leads", "partner")
    await new_lead(seller, **HENGLING)
    lead = await made(partner, "/v1/leads", a_lead(phone=HENGLING["phone"], **REFUSE))
    answer = await partner.post("/v1/leads/duplicates", json={"leads": [HENGLING]})
    (found,) = answer.json()["items"][0]["items"]
    assert found["lead_id"] == lead["id"]


async def test_another_tenants_leads_are_nobodys_duplicates(login: Login, tenant: UUID) -> None:
    stranger = await login("leads", "admin", tenant=UUID(int=tenant.int ^ 1))
    await new_lead(stranger, **HENGLING)
    admin = await login("leads", "admin")
    assert await duplicates_of(admin, (await new_lead(admin, **HENGLING))["id"]) == []


async def test_graphql_finds_what_rest_finds(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead, twin = await new_lead(seller, **HENGLING), await new_lead(seller, **HENGLING)
    query = """
    query ($id: UUID!, $input: LeadCheckInput!) {
      leadDuplicates(id: $id) { leadId certainty score reasons company ownerId }
      checkLeads(input: $input) { items { leadId } }
    }
    """
    asked = {"leads": [{"email": HENGLING["email"]}, {"company": "Nobody"}]}
    answer = await seller.graphql("leads", query, id=lead["id"], input=asked)
    (found,) = answer["data"]["leadDuplicates"]
    assert (found["leadId"], found["certainty"], found["score"]) == (twin["id"], "CERTAIN", 100)
    assert found["reasons"] == ["PHONE", "EMAIL", "COMPANY"]
    one, none = answer["data"]["checkLeads"]
    assert {each["leadId"] for each in one["items"]} == {lead["id"], twin["id"]}
    assert none["items"] == []
    create = """
    mutation ($input: LeadCreateInput!) {
      createLead(input: $input) { ... on Problem { code httpStatus } }
    }
    """
    wanted = a_lead(**HENGLING) | {"duplicates": "REFUSE"}
    answer = await seller.graphql("leads", create, input=wanted)
    assert answer["data"]["createLead"] == {"code": "lead.duplicate", "httpStatus": 409}


async def test_leads_from_before_there_were_keys_get_theirs(
    login: Login, house: House, tenant: UUID
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, **HENGLING)
    system = await house.system("leads")
    bare = "update lead set phone_key = null, company_key = null where tenant_id = $1"
    async with system.system() as connection:
        await connection.execute(bare, tenant)
    asked = {"leads": [{"phone": HENGLING["phone"]}]}
    unseen = await seller.post("/v1/leads/duplicates", json=asked)
    assert unseen.json()["items"][0]["items"] == []
    keeper = KeyKeeper(house.settings("leads"))
    while await keeper(await house.executor("leads"), system):
        pass
    (found,) = (await seller.post("/v1/leads/duplicates", json=asked)).json()["items"][0]["items"]
    assert found["lead_id"] == lead["id"]
    assert (await seller.get(f"/v1/leads/{lead['id']}")).json()["version"] == 1
    assert not await keeper(await house.executor("leads"), system)


async def test_no_event_tells_the_keys(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, **HENGLING)
    history = (await seller.get(f"/v1/leads/{lead['id']}/history")).json()["items"]
    assert Lead.unpublished.isdisjoint(history[0]["state"])
    assert Lead.unpublished.isdisjoint(lead)


async def test_a_partner_meets_nobody_elses_place(login: Login) -> None:
    seller, partner = await login("leads", "sales_rep"), await login("leads", "partner")
    guarded = a_lead(**HENGLING, **REFUSE)
    await made(seller, "/v1/leads", guarded)
    assert (await made(partner, "/v1/leads", guarded))["owner_id"] == str(partner.actor.member_id)
    assert (await partner.post("/v1/leads", json=guarded)).json()["code"] == "lead.duplicate"


async def test_duplicates_of_then_are_told_by_what_leads_were_called_then(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of leads that have another name, number and owner by now, or were merged away."""
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, **HENGLING)
    named = await new_lead(seller, company="苏州恒岭精密机械有限公司")
    called = await new_lead(seller, company="Other", phone="+86 138-0013-8000")
    path = f"/v1/leads/{lead['id']}/duplicates"
    first, then = await duplicates_of(seller, lead["id"]), clock.now().isoformat()
    assert [each["lead_id"] for each in first] == [called["id"], named["id"]]
    for one, change in ((named, {"company": "Glenmoor"}), (called, {"phone": "13900139000"})):
        match = {"if-match": '"1"'}
        changed = await seller.patch(f"/v1/leads/{one['id']}", json=change, headers=match)
        assert changed.status_code == 200, changed.text
    await new_lead(seller, **HENGLING)
    (only,) = await duplicates_of(seller, lead["id"])
    assert only["lead_id"] not in {named["id"], called["id"]}
    answer = await seller.get(path, params={"as_of": then})
    assert answer.json()["items"] == first
    asked = "query($id: UUID!) { leadDuplicates(id: $id) { leadId } }"
    sent = {"query": asked, "variables": {"id": lead["id"]}}
    told = (await seller.post("/graphql/leads", json=sent, headers={"as-of": then})).json()
    assert [each["leadId"] for each in told["data"]["leadDuplicates"]] == [
        called["id"],
        named["id"],
    ]
    monkeypatch.setattr("services.leads.matching.queries.MOST_RENAMED", 1)
    refused = await seller.get(path, params={"as_of": then})
    assert (refused.status_code, refused.json()["code"]) == (400, "as_of.unsupported")
