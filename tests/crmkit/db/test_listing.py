import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from crmkit.db.listing import Found, Listing
from crmkit.db.pool import Database
from crmkit.db.reading import Reading
from crmkit.db.tables import Record, amount, day, enum, instant, tables, text
from crmkit.kernel import ids
from crmkit.kernel.access import Grant, Policy, Scope
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Forbidden, Invalid
from crmkit.testing.house import House

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no type here
TENANT = ids.new()
MEMBER = UUID("01990000-0000-7000-8000-00000000abcd")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CLERK = Actor(TENANT, MEMBER, frozenset({"clerk"}))
BOSS = Actor(TENANT, ids.new(), frozenset({"admin"}))


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Row(Record, registry=tables()):
    """Base of the tables here."""


class Parcel(Row, table=True):
    label: str = text()
    size: Size = enum(Size)
    owner_id: UUID
    team: str = text(default="")
    weight: int | None = None
    price: Decimal | None = amount(default=None)
    due: date | None = day(default=None)
    sent_at: datetime | None = instant(default=None)
    fragile: bool = False
    deleted_at: datetime | None = instant(default=None)


SORTS = ("label", "weight", "price", "due", "sent_at", "created_at")
PARCELS = Listing(
    Parcel,
    filters=("label", "size", "owner_id", "weight", "price", "due", "sent_at", "fragile"),
    sorts=SORTS,
    default="-created_at",
    search=("label", "team"),
)
POLICY = Policy(
    {
        "parcel": {
            "clerk": Grant(read=Scope.OWN, masks=frozenset({"price"})),
            "lead": Grant(read=Scope.TEAM),
            "head": Grant(read=Scope.SUBTREE),
            "guest": Grant(),
        }
    }
)


@pytest.fixture(scope="module")
async def database(house: House) -> AsyncIterator[Database]:
    await house.postgres.provision("listing")
    opened = await Database.open(house.postgres.url("listing", "owner"), size=3, name="test")
    try:
        async with opened.system() as connection:
            table = Parcel.__table__  # type: ignore[attr-defined]  # SQLModel sets it
            await connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)))
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def shelf(database: Database) -> Database:
    """The database with an empty table."""
    async with database.system() as connection:
        await connection.execute("truncate parcel")
    return database


def reading(database: Database, actor: Actor = BOSS) -> Reading:
    return Reading(database, POLICY, actor, NOW)


async def put(database: Database, **values: Any) -> UUID:
    row: dict[str, Any] = {
        "tenant_id": TENANT,
        "id": ids.new(),
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "label": "box",
        "size": "small",
        "owner_id": MEMBER,
        "team": "",
        "fragile": False,
    } | values
    marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    sql = f"insert into parcel ({', '.join(row)}) values ({marks})"
    async with database.system() as connection:
        await connection.execute(sql, *row.values())
    put_in: UUID = row["id"]
    return put_in


async def ask(database: Database, query: str, actor: Actor = BOSS) -> Found:
    return await PARCELS.find(reading(database, actor), PARCELS.parse(pairs(query)))


async def labels(database: Database, query: str, actor: Actor = BOSS) -> list[str]:
    return [record["label"] for record in (await ask(database, query, actor)).records]


def pairs(query: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in query.split("&") if part]
    return [(name, value) for name, _, value in parts]


