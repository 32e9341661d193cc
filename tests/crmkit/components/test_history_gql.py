"""What GraphQL tells of a record's history is what REST tells."""

from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_account, new_lead

QUERY = """query ($id: UUID!, $first: Int! = 50, $before: Int! = 2147483647) {
  leadHistory(id: $id, first: $first, before: $before) {
    id type version occurredAt recordedAt actor cause changed state erased } }"""


async def asked(caller: Caller, lead_id: str, **more: Any) -> Any:
    return await caller.graphql("leads", QUERY, id=lead_id, **more)


async def test_history_is_the_same_by_both_doors(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead_id = (await new_lead(seller, phone="13800138000"))["id"]
    await made(seller, f"/v1/leads/{lead_id}/work", {})
    listed = (await seller.get(f"/v1/leads/{lead_id}/history")).json()["items"]
    told = (await asked(seller, lead_id))["data"]["leadHistory"]
    alike = {"occurredAt": "occurred_at", "recordedAt": "recorded_at"}
    assert [{alike.get(name, name): v for name, v in each.items()} for each in told] == listed
    assert [each["type"] for each in told] == ["lead.worked.v1", "lead.created.v1"]
    (older,) = (await asked(seller, lead_id, before=2))["data"]["leadHistory"]
    assert older["version"] == 1
    assert len((await asked(seller, lead_id, first=1))["data"]["leadHistory"]) == 1


async def test_who_does_not_see_a_field_or_record_does_not_see_its_history(login: Login) -> None:
    manager, rep = await login("leads", "sales_manager"), await login("leads", "sales_rep")
    money = {"amount": "7.00", "currency": "CNY"}
    account = await new_account(manager, annual_revenue=money)
    query = "query ($id: UUID!) { accountHistory(id: $id) { state } }"
    for caller, shown in ((manager, "7.00"), (rep, None)):
        answer = await caller.graphql("leads", query, id=account["id"])
        (entry,) = answer["data"]["accountHistory"]
        assert entry["state"]["annual_revenue"] == shown
    lead = await new_lead(manager)
    hidden = await asked(rep, lead["id"])
    assert hidden["errors"][0]["extensions"]["code"] == "lead.not_found"


@pytest.mark.parametrize("first", [0, 101])
async def test_a_page_of_history_is_bounded(login: Login, first: int) -> None:
    seller = await login("leads", "sales_rep")
    told = await asked(seller, str(ids.new()), first=first)
    assert told["errors"]
