"""What the policy tables say of figures, of the feed, and of answers given a second time."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.kernel.access import Scope
from crmkit.service import services
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.forecast.forecast.models import Deal
from services.identity.tenant.models import Tenant
from services.webhooks import bodies
from services.webhooks.feed.consumers import append
from services.webhooks.policy import PARTNER_AGGREGATES
from tests.policy.exhibits import EXHIBITS
from tests.policy.model import CASTS, hidden_fields, reach, sees, untold
from tests.policy.seeds import STANCES, TEAM, insert, sample, seed
from tests.policy.visitor import policy_of
from tests.webhooks.samples import an_event

_DAY = date(2026, 11, 10)


async def test_figures_are_cut_from_the_cells_the_policy_shows(
    house: House, login: Login, tenant: UUID
) -> None:
    """Each cell counts a power of two, so that a sum says which cells it was made of."""
    me, policy = ids.new(), policy_of("reporting")
    async with (await house.system("reporting")).system() as connection:
        for whose in (tenant, ids.new()):
            for n, stance in enumerate(STANCES):
                await connection.execute(
                    "insert into rollup_day values"
                    " ($1, 'leads_created', $2, $3, $4, '', '', '', '', '', $5, 0)",
                    whose,
                    _DAY,
                    me if stance.mine else ids.new(),
                    stance.team,
                    2**n,
                )
    for roles in CASTS:
        caller = await login("reporting", *roles, member=me, team=TEAM)
        answer = await caller.get(
            "/v1/rollups?measure=leads_created&grain=month&from=2026-11-01&to=2026-11-30"
        )
        if reach(policy, "rollup_day", roles, "read") is Scope.NONE:
            assert answer.status_code == 403, (roles, answer.text)
            continue
        cells = sum(2**n for n, s in enumerate(STANCES) if sees(policy, "rollup_day", roles, s))
        assert sum(item["value"] for item in answer.json()["items"]) == cells, roles


async def test_the_pipeline_is_made_of_the_deals_the_policy_shows(
    house: House, login: Login, tenant: UUID
) -> None:
    me, policy = ids.new(), policy_of("forecast")
    async with (await house.system("forecast")).system() as connection:
        for whose in (tenant, ids.new()):
            for n, stance in enumerate(STANCES):
                deal = sample(
                    Deal,
                    whose,
                    owner_id=me if stance.mine else ids.new(),
                    team=stance.team,
                    status="open",
                    expected_close_on=_DAY,
                    amount=Decimal(2**n),
                )
                await insert(connection, Deal, deal)
    for roles in CASTS:
        caller = await login("forecast", *roles, member=me, team=TEAM)
        answer = await caller.get("/v1/forecasts/pipeline?period=2026-11")
        if reach(policy, "deal", roles, "read") is Scope.NONE:
            assert answer.status_code == 403, (roles, answer.text)
            continue
        shown = sum(2**n for n, s in enumerate(STANCES) if sees(policy, "deal", roles, s))
        lines = answer.json()["lines"]
        assert sum(Decimal(line["best_case"]["amount"]) for line in lines) == shown, roles


async def test_the_tenant_is_shown_to_those_who_work_there(
    house: House, login: Login, tenant: UUID
) -> None:
    policy = policy_of("identity")
    async with (await house.system("identity")).system() as connection:
        await insert(connection, Tenant, sample(Tenant, tenant, id=tenant))
    for roles in CASTS:
        caller = await login("identity", *roles)
        answer = await caller.get("/v1/tenant")
        seen = reach(policy, "tenant", roles, "read") is Scope.ALL
        assert answer.status_code == (200 if seen else 404), roles
        asked = await caller.graphql("identity", "{ tenant { id } }")
        assert asked["data"]["tenant"] == ({"id": str(tenant)} if seen else None), roles
        put = await caller.put(
            "/v1/tenant",
            json={"name": "x", "time_zone": "UTC", "base_currency": "CNY"},
            headers={"if-match": '"99"'},
        )
        writes = reach(policy, "tenant", roles, "write") is Scope.ALL
        assert put.status_code == (412 if writes else 403 if seen else 404), roles


async def test_the_feed_tells_what_its_policy_shows(
    house: House, login: Login, tenant: UUID
) -> None:
    me, policy = ids.new(), policy_of("webhooks")
    aggregates = sorted(set(bodies.told().values()))
    first = {name: next(t for t, a in bodies.told().items() if a == name) for name in aggregates}
    told = [
        (aggregate, stance, ids.new(), whose)
        for aggregate in aggregates
        for stance in STANCES
        for whose in (tenant, ids.new())
    ]
    async with (await house.system("webhooks")).transaction() as connection:
        events = [
            an_event(
                whose,
                first[aggregate],
                subject=subject,
                owner_id=me if stance.mine else ids.new(),
                team=stance.team,
            )
            for aggregate, stance, subject, whose in told
        ]
        await append.apply(connection, events)
    for roles in CASTS:
        caller = await login("webhooks", *roles, member=me, team=TEAM)
        answer = await caller.get("/v1/events?limit=200")
        scope = reach(policy, "feed_event", roles, "read")
        if scope is Scope.NONE:
            assert answer.status_code == 403, (roles, answer.text)
            continue
        expected = {
            str(subject)
            for aggregate, stance, subject, whose in told
            if whose == tenant
            and sees(policy, "feed_event", roles, stance)
            and (scope is Scope.ALL or aggregate in PARTNER_AGGREGATES)
        }
        items = await _all(caller, answer.json())
        assert {item["subject"] for item in items} == expected, roles
        _check_masks(items, hidden_fields(policy, "feed_event", roles))


async def _all(caller: Caller, page: dict[str, Any]) -> list[dict[str, Any]]:
    """What is on a page of the feed and on all that follow it."""
    items: list[dict[str, Any]] = page["items"]
    while page["items"]:
        after = {"limit": "200", "after": page["next_cursor"]}
        page = (await caller.get("/v1/events", params=after)).json()
        items = [*items, *page["items"]]
    return items


def _check_masks(items: list[dict[str, Any]], hidden: set[str]) -> None:
    for item in items:
        for name in ("email", "phone"):
            assert (item["data"]["state"][name] is None) == (name in hidden)
        assert ("email" in item["data"]["changed"]) == ("email" not in hidden)


def test_the_feed_hides_what_the_aggregate_itself_hides_from_the_same_role() -> None:
    """Whoever reads the feed may not learn there what the aggregate's own service masks."""
    feed = policy_of("webhooks")
    for service in services():
        for aggregate in service.policy.table.keys() & set(bodies.told().values()):
            for (role,) in (cast for cast in CASTS if len(cast) == 1):
                scope = reach(feed, "feed_event", (role,), "read")
                is_told = scope is Scope.ALL or aggregate in PARTNER_AGGREGATES
                if scope is not Scope.NONE and is_told:
                    masks = hidden_fields(service.policy, aggregate, (role,)) - untold(aggregate)
                    assert masks <= hidden_fields(feed, "feed_event", (role,)), (role, aggregate)


