"""API keys as credentials: looked up in the service's own copy, remembered for a few seconds."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID

from crmkit.kernel import clock
from crmkit.kernel.actor import Actor
from crmkit.kernel.brief import Brief
from crmkit.kernel.keys import MARK, hash_of, is_among, whose
from crmkit.kernel.rights import Maker, Rights, rights_left
from crmkit.web.leavers import Leavers
from crmkit.web.tokens import Verifier, refused

Owned = tuple[UUID, UUID]
"""Tenant and id of a key."""

KEEP_SECONDS = 3.0
"""How long a key goes on after the news of its end has arrived."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as identity told of it."""

    hash: str
    old_hash: str | None
    old_hash_until: datetime | None
    roles: Sequence[str]
    scopes: Sequence[str]
    team: str
    expires_at: datetime | None
    revoked_at: datetime | None
    maker: Maker | None = None

    @property
    def rights(self) -> Rights:
        """What it may do now."""
        return rights_left(self.roles, self.team, self.maker)

    def holds_until(self, shown: str, now: datetime) -> datetime | None:
        """When a key of this hash ends: `now` or before where it holds no longer or never did,
        None where no end is set."""
        if self.revoked_at is not None:
            return now
        is_old = is_among(shown, [self.old_hash or ""])
        if not is_among(shown, [self.hash]) and not is_old:
            return now
        ends = [self.expires_at, self.old_hash_until if is_old else None]
        return min((end for end in ends if end is not None), default=None)


Find = Callable[[UUID, UUID], Awaitable[KnownKey | None]]


class Keyring:
    """Turns an API key into an Actor, and notes that it was used.

    A key seen within the last seconds costs one hash. Wrong secrets of one id are told by what is
    remembered of that id, and never push out what is remembered of right ones.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._let_in: Brief[str, Actor] = Brief()
        self._looked_up: Brief[Owned, KnownKey | None] = Brief()
        self._used: dict[Owned, datetime] = {}

    def known(self, key: str) -> Actor | None:
        """The actor, where the key was let in within the last seconds."""
        kept = self._let_in.find(hash_of(key))
        if kept is None:
            return None
        self._note(kept[0])
        return kept[0]

    async def actor(self, key: str) -> Actor:
        """The actor the key speaks for; `refused()` for every key that does not hold."""
        owned = whose(key)
        if owned is None:
            raise refused()
        found, until = await self._look_up(owned)
        now, shown = clock.now(), hash_of(key)
        end = found.holds_until(shown, now) if found is not None else now
        if found is None or not found.rights.roles or (end is not None and end <= now):
            raise refused()
        roles, team = found.rights
        scopes = frozenset(found.scopes)
        actor = Actor(owned[0], owned[1], frozenset(roles), team, scopes, kind="key")
        if end is not None:
            until = min(until, monotonic() + (end - now).total_seconds())
        self._let_in.keep_until(shown, actor, until)
        self._note(actor)
        return actor

    def take_used(self) -> dict[Owned, datetime]:
        """When each key was last let in since this was asked before."""
        used, self._used = self._used, {}
        return used

    async def _look_up(self, owned: Owned) -> tuple[KnownKey | None, float]:
        kept = self._looked_up.find(owned)
        if kept is not None:
            return kept
        until = monotonic() + KEEP_SECONDS
        found = await self._find(*owned)
        self._looked_up.keep_until(owned, found, until)
        return found, until

    def _note(self, actor: Actor) -> None:
        self._used[actor.tenant_id, actor.member_id] = clock.now()


class Credentials:
    """What stands after `Bearer `: an API key by its mark, else a token, of who has not left.

    Of a key it is its maker who may not have left, which the key's own look-up says.
    """

    def __init__(self, verifier: Verifier, keyring: Keyring, leavers: Leavers) -> None:
        self._verifier = verifier
        self._keyring = keyring
        self._leavers = leavers

    def known(self, credential: str) -> Actor | None:
        """The actor, where it was let in a moment ago."""
        if credential.startswith(MARK):
            return self._keyring.known(credential)
        actor = self._verifier.known(credential)
        return actor if actor is not None and self._leavers.knows(actor) else None

    async def actor(self, credential: str) -> Actor:
        """The actor it speaks for; `refused()` where it does not hold, Forbidden
        `member.inactive` where it does, and they have left."""
        if credential.startswith(MARK):
            return await self._keyring.actor(credential)
        actor = await self._verifier.actor(credential)
        await self._leavers.refuse(actor)
        return actor
