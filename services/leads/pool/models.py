"""Tables of the room."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import day, document, enum, text
from services.leads.pool.domain import PoolRole
from services.leads.tables import Row


class Pool(Row, table=True):
    """公海 leads that nobody has, and who may claim them."""

    __tablename__ = "pool"
    __table_args__ = (
        Index("pool_name_idx", "tenant_id", "name", "id"),
        Index("pool_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    name: str = text()
    active: bool = True


class PoolRule(Row, table=True):
    """公海规则 the rules of a pool from a day on; the next ones take over from them."""

    __tablename__ = "pool_rule"
    __table_args__ = (
        Index("pool_rule_effective_key", "tenant_id", "pool_id", "effective_on", unique=True),
        Index("pool_rule_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    pool_id: UUID
    effective_on: date = day()
    claim_cap_per_day: int | None = None
    holding_cap: int | None = None
    previous_owner_cooldown_hours: int
    default_protect_days: int
    extend_days_per_activity: int
    max_protect_days: int
    warn_days: list[int] = document()
    mask_contact_until_claimed: bool


class PoolMember(Row, table=True):
    """公海成员 somebody in a pool, and what they have claimed on the last day they claimed.

    Every lead that comes to somebody moves their row, so of two that come at once one is decided
    again: what is counted here and of their leads can be trusted.
    """

    __tablename__ = "pool_member"
    __table_args__ = (
        Index("pool_member_key", "tenant_id", "pool_id", "member_id", unique=True),
        Index("pool_member_member_idx", "tenant_id", "member_id", "id"),
        Index("pool_member_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    pool_id: UUID
    member_id: UUID
    role: PoolRole = enum(PoolRole)
    active: bool = True
    counted_on: date | None = day(default=None)
    claimed: int = 0
    received: int = 0
    capacity: int | None = None
    capacity_per_day: int | None = None
    regions: list[str] = document(default=[])
    skills: dict[str, Any] = document(default={})