@pytest.mark.parametrize("role", ["sales_rep", "sales_manager"])
async def test_a_replayed_answer_hides_what_the_first_one_hid(login: Login, role: str) -> None:
    caller = await login("leads", role)
    body = {"name": "Acme", "annual_revenue": {"amount": "7.00", "currency": "CNY"}}
    hides = "annual_revenue" in hidden_fields(policy_of("leads"), "account", (role,))
    key = {"idempotency-key": "once"}
    first = await caller.post("/v1/accounts", json=body, headers=key)
    again = await caller.post("/v1/accounts", json=body, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.content == again.content
    assert (again.json()["annual_revenue"] is None) is hides
    account = first.json()
    etag = {"if-match": first.headers["etag"], "idempotency-key": "twice"}
    path = f"/v1/accounts/{account['id']}"
    for _ in range(2):
        changed = await caller.patch(path, json={"region": "east"}, headers=etag)
        assert changed.status_code == 200
        assert (changed.json()["annual_revenue"] is None) is hides
    told = (await caller.get(f"{path}/history")).json()["items"]
    assert all((entry["state"]["annual_revenue"] is None) is hides for entry in told)


async def test_a_role_taken_away_takes_the_fields_out_of_a_replay(
    house: House, login: Login, tenant: UUID
) -> None:
    me = ids.new()
    manager = await login("leads", "sales_manager", member=me)
    body = {"name": "Acme", "annual_revenue": {"amount": "7.00", "currency": "CNY"}}
    key = {"idempotency-key": "once"}
    first = await manager.post("/v1/accounts", json=body, headers=key)
    assert first.json()["annual_revenue"] is not None
    rep = await login("leads", "sales_rep", member=me)
    again = await rep.post("/v1/accounts", json=body, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["annual_revenue"] is None


async def test_hidden_fields_can_neither_be_filtered_nor_searched_nor_sorted_by(
    house: House, login: Login, tenant: UUID
) -> None:
    exhibit = EXHIBITS["member"]
    async with (await house.system("identity")).system() as connection:
        await seed(connection, exhibit, tenant, ids.new())
    partner, rep = await login("identity", "partner"), await login("identity", "sales_rep")
    asked = "/v1/members?email=wang@example.com"
    assert len((await rep.get(asked)).json()["items"]) == 1
    refused = await partner.get(asked)
    assert (refused.status_code, refused.json()["code"]) == (400, "parameter.unknown")
    assert (await partner.get("/v1/members?sort=email")).status_code == 400


async def test_somebody_of_no_team_sees_only_what_is_theirs(
    house: House, login: Login, tenant: UUID
) -> None:
    """An empty team is no root of a tree: records of no team are not below it."""
    me = ids.new()
    async with (await house.system("leads")).system() as connection:
        rows = await seed(connection, EXHIBITS["lead"], tenant, me)
    manager = await login("leads", "sales_manager", member=me, team="")
    mine = {str(row["id"]) for stance, row in rows if stance.mine}
    listed = (await manager.get("/v1/leads")).json()["items"]
    assert {item["id"] for item in listed} == mine
    for _, row in rows:
        answer = await manager.get(f"/v1/leads/{row['id']}")
        assert answer.status_code == (200 if str(row["id"]) in mine else 404)


@pytest.mark.parametrize("team", ["%", "cn%", "cn/eas_", "cn/east/", "/cn"])
async def test_a_team_of_wild_cards_is_no_team(login: Login, team: str) -> None:
    manager = await login("leads", "sales_manager", team=team)
    assert (await manager.get("/v1/leads")).status_code == 401
