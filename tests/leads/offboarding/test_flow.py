import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from crmkit.db.executor import Call, Executor, Outcome
from crmkit.events.identity import MemberDeactivated, MemberReactivated, MemberState
from crmkit.kernel import clock, ids
from crmkit.settings import Settings
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from services.leads.off_boarder import OffBoarder
from services.leads.offboarding.consumers import forget_leaver, note_leaver
from tests.leads.assignment.test_rest import new_rule
from tests.leads.capture_samples import CONTACT_US, FAIR, QUESTION
from tests.leads.followup.test_rest import PLANS, a_template
from tests.leads.pool_samples import claimed, new_pool, pooled_lead, refusal, seller_of
from tests.leads.samples import hear, made, new_account, new_lead

OFFBOARDINGS, TEAM = "/v1/offboardings", "cn/east/ningbo"
CALL = {"kind": "call", "subject": "Hello", "due_at": "2030-01-15T02:00:00Z"}
Turn = Callable[[], Any]


@pytest.fixture
async def turn(house: House) -> Turn:
    """Does all that is under way."""
    executor, database = await house.executor("leads"), await house.system("leads")

    async def work() -> None:
        while await OffBoarder(Settings())(executor, database):
            pass

    return work


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("leads", "sales_director")


@pytest.fixture
async def leaver(house: House, login: Login, tenant: UUID) -> Caller:
    return await seller_of(house, login, tenant)


@pytest.fixture
async def successor(house: House, login: Login, tenant: UUID) -> Caller:
    return await seller_of(house, login, tenant)


def id_of(caller: Caller) -> str:
    return str(caller.actor.member_id)


async def drawn_up(caller: Caller, who: Caller) -> dict[str, Any]:
    return await made(caller, OFFBOARDINGS, {"owner_id": id_of(who)})


async def over(caller: Caller, turn: Turn, who: Caller, **way: Any) -> dict[str, Any]:
    """The off-boarding of somebody that was started and is done."""
    path = f"{OFFBOARDINGS}/{(await drawn_up(caller, who))['id']}"
    await made(caller, f"{path}/start", way)
    await turn()
    shown: dict[str, Any] = (await caller.get(path)).json()
    assert shown["state"] == "done"
    return shown


async def owner_of(caller: Caller, path: str) -> str:
    return str((await caller.get(path)).json()["owner_id"])


async def last_told(caller: Caller, lead_id: str) -> dict[str, Any]:
    history: dict[str, Any] = (await caller.get(f"/v1/leads/{lead_id}/history")).json()
    return dict(history["items"][0])


async def test_all_that_somebody_has_goes_to_their_successor(
    director: Caller, leaver: Caller, successor: Caller, turn: Turn
) -> None:
    lead, account = await new_lead(leaver), await new_account(leaver)
    other = await new_lead(director, company="Another's")
    template = await a_template(director)
    mine = {
        "lead": f"/v1/leads/{lead['id']}",
        "account": f"/v1/accounts/{account['id']}",
    }
    for name, path, body in (
        ("lead's call", "/v1/activities", CALL | {"lead_id": lead["id"]}),
        ("call", "/v1/activities", CALL),
        ("plan", PLANS, {"account_id": account["id"], "template_id": template["id"]}),
        ("lead's plan", PLANS, {"lead_id": lead["id"], "template_id": template["id"]}),
        ("enquiry", "/v1/enquiries", QUESTION),
        ("partner", "/v1/channel-partners", {"name": "Dealer", "kind": "dealer"}),
        ("site", "/v1/site-checklists", {"site": "一号案场", "items": [{"what": "户型图"}]}),
    ):
        mine[name] = f"{path}/{(await made(leaver, path, body))['id']}"
    owned = {"owner_id": id_of(leaver)}
    for path, body in (("/v1/campaigns", FAIR), ("/v1/capture-forms", CONTACT_US)):
        mine[path] = f"{path}/{(await made(director, path, body | owned))['id']}"
    export = await made(leaver, "/v1/leads/exports", {})
    job = await over(director, turn, leaver, leads_to="successor", successor_id=id_of(successor))
    assert {name: await owner_of(director, path) for name, path in mine.items()} == dict.fromkeys(
        mine, id_of(successor)
    )
    assert await owner_of(director, f"/v1/leads/{other['id']}") == id_of(director)
    kinds = ("job", "account", "follow_up", "activity", "enquiry", "channel_partner")
    more = ("campaign", "capture_form", "site_checklist")
    assert job["counts"] == {**dict.fromkeys((*kinds, *more), 1), "lead": 2}
    assert (job["total"], job["moved"], job["refused"], job["remaining"]) == (11, 11, 0, {})
    assert (await leaver.get(f"/v1/leads/exports/{export['id']}")).json()["state"] == "cancelled"
    assert (await director.emitted(lead["id"])) == ["lead.created.v1", "lead.updated.v1"]
    told = await last_told(director, lead["id"])
    assert told["actor"] == f"member:{id_of(director)}"
    types = await director.emitted(job["id"])
    assert types[:2] == ["offboarding.drawn_up.v1", "offboarding.started.v1"]
    assert types[-1] == "offboarding.ended.v1"


