"""检索 lists searched by what is in their texts: the same as a model finds, by whatever way."""

import unicodedata
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crmkit.components import search, search_keeper
from crmkit.components.search import MANY, Search
from crmkit.components.search_keeper import SearchKeeper, keeps
from crmkit.db.listing import Listing
from crmkit.db.pool import Database
from crmkit.db.reading import Reading
from crmkit.kernel import clock, ids
from crmkit.kernel.access import Grant, Policy, Scope
from crmkit.kernel.grams import asked_keys
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account.queries import ACCOUNTS
from services.leads.app import service
from services.leads.claim.queries import POOL_LEADS
from services.leads.contact.queries import CONTACTS
from services.leads.lead.queries import LEADS
from services.leads.policy import POLICY
from tests.leads.samples import a_lead, new_account, new_contact, new_lead

KEYED = (LEADS, ACCOUNTS, CONTACTS)
ROWS = [
    {"company": "苏州恒岭精密有限公司", "contact_name": "王伟", "phone": "138-0013-8000"},
    {"company": "上海恒瑞机械有限公司", "contact_name": "欧阳雨桐", "email": "rui@heng.cn"},
    {"company": "北京远大科技", "contact_name": "王静", "phone": "+86 139 0000 8001"},
    {"company": "ＡＣＭＥ Robotics", "contact_name": "Li Lei", "email": "li.lei@acme.example"},
    {"company": "Acme Tools, Ltd.", "contact_name": "Anna Ｍüller", "phone": "(0512)67671234"},
    {"company": "100% Pure_Foods", "contact_name": "o'Neil"},
    {"company": "恒恒恒", "contact_name": "A"},
    {"company": "Zenith 2000", "contact_name": "王伟民"},
]
ASKED = [
    *("王伟", "王", "恒", "有限公司", "acme", "ＡＣＭＥ", "LEI", "8001", "13800138000", "a", "z"),
    *(
        "138 0013 8000",
        "0512-6767-1234",
        "acme tools",
        "王 有限",
        "heng.cn",
        "müller",
        "%",
        "_",
        "o'",
    ),
    *("龘", "zzq", "王静伟", "qx", "2000", "0013", "恒恒", "\\", "ac me ltd"),
]


def matches(row: dict[str, Any], text: str) -> bool:
    """The model: every word, in any case and width, and digits of numbers alone."""
    said = [unicodedata.normalize("NFKC", row.get(n) or "").lower() for n in row if n != "phone"]
    said.append("".join(c for c in row.get("phone") or "" if c.isdigit()))
    words = unicodedata.normalize("NFKC", text).lower().split()
    digits = ["".join(c for c in w if c.isdigit()) for w in words]
    asked = [d if len(d) >= 7 else w for w, d in zip(words, digits, strict=True)]
    return all(any(word in each for each in said) for word in asked)


async def keep(house: House, tenant: UUID) -> None:
    """Until all that waits has its keys."""
    keeper = SearchKeeper(KEYED)
    executor, system = await house.executor("leads"), await house.system("leads")
    while await due(system, tenant):
        await keeper(executor, system)


async def due(system: Database, tenant: UUID) -> int:
    async with system.system() as connection:
        sql = "select count(*) from search_due where tenant_id = $1"
        return int(await connection.fetchval(sql, tenant))


async def put(caller: Caller, rows: list[dict[str, Any]]) -> list[str]:
    sent = {"rows": [{"data": a_lead(**row)} for row in rows]}
    answer = await caller.post("/v1/leads/batch", json=sent)
    return [row["id"] for row in answer.json()["rows"]]


async def found(caller: Caller, path: str, **asked: str) -> list[Any]:
    """The items of all pages, in order."""
    items: list[Any] = []
    link = f"/v1/{path}"
    params: dict[str, str] | None = asked
    while link:
        answer = await caller.get(link, params=params)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        link, params = answer.links.get("next", {}).get("url", ""), None
    return items


async def companies(caller: Caller, **asked: str) -> list[str]:
    return [lead["company"] for lead in await found(caller, "leads", **asked)]


def search_by(monkeypatch: pytest.MonkeyPatch, probed: int, few: int, *steps: int) -> None:
    """Whoever has any few more than that has many: of -1 the list's order is walked along."""
    many = MANY if few >= 0 else few
    known = {"PROBED": probed, "PROBED_OWN": probed, "FEW": few, "MANY": many, "_STEPS": steps}
    for name, value in known.items():
        monkeypatch.setattr(search, name, value)


