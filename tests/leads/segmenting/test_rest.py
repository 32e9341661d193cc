"""Segments: what their rules find, for whom, and where else they count."""

from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest

from crmkit.db import pool
from crmkit.db.executor import Call
from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from services.leads.lead.queries import LEADS
from services.leads.segment.queries import which_hold
from services.leads.segmenting import queries
from tests.leads.lead.test_custom import define
from tests.leads.pool_samples import new_pool
from tests.leads.samples import leads_of, made, new_account, new_lead

PATH = "/v1/segments"


async def defined(caller: Caller, **fields: Any) -> dict[str, Any]:
    said = {"resource": "lead", "name": "华东", "filter": {"region": "east"}, **fields}
    return await made(caller, PATH, said)


async def found(caller: Caller, segment: dict[str, Any], **asked: str) -> list[str]:
    items = await leads_of(caller, segment_id=segment["id"], **asked)
    return [each["company"] for each in items]


async def refused(caller: Caller, path: str, **body: Any) -> tuple[int, str]:
    answer = await (caller.post(path, json=body) if body else caller.get(path))
    return answer.status_code, answer.json()["code"]


@pytest.fixture
async def market(director: Caller) -> list[dict[str, Any]]:
    """Three leads, of whom two are in the east."""
    said = (("A", "east", "web"), ("B", "east", "fair"), ("C", "west", "web"))
    return [await new_lead(director, company=c, region=r, source=s) for c, r, s in said]


async def test_who_is_in_a_segment_is_asked_of_its_list_and_narrowed_further(
    director: Caller, market: list[dict[str, Any]]
) -> None:
    segment = await defined(director)
    assert await found(director, segment) == ["A", "B"]
    assert await found(director, segment, source="web") == ["A"]
    assert await found(director, segment, region="west") == []
    asked = {"segment_id": segment["id"], "limit": "1", "sort": "company", "count": "exact"}
    first = (await director.get("/v1/leads", params=asked)).json()
    assert (first["items"][0]["company"], first["total"]) == ("A", 2)
    after = asked | {"cursor": first["next_cursor"]}
    wider = {"filter": {"region": "east,west"}}
    answer = await director.patch(
        f"{PATH}/{segment['id']}", json=wider, headers={"if-match": '"1"'}
    )
    assert answer.json()["filter"] == wider["filter"]
    second = (await director.get("/v1/leads", params=after)).json()
    assert second["items"][0]["company"] == "B"
    query = 'query ($id: UUID!) { leads(filter: {segmentId: $id}, sort: "company") {'
    told = await director.graphql("leads", query + " nodes { company } } }", id=segment["id"])
    assert [each["company"] for each in told["data"]["leads"]["nodes"]] == ["A", "B", "C"]


async def test_a_segment_shows_the_reader_what_is_theirs(
    director: Caller, seller: Caller, market: list[dict[str, Any]]
) -> None:
    segment = await defined(director)
    await new_lead(seller, company="D", region="east")
    assert await found(seller, segment) == ["D"]
    size = f"{PATH}/{segment['id']}/size"
    whole = {"segment_id": segment["id"], "count": 3, "more": False}
    assert (await director.get(size)).json() == whole
    assert (await seller.get(size)).json() == whole | {"count": 1}
    query = "query ($id: UUID!) { segmentSize(id: $id) { count more } }"
    told = await seller.graphql("leads", query, id=segment["id"])
    assert told["data"]["segmentSize"] == {"count": 1, "more": False}
    said = {"resource": "lead", "name": "x", "filter": {"region": "east"}}
    assert await refused(seller, PATH, **said) == (403, "forbidden")


async def test_no_more_are_counted_than_a_bound(
    director: Caller, market: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = await defined(director, filter={"source": "web,fair"})
    monkeypatch.setattr(queries, "MOST_COUNTED", 2)
    told = (await director.get(f"{PATH}/{segment['id']}/size")).json()
    assert (told["count"], told["more"]) == (2, True)


@pytest.mark.parametrize(
    ("rule", "named", "code"),
    [
        ({"colour": "red"}, "colour", "parameter.unknown"),
        ({"status": "sleeping"}, "status", "parameter.invalid"),
        ({"custom.size": "5"}, "custom.size", "parameter.unknown"),
        ({"limit": "5"}, "limit", "parameter.unknown"),
        ({"owner_id": "me"}, "owner_id", "segment.filter"),
        ({"q": "acme"}, "q", "segment.filter"),
        ({"segment_id": str(ids.new())}, "segment_id", "segment.filter"),
    ],
)
async def test_a_rule_that_the_list_does_not_have_is_told(
    director: Caller, rule: dict[str, str], named: str, code: str
) -> None:
    body = {"resource": "lead", "name": "x", "filter": rule}
    answer = await director.post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "segment.invalid")
    told = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
    assert told == [(f"/filter/{named}", code)]


async def test_a_segment_is_of_one_list_and_its_name_is_given_once(director: Caller) -> None:
    segment = await defined(director)
    same = {"resource": "account", "name": segment["name"], "filter": {"tier": "key"}}
    assert await refused(director, PATH, **same) == (409, "segment.exists")
    elsewhere = f"/v1/accounts?segment_id={segment['id']}"
    assert await refused(director, elsewhere) == (404, "segment.not_found")
    assert await refused(director, PATH, **same | {"filter": {}}) == (422, "invalid")
    assert (await director.delete(f"{PATH}/{segment['id']}")).status_code == 204
    gone = f"/v1/leads?segment_id={segment['id']}"
    assert await refused(director, gone) == (404, "segment.not_found")
    await made(director, PATH, same)
    assert await director.emitted(segment["id"]) == [
        "segment.created.v1",
        "segment.deleted.v1",
    ]


async def test_a_hundred_segments_are_enough(director: Caller, house: House) -> None:
    async with (await house.system("leads")).system() as connection:
        await connection.execute(
            "insert into segment (tenant_id, id, version, created_at, updated_at, resource, name,"
            " note, filter, position) select $1, gen_random_uuid(), 1, now(), now(), 'lead',"
            " 'S' || n, '', '{\"region\": \"x\"}', n from generate_series(1, 99) n",
            director.actor.tenant_id,
        )
    segment = await defined(director)
    full = {"resource": "lead", "name": "One more", "filter": {"region": "x"}}
    assert await refused(director, PATH, **full) == (409, "segment.too_many")
    assert (await director.delete(f"{PATH}/{segment['id']}")).status_code == 204
    await made(director, PATH, full)


async def test_a_record_says_which_segments_it_is_in(
    director: Caller, seller: Caller, market: list[dict[str, Any]]
) -> None:
    east = await defined(director)
    await defined(director, name="Fair", filter={"source": "fair"})
    key = await defined(director, name="Key", resource="account", filter={"tier": "key"})
    path = f"/v1/leads/{market[0]['id']}/segments"
    assert (await director.get(path)).json() == {"items": [east], "stale": []}
    assert await refused(seller, path) == (404, "lead.not_found")
    account = await new_account(director, tier="key")
    query = "query ($id: UUID!) { accountSegments(id: $id) { items { id } stale } }"
    told = await seller.graphql("leads", query, id=account["id"])
    assert told["data"]["accountSegments"] == {"items": [{"id": key["id"]}], "stale": []}


async def test_members_of_the_past_are_those_of_then_by_the_rule_of_then(
    director: Caller,
) -> None:
    account = await new_account(director, tier="key")
    before = clock.now().isoformat().replace("+00:00", "Z")
    segment = await defined(director, resource="account", filter={"tier": "key"})
    then = clock.now().isoformat().replace("+00:00", "Z")
    own, match = f"{PATH}/{segment['id']}", {"if-match": '"1"'}
    await director.patch(f"/v1/accounts/{account['id']}", json={"tier": "ordinary"}, headers=match)
    await director.patch(own, json={"filter": {"is_problem": "true"}}, headers=match)
    path = f"/v1/accounts?segment_id={segment['id']}"
    held = f"/v1/accounts/{account['id']}/segments"
    for asked, ids_found, holding in (
        ("", [], []),
        (f"as_of={then}", [account["id"]], [segment["id"]]),
    ):
        listed = (await director.get(f"{path}&{asked}")).json()["items"]
        assert [each["id"] for each in listed] == ids_found
        size = (await director.get(f"{own}/size?{asked}")).json()
        assert size["count"] == len(ids_found)
        told = (await director.get(f"{held}?{asked}")).json()
        assert [each["id"] for each in told["items"]] == holding
    assert await refused(director, f"{path}&as_of={before}") == (404, "segment.not_found")


async def test_views_and_exports_are_of_a_segment(
    director: Caller, market: list[dict[str, Any]]
) -> None:
    segment = await defined(director)
    rule = {"segment_id": segment["id"], "source": "web"}
    view = await made(director, "/v1/leads/views", {"name": "East", "filter": rule})
    assert [each["company"] for each in await leads_of(director, view=view["id"])] == ["A"]
    export = await made(director, "/v1/leads/exports", {"filter": {"view": view["id"]}})
    assert export["options"]["filter"] == rule
    unknown = {"segment_id": str(ids.new())}
    answer = await director.post("/v1/leads/views", json={"name": "No", "filter": unknown})
    told = answer.json()["errors"][0]
    assert (told["pointer"], told["code"]) == ("/filter/segment_id", "segment.not_found")
    await director.delete(f"{PATH}/{segment['id']}")
    by = f"/v1/leads?view={view['id']}"
    assert await refused(director, by) == (409, "view.stale")


async def test_leads_are_given_by_a_segment(director: Caller, market: list[dict[str, Any]]) -> None:
    segment = await defined(director)
    rule = {"name": "East", "rank": 1, "strategy": "pool", "pool_id": await new_pool(director)}
    path = "/v1/assignment-rules"
    unknown = rule | {"segment_id": str(ids.new())}
    assert await refused(director, path, **unknown) == (422, "segment.unknown")
    kept = await made(director, path, rule | {"segment_id": segment["id"]})
    given = await made(director, f"/v1/leads/{market[0]['id']}/assign", {})
    assert (given["rule_id"], given["pool_id"]) == (kept["id"], rule["pool_id"])
    west = await director.post(f"/v1/leads/{market[2]['id']}/assign")
    assert west.json()["code"] == "assignment.no_rule"
    would = {"source": "web", "segment_ids": [segment["id"]]}
    assert (await made(director, f"{path}/simulate", would))["rule_id"] == kept["id"]
    assert (await made(director, f"{path}/simulate", {"source": "web"}))["rule_id"] is None
    used = await director.delete(f"{PATH}/{segment['id']}")
    assert (used.status_code, used.json()["code"]) == (409, "segment.in_use")
    await director.patch(
        f"{path}/{kept['id']}", json={"segment_id": None}, headers={"if-match": '"1"'}
    )
    assert (await director.delete(f"{PATH}/{segment['id']}")).status_code == 204


async def test_who_locks_waits_for_no_second_connection(
    director: Caller, market: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    segment, lead = UUID((await defined(director))["id"]), UUID(market[0]["id"])
    executor, database = director.executor, director.executor.database
    monkeypatch.setattr(pool, "_ACQUIRE_SECONDS", 0.05)
    async with AsyncExitStack() as held, database.transaction(director.actor.tenant_id) as own:
        for _ in range(database.pool.get_max_size() - 1):
            await held.enter_async_context(database.system())
        tx = executor.open(Call(director.actor))
        tx.locked = own
        assert await which_hold(tx, LEADS, {segment}, lead) == {segment}


async def test_a_rule_by_a_field_that_is_gone_is_refused_wherever_it_is_asked(
    login: Login,
) -> None:
    admin = await login("leads", "admin")
    field = await define(admin, "size", "number")
    lead = await new_lead(admin, custom={"size": "5"}, region="east")
    segment = await defined(admin, filter={"custom.size_gte": "5"})
    east = await defined(admin, name="East")
    rule = {"name": "Big", "rank": 1, "strategy": "pool", "pool_id": await new_pool(admin)}
    rules = "/v1/assignment-rules"
    kept = await made(admin, rules, rule | {"segment_id": segment["id"]})
    assert await found(admin, segment) == ["Acme"]
    assert (await admin.delete(f"/v1/leads/custom-fields/{field['id']}")).status_code == 204
    path = f"/v1/leads?segment_id={segment['id']}"

    async def stale() -> bool:
        return (await admin.get(path)).status_code == 409

    await until(stale)  # definitions are remembered for two seconds
    told = (await admin.get(path)).json()
    assert (told["code"], told["errors"][0]["pointer"]) == (
        "segment.stale",
        "/filter/custom.size_gte",
    )
    size = f"{PATH}/{segment['id']}/size"
    assert await refused(admin, size) == (409, "segment.stale")
    assign = await admin.post(f"/v1/leads/{lead['id']}/assign")
    assert (assign.status_code, assign.json()["code"]) == (409, "segment.stale")
    holding = (await admin.get(f"/v1/leads/{lead['id']}/segments")).json()
    assert holding == {"items": [east], "stale": [segment["id"]]}
    of_web, first = {"sources": ["web"]}, {"if-match": '"1"'}
    await admin.patch(f"{rules}/{kept['id']}", json=of_web, headers=first)
    rest = await made(admin, rules, rule | {"name": "Rest", "rank": 2})
    fair = await new_lead(admin, source="fair")  # for which the rule that cannot be asked is not
    assert (await made(admin, f"/v1/leads/{fair['id']}/assign", {}))["rule_id"] == rest["id"]
