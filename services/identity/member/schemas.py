"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from crmkit.fields import Code, Email, Instant, Label, Name, Patch, Strict, TeamPath
from crmkit.web.answers import Read
from services.identity.member.domain import Role, ordered_roles

Roles = Annotated[list[Role], Field(max_length=len(Role)), AfterValidator(ordered_roles)]


class MemberCreate(Strict):
    """A new person; `id` is given where an identity provider knows them by it already."""

    id: UUID | None = None
    name: Name
    email: Email | None = None
    team: TeamPath = ""
    region: Label = ""
    roles: Roles = Field(default_factory=list)
    manager_id: UUID | None = None
    external_system: Code | None = None
    external_id: Name | None = None


class MemberUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    name: Name = ""
    email: Email | None = None
    team: TeamPath = ""
    region: Label = ""
    roles: Roles = Field(default_factory=list)
    manager_id: UUID | None = None


class MemberRead(Read):
    id: UUID
    version: int
    name: str
    email: str | None
    team: str
    region: str
    roles: list[str]
    active: bool
    manager_id: UUID | None
    external_system: str | None
    external_id: str | None
    created_at: Instant
    updated_at: Instant