async def test_feedback_that_somebody_sees_to_goes_on_and_what_they_said_stays(
    director: Caller, leaver: Caller, successor: Caller, turn: Turn
) -> None:
    said = {"kind": "tool", "cost": "low", "details": "The list is slow"}
    theirs = f"/v1/feedback/{(await made(leaver, '/v1/feedback', said))['id']}"
    seen_to = f"/v1/feedback/{(await made(successor, '/v1/feedback', said))['id']}"
    over_with = f"/v1/feedback/{(await made(successor, '/v1/feedback', said))['id']}"
    whom = {"assignee_id": id_of(leaver), "due_on": "2031-04-30"}
    for path in (seen_to, over_with):
        await made(director, f"{path}/accept", whom)
    await made(director, f"{over_with}/finish", {"result": "It is fast now"})
    await made(leaver, "/v1/feedback/exports", {})
    job = await over(director, turn, leaver, leads_to="successor", successor_id=id_of(successor))
    assert job["counts"] == {"feedback": 1, "job": 1}
    assert (job["moved"], job["refused"], job["remaining"]) == (2, 0, {})
    after = [(await director.get(path)).json() for path in (theirs, seen_to, over_with)]
    assert [(each["owner_id"], each["assignee_id"]) for each in after] == [
        (id_of(leaver), None),
        (id_of(successor), id_of(successor)),
        (id_of(successor), id_of(leaver)),
    ]


async def test_what_an_older_release_had_come_to_goes_on_from_there(
    director: Caller, leaver: Caller, successor: Caller, turn: Turn, house: House, tenant: UUID
) -> None:
    """Sixth of its stocks were leads, before which there was no export of feedback yet."""
    lead, account = await new_lead(leaver), await new_account(leaver)
    export = await made(leaver, "/v1/feedback/exports", {})
    path = f"{OFFBOARDINGS}/{(await drawn_up(director, leaver))['id']}"
    way = {"leads_to": "successor", "successor_id": id_of(successor)}
    await made(director, f"{path}/start", way)
    async with (await house.system("leads")).system() as connection:
        await connection.execute(
            "update offboarding set position = 6 where tenant_id = $1 and owner_id = $2",
            *(tenant, leaver.actor.member_id),
        )
    await turn()
    job = (await director.get(path)).json()
    assert (job["state"], job["moved"], job["remaining"]) == ("done", 2, {"job": 1})
    for record in (f"/v1/leads/{lead['id']}", f"/v1/accounts/{account['id']}"):
        assert await owner_of(director, record) == id_of(successor)
    kept = (await leaver.get(f"/v1/feedback/exports/{export['id']}")).json()
    assert kept["state"] == "waiting"


async def test_leads_go_into_a_pool_with_what_was_planned_about_them(
    director: Caller, leaver: Caller, turn: Turn
) -> None:
    lead, account = await new_lead(leaver), await new_account(leaver)
    call = await made(leaver, "/v1/activities", CALL | {"lead_id": lead["id"]})
    closed = await new_lead(leaver)
    await made(leaver, f"/v1/leads/{closed['id']}/disqualify", {"reason": "no budget"})
    pool_id = await new_pool(director, leaver)
    job = await over(director, turn, leaver, leads_to="pool", pool_id=pool_id)
    shown = (await director.get(f"/v1/leads/{lead['id']}")).json()
    assert (shown["owner_id"], shown["pool_id"]) == (pool_id, pool_id)
    told = await last_told(director, lead["id"])
    assert (told["type"], told["state"]["released_by"]) == ("lead.pooled.v1", id_of(leaver))
    assert await owner_of(director, f"/v1/activities/{call['id']}") == pool_id
    assert await owner_of(director, f"/v1/leads/{closed['id']}") == id_of(leaver)
    assert await owner_of(director, f"/v1/accounts/{account['id']}") == id_of(leaver)
    assert (job["total"], job["moved"], job["remaining"]) == (2, 2, {"account": 1})
    assert await refusal(leaver, f"/v1/pools/{pool_id}/claim-next") == (403, "pool.not_member")


