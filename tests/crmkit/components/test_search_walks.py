"""检索 what lies before what is searched for changes nothing of what is found, whichever way."""

import random
from uuid import UUID

import asyncpg
import pytest

from crmkit.kernel import ids
from crmkit.kernel.grams import SKETCHED, asked_keys, kept_keys, sketch
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.crmkit.components.test_search import due, found, keep, put, search_by

GAP, BEHIND, LATE = 60, 40, 5
PARTS = ("恒", "岭", "有限公司", "科技", "王", "acme", "Ltd", " ", "a", "x7")
WAYS = [(1, 0, 4), (1, 0, 3, 500), (1, -1, 4), (1, -1, 4, 500), (4, -1, 500), (1, 2000, 500)]
_PLAIN = """
select id::text from lead where tenant_id = $1 and (
  company || chr(10) || contact_name || chr(10) || coalesce(email, '')) ilike all ($2::text[])
order by {0}, id {1}
"""
_WALKED = "select crm.walked($1, $2, 'lead', 99, 'placed_at', true, null, null)"
_ALONG = """
explain select id, sketch from search_key
where tenant_id = $1 and aggregate = 'lead' and {0} is not null order by {0} desc, id desc
"""
_AVOIDED = ("seqscan", "bitmapscan", "sort", "incremental_sort")


def bits_of(tenant: UUID, *words: str) -> asyncpg.BitString:
    return asyncpg.BitString.frombytes(sketch(kept_keys(tenant, "lead", words)), SKETCHED)


async def put_behind_a_gap(house: House, admin: Caller, die: random.Random) -> None:
    """Some of the leads have any of the parts, all that came after them none; the last wait."""

    def said() -> str:
        return "".join(die.choices(PARTS, k=die.randint(1, 5))).strip() or "z"

    tenant = admin.actor.tenant_id
    await put(admin, [{"company": said(), "contact_name": said()} for _ in range(BEHIND)])
    await put(admin, [{"company": f"q{n}", "contact_name": "q"} for n in range(GAP)])
    await keep(house, tenant)
    await put(admin, [{"company": said(), "contact_name": said()} for _ in range(LATE)])
    assert await due(await house.system("leads"), tenant) == LATE


async def plain(house: House, tenant: UUID, text: str, sort: str) -> list[str]:
    """What LIKE finds in that order."""
    way = "desc" if sort.startswith("-") else "asc"
    sql = _PLAIN.format(f"{sort.removeprefix('-')} {way}", way)
    async with (await house.system("leads")).system() as connection:
        asked = [f"%{word}%" for word in text.split()]
        return [row["id"] for row in await connection.fetch(sql, tenant, asked)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sort", ["-received_at", "received_at", "company", "-company"])
async def test_behind_a_gap_is_found_what_like_finds_page_by_page(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch, sort: str, seed: int
) -> None:
    die = random.Random(seed)  # noqa: S311 - repeatable on purpose
    admin = await login("leads", "admin")
    await put_behind_a_gap(house, admin, die)
    hits = 0
    for way in WAYS:
        search_by(monkeypatch, *way)
        for _ in range(3):
            text = " ".join(filter(str.strip, die.choices(PARTS, k=die.randint(1, 2)))) or "恒"
            items = await found(admin, "leads", q=text, sort=sort, limit=str(die.randint(3, 40)))
            expected = await plain(house, tenant, text, sort)
            assert [item["id"] for item in items] == expected, (text, way)
            hits += len(items)
    assert hits


async def test_what_has_keys_and_no_sketch_yet_is_found_by_its_keys(
    login: Login, house: House, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those are that were there before there were sketches."""
    admin = await login("leads", "admin")
    await put(admin, [{"company": name} for name in ("恒岭", "其他")])
    await keep(house, tenant)
    async with (await house.system("leads")).system() as connection:
        emptied = "update search_key set sketch = null where tenant_id = $1"
        assert await connection.execute(emptied, tenant) == "UPDATE 2"
    search_by(monkeypatch, 1, -1, 500)
    for sort in ("-received_at", "company"):
        items = await found(admin, "leads", q="恒岭", sort=sort)
        assert [item["company"] for item in items] == ["恒岭"]


async def test_a_sketch_alone_finds_nothing(login: Login, house: House, tenant: UUID) -> None:
    """Others may have the same bits: what is told has all keys, and is of the bound tenant."""
    admin = await login("leads", "admin")
    (lead,) = await put(admin, [{"company": "恒岭"}])
    await keep(house, tenant)
    app, bits = (await house.executor("leads")).database, bits_of(tenant, "恒岭")
    keys, others = [asked_keys(tenant, "lead", [word]) for word in ("恒岭", "岭恒")]
    async with app.lend(tenant) as connection:
        assert await connection.fetchval(_WALKED, keys, bits) == [UUID(lead)]
        assert await connection.fetchval(_WALKED, others, bits) == []
        assert await connection.fetchval(_WALKED, keys, bits_of(tenant, "岭恒王伟")) == []
    async with app.lend(ids.new()) as connection:
        assert await connection.fetchval(_WALKED, keys, bits) == []


async def test_how_many_have_a_word_is_told_about(house: House, tenant: UUID) -> None:
    owner = await asyncpg.connect(house.settings("leads").dsn("leads", "owner"))
    about = "select crm.about_keyed($1, $2)"
    rows = []
    for n in range(3000):
        texts = ["恒岭" if n % 3 else "其他", f"{n} Trading Robotics", f"visitor{n}@fair.example"]
        keys = kept_keys(tenant, "lead", texts)
        short = asyncpg.BitString.frombytes(sketch(keys), SKETCHED)
        rows.append((tenant, "lead", ids.new(), keys, short))
    written = owner.transaction()
    await written.start()
    try:
        await owner.execute("truncate search_key")
        columns = ("tenant_id", "aggregate", "id", "keys", "sketch")
        sql = f"insert into search_key ({', '.join(columns)}) values ($1, $2, $3, $4, $5)"
        await owner.executemany(sql, rows)
        told = {
            word: await owner.fetchval(
                about, asked_keys(tenant, "lead", [word]), bits_of(tenant, word)
            )
            for word in ("恒岭", "其他", "王伟")
        }
    finally:
        await written.rollback()
        await owner.close()
    assert told["王伟"] == 0
    assert told["恒岭"] > told["其他"] > 0
    assert 1000 < told["恒岭"] <= 3000


@pytest.mark.parametrize("place", ["placed_at", "named"])
async def test_walks_go_along_an_index_that_has_the_sketches(house: House, place: str) -> None:
    owner = await asyncpg.connect(house.settings("leads").dsn("leads", "owner"))
    try:
        await owner.execute("".join(f"set enable_{each} = off;" for each in _AVOIDED))
        plan = await owner.fetch(_ALONG.format(place), ids.new())
    finally:
        await owner.close()
    assert f"Index Only Scan Backward using search_key_{place}_idx" in str(plan)


def test_a_word_has_the_bits_of_all_it_is_made_of(tenant: UUID) -> None:
    """More bits are asked than the longest runs have, so that few others have them all."""
    kept = int.from_bytes(sketch(kept_keys(tenant, "lead", ["苏州恒岭精密有限公司", "王伟"])))
    asked: dict[str, int] = {
        word: int.from_bytes(sketch(kept_keys(tenant, "lead", [word]))) for word in PARTS
    }
    for word in ("恒", "岭", "有限公司", "王"):
        assert asked[word] & ~kept == 0
    assert (
        asked["科技"].bit_count()
        > int.from_bytes(sketch(asked_keys(tenant, "lead", ["科技"]))).bit_count()
    )
