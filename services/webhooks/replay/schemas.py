"""What comes in and goes out."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from crmkit.fields import Instant, Strict
from crmkit.web.answers import Read
from services.webhooks.endpoint.schemas import Patterns
from services.webhooks.replay.domain import ReplayState


class PastState(StrEnum):
    """What became of a delivery before."""

    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    SKIPPED = "skipped"


class ReplayCreate(Strict):
    """Events recorded from `from_at` until before `to_at` (now, if left out), of these `types` and
    the endpoint's own, as far as it may hear them. `states`: only those that the endpoint was sent
    and that ended so; without it, also what it was never sent. What is on its way already is left
    alone."""

    from_at: Instant
    to_at: Instant | None = None
    types: Patterns = Field(default_factory=lambda: ["*"])
    states: Annotated[list[PastState], Field(max_length=3)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _run_forward(self) -> Self:
        if self.to_at is not None and self.to_at <= self.from_at:
            raise ValueError("to_at lies after from_at")
        return self


class ReplayRead(Read):
    """`found`: events queued so far; `place_at`: how far the feed was looked through."""

    id: UUID
    version: int
    endpoint_id: UUID
    from_at: Instant
    to_at: Instant
    types: list[str]
    states: list[str]
    state: ReplayState
    place_at: Instant
    scanned: bool
    found: int
    owner_id: UUID
    team: str
    created_at: Instant
    updated_at: Instant


class ProgressRead(Read):
    """What became of the events that were found; one that somebody replays by hand afterwards is
    counted no more."""

    found: int
    delivered: int
    waiting: int
    given_up: int
