"""Every list of accounts."""

from typing import Any
from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.kernel.access import covers
from services.leads.account.domain import DEEPEST
from services.leads.account.models import Account

ACCOUNTS = Listing(
    Account,
    filters=(
        "industry",
        "region",
        "country",
        "owner_id",
        "team",
        "parent_id",
        "employees",
        "updated_at",
        "grade",
        "tier",
        "is_important",
        "is_problem",
        "segment",
        "lifecycle",
        "lifecycle_at",
        "customer_since",
        "external_system",
        "external_id",
    ),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
MOST_NODES = 1000
_BELOW = """
with recursive below as (
  select a.*, 0 as level from account a where tenant_id = $1 and id = $2 and deleted_at is null
  union all
  select a.*, below.level + 1 from account a join below on a.parent_id = below.id
  where a.tenant_id = $1 and a.deleted_at is null and below.level < $3
)
"""
_TREE = f"{_BELOW} select * from below order by level, name, id limit $4"
_HEIGHT = f"{_BELOW} select coalesce(max(level), 0) + 1 as height from below"


async def find_tree(reading: Reading, account_id: UUID) -> tuple[list[dict[str, Any]], bool]:
    """The account and all below it that the caller sees, each with its `level`, level by level;
    and whether there are more than `MOST_NODES`."""
    found = await reading.fetch(
        _TREE, reading.tenant_id, account_id, DEEPEST, MOST_NODES + 1, of=(Account,)
    )
    scope = reading.policy.scope(reading.actor, plan(Account).table, "read")
    shown = [each for each in found[:MOST_NODES] if covers(scope, reading.actor, _row(each))]
    return [dict(each) for each in shown], len(found) > MOST_NODES


async def find_height(reading: Reading, account_id: UUID) -> int:
    """Levels of the tree that begins with the account, itself included; `DEEPEST` + 1 at most."""
    found = await reading.fetch(_HEIGHT, reading.tenant_id, account_id, DEEPEST)
    return int(found[0]["height"])


def _row(record: Any) -> Account:
    return row(Account, {name: record[name] for name in plan(Account).columns})
