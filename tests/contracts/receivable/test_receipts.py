"""Money coming in over REST."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.contracts.conftest import Draft


async def _pay(
    caller: Caller, instalment: dict[str, Any], amount: str, **headers: str
) -> httpx.Response:
    body = {"amount": {"amount": amount, "currency": "CNY"}, "reference": "ICBC 0042"}
    path = f"/v1/instalments/{instalment['id']}/receipts"
    return await caller.post(path, json=body, headers=headers)


async def _contract(caller: Caller, made: dict[str, Any]) -> dict[str, Any]:
    answer = await caller.get(f"/v1/contracts/{made['contract']['id']}")
    found: dict[str, Any] = answer.json()
    return found


async def test_an_instalment_is_paid_in_parts_and_the_last_completes_the_contract(
    finance: Caller, signed: Draft
) -> None:
    made = await signed("100.00")
    (instalment,) = made["instalments"]
    first = await _pay(finance, instalment, "30.00")
    assert first.status_code == 201
    receipt = first.json()
    assert first.headers["location"] == f"/v1/receipts/{receipt['id']}"
    assert (await finance.get(first.headers["location"])).json() == receipt
    path = f"/v1/instalments/{instalment['id']}"
    part = (await finance.get(path)).json()
    assert (part["status"], part["paid"]["amount"], part["paid_at"]) == ("part_paid", "30.00", None)
    contract = await _contract(finance, made)
    assert (contract["status"], contract["collected"]["amount"]) == ("signed", "30.00")
    await _pay(finance, instalment, "70.00")
    whole = (await finance.get(path)).json()
    assert (whole["status"], whole["paid"]["amount"]) == ("paid", "100.00")
    contract = await _contract(finance, made)
    assert (contract["status"], contract["completed_at"]) == ("completed", whole["paid_at"])
    assert (await finance.emitted(UUID(contract["id"])))[-3:] == [
        "contract.collected.v1",
        "contract.collected.v1",
        "contract.completed.v1",
    ]


async def test_a_receipt_carries_what_figures_are_cut_by(
    director: Caller, finance: Caller, draft: Draft
) -> None:
    contract = await draft("10.00", product="P-500", source="referral", region="east")
    await director.post(f"/v1/contracts/{contract['id']}/sign", json={})
    listed = await finance.get(f"/v1/instalments?contract_id={contract['id']}")
    (instalment,) = listed.json()["items"]
    receipt = (await _pay(finance, instalment, "10.00")).json()
    cut = [receipt[name] for name in ("product", "source", "region", "owner_id", "reference")]
    assert cut == ["P-500", "referral", "east", contract["owner_id"], "ICBC 0042"]


async def test_more_than_is_owed_is_refused(finance: Caller, signed: Draft) -> None:
    made = await signed("100.00", "60.00", "40.00")
    instalment = made["instalments"][0]
    await _pay(finance, instalment, "59.00")
    answer = await _pay(finance, instalment, "1.01")
    assert (answer.status_code, answer.json()["code"]) == (409, "instalment.overpaid")
    assert (await _contract(finance, made))["collected"]["amount"] == "59.00"


async def test_a_draft_collects_nothing(finance: Caller, draft: Draft) -> None:
    contract = await draft("100.00")
    plan = {
        "instalments": [{"due_on": "2027-01-01", "amount": {"amount": "100.00", "currency": "CNY"}}]
    }
    planned = await finance.put(f"/v1/contracts/{contract['id']}/instalments", json=plan)
    answer = await _pay(finance, planned.json()["items"][0], "1.00")
    assert (answer.status_code, answer.json()["code"]) == (409, "contract.not_signed")


async def test_money_in_another_currency_or_of_nothing_is_refused(
    finance: Caller, signed: Draft
) -> None:
    made = await signed("100.00")
    path = f"/v1/instalments/{made['instalments'][0]['id']}/receipts"
    for amount in ({"amount": "1.00", "currency": "EUR"}, {"amount": "0.00", "currency": "CNY"}):
        assert (await finance.post(path, json={"amount": amount})).status_code == 422


async def test_money_for_no_instalment_is_not_found(finance: Caller) -> None:
    answer = await _pay(finance, {"id": str(ids.new())}, "1.00")
    assert (answer.status_code, answer.json()["code"]) == (404, "instalment.not_found")


async def test_only_finance_takes_money_in(login: Login, director: Caller, signed: Draft) -> None:
    made = await signed("100.00")
    assert (await _pay(director, made["instalments"][0], "1.00")).status_code == 403
    rep = await login("contracts", "sales_rep")
    assert (await _pay(rep, made["instalments"][0], "1.00")).status_code == 404


async def test_two_last_instalments_paid_at_once_complete_the_contract(
    finance: Caller, signed: Draft
) -> None:
    for _ in range(10):
        made = await signed("100.00", "60.00", "40.00")
        answers = await asyncio.gather(
            _pay(finance, made["instalments"][0], "60.00"),
            _pay(finance, made["instalments"][1], "40.00"),
        )
        assert [answer.status_code for answer in answers] == [201, 201]
        contract = await _contract(finance, made)
        assert (contract["status"], contract["collected"]["amount"]) == ("completed", "100.00")


async def test_many_receipts_at_once_never_take_more_than_is_owed(
    finance: Caller, signed: Draft
) -> None:
    made = await signed("5.00")
    (instalment,) = made["instalments"]
    answers = await asyncio.gather(*(_pay(finance, instalment, "1.00") for _ in range(8)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(201), codes.count(409)) == (5, 3)
    contract = await _contract(finance, made)
    assert (contract["status"], contract["collected"]["amount"]) == ("completed", "5.00")
    listed = await finance.get(f"/v1/receipts?contract_id={contract['id']}&count=exact")
    assert listed.json()["total"] == 5


async def test_voiding_and_paying_at_once_never_both_succeed(
    director: Caller, finance: Caller, signed: Draft
) -> None:
    for _ in range(10):
        made = await signed("100.00")
        paid, voided = await asyncio.gather(
            _pay(finance, made["instalments"][0], "100.00"),
            director.post(f"/v1/contracts/{made['contract']['id']}/void", json={"reason": "x"}),
        )
        assert sorted([paid.status_code // 100, voided.status_code // 100]) == [2, 4]


async def test_a_receipt_sent_twice_under_one_key_counts_once(
    finance: Caller, signed: Draft
) -> None:
    made = await signed("100.00")
    (instalment,) = made["instalments"]
    headers = {"idempotency-key": "bank-1"}
    first = await _pay(finance, instalment, "100.00", **headers)
    again = await _pay(finance, instalment, "100.00", **headers)
    assert again.status_code == 201
    assert again.json() == first.json()
    assert (await _contract(finance, made))["collected"]["amount"] == "100.00"


async def test_receipts_are_listed_by_when_the_money_came(finance: Caller, signed: Draft) -> None:
    made = await signed("100.00")
    (instalment,) = made["instalments"]
    now = (await _pay(finance, instalment, "1.00")).json()
    early = {"occurred-at": made["contract"]["signed_at"]}
    then = (await _pay(finance, instalment, "2.00", **early)).json()
    listed = (await finance.get(f"/v1/receipts?contract_id={made['contract']['id']}")).json()
    assert [each["id"] for each in listed["items"]] == [now["id"], then["id"]]
