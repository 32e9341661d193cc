"""Tables of the room."""

from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import document, text
from services.identity.tables import Row


class Member(Row, table=True):
    """A person who works for the tenant."""

    __tablename__ = "member"
    __table_args__ = (
        Index("member_name_idx", "tenant_id", "name", "id"),
        Index("member_team_idx", "tenant_id", "team", "name", "id"),
        Index("member_manager_idx", "tenant_id", "manager_id"),
        Index("member_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("member_email_key", "tenant_id", "email", unique=True),
        Index("member_external_key", "tenant_id", "external_system", "external_id", unique=True),
    )

    name: str = text()
    email: str | None = text(default=None)
    team: str = text(default="")
    region: str = text(default="")
    roles: list[str] = document()
    active: bool = True
    manager_id: UUID | None = None
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
