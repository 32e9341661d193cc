"""A thousand claims at once: every lead goes to one, and nobody gets more than they may."""

import asyncio
from collections import Counter
from uuid import UUID

from crmkit.db.executor import Call, Executor
from crmkit.db.writing import Tx
from crmkit.kernel import ids
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Conflict
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.claim.commands import claim_lead, claim_next
from services.leads.lead.models import Lead
from tests.leads.pool_samples import new_pool
from tests.leads.samples import hire

LEADS, MEMBERS, AT_ONCE = 100, 10, 6
CAP = LEADS // MEMBERS
_LYING = """
insert into lead (tenant_id, id, version, created_at, updated_at, company, contact_name, source,
  status, need, product, region, owner_id, team, received_at, disqualified_reason,
  opportunity_name, pool_id)
select $1, id, 1, now(), now(), 'Acme', '', 'web', 'new', '', '', '', $2, '', now(), '', '', $2
from unnest($3::uuid[]) id
"""
_SEATS = """
insert into pool_member (tenant_id, id, version, created_at, updated_at, pool_id, member_id, role,
  active, claimed, received, regions)
select $1, gen_random_uuid(), 1, now(), now(), $2, id, 'member', true, 0, 0, '[]'
from unnest($3::uuid[]) id
"""
_HELD = "select owner_id, count(*) from lead where tenant_id = $1 group by owner_id"
_COUNTED = "select member_id, claimed from pool_member where tenant_id = $1"


async def _crowd(house: House, tenant: UUID, pool_id: UUID) -> tuple[list[UUID], list[UUID]]:
    members = [await hire(house, tenant, "cn/east", "") for _ in range(MEMBERS)]
    leads = [ids.new() for _ in range(LEADS)]
    async with (await house.system("leads")).system() as connection:
        await connection.execute(_LYING, tenant, pool_id, leads)
        await connection.execute(_SEATS, tenant, pool_id, members)
    return members, leads


async def _claims(
    executor: Executor, tenant: UUID, members: list[UUID], leads: list[UUID]
) -> Counter[str]:
    """Every member asks for every lead, all members for one lead at once, as far as there are
    connections. A lead that is left over would have found all members at their caps, and so all
    leads claimed."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def claim(member: UUID, lead_id: UUID) -> str:
        actor = Actor(tenant, member, frozenset({"sales_rep"}), "cn/east")
        async with gate:
            try:
                await executor.write(Call(actor), claim_lead, lead_id)
            except Conflict as refused:
                return refused.code
        return "won"

    return Counter(
        await asyncio.gather(*(claim(member, lead_id) for lead_id in leads for member in members))
    )


async def test_of_a_thousand_claims_on_a_hundred_leads_a_hundred_win(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    pool_id = UUID(await new_pool(director, claim_cap_per_day=CAP, holding_cap=CAP))
    members, leads = await _crowd(house, tenant, pool_id)
    told = await _claims(await house.executor("leads"), tenant, members, leads)
    assert told["won"] == LEADS, told
    assert told.keys() <= {"won", "pool.claimed", "pool.daily_cap", "pool.holding_cap"}
    async with (await house.system("leads")).system() as connection:
        held = {row[0]: row[1] for row in await connection.fetch(_HELD, tenant)}
        counted = {row[0]: row[1] for row in await connection.fetch(_COUNTED, tenant)}
    assert held == counted == dict.fromkeys(members, CAP)
    async with (await house.system("leads")).system() as connection:
        events = await connection.fetchval(
            "select count(*) from event where tenant_id = $1 and type = 'lead.claimed.v1'", tenant
        )
    assert events == LEADS


async def test_of_those_who_claim_the_next_at_once_each_gets_another_in_the_lists_order(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    pool_id = UUID(await new_pool(director, holding_cap=CAP))
    members, leads = await _crowd(house, tenant, pool_id)
    executor, gate = await house.executor("leads"), asyncio.Semaphore(AT_ONCE)

    async def claim(member: UUID) -> UUID:
        actor = Actor(tenant, member, frozenset({"sales_rep"}), "cn/east")
        async with gate:
            return (await executor.write(Call(actor), claim_next, pool_id)).row.id

    got = await asyncio.gather(*(claim(member) for member in members[:6] * 5))
    assert sorted(got, reverse=True) == sorted(leads, reverse=True)[:30]


async def _two_at_once(
    login: Login, house: House, tenant: UUID, *, guarded: bool
) -> tuple[list[str], int]:
    """What two claims by one member are told, and how many leads they hold, whose cap is one. Both
    decide before either is written; unguarded, the member's place does not move with the lead."""
    director = await login("leads", "sales_director")
    pool_id = UUID(await new_pool(director, holding_cap=1))
    members, leads = await _crowd(house, tenant, pool_id)
    actor = Actor(tenant, members[0], frozenset({"sales_rep"}), "cn/east")
    executor, decided, tries = await house.executor("leads"), asyncio.Barrier(2), Counter[UUID]()

    async def claim(tx: Tx, lead_id: UUID) -> Lead:
        lead = await claim_lead(tx, lead_id)
        if not guarded:
            tx.changes = {key: each for key, each in tx.changes.items() if key[0] is Lead}
        tries[lead_id] += 1
        if tries[lead_id] == 1:
            await decided.wait()
        return lead

    async def told(lead_id: UUID) -> str:
        try:
            await executor.write(Call(actor), claim, lead_id)
        except Conflict as refused:
            return refused.code
        return "won"

    codes = await asyncio.gather(*map(told, leads[:2]))
    async with (await house.system("leads")).system() as connection:
        held = {row[0]: row[1] for row in await connection.fetch(_HELD, tenant)}
    return sorted(codes), held[members[0]]


async def test_two_claims_that_were_counted_at_the_same_time_are_not_both_written(
    login: Login, house: House, tenant: UUID
) -> None:
    told = await _two_at_once(login, house, tenant, guarded=True)
    assert told == (["pool.holding_cap", "won"], 1)


async def test_without_the_members_place_a_cap_would_be_exceeded(
    login: Login, house: House, tenant: UUID
) -> None:
    told = await _two_at_once(login, house, tenant, guarded=False)
    assert told == (["won", "won"], 2)