def refused(query: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        PARCELS.parse(pairs(query))
    return caught.value


orders = st.lists(st.sampled_from(SORTS), min_size=1, max_size=2, unique=True).flatmap(
    lambda names: st.tuples(*(st.sampled_from([name, f"-{name}"]) for name in names))
)
parcels = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["", "a", "B", "ä", "箱", "a'b"]),
        "weight": st.none() | st.sampled_from([-2_147_483_648, 0, 1, 2_147_483_647]),
        "price": st.none() | st.sampled_from([Decimal("0.00"), Decimal("9.99")]),
        "due": st.none() | st.sampled_from([date(1970, 1, 1), date(2199, 12, 31)]),
        "sent_at": st.none() | st.sampled_from([NOW, NOW + timedelta(microseconds=1)]),
        "created_at": st.sampled_from([NOW, NOW + timedelta(days=1)]),
    }
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(parcels, max_size=12),
    newcomers=st.lists(parcels, min_size=1, max_size=3),
    order=orders,
    limit=st.integers(1, 4),
)
async def test_a_full_walk_shows_every_row_that_was_there_exactly_once(
    database: Database,
    rows: list[dict[str, Any]],
    newcomers: list[dict[str, Any]],
    order: tuple[str, ...],
    limit: int,
) -> None:
    async with database.system() as connection:
        await connection.execute("truncate parcel")
    there = [await put(database, **row) for row in rows]
    query = f"sort={','.join(order)}&limit={limit}"
    walked: list[UUID] = []
    cursor: str | None = ""
    while cursor is not None:
        page = f"{query}&cursor={cursor}" if cursor else query
        inserting = asyncio.gather(*(put(database, **row) for row in newcomers[:1]))
        found, _ = await asyncio.gather(ask(database, page), inserting)
        walked += [record["id"] for record in found.records]
        cursor, newcomers = found.next_cursor, newcomers[1:]
    assert len(walked) == len(set(walked))
    assert set(there) <= set(walked)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(parcels, max_size=10), order=orders, limit=st.integers(1, 3))
async def test_pages_put_together_are_the_whole_list_in_the_databases_order(
    database: Database, rows: list[dict[str, Any]], order: tuple[str, ...], limit: int
) -> None:
    async with database.system() as connection:
        await connection.execute("truncate parcel")
    for row in rows:
        await put(database, **row)
    query = f"sort={','.join(order)}"
    whole = await ask(database, query)
    page = await ask(database, f"{query}&limit={limit}")
    walked = list(page.records)
    while page.next_cursor:
        page = await ask(database, f"{query}&limit={limit}&cursor={page.next_cursor}")
        walked += page.records
    assert [r["id"] for r in walked] == [r["id"] for r in whole.records]
    columns = [name.removeprefix("-") for name in order]
    by = ", ".join(f"{n.removeprefix('-')} {'desc' if n[0] == '-' else 'asc'}" for n in order)
    plain = await reading(database).fetch(f"select * from parcel order by {by}")
    assert [[r[c] for c in columns] for r in walked] == [[r[c] for c in columns] for r in plain]


async def test_the_cursor_of_each_record_continues_after_it(shelf: Database) -> None:
    for label in "abc":
        await put(shelf, label=label)
    found = await ask(shelf, "sort=label")
    assert found.next_cursor is None
    rest = [await labels(shelf, f"sort=label&cursor={cursor}") for cursor in found.cursors]
    assert rest == [["b", "c"], ["c"], []]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("label=a", "a"),
        ("label=a,c,nothing", "ac"),
        ("size=large", "b"),
        ("size=large,small", "abc"),
        ("weight=2", "b"),
        ("weight_gte=2", "bc"),
        ("weight_gt=2&weight_lt=4", "c"),
        ("weight_lte=2", "b"),
        ("weight_null=true", "a"),
        ("weight_null=false", "bc"),
        ("price_gte=10.5", "c"),
        ("due=2026-01-31", "a"),
        ("due_lt=2026-01-31", ""),
        ("sent_at_gte=2026-11-22T17:30:00%2B08:00".replace("%2B", "+"), "b"),
        ("sent_at_gt=2026-11-22T09:30:00.000001Z", ""),
        ("fragile=true", "c"),
        ("fragile=true,false", "abc"),
        (f"owner_id={MEMBER}&q=A", "ac"),
        (f"owner_id={str(MEMBER).upper()}", "abc"),
        ("q=CN/EAST", "c"),
        ("q=%", ""),
        ("q=_", ""),
        ("q=\\", ""),
        ("q=a,b", ""),
    ],
)
async def test_filters_narrow_the_list(shelf: Database, query: str, expected: str) -> None:
    await put(shelf, label="a", due=date(2026, 1, 31))
    await put(shelf, label="b", size="large", weight=2, price=Decimal("1.00"), sent_at=NOW)
    price = Decimal("10.50")
    await put(shelf, label="c", weight=3, price=price, fragile=True, team="cn/east")
    assert "".join(await labels(shelf, f"{query}&sort=label")) == expected


