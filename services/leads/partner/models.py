"""Tables of the room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import enum, instant, text
from services.leads.partner.domain import ChannelPartnerKind, ChannelPartnerStatus
from services.leads.tables import Row


class ChannelPartner(Row, table=True):
    """渠道商、代理商 a company that sells for us, or might."""

    __tablename__ = "channel_partner"
    __table_args__ = (
        Index("channel_partner_name_idx", "tenant_id", "name", "id"),
        Index("channel_partner_status_idx", "tenant_id", "status", "name", "id"),
        Index("channel_partner_owner_idx", "tenant_id", "owner_id", "name", "id"),
        Index("channel_partner_account_idx", "tenant_id", "account_id", "name", "id"),
        Index("channel_partner_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index(
            "channel_partner_external_key",
            "tenant_id",
            "external_system",
            "external_id",
            unique=True,
        ),
    )

    name: str = text()
    kind: ChannelPartnerKind = enum(ChannelPartnerKind)
    status: ChannelPartnerStatus = enum(ChannelPartnerStatus)
    territory: str = text(default="")
    source: str = text(default="")
    account_id: UUID | None = None
    rating: int | None = None
    assessment: str = text(default="")
    owner_id: UUID
    team: str = text()
    region: str = text()
    identified_at: datetime = instant()
    assessed_at: datetime | None = instant(default=None)
    signed_at: datetime | None = instant(default=None)
    activated_at: datetime | None = instant(default=None)
    ended_at: datetime | None = instant(default=None)
    end_reason: str = text(default="")
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
    erased_at: datetime | None = instant(default=None)
