"""潜在、意向、成交、流失 an account comes further by what happens elsewhere."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from crmkit.events.contracts import ContractSigned, ContractState
from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from services.leads.account.consumers import make_customer
from tests.leads.samples import hear, made, new_account, qualified_lead

APRIL, MAY, JUNE = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5, 6))


def contract_signed(tenant: UUID, account_id: str | None, when: datetime) -> ContractSigned:
    contract = ContractState(
        id=ids.new(),
        number="C-1",
        title="",
        status="signed",
        opportunity_id=None,
        account_id=UUID(account_id) if account_id else None,
        amount=Decimal("777.00"),
        currency="USD",
        product="",
        source="",
        owner_id=ids.new(),
        team="",
        region="",
        drafted_at=when,
        signed_at=when,
        completed_at=None,
        voided_at=None,
        void_reason="",
    )
    return ContractSigned(
        ids.new(), tenant, contract.id, 2, when, when, "m", None, None, contract, {}
    )


async def shown(caller: Caller, account: dict[str, Any], *names: str) -> list[Any]:
    found = (await caller.get(f"/v1/accounts/{account['id']}")).json()
    return [found[name] for name in names]


async def lost(caller: Caller, account: dict[str, Any], when: datetime) -> dict[str, Any]:
    path = f"/v1/accounts/{account['id']}/lose"
    return await made(caller, path, {"reason": "They closed"}, occurred_at=when.isoformat())


async def test_an_account_is_a_prospect_unless_it_comes_over_as_something_else(
    director: Caller,
) -> None:
    account = await new_account(director)
    assert (account["lifecycle"], account["customer_since"]) == ("prospect", None)
    body = {"name": "Acme", "lifecycle": "customer"}
    old = await made(director, "/v1/accounts", body, occurred_at=MAY.isoformat())
    assert old["lifecycle"] == "customer"
    assert old["lifecycle_at"] == old["customer_since"] == "2026-05-01T00:00:00Z"


async def test_a_converted_lead_shows_interest(house: House, director: Caller) -> None:
    await house.work("leads")
    lead, other = await qualified_lead(director), await qualified_lead(director)
    converted = await made(director, f"/v1/leads/{lead['id']}/convert", {})
    opened = {"id": converted["account_id"]}
    assert await shown(director, opened, "lifecycle", "version") == ["interested", 1]
    account = await new_account(director)
    given = {"account_id": account["id"]}
    await made(director, f"/v1/leads/{other['id']}/convert", given)
    await house.caught_up("leads", "leads")
    assert await shown(director, account, "lifecycle") == ["interested"]
    assert await director.emitted(account["id"]) == [
        "account.created.v1",
        "account.lifecycle_changed.v1",
    ]


async def test_leads_of_one_account_are_converted_in_one_batch(director: Caller) -> None:
    account = await new_account(director)
    then = [
        {"action": "qualify", "data": {"intent": "a"}},
        {"action": "convert", "data": {"account_id": account["id"]}},
    ]
    rows = [{"data": {"company": f"Part {n}", "source": "web"}, "then": then} for n in range(3)]
    answer = await director.post("/v1/leads/batch", json={"rows": rows, "atomic": True})
    assert answer.status_code == 200, answer.text
    assert {row["status"] for row in answer.json()["rows"]} == {201}


async def test_interest_of_a_customer_changes_nothing(house: House, director: Caller) -> None:
    await house.work("leads")
    account = await new_account(director, lifecycle="customer")
    lead = await qualified_lead(director)
    await made(director, f"/v1/leads/{lead['id']}/convert", {"account_id": account["id"]})
    await house.caught_up("leads", "leads")
    assert await shown(director, account, "lifecycle", "version") == ["customer", 1]


async def test_a_signed_contract_makes_a_customer_once(
    house: House, director: Caller, tenant: UUID
) -> None:
    account = await new_account(director)
    event = contract_signed(tenant, account["id"], MAY)
    for _ in range(2):
        await hear(house, make_customer, event)
    names = ("lifecycle", "lifecycle_at", "customer_since", "version")
    first = ["customer", "2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z", 2]
    assert await shown(director, account, *names) == first
    await hear(house, make_customer, contract_signed(tenant, account["id"], JUNE))
    assert await shown(director, account, *names) == first
    await hear(house, make_customer, contract_signed(tenant, account["id"], APRIL))
    assert await shown(director, account, "customer_since", "lifecycle_at") == [
        "2026-04-01T00:00:00Z",
        "2026-05-01T00:00:00Z",
    ]


async def test_a_contract_with_nobody_we_know_makes_no_customer(
    house: House, director: Caller, tenant: UUID
) -> None:
    for account_id in (None, str(ids.new())):
        await hear(house, make_customer, contract_signed(tenant, account_id, MAY))
    stranger = await new_account(director)
    await hear(house, make_customer, contract_signed(ids.new(), stranger["id"], MAY))
    assert await shown(director, stranger, "lifecycle") == ["prospect"]


async def test_a_lost_account_is_won_back_and_signs_again(
    house: House, director: Caller, tenant: UUID
) -> None:
    account = await new_account(director)
    gone = await lost(director, account, MAY)
    assert (gone["lifecycle"], gone["lost_reason"]) == ("lost", "They closed")
    await hear(house, make_customer, contract_signed(tenant, account["id"], APRIL))
    names = ("lifecycle", "lost_reason", "customer_since")
    assert await shown(director, account, *names) == [
        "lost",
        "They closed",
        "2026-04-01T00:00:00Z",
    ]
    back = await made(director, f"/v1/accounts/{account['id']}/win-back", {})
    assert (back["lifecycle"], back["lost_reason"]) == ("interested", "")
    await hear(house, make_customer, contract_signed(tenant, account["id"], JUNE))
    assert await shown(director, account, "lifecycle", "customer_since") == [
        "customer",
        "2026-04-01T00:00:00Z",
    ]


async def test_a_move_that_is_none_is_refused(director: Caller) -> None:
    account = await new_account(director)
    path = f"/v1/accounts/{account['id']}"
    refused = await director.post(f"{path}/win-back")
    assert (refused.status_code, refused.json()["code"]) == (409, "account.not_lost")
    assert (await director.post(f"{path}/lose", json={"reason": " "})).status_code == 422
    await lost(director, account, MAY)
    again = await director.post(f"{path}/lose", json={"reason": "Twice"})
    assert (again.status_code, again.json()["code"]) == (409, "lifecycle.illegal")
    assert again.json()["allowed"] == ["customer", "interested"]


async def test_accounts_move_by_batch_and_mutation(director: Caller) -> None:
    known = {"name": "Acme", "external_system": "erp", "external_id": "1"}
    steps = [{"action": "lose", "data": {"reason": "Gone"}}, {"action": "win-back"}]
    rows = {"rows": [{"data": known, "then": steps}]}
    (row,) = (await made(director, "/v1/accounts/batch", rows))["rows"]
    assert (row["outcome"], row["version"]) == ("created", 3)
    mutation = """mutation ($id: UUID!) {
      lose: loseAccount(id: $id, input: {reason: "Gone"}) { ... on Account { lifecycle } }
      back: winBackAccount(id: $id) { ... on Account { lifecycle lostReason } }
      again: winBackAccount(id: $id) { ... on Problem { code } }
    }"""
    assert (await director.graphql("leads", mutation, id=row["id"]))["data"] == {
        "lose": {"lifecycle": "LOST"},
        "back": {"lifecycle": "INTERESTED", "lostReason": ""},
        "again": {"code": "account.not_lost"},
    }


async def test_accounts_are_found_by_class_and_lifecycle(director: Caller) -> None:
    named = {"grade": "a", "tier": "key", "is_important": True, "segment": "packaging"}
    key = await new_account(director, **named, preferences={"delivery": "上午"})
    plain = await new_account(director, name="Beta", is_problem=True)
    assert (key["preferences"], plain["preferences"]) == ({"delivery": "上午"}, {})
    for asked, found in (
        ("grade=a", key),
        ("grade_null=true", plain),
        ("tier=key", key),
        ("is_important=true", key),
        ("is_problem=true", plain),
        ("segment=packaging", key),
        ("lifecycle=prospect&tier=ordinary", plain),
    ):
        items = (await director.get(f"/v1/accounts?{asked}")).json()["items"]
        assert [item["id"] for item in items] == [found["id"]], asked
    assert (await director.get("/v1/accounts?lifecycle=customer,lost")).json()["items"] == []


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"grade": "e"}, "/grade"),
        ({"tier": None}, "/tier"),
        ({"is_problem": 1}, "/is_problem"),
        ({"lifecycle": "won"}, "/lifecycle"),
        ({"preferences": {"delivery": 7}}, "/preferences/delivery"),
        ({"preferences": {f"k{n}": "x" for n in range(51)}}, "/preferences"),
        ({"customer_since": "2026-05-01T00:00:00Z"}, "/customer_since"),
    ],
)
async def test_a_class_there_is_not_is_refused_by_field(
    director: Caller, wrong: dict[str, Any], pointer: str
) -> None:
    answer = await director.post("/v1/accounts", json={"name": "Acme", **wrong})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_lifecycle_is_not_patched(director: Caller) -> None:
    path = f"/v1/accounts/{(await new_account(director))['id']}"
    changed = await director.patch(path, json={"lifecycle": "lost"}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.json()["errors"][0]["pointer"]) == (422, "/lifecycle")
    given = {"grade": "b", "preferences": {"colour": "red"}}
    graded = await director.patch(path, json=given, headers={"if-match": '"1"'})
    assert {name: graded.json()[name] for name in given} == given


async def test_codes_of_accounts_have_labels(director: Caller) -> None:
    labels = (await director.get("/v1/accounts/enums")).json()
    assert labels["tier"][0] == {"code": "key", "zh": "大客户", "en": "Key account"}
    assert [each["zh"] for each in labels["lifecycle"]] == [
        "潜在客户",
        "意向客户",
        "成交客户",
        "流失客户",
    ]