@pytest.mark.parametrize("special", ["100%", "a_b", "back\\slash"])
async def test_search_takes_special_characters_literally(shelf: Database, special: str) -> None:
    await put(shelf, label=special)
    await put(shelf, label="100 a-b back/slash")
    assert await labels(shelf, f"q={special}") == [special]


async def test_rows_of_other_tenants_and_deleted_rows_are_hidden(shelf: Database) -> None:
    await put(shelf, tenant_id=ids.new())
    await put(shelf, deleted_at=NOW)
    assert await labels(shelf, "count=exact") == []


async def test_the_scope_of_the_caller_narrows_the_list(shelf: Database) -> None:
    await put(shelf, label="own")
    await put(shelf, label="team", owner_id=ids.new(), team="cn/east")
    await put(shelf, label="below", owner_id=ids.new(), team="cn/east/shanghai")
    await put(shelf, label="other", owner_id=ids.new(), team="cn/eastern")
    seen = {}
    for role in ("clerk", "lead", "head", "admin"):
        actor = Actor(TENANT, MEMBER, frozenset({role}), "cn/east")
        query = "sort=label&size=small,large&limit=1&count=exact"
        page = await ask(shelf, query, actor)
        seen[role] = [r["label"] for r in page.records], page.total
        assert page.next_cursor is None or await labels(
            shelf, f"{query}&cursor={page.next_cursor}", actor
        )
    assert seen == {
        "clerk": (["own"], 1),
        "lead": (["own"], 2),
        "head": (["below"], 3),
        "admin": (["below"], 4),
    }


async def test_who_may_not_read_gets_no_list(shelf: Database) -> None:
    with pytest.raises(Forbidden):
        await ask(shelf, "", Actor(TENANT, MEMBER, frozenset({"guest"})))


@pytest.mark.parametrize("query", ["price_gte=1", "price_null=true", "sort=-price"])
async def test_a_masked_field_can_be_neither_filtered_nor_sorted_by(
    shelf: Database, query: str
) -> None:
    with pytest.raises(Invalid, match="no such"):
        await ask(shelf, query, CLERK)


async def test_counts_are_given_when_asked_for(shelf: Database) -> None:
    for label in "abc":
        await put(shelf, label=label)
    assert (await ask(shelf, "limit=1")).total is None
    assert (await ask(shelf, "limit=1&count=exact&label=a,b")).total == 2
    page = await ask(shelf, "limit=2&count=exact")
    assert (await ask(shelf, f"count=exact&cursor={page.next_cursor}")).total == 3
    async with shelf.system() as connection:
        await connection.execute("analyze parcel")
    assert (await ask(shelf, "limit=1&count=estimated")).total == 3


async def page_cursor(database: Database) -> str:
    for label in "abc":
        await put(database, label=label)
    found = await ask(database, "sort=label&limit=1")
    assert found.next_cursor
    return found.next_cursor


async def test_a_cursor_belongs_to_its_order_filter_tenant_and_list(shelf: Database) -> None:
    cursor = await page_cursor(shelf)
    for query in ("sort=-label", "sort=label,weight", "sort=weight", "sort=label&label=a", ""):
        with pytest.raises(Invalid, match="cursor"):
            await ask(shelf, f"{query}&cursor={cursor}")
    stranger = Actor(ids.new(), MEMBER, frozenset({"admin"}))
    with pytest.raises(Invalid, match="cursor"):
        await ask(shelf, f"sort=label&cursor={cursor}", stranger)
    assert await labels(shelf, f"sort=label&limit=2&cursor={cursor}") == ["b", "c"]


