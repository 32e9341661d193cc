"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from crmkit.fields import Code, Day, Flag, Instant, Name, Patch, Strict
from crmkit.web.answers import Read
from services.leads.pool.domain import PoolRole

Cap = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Days = Annotated[int, Field(strict=True, ge=1, le=3650)]
Hours = Annotated[int, Field(strict=True, ge=0, le=87_600)]
Regions = Annotated[list[Name], Field(max_length=100)]
Skills = Annotated[
    dict[Code, Annotated[int, Field(strict=True, ge=1, le=5)]],
    Field(max_length=50, json_schema_extra={"additionalProperties": False}),
]
"""能力与经验 what somebody can, in the words of the house, and how well; 5 is best."""

Warnings = Annotated[list[Days], Field(max_length=5)]


class PoolCreate(Strict):
    """A new pool with the rules that hold from today on; a cap that is null is none."""

    name: Name
    claim_cap_per_day: Cap | None = None
    holding_cap: Cap | None = None
    previous_owner_cooldown_hours: Hours = 72
    default_protect_days: Days = 10
    extend_days_per_activity: Days = 3
    max_protect_days: Days = 20
    warn_days: Warnings = Field(default_factory=lambda: [3, 1])
    mask_contact_until_claimed: Flag = True


class PoolUpdate(Patch):
    """What is left out stays. A pool that is not active takes no more leads in; those in it stay,
    and are claimed."""

    name: Name = ""
    active: Flag = True


class PoolRuleCreate(Strict):
    """Rules that hold from `effective_on`, tomorrow where none is named, in the tenant's zone."""

    pool_id: UUID
    effective_on: Day | None = None
    claim_cap_per_day: Cap | None = None
    holding_cap: Cap | None = None
    previous_owner_cooldown_hours: Hours = 72
    default_protect_days: Days = 10
    extend_days_per_activity: Days = 3
    max_protect_days: Days = 20
    warn_days: Warnings = Field(default_factory=lambda: [3, 1])
    mask_contact_until_claimed: Flag = True


class PoolRuleUpdate(Patch):
    """What may be changed before the rules hold; what is left out stays."""

    claim_cap_per_day: Cap | None = None
    holding_cap: Cap | None = None
    previous_owner_cooldown_hours: Hours = 72
    default_protect_days: Days = 10
    extend_days_per_activity: Days = 3
    max_protect_days: Days = 20
    warn_days: Warnings = Field(default_factory=list)
    mask_contact_until_claimed: Flag = True


class PoolMemberCreate(Strict):
    """`capacity` is how many open leads somebody has time for and `capacity_per_day` how many they
    are given a day, where rules assign them; `regions` are those they sell in, and `skills` what
    they can, of 1 to 5."""

    pool_id: UUID
    member_id: UUID
    role: PoolRole = PoolRole.MEMBER
    capacity: Cap | None = None
    capacity_per_day: Cap | None = None
    regions: Regions = Field(default_factory=list)
    skills: Skills = Field(default_factory=dict)


class PoolMemberUpdate(Patch):
    """What is left out stays. Who is not active claims nothing, and keeps what they have."""

    role: PoolRole = PoolRole.MEMBER
    active: Flag = True
    capacity: Cap | None = None
    capacity_per_day: Cap | None = None
    regions: Regions = Field(default_factory=list)
    skills: Skills = Field(default_factory=dict)


class PoolRead(Read):
    id: UUID
    version: int
    name: str
    active: bool
    created_at: Instant
    updated_at: Instant


class PoolRuleRead(Read):
    id: UUID
    version: int
    pool_id: UUID
    effective_on: Day
    claim_cap_per_day: int | None
    holding_cap: int | None
    previous_owner_cooldown_hours: int
    default_protect_days: int
    extend_days_per_activity: int
    max_protect_days: int
    warn_days: list[int]
    mask_contact_until_claimed: bool
    created_at: Instant
    updated_at: Instant


class PoolMemberRead(Read):
    """`claimed` and `received` count the leads claimed and allocated on the day `counted_on`."""

    id: UUID
    version: int
    pool_id: UUID
    member_id: UUID
    role: PoolRole
    active: bool
    counted_on: Day | None
    claimed: int
    received: int
    capacity: int | None
    capacity_per_day: int | None
    regions: list[str]
    skills: dict[str, int]
    created_at: Instant
    updated_at: Instant
