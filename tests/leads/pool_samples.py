"""What tests of pools begin with."""

from typing import Any
from uuid import UUID

from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.samples import hire, made, new_lead

HISTORY = "history:write"


async def seller_of(house: House, login: Login, tenant: UUID, *scopes: str) -> Caller:
    """Somebody who sells, and whom the directory knows."""
    member = await hire(house, tenant, "cn/east/ningbo", "Zhejiang")
    return await login("leads", "sales_rep", member=member, team="cn/east/ningbo", scopes=scopes)


async def new_pool(director: Caller, *members: Caller, **terms: Any) -> str:
    """The id of a pool with these members."""
    pool = await made(director, "/v1/pools", {"name": "East", **terms})
    for member in members:
        await join(director, pool["id"], member)
    return str(pool["id"])


async def join(director: Caller, pool_id: str, member: Caller, role: str = "member") -> str:
    """The id of somebody's place in a pool."""
    body = {"pool_id": pool_id, "member_id": str(member.actor.member_id), "role": role}
    return str((await made(director, "/v1/pool-members", body))["id"])


async def pooled_lead(director: Caller, pool_id: str, **fields: Any) -> str:
    """The id of a new lead that lies in a pool."""
    lead = await new_lead(director, **fields)
    await made(director, f"/v1/leads/{lead['id']}/pool", {"pool_id": pool_id})
    return str(lead["id"])


async def claimed(caller: Caller, lead_id: str) -> dict[str, Any]:
    return await made(caller, f"/v1/leads/{lead_id}/claim", {})


async def refusal(caller: Caller, path: str, body: Any = None) -> tuple[int, str]:
    """The status and code that a POST is refused with."""
    answer = await caller.post(path, json=body)
    return answer.status_code, answer.json().get("code", "")
