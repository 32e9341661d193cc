from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock, ids
from crmkit.messaging.handlers import Reaction
from crmkit.settings import Settings
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.score_keeper import ScoreKeeper
from services.leads.scoring.consumers import (
    score_after_activity,
    score_created,
    score_updated,
)
from services.leads.scoring.statements import DUE
from tests.leads.samples import hear, made, new_lead
from tests.leads.scoring.samples import CALLS, FAIR, activated, new_model, new_rule, score_of

Turn = Callable[[], Any]
STEADY = CALLS | {"name": "Visits", "activity_kinds": ["visit"], "half_life_days": None}


@pytest.fixture
async def turn(house: House) -> Turn:
    """Does all that is due, as if every process had heard of what changed just now."""
    executor, database = await house.executor("leads"), await house.system("leads")

    async def work() -> None:
        keeper = ScoreKeeper(Settings(), heard=timedelta())
        while await keeper(executor, database):
            pass

    return work


async def kept(caller: Caller, lead: dict[str, Any]) -> tuple[int | None, str | None, int]:
    shown = (await caller.get(f"/v1/leads/{lead['id']}")).json()
    return shown["score"], shown["grade"], shown["version"]


async def scored(caller: Caller, lead: dict[str, Any]) -> int:
    return (await caller.emitted(lead["id"])).count("lead.scored.v1")


async def test_a_change_of_rules_reaches_every_open_lead(login: Login, turn: Turn) -> None:
    director = await login("leads", "sales_director")
    fair, web = await new_lead(director, source="fair"), await new_lead(director)
    closed = await new_lead(director, source="fair")
    await made(director, f"/v1/leads/{closed['id']}/disqualify", {"reason": "no budget"})
    rule = await new_rule(director, **FAIR)
    for _ in "12":
        await turn()
    assert await kept(director, fair) == (40, "c", 2)
    assert await kept(director, web) == (0, "d", 2)
    assert (await kept(director, closed))[0] is None
    await director.delete(f"/v1/scoring-rules/{rule['id']}")
    for _ in "12":
        await turn()
    assert await kept(director, fair) == (None, None, 3)
    assert await scored(director, fair) == 2


async def test_a_change_that_moves_no_score_writes_nothing(login: Login, turn: Turn) -> None:
    director = await login("leads", "sales_director")
    rule, lead = await new_rule(director, **FAIR), await new_lead(director, source="fair")
    await turn()
    path = f"/v1/scoring-rules/{rule['id']}"
    await director.patch(path, json={"name": "Trade fair"}, headers={"if-match": '"1"'})
    await turn()
    assert await kept(director, lead) == (40, "c", 2)


async def test_a_model_reaches_leads_when_it_is_activated_and_leaves_with_it(
    login: Login, turn: Turn
) -> None:
    director = await login("leads", "sales_director")
    lead, model = await new_lead(director, source="fair"), await new_model(director)
    await turn()
    assert (await kept(director, lead))[0] is None
    await activated(director, model)
    await turn()
    assert await kept(director, lead) == (73, "b", 2)
    history = (await director.get(f"/v1/leads/{lead['id']}/history")).json()["items"][0]
    assert (history["type"], history["actor"]) == ("lead.scored.v1", "system")
    told = history["state"]["scoring"]
    assert (told["model_id"], told["probability"]) == (model["id"], "0.7311")
    assert told["factors"][0] == {
        "source": "model",
        "name": "source",
        "field": "source",
        "points": "23.1",
    }
    await made(director, f"/v1/score-models/{model['id']}/retire", {})
    await turn()
    assert (await kept(director, lead))[0] is None


async def _passes(house: House, tenant: UUID, days: float) -> None:
    """So many days: all that was done, and all that is due, was that much earlier."""
    async with (await house.system("leads")).system() as connection:
        for table, column in (("activity", "done_at"), ("lead", "score_due_at")):
            await connection.execute(
                f"update {table} set {column} = {column} - $2::interval where tenant_id = $1",
                tenant,
                timedelta(days=days),
            )


