"""Who has left: whoever was deactivated is let in by no token, though it holds."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from crmkit.db.failures import is_away
from crmkit.kernel.actor import Actor
from crmkit.kernel.brief import Brief
from crmkit.kernel.errors import Forbidden, Unavailable

KEEP_SECONDS = 3.0
"""How long somebody goes on after the news that they left has arrived; as keys do."""
_REMEMBER_SECONDS = 3600.0

Find = Callable[[UUID], Awaitable[frozenset[UUID]]]
"""The members of a tenant who were deactivated, as the service's own copy knows them."""


@dataclass(slots=True)
class _Seen:
    """Who had left, and until which monotonic instant that is taken for true."""

    gone: frozenset[UUID]
    until: float


class Leavers:
    """Remembers who has left of each tenant: one reading in three seconds for all of them.

    While somebody asks anew, others go by what was known before, and so does everybody while the
    database is away: what it refuses itself need not be refused here.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._seen: Brief[UUID, _Seen] = Brief()

    def knows(self, actor: Actor) -> bool:
        """Whether it was asked a moment ago, and they had not left."""
        kept = self._seen.find(actor.tenant_id)
        if kept is None or monotonic() >= kept[0].until:
            return False
        return actor.member_id not in kept[0].gone

    async def refuse(self, actor: Actor) -> None:
        """Forbidden `member.inactive` where they have left; Unavailable where nobody can say."""
        kept = self._seen.find(actor.tenant_id)
        if kept is None:
            gone = await self._ask(actor.tenant_id)
        elif monotonic() >= kept[0].until:
            gone = await self._ask_again(actor.tenant_id, kept[0])
        else:
            gone = kept[0].gone
        if actor.member_id in gone:
            raise Forbidden("you do not work here any more", code="member.inactive")

    async def _ask_again(self, tenant_id: UUID, seen: _Seen) -> frozenset[UUID]:
        seen.until = monotonic() + KEEP_SECONDS
        try:
            return await self._ask(tenant_id)
        except Exception as error:
            if not isinstance(error, Unavailable) and not is_away(error):
                raise
            return seen.gone

    async def _ask(self, tenant_id: UUID) -> frozenset[UUID]:
        until = monotonic() + KEEP_SECONDS
        gone = await self._find(tenant_id)
        self._seen.keep(tenant_id, _Seen(gone, until), _REMEMBER_SECONDS)
        return gone
