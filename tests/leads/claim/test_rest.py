from typing import Any
from uuid import UUID

from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.pool_samples import claimed, join, new_pool, pooled_lead, refusal, seller_of
from tests.leads.samples import INTENT, made, new_account, new_lead

PHONE, MAIL = "+86 138 0000 0000", "wang@example.com"
WHOM = {"contact_name": "Wang", "phone": PHONE, "email": MAIL}


async def test_a_lead_is_put_into_a_pool_and_is_nobodys(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    seller = await seller_of(house, login, tenant)
    pool_id = await new_pool(director)
    lead = await new_lead(seller)
    path = f"/v1/leads/{lead['id']}"
    put = await made(seller, f"{path}/pool", {"pool_id": pool_id, "note": "no time"})
    assert (put["owner_id"], put["pool_id"], put["claimed_at"]) == (pool_id, pool_id, None)
    assert put["released_by"] == str(seller.actor.member_id)
    assert (put["released_reason"], put["released_note"]) == ("pooled", "no time")
    assert (await seller.get(path)).status_code == 404
    assert (await director.get(path)).json()["pool_id"] == pool_id
    assert await director.emitted(lead["id"]) == ["lead.created.v1", "lead.pooled.v1"]


async def test_only_an_open_lead_goes_into_a_pool_that_takes_leads_in(login: Login) -> None:
    director = await login("leads", "sales_director")
    pool_id = await new_pool(director)
    lead = await new_lead(director)
    path = f"/v1/leads/{lead['id']}"
    await made(director, f"{path}/disqualify", {"reason": "gone"})
    assert await refusal(director, f"{path}/pool", {"pool_id": pool_id}) == (
        409,
        "pool.lead_closed",
    )
    other = f"/v1/leads/{(await new_lead(director))['id']}/pool"
    assert await refusal(director, other, {"pool_id": lead["id"]}) == (422, "pool.unknown")
    headers = {"if-match": '"1"'}
    await director.patch(f"/v1/pools/{pool_id}", json={"active": False}, headers=headers)
    assert await refusal(director, other, {"pool_id": pool_id}) == (422, "pool.unknown")


async def test_a_member_claims_and_the_next_one_is_too_late(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    first, second = [await seller_of(house, login, tenant) for _ in "12"]
    pool_id = await new_pool(director, first, second)
    lead_id = await pooled_lead(director, pool_id, **WHOM)
    lead = await claimed(first, lead_id)
    assert (lead["owner_id"], lead["team"]) == (str(first.actor.member_id), "cn/east/ningbo")
    assert (lead["phone"], lead["email"], lead["pool_id"]) == (PHONE, MAIL, pool_id)
    assert lead["recycle_at"] > lead["claimed_at"]
    for late in (second, first):
        assert await refusal(late, f"/v1/leads/{lead_id}/claim") == (409, "pool.claimed")
    assert (await director.emitted(lead_id))[-1] == "lead.claimed.v1"


async def test_who_is_not_in_the_pool_neither_sees_nor_claims_what_lies_there(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    stranger, gone = [await seller_of(house, login, tenant) for _ in "12"]
    pool_id = await new_pool(director)
    seat = await join(director, pool_id, gone)
    patch = {"active": False}
    await director.patch(f"/v1/pool-members/{seat}", json=patch, headers={"if-match": '"1"'})
    claim = f"/v1/leads/{await pooled_lead(director, pool_id)}/claim"
    for caller in (stranger, gone):
        assert await refusal(caller, claim) == (404, "lead.not_found")
        answer = await caller.get(f"/v1/pools/{pool_id}/leads")
        assert (answer.status_code, answer.json()["code"]) == (403, "pool.not_member")
    assert await refusal(director, claim) == (403, "pool.not_member")
    mine = f"/v1/leads/{(await new_lead(stranger))['id']}/claim"
    assert await refusal(stranger, mine) == (409, "pool.none")


async def _everything(caller: Caller, pool_id: str, lead_id: str) -> str:
    """All that somebody can ask about a lead of a pool, as text."""
    query = "query ($p: UUID!) { poolLeads(poolId: $p) { nodes { id company phone email } } }"
    listed = await caller.graphql("leads", query, p=pool_id)
    assert [node["company"] for node in listed["data"]["poolLeads"]["nodes"]] == ["Acme"]
    both = "query ($id: UUID!) { lead(id: $id) { phone } leads { nodes { phone } } }"
    asked = [str(listed), str(await caller.graphql("leads", both, id=lead_id))]
    for path in (
        f"/v1/pools/{pool_id}/leads",
        f"/v1/pools/{pool_id}/leads?q=Acme",
        f"/v1/leads/{lead_id}",
        f"/v1/leads/{lead_id}/history",
        "/v1/leads?q=Acme",
        f"/v1/leads?owner_id={pool_id}",
    ):
        asked.append((await caller.get(path)).text)
    assert (await caller.get(f"/v1/leads?email={MAIL}")).json()["items"] == []
    return "".join(asked)


async def test_whom_to_call_is_hidden_from_members_on_every_path_until_the_claim(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    lead_id = await pooled_lead(director, pool_id, **WHOM)
    told = await _everything(member, pool_id, lead_id)
    assert lead_id in told
    assert not any(secret in told for secret in (PHONE, MAIL, "Wang"))
    for guess in ("email", "phone", "contact_name", "owner_id"):
        answer = await member.get(f"/v1/pools/{pool_id}/leads?{guess}={MAIL}")
        assert (answer.status_code, answer.json()["code"]) == (400, "parameter.unknown")
    await claimed(member, lead_id)
    assert (await member.get(f"/v1/leads/{lead_id}")).json()["phone"] == PHONE
    assert (await member.get(f"/v1/pools/{pool_id}/leads")).json()["items"] == []


async def test_a_pool_may_show_whom_to_call(login: Login, house: House, tenant: UUID) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member, mask_contact_until_claimed=False)
    await pooled_lead(director, pool_id, **WHOM)
    (lead,) = (await member.get(f"/v1/pools/{pool_id}/leads")).json()["items"]
    assert (lead["phone"], lead["contact_name"]) == (PHONE, "Wang")


async def test_a_pool_is_paged_and_filtered_and_shows_no_other_pools_leads(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id, other = await new_pool(director, member), await new_pool(director)
    await pooled_lead(director, other, region="Zhejiang")
    wanted = [await pooled_lead(director, pool_id, region="Zhejiang") for _ in range(3)]
    await pooled_lead(director, pool_id, region="Hunan")
    await new_lead(director, region="Zhejiang")
    path = f"/v1/pools/{pool_id}/leads?region=Zhejiang&sort=received_at&limit=2"
    first = (await member.get(f"{path}&count=exact")).json()
    rest = (await member.get(f"{path}&cursor={first['next_cursor']}")).json()
    assert [lead["id"] for lead in (*first["items"], *rest["items"])] == wanted
    assert first["total"] == 3


async def test_a_daily_cap_counts_what_was_claimed_today(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member, claim_cap_per_day=2)
    leads = [await pooled_lead(director, pool_id) for _ in range(3)]
    for lead_id in leads[:2]:
        await claimed(member, lead_id)
        await made(member, f"/v1/leads/{lead_id}/give-back", {"reason": "no_time"})
    claim = f"/v1/leads/{leads[2]}/claim"
    assert await refusal(member, claim) == (409, "pool.daily_cap")
    async with (await house.system("leads")).system() as connection:
        await connection.execute(
            "update pool_member set counted_on = counted_on - 1 where tenant_id = $1", tenant
        )
    await claimed(member, leads[2])
    (seat,) = (await member.get("/v1/pool-members")).json()["items"]
    assert seat["claimed"] == 1


async def test_the_next_lead_of_a_pool_is_claimed_without_naming_it(
    login: Login, house: House, tenant: UUID
) -> None:
    director, seller = await login("leads", "sales_director"), await seller_of(house, login, tenant)
    stranger = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, seller, claim_cap_per_day=2, previous_owner_cooldown_hours=1)
    older, newer = [await pooled_lead(director, pool_id) for _ in range(2)]
    path = f"/v1/pools/{pool_id}/claim-next"
    assert await refusal(stranger, path) == (403, "pool.not_member")
    got = await made(seller, path, {})
    assert (got["id"], got["owner_id"]) == (newer, str(seller.actor.member_id))
    await made(seller, f"/v1/leads/{newer}/give-back", {"reason": "no_time"})
    assert (await made(seller, path, {}))["id"] == older  # the newer one cools down
    assert await refusal(seller, path) == (404, "pool.empty")
    await pooled_lead(director, pool_id)
    assert await refusal(seller, path) == (409, "pool.daily_cap")
    unknown = f"/v1/pools/{seller.actor.member_id}/claim-next"
    assert await refusal(seller, unknown) == (404, "pool.not_found")


async def test_what_is_converted_or_given_up_leaves_room_for_more(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member, holding_cap=1)
    won, lost, third, fourth = [await pooled_lead(director, pool_id) for _ in range(4)]
    await claimed(member, won)
    assert await refusal(member, f"/v1/leads/{lost}/claim") == (409, "pool.holding_cap")
    await made(member, f"/v1/leads/{won}/qualify", INTENT)
    assert await refusal(member, f"/v1/leads/{lost}/claim") == (409, "pool.holding_cap")
    await made(member, f"/v1/leads/{won}/convert", {})
    await claimed(member, lost)
    await made(member, f"/v1/leads/{lost}/disqualify", {"reason": "gone"})
    await claimed(member, third)
    assert await refusal(member, f"/v1/leads/{fourth}/claim") == (409, "pool.holding_cap")


async def test_who_had_it_last_waits_and_others_do_not(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    first, second = [await seller_of(house, login, tenant) for _ in "12"]
    pool_id = await new_pool(director, first, second)
    lead_id = await pooled_lead(director, pool_id)
    path = f"/v1/leads/{lead_id}"
    await claimed(first, lead_id)
    back = await made(first, f"{path}/give-back", {"reason": "unreachable"})
    assert (back["owner_id"], back["recycle_at"]) == (pool_id, None)
    assert await refusal(first, f"{path}/claim") == (409, "pool.cooldown")
    await claimed(second, lead_id)
    await made(director, f"{path}/take-back", {"note": "too slow"})
    assert await refusal(second, f"{path}/claim") == (409, "pool.cooldown")
    await claimed(first, lead_id)


async def test_a_lead_is_given_back_with_a_reason(login: Login, house: House, tenant: UUID) -> None:
    director = await login("leads", "sales_director")
    member, other = [await seller_of(house, login, tenant) for _ in "12"]
    pool_id = await new_pool(director, member, other)
    lead_id = await pooled_lead(director, pool_id)
    back = f"/v1/leads/{lead_id}/give-back"
    await claimed(member, lead_id)
    assert await refusal(other, back, {"reason": "no_time"}) == (404, "lead.not_found")
    assert await refusal(member, back, {"reason": "other"}) == (422, "return.note")
    given: dict[str, Any] = {"reason": "other", "note": "a competitor of ours"}
    lead = await made(member, back, given)
    assert (lead["released_reason"], lead["released_note"]) == ("other", given["note"])
    assert await refusal(director, back, {"reason": "no_time"}) == (409, "pool.not_claimed")
    assert (await director.emitted(lead_id))[-1] == "lead.returned.v1"


async def test_administrators_of_a_pool_allocate_and_take_back_without_seeing_whom_to_call(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    boss, member, stranger = [await seller_of(house, login, tenant) for _ in "123"]
    pool_id = await new_pool(director, member, holding_cap=1)
    await join(director, pool_id, boss, "admin")
    lead_id, more = [await pooled_lead(director, pool_id, **WHOM) for _ in "12"]
    path, to = f"/v1/leads/{lead_id}", {"member_id": str(member.actor.member_id)}
    assert await refusal(member, f"{path}/allocate", to) == (403, "pool.not_admin")
    nobody = {"member_id": str(stranger.actor.member_id)}
    assert await refusal(boss, f"{path}/allocate", nobody) == (422, "pool.not_member")
    given = await boss.post(f"{path}/allocate", json=to)
    assert given.json()["owner_id"] == to["member_id"]
    assert not any(secret in given.text for secret in WHOM.values())
    assert (await member.get(path)).json()["phone"] == PHONE
    full = f"/v1/leads/{more}/allocate"
    assert await refusal(boss, full, to) == (409, "pool.holding_cap")
    assert await refusal(boss, f"{path}/allocate", to) == (409, "pool.claimed")
    assert await refusal(member, f"{path}/take-back", {}) == (403, "pool.not_admin")
    assert await refusal(stranger, f"{path}/take-back", {}) == (404, "lead.not_found")
    back = await made(boss, f"{path}/take-back", {"note": "holiday"})
    assert (back["released_reason"], back["owner_id"]) == ("taken_back", pool_id)
    assert await refusal(boss, f"{path}/take-back", {}) == (409, "pool.not_claimed")
    assert (await director.emitted(lead_id))[-2:] == ["lead.allocated.v1", "lead.taken_back.v1"]
    seats = (await director.get("/v1/pool-members?role=member")).json()["items"]
    assert [(seat["claimed"], seat["received"]) for seat in seats] == [(0, 1)]


async def test_a_lead_moves_to_another_pool_and_still_knows_who_had_it(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    east, west = await new_pool(director, member), await new_pool(director, member)
    lead_id = await pooled_lead(director, east)
    await claimed(member, lead_id)
    await made(member, f"/v1/leads/{lead_id}/give-back", {"reason": "wrong_region"})
    moved = await made(director, f"/v1/leads/{lead_id}/pool", {"pool_id": west})
    assert (moved["owner_id"], moved["pool_id"]) == (west, west)
    assert moved["released_by"] == str(member.actor.member_id)


async def test_a_claim_sent_twice_under_one_key_is_one_claim(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    lead_id = await pooled_lead(director, pool_id)
    claim = [
        await member.post(f"/v1/leads/{lead_id}/claim", headers={"idempotency-key": "one"})
        for _ in "12"
    ]
    assert [answer.status_code for answer in claim] == [200, 200]
    assert claim[0].json() == claim[1].json()
    (seat,) = (await director.get("/v1/pool-members")).json()["items"]
    assert seat["claimed"] == 1


async def test_nobody_sells_to_who_lies_in_a_pool(login: Login, house: House, tenant: UUID) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    lead_id = await pooled_lead(director, pool_id)
    await made(director, f"/v1/leads/{lead_id}/qualify", INTENT)
    account = await new_account(director)
    for deal in ({}, {"account_id": account["id"]}):
        refused = await refusal(director, f"/v1/leads/{lead_id}/convert", deal)
        assert refused == (409, "lead.pooled")
    await claimed(member, lead_id)
    assert (await made(member, f"/v1/leads/{lead_id}/convert", {}))["status"] == "converted"
