"""Who is calling, for whom, with which rights."""

from dataclasses import dataclass, field
from uuid import UUID

UNNAMED = "unnamed"
"""What events say of who was promised that nobody is told."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The verified caller. `team` is a path such as `cn/east/shanghai-1`.

    `kind` is `member`, or `key` for an API key, whose own id stands in place of a member's.
    """

    tenant_id: UUID
    member_id: UUID
    roles: frozenset[str]
    team: str = ""
    scopes: frozenset[str] = field(default_factory=frozenset)
    kind: str = "member"

    @property
    def name(self) -> str:
        """How the actor is written into events."""
        return "system" if "system" in self.roles else f"{self.kind}:{self.member_id}"


def system(tenant_id: UUID) -> Actor:
    """The service itself, acting for a tenant because an event told it to."""
    return Actor(tenant_id, UUID(int=0), frozenset({"system"}))