@pytest.mark.parametrize(
    "ways",
    [
        *((2000, 2000, 500), (1, 2000, 500), (1, 0, 500), (1, 0, 2, 3), (3, 1, 4), (1, 0)),
        *((1, -1, 500), (1, -1, 2, 3), (3, -1, 4)),
    ],
    ids=[
        *("probed", "keyed", "in order", "in steps", "each", "read through"),
        *("walked", "walked in steps", "probed and walked"),
    ],
)
async def test_every_way_finds_what_the_model_finds_page_by_page(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch, ways: tuple[int, ...]
) -> None:
    admin = await login("leads", "admin")
    await put(admin, ROWS[:-3])
    await keep(house, tenant)
    await put(admin, ROWS[-3:])  # these may have no keys yet
    search_by(monkeypatch, *ways)
    whole = {sort: await companies(admin, sort=sort) for sort in ("-received_at", "company")}
    known = {row["company"]: row for row in ROWS}
    for n, text in enumerate(ASKED):
        sort = ("-received_at", "company")[n % 2]
        expected = [each for each in whole[sort] if matches(known[each], text)]
        assert await companies(admin, sort=sort, q=text, limit="2") == expected, (text, sort)


async def test_other_filters_other_orders_and_counts_go_with_a_search(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    await put(admin, [row | {"source": f"s{n % 2}"} for n, row in enumerate(ROWS)])
    await keep(house, tenant)
    for ways in ((1, 2000, 500), (1, 0, 500), (1, -1, 500)):
        search_by(monkeypatch, *ways)
        assert await companies(admin, q="恒", source="s1") == ["上海恒瑞机械有限公司"]
        walked = await companies(admin, q="王", sort="updated_at,-company", limit="1")
        assert len(walked) == 3
        for count in ("exact", "estimated"):
            asked = {"q": "有限公司", "limit": "1", "count": count}
            page = (await admin.get("/v1/leads", params=asked)).json()
            assert len(page["items"]) == 1
            assert page["total"] == 2 or count == "estimated"


async def test_accounts_and_contacts_are_searched_alike(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    account = await new_account(admin, name="苏州恒岭", website="https://hengling.example")
    await new_account(admin, name="Other")
    wang = await new_contact(admin, account, name="王静", title="采购", phone="13800138000")
    await keep(house, tenant)
    search_by(monkeypatch, 1, 2000, 500)
    assert await found(admin, "accounts", q="恒岭") == [account]
    assert await found(admin, "accounts", q="hengling.example") == [account]
    for text in ("王静", "采购", "0013 王"):
        assert await found(admin, "contacts", q=text) == [wang]
    assert await found(admin, "contacts", q="恒岭") == []
    query = """query ($q: String) { accounts(filter: {q: $q}) { edges { node { id name } } }
      contacts(filter: {q: $q}) { edges { node { id name } } } }"""
    shown = [{"node": {"id": each["id"], "name": each["name"]}} for each in (account, wang)]
    told: dict[str, Any] = {"恒岭": (shown[:1], []), "王静": ([], shown[1:]), "龘": ([], [])}
    for probed in (1, 2000):
        search_by(monkeypatch, probed, 2000, 500)
        for text, expected in told.items():
            data = (await admin.graphql("leads", query, q=text))["data"]
            assert (data["accounts"]["edges"], data["contacts"]["edges"]) == expected


async def test_what_changed_is_found_by_what_it_is_now_at_once(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    lead, other = await new_lead(admin, company="旧名"), await new_lead(admin, company="Other")
    await keep(house, tenant)
    search_by(monkeypatch, 1, 2000, 500)
    path = f"/v1/leads/{lead['id']}"
    await admin.patch(path, json={"company": "新名"}, headers={"if-match": '"1"'})
    for _ in range(2):
        assert await companies(admin, q="旧名") == []
        assert await companies(admin, q="新名") == ["新名"]
        await keep(house, tenant)
    await admin.patch(path, json={"need": "much"}, headers={"if-match": '"2"'})
    system = await house.system("leads")
    assert await due(system, tenant) == 0  # nothing that is searched has changed
    await admin.delete(path)
    assert await companies(admin, q="新名") == []
    await admin.post(f"{path}/restore")
    assert await companies(admin, q="新名") == ["新名"]
    assert await companies(admin, q="other") == [other["company"]]


async def test_a_text_takes_its_keys_along_when_it_goes(
    login: Login, house: House, tenant: UUID
) -> None:
    """Whoever empties a record's texts, by whatever statement, leaves nothing to find it by."""
    admin = await login("leads", "admin")
    emptied, gone = [UUID(each) for each in await put(admin, ROWS[:2])]
    await keep(house, tenant)
    system = await house.system("leads")
    async with system.system() as connection:
        keys = "select id from search_key where tenant_id = $1"
        assert {row["id"] for row in await connection.fetch(keys, tenant)} == {emptied, gone}
        await connection.execute("update lead set company = '' where id = $1", emptied)
        await connection.execute("delete from lead where id = $1", gone)
        assert await connection.fetch(keys, tenant) == []
    assert await due(system, tenant) == 1
    await keep(house, tenant)
    assert await companies(admin, q="恒") == []
    assert await companies(admin, q="王伟") == [""]


async def test_what_changes_while_it_is_keyed_keeps_no_key_of_before(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    lead = await new_lead(admin, company="旧名")
    keyed, path = search_keeper._Kind.keyed, f"/v1/leads/{lead['id']}"

    async def late(*given: Any) -> Any:
        rows = await keyed(*given)
        await admin.patch(path, json={"company": "新名"}, headers={"if-match": '"1"'})
        return rows

    system, executor = await house.system("leads"), await house.executor("leads")
    with monkeypatch.context() as patch:
        patch.setattr(search_keeper._Kind, "keyed", late)
        await SearchKeeper(KEYED)(executor, system)
    search_by(monkeypatch, 1, 2000, 500)
    for _ in range(2):
        async with system.system() as connection:
            sql = "select keys from search_key where tenant_id = $1 and keys @> $2::int[]"
            old = asked_keys(tenant, "lead", ["旧名"])
            assert await connection.fetch(sql, tenant, old) == []
        assert (await companies(admin, q="旧名"), await companies(admin, q="新名")) == (
            [],
            ["新名"],
        )
        await keep(house, tenant)


async def test_behind_an_import_neither_the_newest_nor_anybody_else_waits(
    login: Login, house: House, tenant: UUID
) -> None:
    other = ids.new()
    await new_lead(await login("leads", "admin", tenant=other))
    _, *rest, _ = await put(await login("leads", "admin"), ROWS[:6])
    system, executor = await house.system("leads"), await house.executor("leads")
    await SearchKeeper(KEYED, 4)(executor, system)
    async with system.system() as connection:
        waiting = await connection.fetch("select id from search_due where tenant_id = $1", tenant)
    assert {str(row["id"]) for row in waiting} == {*rest}
    assert await due(system, other) == 0


async def test_by_keys_nothing_is_found_that_has_none(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other ways find all the same: so it is the keys that find."""
    admin = await login("leads", "admin")
    await put(admin, ROWS)
    await keep(house, tenant)
    async with (await house.system("leads")).system() as connection:
        await connection.execute("delete from search_key where tenant_id = $1", tenant)
    counted = {}
    for ways in ((2000, 2000, 500), (1, 2000, 500), (1, 0, 500), (1, -1, 500)):
        search_by(monkeypatch, *ways)
        counted[ways] = len(await companies(admin, q="王伟"))
    assert [*counted.values()] == [2, 0, 0, 0]


async def test_nobody_finds_what_is_not_theirs(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, seller = await login("leads", "admin"), await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    await put(admin, ROWS)
    await put(stranger, ROWS[:1])
    await keep(house, tenant)
    await keep(house, stranger.actor.tenant_id)
    for ways in ((1, 2000, 500), (1, 0, 500), (1, -1, 500), (2000, 2000, 500)):
        search_by(monkeypatch, *ways)
        assert await companies(seller, q="王") == []
        assert await companies(stranger, q="王") == [ROWS[0]["company"]]


async def test_whom_a_team_shows_some_finds_them_behind_what_others_have(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = await login("leads", "sales_manager", team="us")
    await put(await login("leads", "sales_rep", team="us/west"), ROWS)
    await put(await login("leads", "sales_rep", team="cn"), ROWS)
    await keep(house, tenant)
    whole = await companies(manager)
    expected = [each for each in whole if each in {"苏州恒岭精密有限公司", "上海恒瑞机械有限公司"}]
    for ways in ((3, 2000, 500), (3, 0, 500), (3, -1, 500), (3, 0), (12, 0), (2000, 2000, 500)):
        search_by(monkeypatch, *ways)
        assert await companies(manager, q="有限公司", limit="1") == expected
    search_by(monkeypatch, len(ROWS) + 1, 2000)  # one more than the caller sees
    reading = Reading(manager.executor.database, POLICY, manager.actor, clock.now())
    asked = await LEADS.question(reading, LEADS.parse([("q", "王")]))
    assert isinstance(LEADS.searching, search.Search)
    seeking = search._Seeking(LEADS.searching, LEADS, reading, asked)
    assert await seeking.first(51) is None, "as many are looked at as are probed, whoever sees them"


async def test_a_hidden_field_finds_nothing_and_is_not_counted(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    await put(admin, ROWS)
    await keep(house, tenant)
    search_by(monkeypatch, 1, 2000, 500)
    database = (await house.executor("leads")).database
    grant = Grant(read=Scope.ALL, masks=frozenset({"phone", "email"}))
    policy = Policy({"lead": {"clerk": grant, "boss": Grant(read=Scope.ALL)}})
    seen = {}
    for role in ("clerk", "boss"):
        actor = replace(admin.actor, roles=frozenset({role}))
        reading = Reading(database, policy, actor, clock.now())
        for text in ("13800138000", "heng.cn", "王伟"):
            wanted = LEADS.parse([("q", text), ("count", "exact"), ("limit", "1")])
            page = await LEADS.find(reading, wanted)
            estimate = await LEADS.find(reading, LEADS.parse([("q", text), ("count", "estimated")]))
            seen[role, text] = page.total, len(estimate.records)
    assert [seen["boss", text] for text in ("13800138000", "heng.cn", "王伟")] == [(1, 1)] * 2 + [
        (2, 2)
    ]
    assert [seen["clerk", text] for text in ("13800138000", "heng.cn", "王伟")] == [(0, 0)] * 2 + [
        (2, 2)
    ]


async def test_only_the_definer_is_helped_by_the_index_and_only_for_the_bound_tenant(
    login: Login, house: House, tenant: UUID
) -> None:
    """Row security keeps `@>` out of index conditions; that of the function's owner lets all by."""
    admin = await login("leads", "admin")
    (lead, *_) = await put(admin, ROWS[:1])
    await keep(house, tenant)
    keys = asked_keys(tenant, "lead", ["王伟"])
    explain = "explain select id from search_key where keys @> $1::int[]"
    owner = await asyncpg.connect(house.settings("leads").dsn("leads", "owner"))
    app = (await house.executor("leads")).database
    try:
        await owner.execute("set enable_seqscan = off")
        plans = [await owner.fetch(explain, keys)]
        async with app.lend(tenant) as connection:
            plans.append(await connection.fetch(explain, keys))
        by_index = [any("search_key_keys_idx" in row[0] for row in plan) for plan in plans]
        assert by_index == [True, False]
        sql = "select crm.keyed($1::int[], 9, null, false, null, null)"
        async with app.lend(tenant) as connection:
            assert await connection.fetchval(sql, keys) == [UUID(lead)]
        async with app.lend(ids.new()) as connection:
            assert await connection.fetchval(sql, keys) == []
        assert await owner.fetchval(sql, keys) == []  # bound to nobody
    finally:
        await owner.close()


@pytest.mark.parametrize("listing", KEYED, ids=lambda listing: listing.cls.__name__)
async def test_triggers_mark_every_column_that_is_searched_or_sorted_by(
    house: House, listing: Listing
) -> None:
    search_of, table = listing.searching, listing.cls.__tablename__
    assert isinstance(search_of, Search)
    sql = "select pg_get_triggerdef(oid) from pg_trigger where tgname = $1"
    async with (await house.system("leads")).system() as connection:
        marked = await connection.fetchval(sql, f"{table}_searched_set")
    places = [each for each in search_of.places if each]
    needed = {*listing.search, *places}
    assert {name for name in needed if f"old.{name} IS DISTINCT" in marked} == needed
    assert "old.need IS" not in marked


async def test_the_worker_keeps_every_list_that_has_keys(house: House) -> None:
    made = [make(house.settings("leads")) for make in service.schedules]
    (keeper,) = [each for each in made if isinstance(each, SearchKeeper)]
    assert keeper._kinds.keys() == {listing.cls.__tablename__ for listing in KEYED}
    with pytest.raises(TypeError, match="without keys"):
        keeps(POOL_LEADS)(house.settings("leads"))


@pytest.mark.parametrize("text", ["", " ", "\u3000", "x" * 201, "a\u0000b"])
async def test_a_question_without_words_or_too_long_is_refused(login: Login, text: str) -> None:
    admin = await login("leads", "admin")
    for path in ("leads", "accounts", "contacts"):
        answer = await admin.get(f"/v1/{path}", params={"q": text})
        assert answer.status_code == 400, (path, text)


async def test_as_of_an_instant_a_search_looks_at_what_was_then(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    lead = await new_lead(admin, company="旧名", phone="138-0013-8000")
    then = (await admin.get(f"/v1/leads/{lead['id']}/history")).json()["items"][0]["recorded_at"]
    path = f"/v1/leads/{lead['id']}"
    await admin.patch(path, json={"company": "新名"}, headers={"if-match": '"1"'})
    await keep(house, tenant)
    search_by(monkeypatch, 1, 2000, 500)
    for text, there in (("旧名", 1), ("新名", 0), ("13800138000", 1)):
        assert len(await found(admin, "leads", q=text, as_of=then)) == there, text
