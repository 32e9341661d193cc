"""What leads tells of who is given leads, and who is away."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from crmkit.events.envelope import Event, State


class AssignmentRuleState(State):
    """分配规则 which leads go to whom; what is empty asks nothing."""

    name: str
    rank: int
    active: bool
    strategy: str
    pool_id: UUID
    sources: list[str]
    regions: list[str]
    products: list[str]
    last_member_id: UUID | None
    segment_id: UUID | None = None
    skills: dict[str, int] = msgspec.field(default_factory=dict)


class AbsenceState(State):
    """休假 days on which somebody is given no leads, the first and the last of them included."""

    owner_id: UUID
    team: str
    from_on: date
    until_on: date
    note: str
    deleted_at: datetime | None = None


class AssignmentRuleCreated(Event[AssignmentRuleState], type="assignment_rule.created.v1"):
    """Somebody said who gets which leads."""


class AssignmentRuleUpdated(Event[AssignmentRuleState], type="assignment_rule.updated.v1"):
    """A rule of who gets which leads changed."""


class AssignmentRuleTurned(Event[AssignmentRuleState], type="assignment_rule.turned.v1"):
    """It was somebody's turn to get a lead."""


class AbsenceCreated(Event[AbsenceState], type="absence.created.v1"):
    """Somebody will be away."""


class AbsenceUpdated(Event[AbsenceState], type="absence.updated.v1"):
    """Somebody will be away on other days."""


class AbsenceDeleted(Event[AbsenceState], type="absence.deleted.v1"):
    """Somebody is there after all."""
