"""甄别 the four questions, and who was asked before there were any."""

from typing import Any

import pytest

from crmkit.testing.plugin import Login
from tests.leads.samples import INTENT, new_lead, qualified_lead

YES = {"desire": True, "ability": True, "authority": True, "eligibility": True}
PRICE = {"amount": "75000.00", "currency": "CNY"}


async def test_four_questions_answered_with_yes_qualify_a_lead(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, kind="channel")
    body = INTENT | YES | {"authority_note": "总经理说了算", "expected_price": PRICE}
    answer = await seller.post(f"/v1/leads/{lead['id']}/qualify", json=body)
    now = answer.json()
    assert (answer.status_code, now["status"], now["kind"]) == (200, "qualified", "channel")
    assert {name: now[name] for name in YES} == YES
    assert (now["authority_note"], now["expected_price"]) == ("总经理说了算", PRICE)


@pytest.mark.parametrize("level", ["a", "b", "c", "d"])
async def test_need_budget_and_intent_are_confirmed_at_one_of_four_levels(
    login: Login, level: str
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, need="两条产线")
    confirmed = {"intent": level, "budget": PRICE, "need": "三条产线"}
    now = (await seller.post(f"/v1/leads/{lead['id']}/qualify", json=confirmed)).json()
    assert {name: now[name] for name in confirmed} == confirmed
    assert (now["status"], now["qualified_at"] is not None) == ("qualified", True)
    assert await seller.emitted(lead["id"]) == ["lead.created.v1", "lead.qualified.v1"]
    for other in "abcd":
        found = (await seller.get("/v1/leads", params={"intent": other})).json()["items"]
        assert [each["id"] for each in found] == [lead["id"]] * (other == level)


async def test_who_asks_none_of_the_four_qualifies_as_before(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await qualified_lead(seller)
    assert lead["status"] == "qualified"
    assert [lead[name] for name in YES] == [None] * 4


async def test_one_answer_asks_for_all_four_and_every_missing_one_is_named(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, desire=True)
    path = f"/v1/leads/{lead['id']}/qualify"
    refused = await seller.post(path, json=INTENT | {"authority": False})
    assert (refused.status_code, refused.json()["code"]) == (422, "lead.unqualified")
    assert {fault["pointer"]: fault["code"] for fault in refused.json()["errors"]} == {
        "/ability": "qualification.missing",
        "/authority": "qualification.denied",
        "/eligibility": "qualification.missing",
    }
    rest = {name: True for name in YES if name != "desire"}
    assert (await seller.post(path, json=INTENT | rest)).json()["status"] == "qualified"


async def test_answers_are_collected_call_by_call(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/leads/{(await new_lead(seller))['id']}"
    for version, name in enumerate(YES, 1):
        headers = {"if-match": f'"{version}"'}
        changed = await seller.patch(path, json={name: True}, headers=headers)
        assert changed.json()[name] is True
    assert (await seller.post(f"{path}/qualify", json={"intent": "b"})).status_code == 200


@pytest.mark.parametrize("wrong", [{"desire": "yes"}, {"kind": "agent"}, {"ability": 1}])
async def test_an_answer_is_yes_or_no(login: Login, wrong: dict[str, Any]) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post("/v1/leads", json={"company": "A", "source": "web"} | wrong)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"]) == (422, f"/{next(iter(wrong))}")


async def test_budget_and_price_are_of_one_currency(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    dollars = {"amount": "9.00", "currency": "USD"}
    both = {"company": "A", "source": "web", "budget": PRICE, "expected_price": dollars}
    refused = await seller.post("/v1/leads", json=both)
    assert refused.json()["errors"][0]["code"] == "currency.mixed"
    path = f"/v1/leads/{(await new_lead(seller, expected_price=PRICE))['id']}"
    mixed = await seller.patch(path, json={"budget": dollars}, headers={"if-match": '"1"'})
    assert (mixed.status_code, mixed.json()["code"]) == (422, "currency.mixed")
    both = {"budget": dollars, "expected_price": dollars}
    changed = await seller.patch(path, json=both, headers={"if-match": '"1"'})
    assert (changed.json()["budget"], changed.json()["expected_price"]) == (dollars, dollars)
    none = {"budget": None, "expected_price": PRICE}
    changed = await seller.patch(path, json=none, headers={"if-match": '"2"'})
    assert (changed.json()["budget"], changed.json()["expected_price"]) == (None, PRICE)


async def test_graphql_asks_the_four_questions_too(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    qualify = """
    mutation ($id: UUID!, $input: QualifyLeadInput!) {
      qualifyLead(id: $id, input: $input) {
        ... on Lead { status kind desire expectedPrice { amount } }
        ... on Problem { code errors { pointer code } }
      }
    }
    """
    some = {"intent": "A", "desire": True, "ability": True, "authority": True}
    answer = await seller.graphql("leads", qualify, id=lead["id"], input=some)
    assert answer["data"]["qualifyLead"] == {
        "code": "lead.unqualified",
        "errors": [{"pointer": "/eligibility", "code": "qualification.missing"}],
    }
    whole = some | {"eligibility": True, "expectedPrice": PRICE}
    answer = await seller.graphql("leads", qualify, id=lead["id"], input=whole)
    assert answer["data"]["qualifyLead"] == {
        "status": "QUALIFIED",
        "kind": "DIRECT",
        "desire": True,
        "expectedPrice": {"amount": "75000.00"},
    }


async def test_leads_are_listed_by_their_answers(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    wanted = await new_lead(seller, desire=True, kind="channel")
    await new_lead(seller, desire=False)
    await new_lead(seller)
    for query in (
        "desire=true",
        "kind=channel",
        "desire_null=false&ability_null=true&kind=channel",
    ):
        found = (await seller.get(f"/v1/leads?{query}")).json()["items"]
        assert [each["id"] for each in found] == [wanted["id"]], query