async def test_leads_go_to_whom_the_rules_give_them(
    director: Caller, leaver: Caller, successor: Caller, turn: Turn
) -> None:
    pool_id = await new_pool(director, leaver, successor)
    rule_id = await new_rule(director, pool_id, "least_loaded", sources=["fair"])
    fits, fits_not = await new_lead(leaver, source="fair"), await new_lead(leaver, source="web")
    job = await over(director, turn, leaver, leads_to="rules")
    told = await last_told(director, fits["id"])
    assert (told["type"], told["state"]["rule_id"]) == ("lead.assigned.v1", rule_id)
    assert told["state"]["owner_id"] == id_of(successor)
    assert job["refusals"] == [{"kind": "lead", "id": fits_not["id"], "code": "assignment.no_rule"}]
    assert (job["moved"], job["refused"], job["remaining"]) == (2, 1, {"lead": 1})


@pytest.mark.parametrize(("ignored", "got"), [(False, 1), (True, 2)])
async def test_caps_of_pools_hold_unless_they_are_to_be_ignored(
    director: Caller, leaver: Caller, successor: Caller, turn: Turn, ignored: bool, got: int
) -> None:
    pool_id = await new_pool(director, leaver, successor, holding_cap=2)
    alone = await new_pool(director, leaver)
    for pool in (pool_id, pool_id, alone):
        await claimed(leaver, await pooled_lead(director, pool))
    await claimed(successor, await pooled_lead(director, pool_id))
    way = {"leads_to": "successor", "successor_id": id_of(successor), "ignore_caps": ignored}
    job = await over(director, turn, leaver, **way)
    codes = sorted(each["code"] for each in job["refusals"])
    assert codes == [*["pool.holding_cap"] * (2 - got), "pool.not_member"]
    assert job["remaining"] == {"pool_lead": 3 - got}
    held = await successor.get("/v1/leads")
    assert len(held.json()["items"]) == 1 + got


async def test_what_the_caller_could_not_move_by_hand_stays_and_is_told(
    login: Login, house: House, director: Caller, leaver: Caller, successor: Caller, turn: Turn
) -> None:
    manager = await login("leads", "sales_manager", team="cn/east")
    near, far = await new_lead(leaver), await new_lead(leaver)
    async with (await house.system("leads")).system() as connection:
        moved = "update lead set team = 'cn/west' where id = $1"
        await connection.execute(moved, UUID(far["id"]))
    job = await over(manager, turn, leaver, leads_to="successor", successor_id=id_of(successor))
    assert await owner_of(director, f"/v1/leads/{near['id']}") == id_of(successor)
    assert job["refusals"] == [{"kind": "lead", "id": far["id"], "code": "lead.not_found"}]


async def test_nobody_is_handed_over_twice_at_a_time(director: Caller, leaver: Caller) -> None:
    first = await drawn_up(director, leaver)
    assert (first["state"], first["counts"], first["trigger"]) == ("open", {}, "hand")
    body = {"owner_id": id_of(leaver)}
    assert await refusal(director, OFFBOARDINGS, body) == (409, "offboarding.exists")
    twice = (await director.post(OFFBOARDINGS, json=body)).json()
    assert twice["detail"] == "such an offboarding exists already"
    await made(director, f"{OFFBOARDINGS}/{first['id']}/cancel", {})
    await drawn_up(director, leaver)
    stranger = {"owner_id": str(ids.new())}
    assert await refusal(director, OFFBOARDINGS, stranger) == (422, "owner.unknown")


async def test_only_managers_of_theirs_hand_over_what_somebody_has(
    login: Login, director: Caller, leaver: Caller
) -> None:
    body = {"owner_id": id_of(leaver)}
    assert await refusal(leaver, OFFBOARDINGS, body) == (403, "forbidden")
    elsewhere = await login("leads", "sales_manager", team="cn/west")
    assert (await refusal(elsewhere, OFFBOARDINGS, body))[0] == 404
    path = f"{OFFBOARDINGS}/{(await drawn_up(director, leaver))['id']}"
    assert (await elsewhere.get(path)).status_code == 404
    above = await login("leads", "sales_manager", team="cn/east")
    assert (await above.get(path)).json()["team"] == TEAM
    stranger = await login("leads", "admin", tenant=ids.new())
    assert (await stranger.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("way", "code"),
    [
        ({"leads_to": "successor", "successor_id": str(ids.named("nobody"))}, "owner.unknown"),
        ({"leads_to": "pool", "pool_id": str(ids.named("nobody"))}, "pool.unknown"),
        ({"leads_to": "rules", "pool_id": str(ids.named("nobody"))}, "offboarding.pool"),
    ],
)
async def test_it_starts_only_where_somebody_is_there_to_get_it(
    director: Caller, leaver: Caller, way: dict[str, Any], code: str
) -> None:
    path = f"{OFFBOARDINGS}/{(await drawn_up(director, leaver))['id']}/start"
    assert await refusal(director, path, way) == (422, code)


