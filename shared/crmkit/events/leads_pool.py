"""What leads tells of pools: leads that nobody has, and who gets them."""

from datetime import date
from uuid import UUID

import msgspec

from crmkit.events.envelope import Event, State
from crmkit.events.leads import LeadState


class PoolState(State):
    """公海 leads that nobody has, and who may claim them."""

    name: str
    active: bool


class PoolRuleState(State):
    """公海规则 the rules of a pool from a day on; a cap that is null is none."""

    pool_id: UUID
    effective_on: date
    claim_cap_per_day: int | None
    holding_cap: int | None
    previous_owner_cooldown_hours: int
    default_protect_days: int
    extend_days_per_activity: int
    max_protect_days: int
    warn_days: list[int]
    mask_contact_until_claimed: bool


class PoolMemberState(State):
    """公海成员 somebody in a pool; `claimed` and `received` are of the day `counted_on`."""

    pool_id: UUID
    member_id: UUID
    role: str
    active: bool
    counted_on: date | None
    claimed: int
    received: int
    capacity: int | None
    capacity_per_day: int | None
    regions: list[str]
    skills: dict[str, int] = msgspec.field(default_factory=dict)


class PoolCreated(Event[PoolState], type="pool.created.v1"):
    """A pool was opened."""


class PoolUpdated(Event[PoolState], type="pool.updated.v1"):
    """A pool was named anew, closed or opened again."""


class PoolRuleCreated(Event[PoolRuleState], type="pool_rule.created.v1"):
    """Rules were written that hold from a day on."""


class PoolRuleUpdated(Event[PoolRuleState], type="pool_rule.updated.v1"):
    """Rules that do not hold yet were changed."""


class PoolMemberJoined(Event[PoolMemberState], type="pool_member.joined.v1"):
    """Somebody may claim from a pool."""


class PoolMemberUpdated(Event[PoolMemberState], type="pool_member.updated.v1"):
    """Somebody has another part in a pool, or none any more."""


class PoolMemberCounted(Event[PoolMemberState], type="pool_member.counted.v1"):
    """A lead came to somebody, and was counted for their caps."""


class LeadPooled(Event[LeadState], type="lead.pooled.v1"):
    """转入公海 a lead was put into a pool, or into another one."""


class LeadClaimed(Event[LeadState], type="lead.claimed.v1"):
    """领取 somebody claimed a lead from a pool."""


class LeadReturned(Event[LeadState], type="lead.returned.v1"):
    """退回 a lead was given back to its pool, with the reason."""


class LeadTakenBack(Event[LeadState], type="lead.taken_back.v1"):
    """收回 an administrator took a lead back into its pool."""


class LeadAllocated(Event[LeadState], type="lead.allocated.v1"):
    """分配 an administrator gave a lead of a pool to a member."""


class LeadProtected(Event[LeadState], type="lead.protected.v1"):
    """保护客户 a lead stays its owner's, however long nobody does anything about it."""


class LeadUnprotected(Event[LeadState], type="lead.unprotected.v1"):
    """A lead goes by its pool's clocks again, which begin anew."""


class LeadExtended(Event[LeadState], type="lead.extended.v1"):
    """Something was done about a lead, so that it stays its owner's for longer."""


class LeadAssigned(Event[LeadState], type="lead.assigned.v1"):
    """自动分配 a lead went where a rule gives it; `rule_id` and `strategy` say which, and how."""


class LeadRecycleWarning(Event[LeadState], type="lead.recycle_warning.v1"):
    """A lead will soon go back to its pool unless something is done about it."""


class LeadRecycled(Event[LeadState], type="lead.recycled.v1"):
    """回收 a lead went back to its pool because its protection ran out."""
