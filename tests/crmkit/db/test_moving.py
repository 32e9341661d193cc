"""Rows that are put in, and taken back where they are not proved."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crmkit.db import moving
from crmkit.kernel import ids
from crmkit.kernel.errors import Invalid
from crmkit.testing.house import House

CURSOR = 900_000
COUNTED = "select last_value from feed_event_cursor_seq"


async def archived(house: House, tenant: UUID, folder: Path, **changed: str) -> None:
    """What the webhooks have of a tenant: one event in its feed."""
    (folder / "webhooks").mkdir()
    await house.executor("webhooks")
    dsn = house.settings("webhooks").dsn("webhooks", "system")
    await moving.export_tenant(dsn, tenant, folder / "webhooks")
    file = folder / "webhooks/feed_event.jsonl"
    columns: dict[str, str] = json.loads(file.read_text())
    values = {"uuid": str(ids.new()), "text": "x", "timestamp with time zone": "2026-01-05 00:00Z"}
    row = {name: values.get(kind, "1") for name, kind in columns.items()}
    row |= {"tenant_id": str(tenant), "cursor": str(CURSOR)} | changed
    with file.open("a") as lines:
        lines.write(json.dumps(list(row.values())) + "\n")


async def put_in(house: House, tenant: UUID, folder: Path, proof: moving.Proof) -> bool:
    system, owner = (house.settings("webhooks").dsn("webhooks", r) for r in ("system", "owner"))
    return await moving.import_rows(system, owner, tenant, folder / "webhooks", proof)


async def counted(house: House) -> int:
    """Where the feed's counter is."""
    connection = await asyncpg.connect(house.settings("webhooks").dsn("webhooks", "owner"))
    try:
        return int(await connection.fetchval(COUNTED))
    finally:
        await connection.close()


async def refuse(connection: Any) -> None:
    there = await connection.fetchval("select count(*) from feed_event where cursor = $1", CURSOR)
    assert there == 1
    raise Invalid("not what was told")


async def accept(connection: Any) -> None:
    """Whatever is there."""


async def test_a_counter_stays_where_it_was_until_the_rows_are_proved(
    house: House, tenant: UUID, tmp_path: Path
) -> None:
    await archived(house, tenant, tmp_path)
    before = await counted(house)
    with pytest.raises(Invalid, match="not what was told"):
        await put_in(house, tenant, tmp_path, refuse)
    assert await counted(house) == before < CURSOR
    assert await put_in(house, tenant, tmp_path, accept)
    assert await counted(house) == CURSOR
    assert not await put_in(house, tenant, tmp_path, accept)


@pytest.mark.parametrize("column", ["recorded_at", "version", "aggregate_id"])
async def test_a_value_of_another_kind_is_refused_with_its_file(
    house: House, tenant: UUID, tmp_path: Path, column: str
) -> None:
    await archived(house, tenant, tmp_path, **{column: "seven"})
    with pytest.raises(Invalid, match=r"webhooks/feed_event.jsonl: .*seven"):
        await put_in(house, tenant, tmp_path, accept)
