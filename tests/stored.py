"""What a database keeps."""

from crmkit.testing.house import Caller


async def stored(caller: Caller, table: str) -> str:
    """All that the database keeps of the tenant in a table, as text."""
    async with caller.executor.database.lend(caller.actor.tenant_id) as connection:
        return str([dict(row) for row in await connection.fetch(f"select * from {table}")])
