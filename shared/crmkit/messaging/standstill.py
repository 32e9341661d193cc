"""How a replay puts what it made anew in place: while no fold of this database is under way."""

from crmkit.db.pool import Connection

_FOLDING = "select pg_advisory_xact_lock_shared(hashtext('crm.standstill'))"
_STANDING = "select pg_advisory_xact_lock(hashtext('crm.standstill'))"
_ALONE = "select pg_try_advisory_lock(hashtext('crm.replay'))"


async def may_fold(connection: Connection) -> None:
    """Wait while a replay puts its rows in place; a fold's first statement.

    Where that takes longer than the lock timeout, the batch comes again: nothing is parked.
    """
    await connection.execute(_FOLDING)


async def stand_still(connection: Connection) -> None:
    """Wait for folds under way, and keep others out until this transaction ends."""
    await connection.execute(_STANDING)


async def only_replay(connection: Connection) -> bool:
    """Whether this session is the only one that replays into this database."""
    return bool(await connection.fetchval(_ALONE))