class Killed(BaseException):
    """What kill -9 leaves: nothing runs on."""


class Mortal(Executor):
    """Ends with every third step that it writes, before the worker hears of it."""

    written = 0

    async def write(self, call: Call, command: Any, /, *args: Any, **options: Any) -> Outcome[Any]:
        outcome: Outcome[Any] = await super().write(call, command, *args, **options)
        Mortal.written += 1
        if Mortal.written % 3 == 0:
            raise Killed
        return outcome


async def test_workers_that_are_killed_do_nothing_twice_and_leave_nothing(
    director: Caller, leaver: Caller, successor: Caller, house: House
) -> None:
    pool_id = await new_pool(director, leaver, successor)
    mine = [await pooled_lead(director, pool_id) for _ in range(5)]
    for lead in mine:
        await claimed(leaver, lead)
    path = f"{OFFBOARDINGS}/{(await drawn_up(director, leaver))['id']}"
    way = {"leads_to": "successor", "successor_id": id_of(successor)}
    await made(director, f"{path}/start", way)
    executor, system = await house.executor("leads"), await house.system("leads")
    mortal, died = Mortal(executor.database, executor.policy), 0
    while (await director.get(path)).json()["state"] == "running":
        try:
            await OffBoarder(Settings())(mortal, system)
        except Killed:
            died += 1
    job = (await director.get(path)).json()
    assert (job["moved"], job["refused"], job["remaining"]) == (6, 0, {})
    assert died >= 2
    for lead in mine:
        told = await director.emitted(lead)
        assert told.count("lead.updated.v1") == 1


async def test_a_lease_keeps_other_workers_away_until_it_is_over(
    director: Caller, leaver: Caller, house: House, turn: Turn
) -> None:
    path = f"{OFFBOARDINGS}/{(await drawn_up(director, leaver))['id']}"
    await made(director, f"{path}/start", {"leads_to": "rules"})
    await leased(house, path, "now() + interval '1 hour'")
    await turn()
    assert (await director.get(path)).json()["state"] == "running"
    await leased(house, path, "now() - interval '1 second'")
    await turn()
    assert (await director.get(path)).json()["state"] == "done"


async def leased(house: House, path: str, until: str) -> None:
    async with (await house.system("leads")).system() as connection:
        sql = f"update offboarding set lease_until = {until} where id = $1"
        await connection.execute(sql, UUID(path.rpartition("/")[2]))


async def test_what_others_moved_meanwhile_is_left_alone_and_so_is_all_after_it_was_cancelled(
    director: Caller, leaver: Caller, successor: Caller, turn: Turn
) -> None:
    gone, kept = await new_lead(leaver), await new_lead(leaver)
    path = f"{OFFBOARDINGS}/{(await drawn_up(director, leaver))['id']}"
    way = {"leads_to": "successor", "successor_id": id_of(successor)}
    await made(director, f"{path}/start", way)
    await director.patch(
        f"/v1/leads/{gone['id']}", json={"owner_id": id_of(director)}, headers={"if-match": '"1"'}
    )
    ended = await made(director, f"{path}/cancel", {})
    assert (ended["state"], ended["remaining"]) == ("cancelled", {"lead": 1})
    await turn()
    assert await owner_of(director, f"/v1/leads/{kept['id']}") == id_of(leaver)
    job = await over(director, turn, leaver, **way)
    assert await owner_of(director, f"/v1/leads/{gone['id']}") == id_of(director)
    assert await owner_of(director, f"/v1/leads/{kept['id']}") == id_of(successor)
    assert job["moved"] == 1


