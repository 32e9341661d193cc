"""Every change of a rule or absence, and the assigning itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads_assignment import (
    AbsenceCreated,
    AbsenceDeleted,
    AbsenceUpdated,
    AssignmentRuleCreated,
    AssignmentRuleTurned,
    AssignmentRuleUpdated,
)
from crmkit.events.leads_pool import LeadAssigned
from crmkit.fields import given
from crmkit.kernel.errors import Invalid, Stale
from services.leads.assignment.domain import (
    Decision,
    Facts,
    Rule,
    Strategy,
    decide,
    demand_rule,
    demand_span,
    first_fit,
)
from services.leads.assignment.models import Absence, AssignmentRule
from services.leads.assignment.queries import facts_of, find_candidates, find_rules, rule_of
from services.leads.assignment.schemas import (
    AbsenceCreate,
    AbsenceUpdate,
    AssignmentRuleCreate,
    AssignmentRuleUpdate,
)
from services.leads.claim.commands import demand_open, kept, released
from services.leads.lead.models import Lead
from services.leads.pool.commands import count_in
from services.leads.pool.domain import ReleaseReason
from services.leads.pool.models import Pool
from services.leads.pool.queries import Ruling, find_seat, get_ruling
from services.leads.segment.domain import SegmentedResource
from services.leads.segment.models import Segment


async def create_assignment_rule(tx: Tx, new: AssignmentRuleCreate) -> AssignmentRule:
    """Say who gets which leads."""
    pool = await tx.find(Pool, id=new.pool_id)
    if pool is None:
        raise Invalid.field("pool_id", "pool.unknown", "no such pool")
    tx.expect(pool)
    await _expect_segment(tx, new.segment_id)
    return tx.create(AssignmentRule, AssignmentRuleCreated, **given(new))


async def update_assignment_rule(
    tx: Tx, rule_id: UUID, patch: AssignmentRuleUpdate
) -> AssignmentRule:
    """Change a rule; whose turn it is stays as it is."""
    rule = await tx.take(AssignmentRule, rule_id)
    await _expect_segment(tx, patch.segment_id)
    return tx.update(rule, AssignmentRuleUpdated, **given(patch))


async def create_absence(tx: Tx, new: AbsenceCreate) -> Absence:
    """Take somebody, or oneself, out of what rules choose from for some days."""
    demand_span(new.from_on, new.until_on)
    who = await owner(tx, new.owner_id)
    values = given(new, owner_id=who.owner_id)
    return tx.create(Absence, AbsenceCreated, **values, team=who.team)


async def update_absence(tx: Tx, absence_id: UUID, patch: AbsenceUpdate) -> Absence:
    """Change which days it is."""
    changed = tx.update(await tx.take(Absence, absence_id), AbsenceUpdated, **given(patch))
    demand_span(changed.from_on, changed.until_on)
    return changed


async def delete_absence(tx: Tx, absence_id: UUID) -> Absence:
    """Somebody is there after all."""
    return tx.delete(await tx.take(Absence, absence_id), AbsenceDeleted)


async def assign_lead(tx: Tx, lead_id: UUID) -> Lead:
    """自动分配 give an open lead to whom the first rule that fits gives it.

    Conflict `assignment.no_rule` where none does. The getter's place in the pool and, where they
    take turns, the rule move with the lead, so what was counted and whose turn it was still hold.
    """
    lead = await tx.take(Lead, lead_id)
    demand_open(lead)
    rules = await find_rules(tx)
    facts = await facts_of(tx, rules, lead)
    rule = await _rule_for(tx, rules, facts)
    ruling = await get_ruling(tx, rule.pool_id)
    candidates = await find_candidates(tx, rule.pool_id, ruling)
    decided = decide(rule_of(rule), candidates, facts)
    values = await _become(tx, lead, decided, ruling)
    if decided.chosen and decided.strategy is Strategy.ROUND_ROBIN:
        tx.update(rule, AssignmentRuleTurned, last_member_id=decided.chosen.member_id)
    return tx.update(
        lead, LeadAssigned, **values | {"rule_id": rule.id, "strategy": decided.strategy.value}
    )


async def _expect_segment(tx: Tx, segment_id: UUID | None) -> None:
    """Invalid `segment.unknown` where it is none of leads. One that goes at this very moment holds
    no lead, so its rule is for none."""
    if segment_id is None:
        return
    segment = await tx.find(Segment, id=segment_id)
    if segment is None or segment.resource is not SegmentedResource.LEAD:
        raise Invalid.field("segment_id", "segment.unknown", "no such segment of leads")
    tx.expect(segment)


async def _rule_for(tx: Tx, rules: Sequence[Rule], facts: Facts) -> AssignmentRule:
    """The rule that decides, read before anybody is counted, so that those who try again under a
    lock come one after the other."""
    first = demand_rule(first_fit(rules, facts))
    rule = await tx.find(AssignmentRule, id=first.id)
    if rule is None or not rule.active or not rule_of(rule).fits(facts):
        raise Stale("the rules changed meanwhile")
    tx.expect(rule)
    return rule


async def _become(tx: Tx, lead: Lead, decided: Decision, ruling: Ruling) -> dict[str, Any]:
    """What becomes of the lead; Stale where the one chosen was given something meanwhile.

    Who has it already keeps it as they have it: else it would be protected for as long as they ask.
    """
    pool_id, chosen = decided.rule.pool_id, decided.chosen
    if chosen is None:
        return released(tx, lead, ReleaseReason.POOLED, "", pool_id)
    if (chosen.member_id, pool_id) == (lead.owner_id, lead.pool_id):
        return {}
    seat = await find_seat(tx, pool_id, chosen.member_id)
    if seat is None or seat.version != chosen.version:
        raise Stale("who was chosen was given something meanwhile")
    await count_in(tx, seat, ruling, received=1)
    return await kept(tx, ruling, chosen.member_id) | {"pool_id": pool_id}
