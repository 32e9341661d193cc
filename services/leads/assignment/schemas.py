"""What comes in and goes out."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.fields import Code, Day, Flag, Instant, Label, Name, Note, Patch, Strict
from crmkit.web.answers import Read
from services.leads.assignment.domain import Standing, Strategy
from services.leads.pool.schemas import Skills
from services.leads.segment.domain import MOST_SEGMENTS

Rank = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Sources = Annotated[list[Code], Field(max_length=100)]
Names = Annotated[list[Name], Field(max_length=100)]
_UNSENT = date(1970, 1, 1)


class AssignmentRuleCreate(Strict):
    """A rule for leads of these sources, regions and products, and of a segment, if one is named;
    an empty list asks nothing. It chooses among the members of a pool who are as good as `skills`
    says at each of them; rules are asked from the lowest rank up."""

    name: Name
    rank: Rank
    strategy: Strategy
    pool_id: UUID
    sources: Sources = Field(default_factory=list)
    regions: Names = Field(default_factory=list)
    products: Names = Field(default_factory=list)
    segment_id: UUID | None = None
    skills: Skills = Field(default_factory=dict)


class AssignmentRuleUpdate(Patch):
    """What is left out stays; a rule that is not active is not asked."""

    name: Name = ""
    rank: Rank = 0
    active: Flag = True
    strategy: Strategy = Strategy.POOL
    sources: Sources = Field(default_factory=list)
    regions: Names = Field(default_factory=list)
    products: Names = Field(default_factory=list)
    segment_id: UUID | None = None
    skills: Skills = Field(default_factory=dict)


class AbsenceCreate(Strict):
    """Days on which `owner_id`, or the caller, is given no leads; both ends count."""

    owner_id: UUID | None = None
    from_on: Day
    until_on: Day
    note: Note = ""


class AbsenceUpdate(Patch):
    """What is left out stays."""

    from_on: Day = _UNSENT
    until_on: Day = _UNSENT
    note: Note = ""


class SimulateAssignment(Strict):
    """A lead that may or may not be there, and which segments it would be in."""

    source: Code
    region: Label = ""
    product: Label = ""
    segment_ids: Annotated[list[UUID], Field(max_length=MOST_SEGMENTS)] = Field(
        default_factory=list
    )


class AssignmentRuleRead(Read):
    """`last_member_id` is whose turn it was."""

    id: UUID
    version: int
    name: str
    rank: int
    active: bool
    strategy: Strategy
    pool_id: UUID
    sources: list[str]
    regions: list[str]
    products: list[str]
    last_member_id: UUID | None
    segment_id: UUID | None
    skills: dict[str, int]
    created_at: Instant
    updated_at: Instant


class AbsenceRead(Read):
    id: UUID
    version: int
    owner_id: UUID
    team: str
    from_on: Day
    until_on: Day
    note: str
    created_at: Instant
    updated_at: Instant


class AskedRule(BaseModel):
    """A rule that was asked, and whether it is for such a lead."""

    rule_id: UUID
    name: str
    fits: bool


class ConsideredMember(BaseModel):
    """Somebody who was thought of, and what stood against them, if anything."""

    member_id: UUID
    standing: Standing
    open: int
    today: int


class Simulation(BaseModel):
    """Who would get the lead now and why: the rules that were asked up to the one that decides, and
    the members of its pool. `strategy` is what would be done: `pool` where nobody is free."""

    rule_id: UUID | None
    strategy: Strategy | None
    pool_id: UUID | None
    member_id: UUID | None
    rules: list[AskedRule]
    members: list[ConsideredMember]
