import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from tests.leads.capture_samples import QUESTION, VISIT, drafted, yuan
from tests.leads.pool_samples import claimed, new_pool, pooled_lead, seller_of
from tests.leads.samples import HISTORY, hire, made, new_lead, qualified_lead

MARCH, APRIL, MAY = (f"2026-0{month}-02T09:00:00Z" for month in (3, 4, 5))


async def test_a_visitor_is_registered_and_becomes_a_lead(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    campaign = await drafted(await login("leads", "marketing"))
    body = VISIT | {"budget": yuan("2000000.00"), "companions": 2, "campaign_id": campaign["id"]}
    answer = await seller.post("/v1/visits", json=body)
    visit = answer.json()
    assert answer.status_code == 201
    assert (visit["is_first"], visit["companions"], visit["budget"]) == (
        True,
        2,
        yuan("2000000.00"),
    )
    me = str(seller.actor.member_id)
    assert (visit["owner_id"], visit["lead_owner_id"]) == (me, me)
    lead = (await seller.get(f"/v1/leads/{visit['lead_id']}")).json()
    assert (lead["company"], lead["phone"], lead["source"]) == (
        "王静",
        "138 0000 0001",
        "walk-in",
    )
    assert (lead["campaign_id"], lead["budget"]) == (campaign["id"], yuan("2000000.00"))
    assert lead["ownership_protected_until"] == visit["ownership_protected_until"]
    assert await seller.emitted(lead["id"]) == ["lead.created.v1", "lead.registered.v1"]
    assert await seller.emitted(visit["id"]) == ["visit.registered.v1"]


async def test_the_first_registration_wins_while_it_is_protected(
    login: Login, house: House, tenant: UUID
) -> None:
    one, two = [await hire(house, tenant, team, "East") for team in ("cn/east", "cn/west")]
    director = await login("leads", "sales_director", scopes=[HISTORY])
    first = await made(director, "/v1/visits", VISIT | {"owner_id": str(one)}, occurred_at=MARCH)
    other = VISIT | {"owner_id": str(two), "phone": "+86 13800000001"}
    second = await made(director, "/v1/visits", other, occurred_at="2026-03-20T09:00:00Z")
    assert (second["lead_id"], second["is_first"]) == (first["lead_id"], False)
    assert (second["owner_id"], second["lead_owner_id"]) == (str(two), str(one))
    assert second["ownership_protected_until"] == first["ownership_protected_until"]
    third = await made(director, "/v1/visits", other, occurred_at=MAY)
    assert (third["lead_id"], third["lead_owner_id"]) == (first["lead_id"], str(two))
    lead = (await director.get(f"/v1/leads/{first['lead_id']}")).json()
    assert (lead["owner_id"], lead["team"]) == (str(two), "cn/west")


async def test_a_consultant_sees_whose_customer_it_is_and_not_the_lead(login: Login) -> None:
    first, second = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    await made(first, "/v1/visits", VISIT)
    visit = await made(second, "/v1/visits", VISIT)
    assert visit["lead_owner_id"] == str(first.actor.member_id)
    assert (await second.get(f"/v1/leads/{visit['lead_id']}")).status_code == 404
    assert len((await second.get("/v1/visits")).json()["items"]) == 1


async def test_of_two_who_register_at_once_one_is_first(login: Login) -> None:
    sellers = [await login("leads", "sales_rep") for _ in range(4)]
    answers = await asyncio.gather(*(s.post("/v1/visits", json=VISIT) for s in sellers))
    visits = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert sorted(visit["is_first"] for visit in visits) == [False, False, False, True]
    assert len({visit["lead_id"] for visit in visits}) == 1
    assert len({visit["lead_owner_id"] for visit in visits}) == 1


async def test_a_lead_of_that_number_is_known_however_it_is_written(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    lead = await new_lead(other, phone="+8613800000001")
    visit = await made(seller, "/v1/visits", VISIT)
    assert (visit["lead_id"], visit["is_first"]) == (lead["id"], True)
    assert visit["lead_owner_id"] == str(other.actor.member_id)
    protected = (await other.get(f"/v1/leads/{lead['id']}")).json()
    assert protected["ownership_protected_until"] == visit["ownership_protected_until"]


@pytest.mark.parametrize(
    ("written", "said"),
    [("138-0000-0001", "13800000001"), ("(0512) 6288-0001", "+86 512 62880001")],
)
async def test_a_lead_is_known_by_its_number_with_whatever_signs(
    login: Login, written: str, said: str
) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    lead = await new_lead(other, phone=written)
    visit = await made(seller, "/v1/visits", VISIT | {"phone": said})
    assert visit["lead_id"] == lead["id"]


async def test_a_lead_of_another_tenant_is_nobodys_visitor(login: Login) -> None:
    stranger = await login("leads", "sales_rep", tenant=ids.new())
    lead = await new_lead(stranger, phone=VISIT["phone"])
    visit = await made(await login("leads", "sales_rep"), "/v1/visits", VISIT)
    assert visit["lead_id"] != lead["id"]


async def test_a_converted_lead_stays_as_it_is_when_they_come_again(login: Login) -> None:
    director = await login("leads", "sales_director")
    lead = await qualified_lead(director, phone="13800000001")
    await made(director, f"/v1/leads/{lead['id']}/convert", {})
    visit = await made(director, "/v1/visits", VISIT)
    assert (visit["lead_id"], visit["ownership_protected_until"]) == (lead["id"], None)
    assert (await director.get(f"/v1/leads/{lead['id']}")).json()["version"] == 3


async def test_a_deleted_lead_is_no_visitor_any_more(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    first = await made(seller, "/v1/visits", VISIT)
    assert (await seller.delete(f"/v1/leads/{first['lead_id']}")).status_code == 204
    again = await made(seller, "/v1/visits", VISIT)
    assert again["lead_id"] != first["lead_id"]
    assert again["is_first"] is False


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"phone": "none"}, "/phone"),
        ({"phone": None}, "/phone"),
        ({"site": ""}, "/site"),
        ({"companions": -1}, "/companions"),
        ({"companions": "2"}, "/companions"),
        ({"budget": {"amount": "1", "currency": "yuan"}}, "/budget/currency"),
        ({"lead_id": str(ids.new())}, "/lead_id"),
    ],
)
async def test_a_visit_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post("/v1/visits", json=VISIT | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_what_was_written_down_of_a_visit_is_corrected(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    visit = await made(seller, "/v1/visits", VISIT)
    path, match = f"/v1/visits/{visit['id']}", {"if-match": '"1"'}
    changed = await seller.patch(path, json={"companions": 3, "need": "三居室"}, headers=match)
    assert (changed.json()["companions"], changed.json()["need"]) == (3, "三居室")
    refused = await seller.patch(path, json={"phone": "1380"}, headers={"if-match": '"2"'})
    assert refused.status_code == 422


async def test_the_units_that_fit_a_visitor_are_listed_best_first(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    visit = await made(seller, "/v1/visits", VISIT | {"matched_units": ["3-1201"]})
    assert (visit["matched_units"], visit["match_note"]) == (["3-1201"], "")
    units = {"matched_units": ["5-0802", "3-1201"], "match_note": "南向三居"}
    path, match = f"/v1/visits/{visit['id']}", {"if-match": '"1"'}
    changed = (await seller.patch(path, json=units, headers=match)).json()
    assert {name: changed[name] for name in units} == units
    query = "query ($id: UUID!) { visit(id: $id) { matchedUnits matchNote } }"
    shown = (await seller.graphql("leads", query, id=visit["id"]))["data"]["visit"]
    assert shown == {"matchedUnits": units["matched_units"], "matchNote": units["match_note"]}
    many = {"matched_units": ["1-101"] * 51}
    assert (await seller.post("/v1/visits", json=VISIT | many)).status_code == 422


async def test_a_question_is_answered_in_time_or_not(login: Login) -> None:
    clerk = await login("leads", "sales_rep", scopes=[HISTORY])
    asked = await made(clerk, "/v1/enquiries", QUESTION | {"answer_within": 60}, occurred_at=MARCH)
    assert (asked["status"], asked["answer_by"]) == ("open", "2026-03-02T10:00:00Z")
    path = f"/v1/enquiries/{asked['id']}/answer"
    early = await clerk.post(
        path, json={"answer": "x"}, headers={"occurred-at": "2026-03-01T09:00:00Z"}
    )
    assert (early.status_code, early.json()["code"]) == (409, "enquiry.before_received")
    done = await made(clerk, path, {"answer": "90 m2"}, occurred_at="2026-03-02T10:00:00Z")
    assert (done["status"], done["kept_at"]) == ("answered", "2026-03-02T10:00:00Z")
    again = await clerk.post(path, json={"answer": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "lifecycle.illegal")
    late = await made(clerk, "/v1/enquiries", QUESTION, occurred_at=MARCH)
    told = await made(
        clerk, f"/v1/enquiries/{late['id']}/answer", {"answer": "x"}, occurred_at=APRIL
    )
    assert (told["answered_at"], told["kept_at"]) == (APRIL, None)
    assert told["lead_id"] == asked["lead_id"]
    missed = await clerk.get("/v1/enquiries?answered_at_null=false&kept_at_null=true")
    assert [each["id"] for each in missed.json()["items"]] == [late["id"]]
    assert await clerk.emitted(late["id"]) == ["enquiry.registered.v1", "enquiry.answered.v1"]


async def test_who_asks_by_telephone_is_a_lead_of_the_source_they_heard_of_us_by(
    login: Login,
) -> None:
    """销售机会识别（市场调研、咨询）: a question is a lead, found by its source."""
    seller = await login("leads", "sales_rep")
    asked = await made(seller, "/v1/enquiries", QUESTION | {"source": "research"})
    await made(seller, "/v1/enquiries", QUESTION | {"phone": "13900000003"})
    (lead,) = (await seller.get("/v1/leads", params={"source": "research"})).json()["items"]
    assert lead["id"] == asked["lead_id"]
    assert (lead["source"], lead["need"]) == ("research", QUESTION["question"])
    assert (lead["contact_name"], lead["phone"]) == (QUESTION["name"], QUESTION["phone"])
    assert await seller.emitted(asked["id"]) == ["enquiry.registered.v1"]
    assert await seller.emitted(lead["id"]) == ["lead.created.v1"]


async def test_an_open_question_goes_to_somebody_else(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    asked = await made(director, "/v1/enquiries", QUESTION)
    other = await hire(house, tenant, "cn/west", "Sichuan")
    path = f"/v1/enquiries/{asked['id']}"
    handed = await director.patch(path, json={"owner_id": str(other)}, headers={"if-match": '"1"'})
    assert (handed.json()["team"], handed.json()["region"]) == ("cn/west", "Sichuan")
    await made(director, f"{path}/answer", {"answer": "Yes"})
    late = await director.patch(path, json={"name": "x"}, headers={"if-match": '"3"'})
    assert (late.status_code, late.json()["code"]) == (409, "enquiry.answered")


async def test_both_registers_are_kept_by_mutations_too(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    mutation = """
    mutation ($visit: RegisterVisitInput!, $asked: RegisterEnquiryInput!) {
      registerVisit(input: $visit) { ... on Visit { id isFirst lead { company } } }
      registerEnquiry(input: $asked) { ... on Enquiry { id status } }
    }
    """
    told = (await seller.graphql("leads", mutation, visit=VISIT, asked=QUESTION))["data"]
    visit, asked = told["registerVisit"], told["registerEnquiry"]
    assert (visit["isFirst"], visit["lead"], asked["status"]) == (True, {"company": "王静"}, "OPEN")
    mutation = """
    mutation ($visit: UUID!, $asked: UUID!) {
      updateVisit(id: $visit, expectedVersion: 1, input: {companions: 4}) {
        ... on Visit { companions lead { visits { nodes { companions } } } }
      }
      updateEnquiry(id: $asked, expectedVersion: 1, input: {product: "S5"}) {
        ... on Enquiry { product }
      }
      answerEnquiry(id: $asked, input: {answer: "Yes"}) {
        ... on Enquiry { status keptAt answeredAt lead { enquiries { nodes { status } } } }
      }
    }
    """
    told = await seller.graphql("leads", mutation, visit=visit["id"], asked=asked["id"])
    data = told["data"]
    assert data["updateVisit"] == {
        "companions": 4,
        "lead": {"visits": {"nodes": [{"companions": 4}]}},
    }
    assert data["updateEnquiry"] == {"product": "S5"}
    answered = data["answerEnquiry"]
    assert answered["keptAt"] == answered["answeredAt"]
    assert answered["lead"] == {"enquiries": {"nodes": [{"status": "ANSWERED"}]}}
    listed = await seller.graphql(
        "leads", '{ visits { nodes { name } } enquiries(filter: {q: "sizes"}) { nodes { name } } }'
    )
    assert listed["data"] == {
        "visits": {"nodes": [{"name": "王静"}]},
        "enquiries": {"nodes": [{"name": "李磊"}]},
    }


async def test_who_comes_again_after_a_merge_is_the_merged_leads_visitor(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    first = await made(seller, "/v1/visits", VISIT)
    target = await new_lead(seller, company="Acme")
    merge = {"source_ids": [first["lead_id"]]}
    await made(seller, f"/v1/leads/{target['id']}/merge", merge)
    again = await made(seller, "/v1/visits", VISIT)
    asked = await made(seller, "/v1/enquiries", QUESTION | {"phone": VISIT["phone"]})
    assert (again["lead_id"], asked["lead_id"]) == (target["id"], target["id"])
    await made(seller, f"/v1/leads/{target['id']}/unmerge", {})
    assert (await seller.get(f"/v1/leads/{first['lead_id']}")).json()["status"] == "new"


async def test_a_number_of_a_merged_lead_is_that_of_the_lead_it_went_into(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target = await new_lead(seller, phone="13900000009")
    source = await new_lead(seller, phone="13800000001")
    await made(seller, f"/v1/leads/{target['id']}/merge", {"source_ids": [source["id"]]})
    assert (await made(seller, "/v1/visits", VISIT))["lead_id"] == target["id"]
    other = await new_lead(seller, phone="13800000001")
    await seller.delete(f"/v1/leads/{target['id']}")
    assert (await made(seller, "/v1/visits", VISIT))["lead_id"] == other["id"]


async def test_a_lead_in_a_pool_is_claimed_there_and_not_by_a_visit(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director", scopes=[HISTORY])
    seller = await seller_of(house, login, tenant, HISTORY)
    pool_id = await new_pool(director, seller)
    lead_id = await pooled_lead(director, pool_id, phone="13800000001")
    for at in (clock.now() + timedelta(days=days) for days in (-40, -5)):
        lying = await made(seller, "/v1/visits", VISIT, occurred_at=at.isoformat())
        assert (lying["lead_id"], lying["lead_owner_id"]) == (lead_id, pool_id)
    lead = (await director.get(f"/v1/leads/{lead_id}")).json()
    assert (lead["owner_id"], lead["ownership_protected_until"]) == (pool_id, None)
    assert (await claimed(seller, lead_id))["owner_id"] == str(seller.actor.member_id)


async def test_a_visit_is_no_way_around_what_somebody_may_hold(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director", scopes=[HISTORY])
    had, full, outside = [await seller_of(house, login, tenant, HISTORY) for _ in range(3)]
    pool_id = await new_pool(director, had, full, holding_cap=1)
    lead_id = await pooled_lead(director, pool_id, phone="13800000001")
    await claimed(had, lead_id)
    other = await pooled_lead(director, pool_id, phone="13900000002")
    await claimed(full, other)
    long_ago = (clock.now() - timedelta(days=60)).isoformat()
    await made(had, "/v1/visits", VISIT, occurred_at=long_ago)
    for caller in (full, outside):
        visit = await made(caller, "/v1/visits", VISIT)
        assert visit["lead_owner_id"] == str(had.actor.member_id)
    await made(full, f"/v1/leads/{other}/give-back", {"reason": "no_time"})
    visit = await made(full, "/v1/visits", VISIT)
    assert visit["lead_owner_id"] == str(full.actor.member_id)
    third = await pooled_lead(director, pool_id, phone="13900000003")
    refused = await full.post(f"/v1/leads/{third}/claim")
    assert (refused.status_code, refused.json()["code"]) == (409, "pool.holding_cap")


async def test_a_question_by_telephone_is_written_down_and_becomes_a_lead(login: Login) -> None:
    clerk = await login("leads", "sales_rep")
    campaign = await drafted(await login("leads", "marketing"))
    body = QUESTION | {"campaign_id": campaign["id"], "product": "三居室"}
    answer = await clerk.post("/v1/enquiries", json=body)
    asked = answer.json()
    assert answer.status_code == 201
    assert {name: asked[name] for name in body} == body
    assert (asked["status"], asked["answer"], asked["answered_at"]) == ("open", "", None)
    assert asked["owner_id"] == str(clerk.actor.member_id)
    lead = (await clerk.get(f"/v1/leads/{asked['lead_id']}")).json()
    assert (lead["phone"], lead["source"], lead["campaign_id"]) == (
        body["phone"],
        body["source"],
        campaign["id"],
    )
    assert await clerk.emitted(asked["id"]) == ["enquiry.registered.v1"]
