"""Every list of accounts."""

from typing import Any
from uuid import UUID

from crmkit.components.custom import CustomFields, field_listing
from crmkit.components.jobs.commands import job_listing
from crmkit.components.search import Search
from crmkit.components.views.saved import Viewed
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.kernel.access import covers
from crmkit.kernel.errors import NotFound
from services.leads.account.domain import DEEPEST
from services.leads.account.models import Account, AccountField, AccountJob
from services.leads.account.schemas import AccountRead
from services.leads.segment.queries import RULES
from services.leads.view.queries import VIEWS

ACCOUNT_FIELDS = CustomFields(AccountField)
ACCOUNT_FIELD_LIST = field_listing(AccountField)
ACCOUNT_JOBS = job_listing(AccountJob)
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
        "contacted_at",
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
    search=("name", "website"),
    searching=Search(named="name"),
    custom=ACCOUNT_FIELDS,
    views=VIEWS,
    segments=RULES,
)
ACCOUNT_VIEWS = Viewed(ACCOUNTS, AccountRead)
MOST_NODES = 1000
_HEIR = """
with recursive heir as (
  select id, merged_into from account where tenant_id = $1 and id = $2
  union
  select a.id, a.merged_into from account a join heir on a.id = heir.merged_into
  where a.tenant_id = $1
)
select id from heir where merged_into is null and id <> $2
"""
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


async def find_heir(reading: Reading, account_id: UUID) -> Account | None:
    """The account that one was merged into, by however many steps; None where it was not."""
    found = await reading.fetch(_HEIR, reading.tenant_id, account_id, of=(Account,))
    return await reading.find(Account, id=found[0]["id"]) if found else None


async def standing_id(reading: Reading, account_id: UUID | None) -> UUID | None:
    """The id by which an account is known by now: that of its heir where it was merged."""
    heir = await find_heir(reading, account_id) if account_id is not None else None
    return heir.id if heir is not None else account_id


async def demand_unmerged(reading: Reading, account_id: UUID) -> None:
    """NotFound `account.merged`, with `merged_into`, where the account is part of one that the
    caller sees."""
    heir = await find_heir(reading, account_id)
    scope = reading.policy.scope(reading.actor, plan(Account).table, "read")
    if heir is not None and covers(scope, reading.actor, heir):
        raise NotFound(
            "it is part of another account", code="account.merged", extra={"merged_into": heir.id}
        )


def _row(record: Any) -> Account:
    return row(Account, {name: record[name] for name in plan(Account).columns})
