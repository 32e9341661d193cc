"""What leads tells of people who go, and of what they had."""

from datetime import datetime
from typing import Any
from uuid import UUID

from crmkit.events.envelope import Event, State


class OffboardingState(State):
    """回收客户登记本 what its owner has goes to others."""

    owner_id: UUID
    team: str
    trigger: str
    state: str
    note: str
    leads_to: str | None
    successor_id: UUID | None
    pool_id: UUID | None
    ignore_caps: bool
    counts: dict[str, Any]
    total: int | None
    moved: int
    refused: int
    refusals: list[dict[str, Any]]
    remaining: dict[str, Any]
    asked_by: UUID | None
    started_at: datetime | None
    finished_at: datetime | None


class OffboardingDrawnUp(Event[OffboardingState], type="offboarding.drawn_up.v1"):
    """Somebody goes, or has gone: what they have was counted, and waits for somebody to say who
    gets it."""


class OffboardingStarted(Event[OffboardingState], type="offboarding.started.v1"):
    """What somebody has begins to go where it was said."""


class OffboardingProgressed(Event[OffboardingState], type="offboarding.progressed.v1"):
    """Some more of what somebody has went to others, each with an event of its own."""


class OffboardingEnded(Event[OffboardingState], type="offboarding.ended.v1"):
    """All went that could, or the rest stays; the state says what somebody still has."""
