"""What the tests of this service begin with."""

from typing import Any

from crmkit.testing.house import Caller

SHANGHAI = {
    "name": "Acme China",
    "time_zone": "Asia/Shanghai",
    "base_currency": "CNY",
    "fiscal_year_start": 4,
}


async def new_member(caller: Caller, **fields: Any) -> dict[str, Any]:
    answer = await caller.post("/v1/members", json={"name": "Li Wei", **fields})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def new_key(caller: Caller, **fields: Any) -> dict[str, Any]:
    body = {"name": "ERP", "roles": ["sales_manager"], "team": "cn/east", **fields}
    answer = await caller.post("/v1/keys", json=body)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown
