"""Saved views: what is saved, what they make of a list, and for whom."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crmkit.components.views.relative import dated
from crmkit.db.reading import Reading
from crmkit.kernel import clock, ids
from crmkit.kernel.actor import system
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from services.leads.campaign.queries import CAMPAIGNS
from services.leads.lead.queries import LEADS as VIEWED
from services.leads.policy import POLICY
from tests.leads.lead.test_custom import define
from tests.leads.samples import HISTORY, made, new_account, new_lead

LEADS, ACCOUNTS = "/v1/leads/views", "/v1/accounts/views"


async def saved(caller: Caller, path: str = LEADS, **fields: Any) -> dict[str, Any]:
    return await made(caller, path, {"name": "Mine", **fields})


async def companies(caller: Caller, **asked: Any) -> list[str]:
    answer = await caller.get("/v1/leads", params=asked)
    assert answer.status_code == 200, answer.text
    return [item["company"] for item in answer.json()["items"]]


async def changed(caller: Caller, view: dict[str, Any], **patch: Any) -> Any:
    return await caller.patch(
        f"{LEADS}/{view['id']}", json=patch, headers={"if-match": f'"{view["version"]}"'}
    )


async def some_leads(seller: Caller) -> None:
    for company, source, region in (("B", "web", "cn"), ("A", "fair", "cn"), ("C", "web", "de")):
        await new_lead(seller, company=company, source=source, region=region)


async def test_a_list_is_asked_by_a_view(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    await some_leads(seller)
    view = await saved(seller, filter={"source": "web"}, sort="-company", is_pinned=True)
    assert (view["resource"], view["shared"], view["is_pinned"]) == ("lead", "private", True)
    assert await companies(seller, view=view["id"]) == ["C", "B"]
    asked = "query ($id: UUID!) { leads(filter: {view: $id}) { nodes { company } } }"
    answer = await seller.graphql("leads", asked, id=view["id"])
    assert [node["company"] for node in answer["data"]["leads"]["nodes"]] == ["C", "B"]


async def test_what_is_said_besides_replaces_its_like_and_narrows_the_rest(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    await some_leads(seller)
    view = await saved(seller, filter={"source": "web"}, sort="company")
    assert await companies(seller, view=view["id"], region="cn") == ["B"]
    assert await companies(seller, view=view["id"], source="fair") == ["A"]
    assert await companies(seller, view=view["id"], sort="-company") == ["C", "B"]
    first = (await seller.get("/v1/leads", params={"view": view["id"], "limit": 1})).json()
    after = {"view": view["id"], "limit": 1, "cursor": first["next_cursor"]}
    assert (await seller.get("/v1/leads", params=after)).json()["items"][0]["company"] == "C"
    await changed(seller, view, filter={"source": "fair"})
    moved = await seller.get("/v1/leads", params=after)
    assert (moved.status_code, moved.json()["code"]) == (400, "cursor.invalid")


async def test_a_view_of_the_last_days_is_of_those_before_whoever_looks(login: Login) -> None:
    seller = await login("leads", "sales_rep", scopes=[HISTORY])
    old = (clock.now() - timedelta(days=40)).isoformat()
    await made(seller, "/v1/leads", {"company": "Old", "source": "web"}, occurred_at=old)
    await new_lead(seller, company="New")
    view = await saved(seller, filter={"received_at": "last_30_days"})
    assert view["filter"] == {"received_at": "last_30_days"}
    assert await companies(seller, view=view["id"]) == ["New"]
    long = await saved(seller, name="Long", filter={"received_at": "last_60_days"})
    assert await companies(seller, view=long["id"], sort="received_at") == ["Old", "New"]
    for wrong, at in (
        ({"received_at": "last_30_days", "received_at_lt": "2026-01-01T00:00:00Z"}, "received_at"),
        ({"received_at_gte": "this_week"}, "received_at_gte"),
        ({"received_at": "last_0_days"}, "received_at"),
        ({"source": "web", "first_responded_at_null": "today"}, "first_responded_at_null"),
    ):
        refused = await seller.post(LEADS, json={"name": "Wrong", "filter": wrong})
        told = refused.json()
        assert (refused.status_code, told["code"]) == (422, "view.invalid"), wrong
        assert [each["pointer"] for each in told["errors"]] == [f"/filter/{at}"]


async def test_days_of_a_view_are_those_of_where_the_tenant_lives(
    login: Login, house: House, tenant: UUID
) -> None:
    """In Apia the day began 13 hours before it did in UTC."""
    database = await house.system("leads")
    async with database.system() as connection:
        await connection.execute(
            "insert into directory_tenant"
            " (tenant_id, version, name, time_zone, base_currency, fiscal_year_start)"
            " values ($1, 1, 'A', 'Pacific/Apia', 'USD', 1)",
            tenant,
        )
    at = datetime(2026, 3, 31, 12, tzinfo=UTC)
    reading = Reading(database, POLICY, system(tenant), at)
    assert await dated(CAMPAIGNS, reading, "starts_on", "today") == [
        ("starts_on_gte", "2026-04-01"),
        ("starts_on_lt", "2026-04-02"),
    ]
    assert await dated(VIEWED, reading, "received_at", "last_month") == [
        ("received_at_gte", "2026-02-28T11:00:00+00:00"),
        ("received_at_lt", "2026-03-31T11:00:00+00:00"),
    ]
    assert await dated(VIEWED, reading, "source", "today") == [("source", "today")]


async def test_a_view_shows_the_fields_it_names(login: Login) -> None:
    admin = await login("leads", "admin")
    await define(admin, "size", "number")
    lead = await new_lead(admin, custom={"size": "5"})
    view = await saved(admin, fields=["company", "custom.size", "budget"])
    (item,) = (await admin.get("/v1/leads", params={"view": view["id"]})).json()["items"]
    assert item == {
        "id": lead["id"],
        "version": 1,
        "company": "Acme",
        "budget": None,
        "custom": {"size": "5"},
    }


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"filter": {"colour": "red"}}, "/filter/colour", "parameter.unknown"),
        ({"filter": {"status": "sleeping"}}, "/filter/status", "parameter.invalid"),
        ({"filter": {"budget_gte": "much"}}, "/filter/budget_gte", "parameter.invalid"),
        ({"filter": {"custom.size": "5"}}, "/filter/custom.size", "parameter.unknown"),
        ({"filter": {"limit": "5"}}, "/filter/limit", "parameter.unknown"),
        ({"filter": {"cursor": "x"}}, "/filter/cursor", "parameter.unknown"),
        ({"sort": "phone"}, "/sort", "parameter.invalid"),
        ({"fields": ["colour"]}, "/fields/colour", "columns.unknown"),
        ({"fields": ["custom.size"]}, "/fields/custom.size", "columns.unknown"),
    ],
)
async def test_what_the_list_does_not_have_is_told_when_it_is_saved(
    login: Login, said: dict[str, Any], pointer: str, code: str
) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post(LEADS, json={"name": "x", **said})
    assert (answer.status_code, answer.json()["code"]) == (422, "view.invalid")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_each_thing_that_is_wrong_is_told_at_once(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    view = await saved(seller, filter={"source": "web"})
    wrong = {"filter": {"colour": "x", "status": "x"}, "sort": "x", "fields": ["y"]}
    answer = await changed(seller, view, **wrong)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 4)


async def test_a_view_whose_field_is_gone_is_refused_and_shows_no_rows(login: Login) -> None:
    admin = await login("leads", "admin")
    field = await define(admin, "size", "number")
    await new_lead(admin, custom={"size": "5"})
    by = await saved(admin, filter={"custom.size_gte": "5"})
    of = await saved(admin, name="Columns", fields=["custom.size"])
    assert await companies(admin, view=by["id"]) == ["Acme"]
    assert (await admin.delete(f"/v1/leads/custom-fields/{field['id']}")).status_code == 204

    async def refused() -> bool:
        return (await admin.get("/v1/leads", params={"view": by["id"]})).status_code == 409

    await until(refused)  # definitions are remembered for two seconds
    for view, pointer in ((by, "/filter/custom.size_gte"), (of, "/fields/custom.size")):
        told = (await admin.get("/v1/leads", params={"view": view["id"]})).json()
        assert (told["code"], told["errors"][0]["pointer"]) == ("view.stale", pointer)
    asked = "query ($id: UUID!) { leads(filter: {view: $id}) { nodes { id } } }"
    answer = await admin.graphql("leads", asked, id=by["id"])
    assert (answer["data"], answer["errors"][0]["extensions"]["code"]) == (None, "view.stale")
    export = await admin.post("/v1/leads/exports", json={"filter": {"view": by["id"]}})
    assert (export.status_code, export.json()["code"]) == (409, "view.stale")


async def test_the_reader_sees_what_is_theirs_whoever_saved_the_view(login: Login) -> None:
    manager, seller = await login("leads", "sales_manager"), await login("leads", "sales_rep")
    await new_lead(manager, company="Theirs")
    await new_lead(seller, company="Mine")
    view = await saved(manager, filter={"source": "web"}, sort="company", shared="team")
    assert await companies(manager, view=view["id"]) == ["Mine", "Theirs"]
    assert await companies(seller, view=view["id"]) == ["Mine"]
    mine = await saved(manager, name="My own", filter={"owner_id": "me"}, shared="everyone")
    assert await companies(manager, view=mine["id"]) == ["Theirs"]
    assert await companies(seller, view=mine["id"]) == ["Mine"]


async def test_a_reader_who_may_not_read_the_list_reads_it_by_no_view(login: Login) -> None:
    seller, finance = await login("leads", "sales_rep"), await login("leads", "finance")
    view = await saved(seller, shared="everyone")
    assert (await finance.get("/v1/leads", params={"view": view["id"]})).status_code == 403
    assert (await finance.post(LEADS, json={"name": "x"})).status_code == 403
    for path in (LEADS, f"{LEADS}/{view['id']}", f"{LEADS}/{view['id']}/history"):
        assert (await finance.get(path)).status_code == 403, path
    for query in ("{ leadViews { edges { node { id } } } }", '{ leadView(id: "%s") { id } }'):
        asked = query % view["id"] if "%s" in query else query
        refused = await finance.graphql("leads", asked)
        assert refused["errors"][0]["extensions"]["code"] == "forbidden"


async def test_what_a_view_said_while_it_was_private_its_history_tells_its_owner_alone(
    login: Login,
) -> None:
    seller, mate = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    view = await saved(seller, filter={"q": "secret"})
    view = (await changed(seller, view, filter={"q": "known"}, shared="team")).json()
    view = (await changed(seller, view, name="Ours")).json()
    path = f"{LEADS}/{view['id']}/history"
    newest, first = (await mate.get(path)).json()["items"]
    assert newest["changed"] == {"name": ["Mine", "Ours"]}
    assert (first["version"], first["changed"], first["state"]["shared"]) == (2, {}, "team")
    assert (await mate.get(path, params={"before": 2})).json()["items"] == []
    query = "query($id: UUID!) { leadsViewHistory(id: $id) { version changed } }"
    told = (await mate.graphql("leads", query, id=view["id"]))["data"]["leadsViewHistory"]
    assert [each["version"] for each in told] == [3, 2]
    assert "secret" not in str(told)
    whole = (await seller.get(path)).json()["items"]
    assert [each["version"] for each in whole] == [3, 2, 1]
    assert whole[1]["changed"]["shared"] == ["private", "team"]


async def test_what_a_reader_does_not_see_they_are_not_shown_by_a_view(login: Login) -> None:
    manager, seller = await login("leads", "sales_manager"), await login("leads", "sales_rep")
    money = {"annual_revenue": {"amount": "5.00", "currency": "CNY"}}
    account = await new_account(manager, **money)
    view = await saved(manager, ACCOUNTS, fields=["annual_revenue"], shared="everyone")
    shown = {"id": account["id"], "version": 1}
    asked = {"view": view["id"]}
    (item,) = (await manager.get("/v1/accounts", params=asked)).json()["items"]
    assert item == shown | money
    (item,) = (await seller.get("/v1/accounts", params=asked)).json()["items"]
    assert item == shown | {"annual_revenue": None}


@pytest.mark.parametrize(
    ("shared", "peer", "stranger"),
    [("private", False, False), ("team", True, False), ("everyone", True, True)],
)
async def test_a_view_is_seen_by_those_it_is_shared_with(
    login: Login, shared: str, peer: bool, stranger: bool
) -> None:
    seller = await login("leads", "sales_rep")
    view = await saved(seller, shared=shared)
    assert view["team"] == ("cn/east" if shared == "team" else "")
    mates = {
        "peer": (await login("leads", "sales_rep"), peer),
        "stranger": (await login("leads", "sales_director", team="cn/west"), stranger),
        "other tenant": (await login("leads", "sales_rep", tenant=ids.new()), False),
    }
    for caller, sees in mates.values():
        listed = [each["id"] for each in (await caller.get(LEADS)).json()["items"]]
        assert listed == ([view["id"]] if sees else [])
        status = 200 if sees else 404
        assert (await caller.get(f"{LEADS}/{view['id']}")).status_code == status
        asked = await caller.get("/v1/leads", params={"view": view["id"]})
        assert asked.status_code == status
        assert (await caller.delete(f"{LEADS}/{view['id']}")).status_code == (403 if sees else 404)


async def test_who_is_of_no_team_shares_with_none(login: Login) -> None:
    alone = await login("leads", "sales_rep", team="")
    answer = await alone.post(LEADS, json={"name": "x", "shared": "team"})
    assert (answer.status_code, answer.json()["code"]) == (422, "view.no_team")
    view = await saved(await login("leads", "sales_rep"))
    assert (await alone.get(f"{LEADS}/{view['id']}")).status_code == 404


async def test_a_name_is_given_once_for_each_list_and_again_when_it_is_free(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    view = await saved(seller)
    again = await seller.post(LEADS, json={"name": "Mine"})
    assert (again.status_code, again.json()["code"]) == (409, "leads_view.exists")
    await saved(other)
    await saved(seller, ACCOUNTS)
    assert (await seller.delete(f"{LEADS}/{view['id']}")).status_code == 204
    assert (await saved(seller))["id"] != view["id"]
    assert await seller.emitted(view["id"]) == ["leads_view.created.v1", "leads_view.deleted.v1"]


async def test_one_view_of_a_list_is_its_default(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    first = await saved(seller, is_default=True)
    second = await saved(seller, name="Other", is_default=True)
    await saved(seller, ACCOUNTS, is_default=True)
    listed = (await seller.get(f"{LEADS}?is_default=true")).json()["items"]
    assert [each["id"] for each in listed] == [second["id"]]
    first = (await seller.get(f"{LEADS}/{first['id']}")).json()
    assert (await changed(seller, first, is_default=True)).json()["is_default"] is True
    listed = (await seller.get(f"{LEADS}?is_default=true")).json()["items"]
    assert [each["id"] for each in listed] == [first["id"]]
    assert (await seller.delete(f"{LEADS}/{first['id']}")).status_code == 204
    await saved(seller, name="Third", is_default=True)


async def test_of_defaults_that_come_at_once_one_stays(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    new = ({"name": f"View {n}", "is_default": True} for n in range(4))
    made_at_once = await asyncio.gather(*(seller.post(LEADS, json=body) for body in new))
    assert {answer.status_code for answer in made_at_once} == {201}
    assert len((await seller.get(f"{LEADS}?is_default=true")).json()["items"]) == 1


async def test_a_second_default_meets_the_constraint(login: Login, house: House) -> None:
    seller = await login("leads", "sales_rep")
    view = await saved(seller, is_default=True)
    await saved(seller, name="Other")
    spoil = "update leads_view set is_default = true where tenant_id = $1 and id <> $2"
    async with (await house.system("leads")).system() as connection:
        with pytest.raises(asyncpg.ExclusionViolationError):
            await connection.execute(spoil, seller.actor.tenant_id, UUID(view["id"]))


async def test_a_view_is_one_lists_alone(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    view = await saved(seller, ACCOUNTS)
    for path in (f"{LEADS}/{view['id']}", f"/v1/leads?view={view['id']}"):
        answer = await seller.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "leads_view.not_found")
    assert (await changed(seller, view, name="x")).status_code == 404
    assert (await seller.get("/v1/leads?view=x")).json()["code"] == "parameter.invalid"
    assert (await seller.get("/v1/campaigns?view=x")).json()["code"] == "parameter.unknown"


async def test_a_view_is_a_question_of_today_also_about_the_past(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    view = await saved(seller, filter={"source": "web"})
    asked = {"view": view["id"], "as_of": lead["updated_at"]}
    assert await companies(seller, **asked) == ["Acme"]


async def test_graphql_saves_changes_lists_and_deletes(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    show = "... on LeadsView { id version name filter sort shared } ... on Problem { code }"
    create = f"""mutation ($input: LeadsViewCreateInput!) {{
      createLeadView(input: $input) {{ {show} }} }}"""
    given = {"name": "Mine", "filter": {"source": "web"}, "shared": "TEAM"}
    view = (await seller.graphql("leads", create, input=given))["data"]["createLeadView"]
    assert (view["filter"], view["shared"]) == ({"source": "web"}, "TEAM")
    wrong = await seller.graphql("leads", create, input=given | {"filter": {"x": "y"}})
    assert wrong["data"]["createLeadView"] == {"code": "view.invalid"}
    update = f"""mutation ($id: UUID!, $input: LeadsViewUpdateInput!) {{
      updateLeadView(id: $id, expectedVersion: 1, input: $input) {{ {show} }} }}"""
    given = {"sort": "company"}
    answer = await seller.graphql("leads", update, id=view["id"], input=given)
    assert answer["data"]["updateLeadView"]["sort"] == "company"
    ask = """query ($id: UUID!) { leadView(id: $id) { name } accountView(id: $id) { name }
      leadViews(filter: {shared: [TEAM]}) { nodes { id } } accountViews { nodes { id } } }"""
    assert (await seller.graphql("leads", ask, id=view["id"]))["data"] == {
        "leadView": {"name": "Mine"},
        "accountView": None,
        "leadViews": {"nodes": [{"id": view["id"]}]},
        "accountViews": {"nodes": []},
    }
    delete = f"mutation ($id: UUID!) {{ deleteLeadView(id: $id) {{ {show} }} }}"
    answer = await seller.graphql("leads", delete, id=view["id"])
    assert answer["data"]["deleteLeadView"]["version"] == 3
    assert UUID(view["id"]).version == 7


async def test_what_belongs_to_something_is_asked_by_a_view_page_by_page(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    parent = await new_account(seller, name="Group")
    for name in ("B", "A", "C"):
        await new_account(seller, name=name, parent_id=parent["id"], industry="steel")
    view = await saved(seller, ACCOUNTS, filter={"industry": "steel"}, sort="-name")
    ask = """query ($id: UUID!, $view: UUID!, $after: String) { account(id: $id) {
      children(first: 2, after: $after, filter: {view: $view}) {
        nodes { name } pageInfo { endCursor } } } }"""
    pages, after = [], None
    for _ in range(2):
        answer = await seller.graphql("leads", ask, id=parent["id"], view=view["id"], after=after)
        children = answer["data"]["account"]["children"]
        pages.append([node["name"] for node in children["nodes"]])
        after = children["pageInfo"]["endCursor"]
    assert pages == [["C", "B"], ["A"]]
