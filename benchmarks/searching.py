"""Leads searched by what is in their texts: what some have, what many have, and what none has."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from asyncpg import BitString

from benchmarks import statements
from benchmarks.data import connected, drop_indexes
from benchmarks.figures import Figure, figure
from benchmarks.goals import SEARCHED_AT
from benchmarks.ground import Ground, Server
from benchmarks.load import Load
from benchmarks.plan import Plan
from benchmarks.samples import Sample, Series, middle
from benchmarks.tenant import FIRST_IN_GAP, TENANT
from crmkit.kernel.grams import SKETCHED, kept_keys, sketch, unsigned

TERMS = (
    *("有限公司", "科技", "王", "王伟", "欧阳雨桐", "上海鑫源", "恒信精密", "物流 北京", "瑞"),
    *("ltd", "acme", "Global", "robotics", "3fa", "Nova 1a", "schmidt", "ya", "Atlas Optics"),
    *("u31@163.com", "hengling", "8001", "138 0013", "+8613000007919", "0007919"),
    *("龘", "王龘", "zzqx", "qx", "acme 有限", "u999999999@qq.com"),
)
"""A third each match more than one in a hundred, fewer, and none or nearly none."""

_GAP = 30
"""One in so many leads came last, of one campaign, and is found by no term that many others are."""

_BATCH = 20_000
_ROUNDS = 2


async def measure(ground: Ground, server: Server, plan: Plan) -> list[Figure]:
    """As a caller whose rights are looked at row by row, each term in turn."""
    if not plan.wants("search"):
        return []
    await _gap(ground)
    await _key(ground)
    asked = Load(server.port, "/v1/leads?q=<q>", headers=ground.headers, terms=TERMS)
    series = Series(ground, server, asked)
    found: list[Figure] = []
    for n in SEARCHED_AT:
        await series.take(n, plan.warm_seconds)
        seconds = plan.seconds * 5  # so that one in a hundred is several of each term
        at: Sample = middle([await series.take(n, seconds) for _ in range(_ROUNDS)])
        if n == SEARCHED_AT[0]:
            found.append(figure("search.cpu", at.cpu))
        for what in ("rate", "p50", "p99"):
            found.append(figure(f"search.c{n}.{what}", getattr(at, what)))
    return found


async def _gap(ground: Ground) -> None:
    rows = ground.data.rows // _GAP
    async with connected(ground.data.postgres, "leads") as connection:
        await connection.execute(statements.HASTE)
        await connection.execute(statements.SEARCH_GAP, TENANT, FIRST_IN_GAP, rows)


async def _key(ground: Ground) -> None:
    """As the worker's schedule would, which takes its time; nothing waits for it any more."""
    async with (
        connected(ground.data.postgres, "leads") as reading,
        connected(ground.data.postgres, "leads") as writing,
    ):
        await writing.execute(statements.HASTE)
        await writing.execute("truncate search_key, search_due")
        indexes = await drop_indexes(writing, ["search_key"])
        last = UUID(int=0)
        while batch := await reading.fetch(statements.SEARCHED, TENANT, last, _BATCH):
            last = batch[-1]["id"]
            rows = map(_row, batch)
            await writing.copy_records_to_table("search_key", records=rows, columns=_COLUMNS)
        for index in indexes:
            await writing.execute(index)
        await writing.execute("vacuum analyze search_key, search_due, lead")


_COLUMNS = ("tenant_id", "aggregate", "id", "keys", "sketch", "placed_at", "named")
_Row = tuple[UUID, str, UUID, list[int], BitString, Any, str]


def _row(lead: Any) -> _Row:
    keys = kept_keys(TENANT, "lead", _said(lead))
    short = BitString.frombytes(sketch(keys), SKETCHED)
    return TENANT, "lead", lead["id"], keys, short, lead["at"], lead["company"]


def _said(lead: Any) -> Iterator[str]:
    yield from (lead["company"], lead["contact_name"], lead["email"], unsigned(lead["phone"] or ""))