async def test_a_changed_cursor_is_refused(shelf: Database) -> None:
    cursor = await page_cursor(shelf)
    other = {"A": "B"}
    changed = [cursor[:n] + other.get(cursor[n], "A") + cursor[n + 1 :] for n in range(len(cursor))]
    changed += [cursor[:n] for n in range(len(cursor))]
    changed += [cursor + "=", cursor + "A", f" {cursor}", "ä", "\ud800", "A" * 10_000, "====", "\0"]
    changed.append(base64.urlsafe_b64encode(b"x" * 40).decode())
    for wrong in changed:
        with pytest.raises(Invalid) as caught:
            await ask(shelf, f"sort=label&cursor={wrong}")
        assert caught.value.code == "cursor.invalid"


@pytest.mark.parametrize(
    "query",
    [
        *(f"limit={v}" for v in ("0", "-1", "201", "1e3", "100000000000000000000", "abc", "", "٣")),
        "limit=1&limit=2",
        "label=a&label=a",
        "sort=",
        "sort=team",
        "sort=label,label",
        "sort=label,-label",
        "sort=label,weight,due",
        "sort=(select 1)",
        "sort=--label",
        "count=yes",
        "size=",
        "size=huge",
        "size=small,",
        "fragile=1",
        "fragile=True",
        "weight=1.0",
        "weight=1e3",
        "weight=٣",
        "weight=1,2",
        "weight= 1",
        "weight=1\n",
        "weight=9999999999",
        "weight_null=yes",
        "price=NaN",
        "price=1e9",
        "price_gte=",
        "due=2026-02-30",
        "due=20260101",
        "due=1969-12-31",
        "due=2200-01-01",
        "due=0001-01-01",
        "due=1767225600",
        "sent_at=2026-01-01T00:00:00",
        "sent_at=2026-01-01",
        "sent_at=1767225600",
        "sent_at=2026-01-01T24:00:00Z",
        "sent_at=2026-06-30T23:59:60Z",
        "sent_at=9999-12-31T23:59:59-23:59",
        "sent_at=2026-01-01T00:00:00 08:00",
        "owner_id=1",
        "owner_id={00000000-0000-7000-8000-000000000000}",
        "owner_id=00000000000070008000000000000000",
        "label=\0",
        "label=\ud800",
        "label=" + "x" * 201,
        "label=" + "x," * 200,
        "q=",
        "q= ",
        "q=" + "x" * 201,
        "q=\0",
    ],
)
def test_what_is_not_written_right_is_refused_by_name(query: str) -> None:
    error = refused(query)
    name = pairs(query)[0][0]
    assert (error.code, error.faults[0].pointer) == ("parameter.invalid", f"/{name}")


@pytest.mark.parametrize(
    "query", ["colour=red", "team=x", "label_gte=x", "label_null=true", "tenant_id=x", "x" * 10_000]
)
def test_an_unknown_parameter_is_refused_by_name(query: str) -> None:
    error = refused(query)
    assert error.code == "parameter.unknown"
    assert error.faults[0].pointer == f"/{pairs(query)[0][0][:200]}"


def test_the_nearest_parameter_is_named() -> None:
    assert "did you mean weight_gte?" in refused("weigth_gte=1").detail


def test_typed_values_make_the_same_question_as_a_query_string() -> None:
    typed = PARCELS.wanted(
        {
            "size": [Size.SMALL, Size.LARGE],
            "owner_id": MEMBER,
            "price_gte": Decimal("1E+3"),
            "due": date(2026, 1, 31),
            "sent_at_lt": NOW,
            "fragile": [True],
            "weight": 3,
            "weight_null": None,
            "q": "a,b",
        },
        "-label",
        50,
        None,
    )
    query = f"size=large,small&owner_id={MEMBER}&price_gte=1000&due=2026-01-31&fragile=true"
    query += "&sent_at_lt=2026-11-22T09:30:00Z&weight=3&q=a,b&sort=-label"
    assert typed == PARCELS.parse(pairs(query))