async def test_a_score_fades_a_point_at_a_time_and_is_told_only_then(
    login: Login, house: House, tenant: UUID, turn: Turn
) -> None:
    director = await login("leads", "sales_director")
    await new_rule(director, **CALLS)
    lead = await new_lead(director)
    call = {"kind": "call", "subject": "x", "lead_id": lead["id"], "outcome_code": "interested"}
    await made(director, "/v1/activities/log", call)
    await turn()
    assert (await kept(director, lead))[0] == 20
    for days, score, times in ((0.3, 20, 1), (0.3, 19, 2), (0.1, 19, 2), (6.3, 10, 3)):
        await _passes(house, tenant, days)
        for _ in "12":
            await turn()
        assert ((await kept(director, lead))[0], await scored(director, lead)) == (score, times)
    await _passes(house, tenant, 365)
    for _ in "12":
        await turn()
    assert (await kept(director, lead))[:2] == (0, "d")
    async with (await house.system("leads")).system() as connection:
        due = "select score_due_at from lead where tenant_id = $1"
        assert await connection.fetchval(due, tenant) is None


async def test_what_does_not_fade_is_not_looked_at_again(
    login: Login, house: House, tenant: UUID, turn: Turn
) -> None:
    director = await login("leads", "sales_director")
    await new_rule(director, **STEADY)
    lead = await new_lead(director)
    visit = {"kind": "visit", "subject": "x", "lead_id": lead["id"], "outcome_code": "interested"}
    await made(director, "/v1/activities/log", visit)
    await turn()
    assert (await kept(director, lead))[0] == 20
    async with (await house.system("leads")).system() as connection:
        due = await connection.fetch(DUE, clock.now() + timedelta(days=3650), "x", 1000, 1000)
    assert tenant not in {each["tenant_id"] for each in due}


async def test_a_lead_and_what_is_done_about_it_are_scored_as_they_come(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    await new_rule(director, **FAIR)
    await new_rule(director, **CALLS)
    lead = await new_lead(director, source="fair")

    async def heard(reaction: Reaction, **state: Any) -> None:
        now, about = clock.now(), (ids.new(), tenant, UUID(lead["id"]), 1)
        told: Any = SimpleNamespace(**state)
        event = reaction.event(*about, now, now, "system", None, None, told, {})
        await hear(house, reaction, event)

    for _ in "12":
        await heard(score_created)
    assert await kept(director, lead) == (40, "c", 2)
    call = {"kind": "call", "subject": "x", "lead_id": lead["id"], "outcome_code": "interested"}
    await made(director, "/v1/activities/log", call)
    await heard(score_after_activity, lead_id=UUID(lead["id"]))
    assert (await kept(director, lead))[:2] == (60, "b")
    version = {"if-match": f'"{(await kept(director, lead))[2]}"'}
    await director.patch(f"/v1/leads/{lead['id']}", json={"source": "web"}, headers=version)
    await heard(score_updated)
    assert (await kept(director, lead))[0] == 20
    assert await scored(director, lead) == 3
    await heard(score_after_activity, lead_id=None)


async def test_leads_are_listed_by_score_and_grade(login: Login, turn: Turn) -> None:
    director = await login("leads", "sales_director")
    await new_rule(director, **FAIR)
    await new_rule(
        director, **FAIR | {"name": "Phone", "field": "phone", "test": "given", "values": []}
    )
    both = await new_lead(director, source="fair", phone="13812345678")
    one, none = await new_lead(director, source="expo"), await new_lead(director)
    await turn()

    async def listed(query: str) -> list[str]:
        return [each["id"] for each in (await director.get(f"/v1/leads?{query}")).json()["items"]]

    assert await listed("sort=-score") == [both["id"], one["id"], none["id"]]
    assert await listed("grade=a,c&sort=score") == [one["id"], both["id"]]
    assert await listed("score_gte=41") == [both["id"]]
    at = datetime.fromisoformat((await director.get(f"/v1/leads/{one['id']}")).json()["scored_at"])
    assert await listed(f"scored_at_gte={(at + timedelta(days=1)).isoformat()[:19]}Z") == []
    assert (await score_of(director, both))["score"] == 80


async def test_a_sweep_waits_until_every_process_has_heard_of_the_change(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    await new_rule(director, **FAIR)
    executor, database = await house.executor("leads"), await house.system("leads")
    changed = "update scoring_rule set updated_at = $2 where tenant_id = $1"
    begun = "select count(*) from score_sweep where tenant_id = $1"
    for hours, sweeps in ((1, 0), (-1, 1)):
        async with database.system() as connection:
            await connection.execute(changed, tenant, clock.now() + timedelta(hours=hours))
        keeper = ScoreKeeper(Settings())
        while await keeper(executor, database):
            pass
        async with database.system() as connection:
            assert await connection.fetchval(begun, tenant) == sweeps
