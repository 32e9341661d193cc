"""Every list of rules and absences, and who may be given a lead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.leads.assignment.domain import Candidate, Decision, Facts, Rule, decide, first_fit
from services.leads.assignment.models import Absence, AssignmentRule
from services.leads.assignment.schemas import AskedRule, ConsideredMember, Simulation
from services.leads.lead.models import IS_OPEN, Lead
from services.leads.lead.queries import LEADS
from services.leads.pool.domain import used_today
from services.leads.pool.queries import Ruling, get_ruling
from services.leads.segment.queries import which_hold

ASSIGNMENT_RULES = Listing(
    AssignmentRule,
    filters=("active", "strategy", "pool_id", "updated_at"),
    sorts=("rank", "updated_at"),
    default="rank",
    search=("name",),
)
ABSENCES = Listing(
    Absence,
    filters=("owner_id", "team", "from_on", "until_on", "updated_at"),
    sorts=("from_on", "updated_at"),
    default="-from_on",
)

_RULES = f"""
{plan(AssignmentRule).select} where tenant_id = $1 and active order by rank, id limit 1000
"""
_CANDIDATES = f"""
select m.member_id, m.version, m.counted_on, m.claimed + m.received as count, m.capacity,
  m.capacity_per_day, m.regions, m.skills, coalesce(d.active, false) as works,
  coalesce(l.open, 0) as open, coalesce(l.held, 0) as held,
  exists (
    select from absence a where a.tenant_id = m.tenant_id and a.owner_id = m.member_id
      and a.from_on <= $3::date and a.until_on >= $3::date and a.deleted_at is null) as absent
from pool_member m
left join directory_member d on d.tenant_id = m.tenant_id and d.id = m.member_id
left join lateral (
  select count(*) as open, count(*) filter (where l.pool_id = m.pool_id) as held
  from lead l where l.tenant_id = m.tenant_id and l.owner_id = m.member_id and {IS_OPEN}
) l on true
where m.tenant_id = $1 and m.pool_id = $2 and m.active
"""


async def find_rules(reading: Reading) -> list[Rule]:
    """The rules that are asked, in their order."""
    found = await reading.fetch(_RULES, reading.tenant_id)
    return [rule_of(row(AssignmentRule, record)) for record in found]


async def facts_of(reading: Reading, rules: Sequence[Rule], lead: Lead) -> Facts:
    """What rules ask of a lead, as far as they are asked; Conflict `segment.stale` where one that
    fits it otherwise names a segment whose own rule cannot be asked any more: the next one may not
    be for the lead."""
    outside = Facts(lead.source, lead.region, lead.product)
    certain = first_fit(rules, outside)
    before = rules if certain is None else rules[: rules.index(certain)]
    named = {rule.segment_id for rule in before if rule.segment_id is not None}
    within = replace(outside, segments=named)
    asked = {rule.segment_id for rule in before if rule.segment_id and rule.fits(within)}
    return replace(outside, segments=await which_hold(reading, LEADS, asked, lead.id))


async def find_candidates(reading: Reading, pool_id: UUID, ruling: Ruling) -> list[Candidate]:
    """Everybody in a pool, with what they have and what they were given today, claims included."""
    found = await reading.fetch(_CANDIDATES, reading.tenant_id, pool_id, ruling.today)
    return [_candidate(record, ruling) for record in found]


async def simulate(reading: Reading, facts: Facts) -> Simulation:
    """Who would get such a lead now, and why; nothing is written, and no turn passes."""
    reading.policy.demand(reading.actor, "assignment_rule", "read")
    rules = await find_rules(reading)
    rule = first_fit(rules, facts)
    asked = rules[: rules.index(rule) + 1] if rule else rules
    told = [AskedRule(rule_id=r.id, name=r.name, fits=r is rule) for r in asked]
    if rule is None:
        return Simulation(
            rule_id=None, strategy=None, pool_id=None, member_id=None, rules=told, members=[]
        )
    candidates = await find_candidates(
        reading, rule.pool_id, await get_ruling(reading, rule.pool_id)
    )
    return _simulation(decide(rule, candidates, facts), told, candidates)


def rule_of(kept: AssignmentRule) -> Rule:
    """A rule as decisions know it."""
    return Rule(
        kept.id,
        kept.name,
        kept.strategy,
        kept.pool_id,
        kept.sources,
        kept.regions,
        kept.products,
        kept.last_member_id,
        kept.segment_id,
        kept.skills,
    )


def _candidate(record: Any, ruling: Ruling) -> Candidate:
    counted_on: date | None = record["counted_on"]
    return Candidate(
        member_id=record["member_id"],
        version=record["version"],
        open=record["open"],
        held=record["held"],
        today=used_today(counted_on, record["count"], ruling.today),
        capacity=record["capacity"],
        capacity_per_day=record["capacity_per_day"],
        holding_cap=ruling.terms.holding_cap,
        regions=record["regions"],
        works=record["works"],
        absent=record["absent"],
        skills=record["skills"],
    )


def _simulation(
    decided: Decision, asked: list[AskedRule], candidates: list[Candidate]
) -> Simulation:
    members = [
        ConsideredMember(
            member_id=each.member_id,
            standing=decided.standings[each.member_id],
            open=each.open,
            today=each.today,
        )
        for each in sorted(candidates, key=lambda each: each.member_id)
    ]
    return Simulation(
        rule_id=decided.rule.id,
        strategy=decided.strategy,
        pool_id=decided.rule.pool_id,
        member_id=decided.chosen.member_id if decided.chosen else None,
        rules=asked,
        members=members,
    )
