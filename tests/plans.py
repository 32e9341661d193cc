"""What PostgreSQL can do with an index, whatever it has counted so far."""

from typing import Any

from crmkit.db.pool import Connection

_AVOIDED = (
    *("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"),
    "enable_material",
)
"""Ways that the planner takes or not as other tests' rows have it."""


async def plan_by(connection: Connection, index: str, sql: str, *values: Any) -> str:
    """The plan of a statement whose table has that index and no other, and is never read whole.

    The table is hidden by an empty copy meanwhile. On tables as small as those of tests the planner
    takes any index that begins right, as its statistics have it.
    """
    made = await connection.fetchval("select pg_get_indexdef($1::text::regclass)", index)
    table = made.split(" ON public.")[1].split()[0]
    await connection.execute(f"create temporary table {table} (like public.{table})")
    try:
        await connection.execute(made.replace(f" ON public.{table} ", f" ON pg_temp.{table} "))
        await connection.execute("".join(f"set {each} = off;" for each in _AVOIDED))
        return "\n".join(line[0] for line in await connection.fetch(f"explain {sql}", *values))
    finally:
        resets = "".join(f"reset {each};" for each in _AVOIDED)
        await connection.execute(f"drop table pg_temp.{table}; {resets}")
