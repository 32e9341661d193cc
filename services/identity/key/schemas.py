"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from crmkit.fields import Instant, Name, Patch, Strict, TeamPath
from crmkit.web.answers import Read
from services.identity.key.domain import KeyStatus
from services.identity.member.domain import Role, ordered_roles

_Roles = Annotated[
    list[Role], Field(min_length=1, max_length=len(Role)), AfterValidator(ordered_roles)
]
_Scope = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.:-]{1,64}$")]


def _once(scopes: list[str]) -> list[str]:
    return sorted(set(scopes))


class KeyCreate(Strict):
    """`roles` and `scopes` are what the key may do, `team` the path it belongs to; without
    `expires_at` it holds until it is revoked."""

    name: Name
    roles: _Roles
    scopes: Annotated[list[_Scope], Field(max_length=16), AfterValidator(_once)] = Field(
        default_factory=list
    )
    team: TeamPath = ""
    expires_at: Instant | None = None


class KeyUpdate(Patch):
    """What may be changed by hand; rights never are: make another key."""

    name: Name = ""


class RotateKey(Strict):
    """For how many hours the old secret holds beside the new one; 0 ends it at once."""

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=168)] = 24


class KeyFactsRead(Read):
    """What is written down of a key."""

    id: UUID
    version: int
    name: str
    prefix: str
    roles: list[str]
    scopes: list[str]
    team: str
    maker_id: UUID
    expires_at: Instant | None
    revoked_at: Instant | None
    old_hash_until: Instant | None
    last_used_at: Instant | None
    created_at: Instant
    updated_at: Instant


class KeyRead(KeyFactsRead):
    """`status` says whether it is let in, and why not; `effective_roles` and `effective_team` what
    it may do now, which is never more than who made it may."""

    status: KeyStatus
    effective_roles: list[str]
    effective_team: str


class KeySecretRead(KeyRead):
    """With the key itself, this once; null where an earlier request with the same idempotency key
    was answered with it, since it is kept nowhere: rotate the key for another."""

    secret: str | None

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> dict[str, Any]:
        return {**KeyRead.of(source, masks), "secret": vars(source).get("secret")}
