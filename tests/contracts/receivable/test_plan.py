"""Plans, signing and voiding over REST."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from crmkit.testing.house import Caller
from tests.contracts.conftest import Draft


def _plan(*parts: tuple[str, str], currency: str = "CNY") -> dict[str, Any]:
    rows = [
        {"due_on": due_on, "amount": {"amount": amount, "currency": currency}}
        for due_on, amount in parts
    ]
    return {"instalments": rows}


async def _standing(caller: Caller, contract_id: str) -> list[tuple[str, str, str]]:
    answer = await caller.get(f"/v1/instalments?contract_id={contract_id}&sort=sequence")
    return [
        (each["due_on"], each["amount"]["amount"], each["status"])
        for each in answer.json()["items"]
    ]


async def test_a_plan_is_kept_in_the_order_of_its_days(finance: Caller, draft: Draft) -> None:
    contract = await draft("100.00")
    answer = await finance.put(
        f"/v1/contracts/{contract['id']}/instalments",
        json=_plan(("2027-05-01", "40.00"), ("2027-01-01", "60.00")),
    )
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    items = answer.json()["items"]
    assert [(each["sequence"], each["due_on"]) for each in items] == [
        (1, "2027-01-01"),
        (2, "2027-05-01"),
    ]
    assert {each["owner_id"] for each in items} == {contract["owner_id"]}
    assert await finance.emitted(UUID(items[0]["id"])) == ["instalment.scheduled.v1"]


async def test_a_later_plan_changes_what_differs_and_cancels_what_is_left(
    finance: Caller, draft: Draft
) -> None:
    contract = await draft("100.00")
    path = f"/v1/contracts/{contract['id']}/instalments"
    first = _plan(("2027-01-01", "60.00"), ("2027-02-01", "30.00"), ("2027-03-01", "10.00"))
    before = (await finance.put(path, json=first)).json()["items"]
    later = _plan(("2027-01-01", "60.00"), ("2027-02-15", "40.00"))
    after = (await finance.put(path, json=later)).json()["items"]
    assert [each["id"] for each in after] == [each["id"] for each in before[:2]]
    assert [each["version"] for each in after] == [1, 2]
    gone = (await finance.get(f"/v1/instalments/{before[2]['id']}")).json()
    assert gone["status"] == "cancelled"
    assert await finance.emitted(UUID(gone["id"])) == [
        "instalment.scheduled.v1",
        "instalment.cancelled.v1",
    ]


async def test_two_plans_at_once_leave_one(finance: Caller, draft: Draft) -> None:
    contract = await draft("100.00")
    path = f"/v1/contracts/{contract['id']}/instalments"
    plans = [_plan((f"2027-0{n}-01", "100.00")) for n in range(1, 6)]
    answers = await asyncio.gather(*(finance.put(path, json=plan) for plan in plans))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await _standing(finance, contract["id"])) == 1


@pytest.mark.parametrize(
    ("plan", "status"),
    [
        ({"instalments": []}, 422),
        (_plan(*[("2027-01-01", "1.00")] * 61), 422),
        (_plan(("2027-01-01", "0.00")), 422),
        (_plan(("2027-01-01", "100.00"), currency="EUR"), 422),
        (_plan(("2027-02-30", "100.00")), 422),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(
    finance: Caller, draft: Draft, plan: dict[str, Any], status: int
) -> None:
    contract = await draft("100.00")
    answer = await finance.put(f"/v1/contracts/{contract['id']}/instalments", json=plan)
    assert answer.status_code == status
    assert await _standing(finance, contract["id"]) == []


async def test_a_plan_is_laid_down_under_the_version_of_its_contract(
    finance: Caller, draft: Draft
) -> None:
    contract = await draft("100.00")
    path = f"/v1/contracts/{contract['id']}/instalments"
    plan = _plan(("2027-01-01", "100.00"))
    stale = await finance.put(path, json=plan, headers={"if-match": '"7"'})
    assert stale.status_code == 412
    assert (await finance.put(path, json=plan, headers={"if-match": '"1"'})).status_code == 200


async def test_the_plan_of_a_signed_contract_stands(finance: Caller, signed: Draft) -> None:
    made = await signed("100.00", "100.00")
    answer = await finance.put(
        f"/v1/contracts/{made['contract']['id']}/instalments",
        json=_plan(("2027-01-01", "100.00")),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "contract.not_draft")


async def test_signing_without_a_plan_asks_for_all_thirty_days_later(
    director: Caller, draft: Draft
) -> None:
    body = {"occurred-at": "2026-03-01T08:00:00Z"}
    new = {"title": "Old", "amount": {"amount": "80.00", "currency": "CNY"}}
    contract = (await director.post("/v1/contracts", json=new, headers=body)).json()
    answer = await director.post(
        f"/v1/contracts/{contract['id']}/sign",
        headers={"occurred-at": "2026-03-02T08:00:00Z"},
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "signed"
    assert answer.json()["signed_at"] == "2026-03-02T08:00:00Z"
    assert await _standing(director, contract["id"]) == [("2026-04-01", "80.00", "scheduled")]


async def test_signing_over_another_amount_needs_a_plan_of_that_amount(
    director: Caller, finance: Caller, draft: Draft
) -> None:
    contract = await draft("100.00")
    path = f"/v1/contracts/{contract['id']}"
    await finance.put(f"{path}/instalments", json=_plan(("2027-01-01", "90.00")))
    refused = await director.post(f"{path}/sign", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "contract.plan_mismatch")
    assert (await director.get(path)).json()["status"] == "draft"
    agreed = {"amount": {"amount": "90.00", "currency": "CNY"}}
    answer = await director.post(f"{path}/sign", json=agreed)
    assert (answer.status_code, answer.json()["amount"]["amount"]) == (200, "90.00")


async def test_a_contract_over_nothing_is_not_signed(director: Caller, draft: Draft) -> None:
    contract = await draft("0.00")
    answer = await director.post(f"/v1/contracts/{contract['id']}/sign", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "contract.no_amount")


async def test_a_contract_is_signed_once(director: Caller, signed: Draft) -> None:
    made = await signed("100.00")
    answer = await director.post(f"/v1/contracts/{made['contract']['id']}/sign", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "lifecycle.illegal")


async def test_instalments_follow_the_owner_the_contract_was_signed_under(
    director: Caller, finance: Caller, draft: Draft
) -> None:
    contract = await draft("100.00", region="north")
    path = f"/v1/contracts/{contract['id']}"
    await finance.put(f"{path}/instalments", json=_plan(("2027-01-01", "100.00")))
    await director.patch(path, json={"region": "south"}, headers={"if-match": '"2"'})
    await director.post(f"{path}/sign", json={})
    listed = await finance.get(f"/v1/instalments?contract_id={contract['id']}")
    assert [each["region"] for each in listed.json()["items"]] == ["south"]


async def test_voiding_cancels_what_was_asked_for(director: Caller, signed: Draft) -> None:
    made = await signed("100.00", "60.00", "40.00")
    contract_id = made["contract"]["id"]
    answer = await director.post(f"/v1/contracts/{contract_id}/void", json={"reason": "pulled out"})
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["void_reason"]) == ("voided", "pulled out")
    assert {status for _, _, status in await _standing(director, contract_id)} == {"cancelled"}


async def test_a_contract_with_money_in_cannot_be_voided(
    director: Caller, finance: Caller, signed: Draft
) -> None:
    made = await signed("100.00")
    paid = {"amount": {"amount": "1.00", "currency": "CNY"}}
    await finance.post(f"/v1/instalments/{made['instalments'][0]['id']}/receipts", json=paid)
    answer = await director.post(
        f"/v1/contracts/{made['contract']['id']}/void", json={"reason": "late"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "contract.has_receipts")
