"""What the tests of this service begin with."""

from typing import Any
from uuid import UUID

from crmkit.db.executor import Call
from crmkit.kernel import ids
from crmkit.kernel.actor import system
from crmkit.messaging.handlers import Reaction
from crmkit.testing.house import Caller, House

HISTORY = "history:write"
INTENT = {
    "intent": "a",
    "need": "A packing line",
    "budget": {"amount": "80000.00", "currency": "CNY"},
}


def a_lead(**fields: Any) -> dict[str, Any]:
    return {"company": "Acme", "source": "web", **fields}


async def made(caller: Caller, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """What a POST that must succeed answers; `occurred_at="…"` becomes a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await caller.post(path, json=body, headers=named)
    assert answer.is_success, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def new_lead(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, "/v1/leads", a_lead(**fields))


async def qualified_lead(caller: Caller, **fields: Any) -> dict[str, Any]:
    lead = await new_lead(caller, **fields)
    return await made(caller, f"/v1/leads/{lead['id']}/qualify", INTENT)


async def new_account(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, "/v1/accounts", {"name": "Acme", **fields})


async def new_contact(caller: Caller, account: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return await made(
        caller, "/v1/contacts", {"account_id": account["id"], "name": "王静", **fields}
    )


async def leads_of(caller: Caller, **asked: str) -> list[dict[str, Any]]:
    answer = await caller.get("/v1/leads", params={"sort": "company", "limit": "200"} | asked)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def hear(house: House, reaction: Reaction, event: Any) -> None:
    """What the service's consumer does when the event arrives."""
    executor = await house.executor("leads")
    call = Call(system(event.tenant_id), occurred_at=event.occurred_at, cause=event.id)
    await executor.write(call, reaction.act, event)


async def hire(house: House, tenant: UUID, team: str, region: str, active: bool = True) -> UUID:
    """Somebody the service's directory knows."""
    member = ids.new()
    database = await house.system("leads")
    async with database.system() as connection:
        await connection.execute(
            "insert into directory_member values ($1, $2, 1, 'Li Wei', $3, $4, $5)",
            tenant,
            member,
            team,
            region,
            active,
        )
    return member
