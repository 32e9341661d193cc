"""Every change of a key."""

from uuid import UUID

from crmkit.db.rows import revealing
from crmkit.db.writing import Tx
from crmkit.events.identity import KeyCreated, KeyRevoked, KeyRotated, KeyUpdated
from crmkit.fields import given
from crmkit.kernel import ids
from crmkit.kernel.keys import hash_of, new_key, prefix, rotated
from services.identity.key.domain import (
    demand_future,
    demand_here,
    demand_let_in,
    demand_person,
    demand_unrevoked,
    demand_usable,
    demand_within,
    standing_of,
)
from services.identity.key.models import Key
from services.identity.key.queries import maker_of
from services.identity.key.schemas import KeyCreate, KeyUpdate, RotateKey
from services.identity.member.models import Member


async def create_key(tx: Tx, new: KeyCreate) -> Key:
    """Let a program in, with rights of the caller's; the row brings the key along, once."""
    demand_person(tx.actor.kind)
    demand_within(tx.actor.roles, tx.actor.scopes, new.roles, new.scopes)
    maker = await tx.find(Member, id=tx.actor.member_id)
    if maker is not None:
        demand_here(maker_of(maker))
        demand_within(maker.roles, tx.actor.scopes, new.roles, new.scopes)
        tx.expect(maker)
    demand_future(new.expires_at, tx.now)
    key_id = ids.new()
    secret = new_key(tx.tenant_id, key_id)
    key = tx.create(
        Key,
        KeyCreated,
        **given(new),
        id=key_id,
        prefix=prefix(tx.tenant_id, key_id),
        hash=hash_of(secret),
        maker_id=tx.actor.member_id,
    )
    return revealing(key, secret=secret)


async def update_key(tx: Tx, key_id: UUID, patch: KeyUpdate) -> Key:
    """Call a key by another name."""
    return tx.update(await tx.take(Key, key_id), KeyUpdated, **given(patch))


async def rotate_key(tx: Tx, key_id: UUID, how: RotateKey) -> Key:
    """Give a key a new secret; the old one holds beside it as long as the caller wants.

    A key may have itself rotated, and no other.
    """
    if key_id != tx.actor.member_id:
        demand_person(tx.actor.kind)
    key = await tx.take(Key, key_id)
    demand_usable(key.revoked_at, key.expires_at, tx.now)
    maker = await tx.find(Member, id=key.maker_id)
    demand_let_in(standing_of(vars(key), maker_of(maker), tx.now))
    demand_within(tx.actor.roles, tx.actor.scopes, key.roles, key.scopes)
    secret = new_key(tx.tenant_id, key.id)
    hashes = rotated(vars(key), secret, tx.now, how.overlap_hours)
    return revealing(tx.update(key, KeyRotated, **hashes), secret=secret)


async def revoke_key(tx: Tx, key_id: UUID) -> Key:
    """End a key for good, with both its secrets."""
    key = await tx.take(Key, key_id)
    demand_unrevoked(key.revoked_at)
    return tx.update(key, KeyRevoked, revoked_at=tx.now, old_hash=None, old_hash_until=None)
