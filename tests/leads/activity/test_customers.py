"""现有客户 what is done with an account keeps whether that was a customer then."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account.consumers import make_customer
from services.leads.activity.domain import is_customer
from tests.leads.account.test_lifecycle import APRIL, JUNE, MAY, contract_signed
from tests.leads.samples import HISTORY, hear, made, new_account

VISIT = {"kind": "visit", "subject": "See the plant"}


async def visited(caller: Caller, when: datetime, **about: Any) -> Any:
    log = await made(caller, "/v1/activities/log", VISIT | about, occurred_at=when.isoformat())
    return log["with_customer"]


@pytest.mark.parametrize(
    ("since", "at", "customer"),
    [(None, MAY, False), (MAY, APRIL, False), (MAY, MAY, True), (MAY, JUNE, True)],
)
def test_an_account_is_a_customer_from_its_first_contract_on(
    since: datetime | None, at: datetime, customer: bool
) -> None:
    assert is_customer(since, at) is customer


async def test_a_visit_keeps_whether_it_was_to_a_customer(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director", scopes=[HISTORY])
    account = await new_account(director)
    about = {"account_id": account["id"]}
    before = await made(
        director, "/v1/activities/log", VISIT | about, occurred_at=APRIL.isoformat()
    )
    plan = VISIT | about | {"due_at": JUNE.isoformat()}
    planned = await made(director, "/v1/activities", plan)
    assert (before["with_customer"], planned["with_customer"]) == (False, None)
    await hear(house, make_customer, contract_signed(tenant, account["id"], MAY))
    assert await visited(director, APRIL, **about) is False
    assert await visited(director, JUNE, **about) is True
    assert await visited(director, JUNE) is None
    path = f"/v1/activities/{planned['id']}"
    done = await made(director, f"{path}/complete", {}, occurred_at=JUNE.isoformat())
    assert done["with_customer"] is True
    told = (await director.get(f"/v1/activities/{before['id']}")).json()
    assert told["with_customer"] is False
    found = (await director.get("/v1/activities?with_customer=true")).json()["items"]
    assert {each["id"] for each in found} >= {done["id"]}
    assert before["id"] not in {each["id"] for each in found}
