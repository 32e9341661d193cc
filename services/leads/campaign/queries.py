"""Every list of campaigns and of their costs, and what is below a campaign."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope, scope_sql
from services.leads.campaign.domain import DEEPEST
from services.leads.campaign.models import Campaign, CampaignCost

CAMPAIGNS = Listing(
    Campaign,
    filters=(
        "status",
        "kind",
        "channel",
        "source",
        "owner_id",
        "team",
        "region",
        "starts_on",
        "ends_on",
        "budget",
        "spent",
        "updated_at",
        "external_system",
        "external_id",
        "plan_level",
        "parent_id",
    ),
    sorts=("name", "starts_on", "updated_at"),
    default="name",
    search=("name", "theme"),
)
COSTS = Listing(
    CampaignCost,
    filters=(
        "campaign_id",
        "kind",
        "source",
        "owner_id",
        "team",
        "region",
        "spent_on",
        "amount",
        "currency",
        "updated_at",
    ),
    sorts=("spent_on", "updated_at"),
    default="-spent_on",
    search=("note",),
)
MOST_NODES = 1000
_BELOW = """
with recursive below as (
  select c.*, 0 as level from campaign c where tenant_id = $1 and id = $2
  union all
  select c.*, below.level + 1 from campaign c join below on c.parent_id = below.id
  where c.tenant_id = $1 and below.level < $3
)
"""
_HEIGHT = f"{_BELOW} select coalesce(max(level), 0) + 1 as height from below"


@dataclass(frozen=True, slots=True)
class Tree:
    """A campaign and those below it, as far as the caller sees them: `MOST_NODES` of them at most,
    each with its `level`, and the totals of all in each currency."""

    nodes: list[dict[str, Any]]
    truncated: bool
    totals: list[dict[str, Any]]

    @property
    def sources(self) -> list[str]:
        return sorted({node["source"] for node in self.nodes})


async def find_tree(reading: Reading, campaign_id: UUID) -> Tree:
    """The campaign and all below it, level by level; NotFound."""
    await reading.get(Campaign, campaign_id)
    actor = reading.actor
    scope = reading.policy.demand(actor, "campaign", "read")
    asked = (actor.tenant_id, campaign_id, DEEPEST, actor.member_id, actor.team)
    nodes = await reading.fetch(_tree(scope), *asked, MOST_NODES + 1, of=(Campaign,))
    totals = await reading.fetch(_totals(scope), *asked, of=(Campaign,))
    shown = [dict(each) for each in nodes[:MOST_NODES]]
    return Tree(shown, len(nodes) > MOST_NODES, [dict(each) for each in totals])


async def find_height(reading: Reading, campaign_id: UUID) -> int:
    """Levels of the tree that begins with the campaign, itself included; `DEEPEST` + 1 at most."""
    found = await reading.fetch(_HEIGHT, reading.tenant_id, campaign_id, DEEPEST)
    return int(found[0]["height"])


@cache
def _tree(scope: Scope) -> str:
    return f"{_seen(scope)} select * from seen order by level, name, id limit $6"


@cache
def _totals(scope: Scope) -> str:
    return f"""{_seen(scope)}
select currency, count(*) as campaigns, sum(budget) as budget, sum(spent) as spent
from seen group by currency order by currency
"""


def _seen(scope: Scope) -> str:
    return f"""{_BELOW.rstrip()}, caller as (select $4::uuid as caller_id, $5::text as caller_team),
seen as (
  select below.* from below, caller where {scope_sql(scope, "caller_id", "caller_team")}
)"""