@pytest.mark.parametrize(
    ("filters", "sort", "limit"),
    [
        ({"colour": "red"}, None, 1),
        ({"size": "huge"}, None, 1),
        ({"size": []}, None, 1),
        ({"sent_at": datetime(2026, 1, 1)}, None, 1),  # noqa: DTZ001 - the zone is what lacks
        ({"price": Decimal("NaN")}, None, 1),
        ({"weight": True}, None, 1),
        ({"label": "\0"}, None, 1),
        ({}, "nothing", 1),
        ({}, None, 0),
        ({}, None, 101),
    ],
)
def test_typed_values_are_checked_too(
    filters: dict[str, Any], sort: str | None, limit: int
) -> None:
    with pytest.raises(Invalid):
        PARCELS.wanted(filters, sort, limit, None)


async def test_only_the_declared_columns_are_read(shelf: Database) -> None:
    listing = Listing(
        Parcel, filters=(), sorts=("label",), default="label", columns=("size", "weight")
    )
    await put(shelf, label="a")
    await put(shelf, label="b")
    first = await listing.find(reading(shelf), listing.parse([("limit", "1")]))
    assert list(first.records[0].keys()) == ["size", "weight", "label", "id"]
    second = listing.parse([("cursor", first.next_cursor or "")])
    assert [r["label"] for r in (await listing.find(reading(shelf), second)).records] == ["b"]


async def test_deep_pages_walk_the_index(shelf: Database) -> None:
    async with shelf.system() as connection:
        await connection.execute(
            "insert into parcel (tenant_id, id, version, created_at, updated_at, label, size,"
            " owner_id, team, weight, fragile) select $1, gen_random_uuid(), 1, now(), now(),"
            " 'x', 'small', $1, '', nullif(n % 5000, 0), false from generate_series(1, 20000) n",
            TENANT,
        )
        await connection.execute("create index on parcel (tenant_id, weight, id)")
        await connection.execute("analyze parcel")
    for order in ("weight", "-weight"):
        plans = await plans_of_page_after(shelf, order)
        assert "Seq Scan" not in plans


async def plans_of_page_after(database: Database, order: str) -> str:
    statements: list[str] = []

    class Spy(Reading):
        async def fetch(self, sql: str, *arguments: Any, of: Any = None) -> list[asyncpg.Record]:
            statements.append(sql)
            rows: Sequence[asyncpg.Record] = await Reading.fetch(self, f"explain {sql}", *arguments)
            statements.append("\n".join(row[0] for row in rows))
            return await Reading.fetch(self, sql, *arguments)

    spy = Spy(database, POLICY, BOSS, NOW)
    first = await PARCELS.find(spy, PARCELS.parse(pairs(f"sort={order}&limit=100")))
    cursor = first.next_cursor
    await PARCELS.find(spy, PARCELS.parse(pairs(f"sort={order}&limit=100&cursor={cursor}")))
    return statements[-1]


def test_every_parameter_is_documented_with_its_type() -> None:
    documented = {p["name"]: p for p in PARCELS.openapi()["parameters"]}
    assert set(documented) == {*PARCELS.parameters, "sort", "limit", "cursor", "count"}
    assert documented["size"]["schema"]["items"]["enum"] == ["small", "large"]
    bounds = {"minimum": -1_999_999_999, "maximum": 1_999_999_999}
    assert documented["weight_gte"]["schema"] == {"type": "integer"} | bounds
    assert documented["sent_at_lt"]["schema"]["format"] == "date-time"
    assert documented["weight_null"]["schema"] == {"type": "boolean"}
    assert documented["owner_id"]["explode"] is False
    assert all(p["in"] == "query" and p["description"] for p in documented.values())