async def test_what_others_move_in_the_same_instant_is_asked_again_and_left_alone(
    director: Caller, leaver: Caller, successor: Caller, house: House, turn: Turn
) -> None:
    lead = await new_lead(leaver)
    path = f"{OFFBOARDINGS}/{(await drawn_up(director, leaver))['id']}"
    way = {"leads_to": "successor", "successor_id": id_of(successor)}
    await made(director, f"{path}/start", way)
    system = await house.system("leads")

    async def waits() -> bool:
        async with system.system() as witness:
            sql = "select exists (select from pg_locks where not granted)"
            return bool(await witness.fetchval(sql))

    async with system.system() as holder, holder.transaction():
        moved = "update lead set owner_id = $1 where id = $2"
        await holder.execute(moved, director.actor.member_id, UUID(lead["id"]))
        working = asyncio.create_task(turn())
        await until(waits)
    await working
    assert await owner_of(director, f"/v1/leads/{lead['id']}") == id_of(director)
    job = (await director.get(path)).json()
    assert (job["state"], job["moved"], job["refused"]) == ("done", 0, 0)


def left(who: Caller, kind: type[Any], active: bool) -> Any:
    facts: dict[str, Any] = {"name": "Li Wei", "email": None, "region": "", "roles": []}
    state = MemberState(id=who.actor.member_id, team=TEAM, active=active, **facts)
    now, tenant = clock.now(), who.actor.tenant_id
    about = (ids.new(), tenant, who.actor.member_id, 2, now, now, "system", None, None)
    return kind(*about, state, {})


async def test_who_is_deactivated_is_somebodys_task_once_and_nothing_moves_by_itself(
    director: Caller, leaver: Caller, house: House, turn: Turn
) -> None:
    async def tasks(**asked: str) -> list[dict[str, Any]]:
        found = await director.get(OFFBOARDINGS, params={"owner_id": id_of(leaver), **asked})
        items: list[dict[str, Any]] = found.json()["items"]
        return items

    await hear(house, note_leaver, left(leaver, MemberDeactivated, False))
    assert await tasks() == []
    lead, gone = await new_lead(leaver), left(leaver, MemberDeactivated, False)
    for _ in "12":
        await hear(house, note_leaver, gone)
    (task,) = await tasks(state="open")
    assert (task["trigger"], task["counts"], task["team"]) == ("deactivated", {"lead": 1}, TEAM)
    await turn()
    assert await owner_of(director, f"/v1/leads/{lead['id']}") == id_of(leaver)
    for _ in "12":
        await hear(house, forget_leaver, left(leaver, MemberReactivated, True))
    await hear(house, note_leaver, gone)
    assert [each["state"] for each in await tasks()] == ["cancelled"]
    by_hand = await drawn_up(director, leaver)
    await hear(house, note_leaver, left(leaver, MemberDeactivated, False))
    await hear(house, forget_leaver, left(leaver, MemberReactivated, True))
    assert [each["id"] for each in await tasks(state="open")] == [by_hand["id"]]


async def test_graphql_draws_up_starts_and_cancels_alike(
    director: Caller, leaver: Caller, successor: Caller
) -> None:
    draw = """
    mutation ($input: DrawUpOffboardingInput!) {
      drawUpOffboarding(input: $input) { ... on Offboarding { id state owner { id } } }
    }
    """
    given = {"ownerId": id_of(leaver), "note": "Project over"}
    job = (await director.graphql("leads", draw, input=given))["data"]["drawUpOffboarding"]
    assert (job["state"], job["owner"]) == ("OPEN", {"id": id_of(leaver)})
    steps = """
    mutation ($id: UUID!, $way: StartOffboardingInput!) {
      startOffboarding(id: $id, input: $way) {
        ... on Offboarding { state leadsTo total successor { id } }
      }
      cancelOffboarding(id: $id) { ... on Offboarding { state } }
      again: cancelOffboarding(id: $id) { ... on Problem { code } }
    }
    """
    way = {"leadsTo": "SUCCESSOR", "successorId": id_of(successor)}
    shown = (await director.graphql("leads", steps, id=job["id"], way=way))["data"]
    started = shown["startOffboarding"]
    assert (started["state"], started["total"]) == ("RUNNING", 0)
    assert started["successor"] == {"id": id_of(successor)}
    assert shown["cancelOffboarding"] == {"state": "CANCELLED"}
    assert shown["again"] == {"code": "lifecycle.illegal"}
    query = """
    query ($id: UUID!, $who: UUID!) {
      offboarding(id: $id) { note counts asked: askedBy }
      offboardings(filter: {ownerId: [$who], state: [CANCELLED]}) { nodes { id } }
    }
    """
    found = (await director.graphql("leads", query, id=job["id"], who=id_of(leaver)))["data"]
    assert found["offboarding"]["note"] == "Project over"
    assert found["offboarding"]["asked"] == id_of(director)
    assert found["offboardings"] == {"nodes": [{"id": job["id"]}]}
