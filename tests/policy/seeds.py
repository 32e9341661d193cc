"""Records put into a service's database as they are, without a command: some for each way in which
a record can stand to the person who looks."""

import pkgutil
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID

import crmkit.events
from crmkit.db.pool import Connection
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.events.envelope import REGISTRY, canonical
from crmkit.kernel import clock, ids
from crmkit.kernel.access import Scope
from tests.policy.exhibit import NEEDLE, Exhibit
from tests.policy.exhibits import SAMPLE_DAY

TEAM = "cn/east"
for _module in pkgutil.iter_modules(crmkit.events.__path__):
    import_module(f"crmkit.events.{_module.name}")
_FIXED = {
    "currency": "CNY",
    "url": "https://example.com/hook",
    "base_currency": "CNY",
    "time_zone": "UTC",
}


@dataclass(frozen=True)
class Stance:
    """How a record stands to somebody of `TEAM`, and the least scope that shows it to them."""

    name: str
    mine: bool
    team: str
    least: Scope


STANCES = (
    Stance("my own", True, TEAM, Scope.OWN),
    Stance("my own, in a team I left", True, "cn/north", Scope.OWN),
    Stance("of my team", False, TEAM, Scope.TEAM),
    Stance("of a team below mine", False, f"{TEAM}/shanghai-1", Scope.SUBTREE),
    Stance("of a team whose name begins like mine", False, f"{TEAM}-2", Scope.ALL),
    Stance("of a team beside mine", False, "cn/west", Scope.ALL),
    Stance("of the team above mine", False, "cn", Scope.ALL),
    Stance("of no team", False, "", Scope.ALL),
)
UNOWNED = (Stance("of the house", False, "", Scope.ALL),)


def stances(cls: type[Record]) -> tuple[Stance, ...]:
    return STANCES if "owner_id" in plan(cls).columns else UNOWNED


def sample(cls: type[Record], tenant: UUID, **values: Any) -> dict[str, Any]:
    """A whole row: what is not given is made up by the kind of the column."""
    known = plan(cls)
    made = {"tenant_id": tenant, "id": ids.new(), "version": 1} | known.defaults
    for name in known.columns:
        if name not in made:
            members = known.enums.get(name)
            made[name] = (
                next(iter(members.values())) if members else _value(name, known.types[name])
            )
    return made | values


def _value(name: str, pg_type: str) -> Any:
    made: dict[str, Any] = {
        "uuid": ids.new(),
        "text": _FIXED.get(name) or f"{NEEDLE} {ids.new()}",
        "date": SAMPLE_DAY,
        "numeric": Decimal("1.00"),
        "jsonb": [],
        "boolean": False,
    }
    if pg_type.startswith("timestamp"):
        return clock.now()
    return made.get(pg_type, 1)


async def insert(connection: Connection, cls: type[Record], row: dict[str, Any]) -> None:
    """The row, and for an aggregate with events one event of which history tells."""
    known = plan(cls)
    marks = ", ".join(f"${n}" for n, _ in enumerate(known.columns, 1))
    columns = ", ".join(known.columns)
    values = [row[name] for name in known.columns]
    overriding = "overriding system value " if "cursor" in known.columns else ""
    await connection.execute(
        f"insert into {known.table} ({columns}) {overriding}values ({marks})", *values
    )
    await _tell(connection, cls, row)


async def change(connection: Connection, cls: type[Record], row: dict[str, Any]) -> None:
    """Another text, or number, in one column of the row, as its second version, and its event."""
    known = plan(cls)
    changing = [n for n in known.columns if "updated_at" not in cls.kept or n in cls.kept]
    texts = (n for n in changing if known.types[n] == "text" and n not in known.enums)
    fixed = {*_FIXED, "period", "email", "secret", "resource"}
    column = next((name for name in texts if name not in fixed), "")
    number = next((n for n in changing if known.types[n] == "integer" and n != "version"), "")
    moved = column or number
    row |= {moved: f"changed {ids.new()}" if column else 2, "version": 2, "updated_at": clock.now()}
    await connection.execute(
        f"update {known.table} set {moved} = $2, version = 2, updated_at = $3 where id = $1",
        row["id"],
        row[moved],
        row["updated_at"],
    )
    await _tell(connection, cls, row)


async def _tell(connection: Connection, cls: type[Record], row: dict[str, Any]) -> None:
    known = plan(cls)
    kind = next((e for e in REGISTRY.values() if e.aggregate == known.table), None)
    if kind is None:
        return
    state = {name: row[name] for name in kind.fields}
    changed = {n: [None, v] for n, v in state.items() if n != "owner_id"}  # who is never nobody
    data = canonical({"state": state, "changed": changed})
    await connection.execute(
        "insert into event (tenant_id, id, aggregate, aggregate_id, version, type, occurred_at,"
        " recorded_at, actor, data, salt, digest)"
        " values ($1, $2, $3, $4, $5, $6, $7, $7, 'system', $8, '', '')",
        row["tenant_id"],
        ids.new(),
        known.table,
        row["id"],
        row["version"],
        kind.type,
        row["updated_at"],
        data.decode(),
    )


async def seed(
    connection: Connection, exhibit: Exhibit, tenant: UUID, me: UUID, most: int = 8
) -> list[tuple[Stance, dict[str, Any]]]:
    """A record for each of the first stances, with the parents it needs, which stand alike."""
    found = []
    for n, stance in enumerate(stances(exhibit.cls)[:most], 1):
        whose = {"owner_id": me if stance.mine else ids.new(), "team": stance.team}
        given: dict[str, Any] = {
            "period": f"2026-{n:02}",
            "sequence": n,
            "position": n,
            "stages": [],
            "starts_on": date(2026, n, 1),
        }
        for cls in (*exhibit.parents, exhibit.cls):
            last = cls is exhibit.cls
            values = given | whose | (dict(exhibit.values) if last else {})
            row = sample(cls, tenant, **{k: v for k, v in values.items() if k in plan(cls).columns})
            await insert(connection, cls, row)
            given[f"{plan(cls).table}_id"] = row["id"]
        found.append((stance, row))
    return found
