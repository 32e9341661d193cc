"""上限 what somebody may hold of a pool, reached by merges, visits and claims at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from crmkit.kernel import clock
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.capture_samples import VISIT
from tests.leads.pool_samples import claimed, new_pool, pooled_lead, seller_of
from tests.leads.samples import HISTORY, leads_of, made, new_lead

_CAP = 3
_MERGES, _CLAIMS = 5, 4
_FULL = "409 pool.holding_cap"


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("leads", "sales_director", scopes=[HISTORY])


async def told(asked: Awaitable[httpx.Response]) -> str:
    answer = await asked
    return "done" if answer.is_success else f"{answer.status_code} {answer.json()['code']}"


async def held(director: Caller, member: Caller) -> list[str]:
    found = await leads_of(director, owner_id=str(member.actor.member_id))
    return [lead["id"] for lead in found if lead["status"] in {"new", "working", "qualified"}]


async def test_merges_and_claims_at_once_give_nobody_more_than_the_cap(
    login: Login, house: House, tenant: UUID, director: Caller
) -> None:
    """Each merge would have them hold one more: an open lead goes to whom a closed one was."""
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member, holding_cap=_CAP)
    merges = []
    for n in range(_MERGES):
        gone = await pooled_lead(director, pool_id, company=f"Gone {n}")
        await claimed(member, gone)
        await made(member, f"/v1/leads/{gone}/disqualify", {"reason": "gone"})
        free = await new_lead(director, company=f"Free {n}")
        choice = [{"field": "owner", "lead_id": gone}]
        body = {"source_ids": [gone], "field_choices": choice}
        merges.append((f"/v1/leads/{free['id']}/merge", body))
    lying = [await pooled_lead(director, pool_id, company=f"Lying {n}") for n in range(_CLAIMS)]
    answers = await asyncio.gather(
        *(told(director.post(path, json=body)) for path, body in merges),
        *(told(member.post(f"/v1/leads/{lead}/claim")) for lead in lying),
    )
    assert Counter(answers) == {"done": _CAP, _FULL: _MERGES + _CLAIMS - _CAP}
    assert len(await held(director, member)) == _CAP
    path, body = merges[0] if answers[0] == _FULL else merges[answers.index(_FULL)]
    assert await told(director.post(path, json=body)) == _FULL


async def test_visits_at_once_give_nobody_more_than_the_cap(
    login: Login, house: House, tenant: UUID, director: Caller
) -> None:
    """Protection is over, so each visit would have the lead change hands; and one is claimed."""
    had, taker = [await seller_of(house, login, tenant, HISTORY) for _ in range(2)]
    pool_id = await new_pool(director, had, taker, holding_cap=_CAP)
    phones = [f"1380000000{n}" for n in range(_CAP)]
    long_ago = (clock.now() - timedelta(days=60)).isoformat()
    for phone in phones:
        await claimed(had, await pooled_lead(director, pool_id, phone=phone, company=phone))
        await made(had, "/v1/visits", VISIT | {"phone": phone}, occurred_at=long_ago)
    one = await pooled_lead(director, pool_id, phone="13900000000", company="One")
    await claimed(taker, one)
    other = await pooled_lead(director, pool_id, phone="13900000001", company="Other")
    visits = (taker.post("/v1/visits", json=VISIT | {"phone": phone}) for phone in phones)
    *answers, claim = await asyncio.gather(
        *map(told, visits), told(taker.post(f"/v1/leads/{other}/claim"))
    )
    assert answers == ["done"] * len(phones)
    assert claim in {"done", _FULL}
    now = await held(director, taker)
    assert len(now) == _CAP
    assert (other in now) is (claim == "done")
    moved = len(now) - 1 - (claim == "done")
    assert len(await held(director, had)) == len(phones) - moved
