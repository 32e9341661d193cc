"""What moves without events leaves what it held."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crmkit.db.pool import Connection, prepare
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.kernel import ids
from crmkit.service import services
from crmkit.testing.house import House
from tests.architecture.test_states import records
from tests.policy.seeds import insert, sample

_PAST = "select held from past where tenant_id = $1 and id = $2 order by until"


def keeping() -> list[tuple[str, type[Record]]]:
    return [(s.name, cls) for s in services() for cls in records(s) if cls.kept]


async def kept_by(connection: Connection, cls: type[Record], tenant: UUID) -> set[str]:
    """The columns a change of which leaves what they all held, each changed by itself."""
    known, row = plan(cls), sample(cls, tenant)
    await insert(connection, cls, row)
    found, seen = set(), 0
    for name in known.columns:
        if name in ("tenant_id", "id"):
            continue
        (before,) = await connection.fetch(f"{known.select} where id = $1", row["id"])
        await connection.execute(
            f"update {known.table} set {name} = {_other(known.types[name], name)} where id = $1",
            row["id"],
        )
        held = await connection.fetch(_PAST, tenant, row["id"])
        if len(held) > seen:
            seen += 1
            assert set(_shown(held[-1]["held"])) == cls.kept, name
            assert _comparable(_shown(held[-1]["held"])[name], before[name])
            found.add(name)
    await connection.execute(f"delete from {known.table} where id = $1", row["id"])
    assert await connection.fetch(_PAST, tenant, row["id"]) == []
    return found


def _other(pg_type: str, name: str) -> str:
    """Another value than a row has."""
    if pg_type.startswith("timestamp"):
        return f"coalesce({name}, now()) - interval '1 day'"
    others = {
        "uuid": "uuidv7()",
        "text": f"coalesce({name}, '') || 'x'",
        "boolean": f"not {name}",
        "jsonb": """'["x"]'""",
    }
    return others.get(pg_type, f"coalesce({name}, 0) + 1")


def _shown(held: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(held) if isinstance(held, str) else held
    return told


def _comparable(told: Any, before: Any) -> bool:
    return told == before or str(told)[:10] == str(before)[:10]


@pytest.mark.parametrize(("name", "cls"), keeping(), ids=lambda each: getattr(each, "__name__", ""))
async def test_the_columns_that_are_kept_are_those_that_the_table_names(
    house: House, name: str, cls: type[Record]
) -> None:
    await house.system(name)  # migrates
    owner: Any = await asyncpg.connect(house.settings(name).dsn(name, "owner"))
    transaction = owner.transaction()
    await transaction.start()
    try:
        await prepare(owner)
        await owner.execute("set local app.migrating = 'on'")
        assert await kept_by(owner, cls, ids.new()) == cls.kept
        table = plan(cls).table
        await owner.execute(f"drop trigger {table}_past on {table}")
        assert await kept_by(owner, cls, ids.new()) == set()
    finally:
        await transaction.rollback()
        await owner.close()
