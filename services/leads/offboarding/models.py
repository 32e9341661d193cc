"""Tables of the room."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.tables import document, enum, instant, text
from services.leads.offboarding.domain import LeadsTo, OffboardingState, OffboardingTrigger
from services.leads.tables import Row


class Offboarding(Row, table=True):
    """回收客户登记本 what its owner has goes to others.

    `caller`, `roles`, `scopes` and `caller_team` are those of who started it, frozen: it does what
    they could do by hand. `position` and `mark` are how far it has come: the kind of record, and
    the last one of it. No event tells these, nor how the worker gets on.
    """

    unpublished: ClassVar[frozenset[str]] = frozenset(
        {"caller", "roles", "scopes", "caller_team", "position", "mark", "lease_until"}
    )

    __tablename__ = "offboarding"
    __table_args__ = (
        Index("offboarding_created_at_idx", "tenant_id", "created_at", "id"),
        Index("offboarding_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index(
            "offboarding_owner_key",
            *("tenant_id", "owner_id"),
            unique=True,
            postgresql_where=sql("state in ('open', 'running')"),
        ),
        Index(
            "offboarding_running_idx",
            *("tenant_id", "id"),
            postgresql_where=sql("state = 'running'"),
        ),
    )

    owner_id: UUID
    team: str = text()
    trigger: OffboardingTrigger = enum(OffboardingTrigger)
    state: OffboardingState = enum(OffboardingState, default=OffboardingState.OPEN)
    note: str = text(default="")
    leads_to: LeadsTo | None = enum(LeadsTo, default=None)
    successor_id: UUID | None = None
    pool_id: UUID | None = None
    ignore_caps: bool = False
    counts: dict[str, Any] = document()
    total: int | None = None
    moved: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = document(default=[])
    remaining: dict[str, Any] = document(default={})
    asked_by: UUID | None = None
    started_at: datetime | None = instant(default=None)
    finished_at: datetime | None = instant(default=None)
    caller: str = text(default="member")
    roles: list[str] = document(default=[])
    scopes: list[str] = document(default=[])
    caller_team: str = text(default="")
    position: int = 0
    mark: UUID | None = None
    lease_until: datetime | None = instant(default=None)
