"""What comes in and goes out."""

from typing import Any
from uuid import UUID

from crmkit.fields import Flag, Instant, Note, Strict
from crmkit.web.answers import Read
from services.leads.offboarding.domain import LeadsTo, OffboardingState, OffboardingTrigger


class DrawUpOffboarding(Strict):
    """Who goes, or has gone."""

    owner_id: UUID
    note: Note = ""


class StartOffboarding(Strict):
    """Who gets what: the leads go to the successor, into a pool, or to whom the assignment rules
    give them; all else to the successor, or stays where none is named. With `ignore_caps` the
    successor gets leads of pools beyond the pools' caps; who is in none of them gets none of it."""

    leads_to: LeadsTo
    successor_id: UUID | None = None
    pool_id: UUID | None = None
    ignore_caps: Flag = False


class OffboardingRead(Read):
    """`counts` is what its owner had when that was counted last, `remaining` what they have after
    it, by the kind of record; what goes along with a lead is not counted. `refusals` are the first
    100 records that could not go, with the code of the reason."""

    id: UUID
    version: int
    owner_id: UUID
    team: str
    trigger: OffboardingTrigger
    state: OffboardingState
    note: str
    leads_to: LeadsTo | None
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
    started_at: Instant | None
    finished_at: Instant | None
    created_at: Instant
    updated_at: Instant
