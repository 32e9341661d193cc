from typing import Any

from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login

DEAL = "... on Opportunity { id version status stage probability amount { amount currency } }"
PROBLEM = "... on Problem { code http: httpStatus }"


async def mutate(caller: Caller, signature: str, call: str, **variables: Any) -> dict[str, Any]:
    query = f"mutation({signature}) {{ done: {call} {{ {DEAL} {PROBLEM} }} }}"
    answer = await caller.graphql("opportunities", query, **variables)
    assert "errors" not in answer, answer
    done: dict[str, Any] = answer["data"]["done"]
    return done


async def opened(caller: Caller) -> dict[str, Any]:
    return await mutate(
        caller,
        "$input: OpportunityCreateInput!",
        "createOpportunity(input: $input)",
        input={"name": "两台磨床", "amount": {"amount": "10", "currency": "CNY"}},
    )


async def test_a_deal_is_moved_changed_and_won(seller: Caller) -> None:
    deal = await opened(seller)
    assert (deal["stage"], deal["amount"]["amount"]) == ("qualification", "10.00")
    moved = await mutate(
        seller,
        "$id: UUID!",
        'moveStage(id: $id, input: {stage: "proposal"})',
        id=deal["id"],
    )
    assert (moved["stage"], moved["probability"]) == ("proposal", 50)
    changed = await mutate(
        seller,
        "$id: UUID!, $input: OpportunityUpdateInput!",
        "updateOpportunity(id: $id, expectedVersion: 2, input: $input)",
        id=deal["id"],
        input={"amount": {"amount": "12", "currency": "USD"}},
    )
    assert changed["amount"] == {"amount": "12.00", "currency": "USD"}
    won = await mutate(seller, "$id: UUID!", "winOpportunity(id: $id, input: {})", id=deal["id"])
    assert (won["status"], won["version"]) == ("WON", 4)
    again = await mutate(seller, "$id: UUID!", "winOpportunity(id: $id, input: {})", id=deal["id"])
    assert again == {"code": "lifecycle.illegal", "http": 409}


async def test_a_deal_is_lost_reopened_deleted_and_restored(seller: Caller) -> None:
    deal = await opened(seller)
    calls = [
        'loseOpportunity(id: $id, input: {reason: "价格"})',
        "reopenOpportunity(id: $id)",
        "deleteOpportunity(id: $id)",
        "restoreOpportunity(id: $id)",
    ]
    done = [await mutate(seller, "$id: UUID!", call, id=deal["id"]) for call in calls]
    assert [one["status"] for one in done] == ["LOST", "OPEN", "OPEN", "OPEN"]
    assert [one["version"] for one in done] == [2, 3, 4, 5]


async def test_deals_are_listed_with_their_pipelines(seller: Caller, director: Caller) -> None:
    stages = [{"code": "call", "name": "初访", "probability": 5}]
    body = {"name": "渠道", "is_default": True, "stages": stages}
    assert (await director.post("/v1/pipelines", json=body)).status_code == 201
    for _ in range(3):
        await opened(seller)
    answer = await seller.graphql(
        "opportunities",
        "query($filter: OpportunityFilter) {"
        ' opportunities(first: 2, filter: $filter, sort: "opened_at") {'
        " pageInfo { hasNextPage } nodes { stage pipeline { name stages { name } } } } }",
        filter={"status": ["OPEN"]},
    )
    found = answer["data"]["opportunities"]
    assert found["pageInfo"]["hasNextPage"] is True
    assert (
        found["nodes"]
        == [{"stage": "call", "pipeline": {"name": "渠道", "stages": [{"name": "初访"}]}}] * 2
    )


async def test_one_deal_is_shown_to_its_owner_alone(seller: Caller, login: Login) -> None:
    deal = await opened(seller)
    query = "query($id: UUID!) { opportunity(id: $id) { name } }"
    shown = await seller.graphql("opportunities", query, id=deal["id"])
    assert shown["data"]["opportunity"] == {"name": "两台磨床"}
    other = await login("opportunities", "sales_rep")
    hidden = await other.graphql("opportunities", query, id=deal["id"])
    assert hidden["data"]["opportunity"] is None
