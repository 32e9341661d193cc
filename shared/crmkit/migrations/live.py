"""What a revision uses for a table that has rows and traffic (ARCHITECTURE: expand, contract).

A revision that uses them does nothing else: they commit as they go, and can be run again where they
were broken off, which `op.add_column` cannot.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

_INVALID = """
select 1 from pg_index i join pg_class c on c.oid = i.indexrelid
where c.relname = :name and not i.indisvalid
"""


def add_index(
    name: str, table: str, columns: Sequence[str], *, unique: bool = False, where: str | None = None
) -> None:
    """Without a lock that writers wait for; one that was left half-made is made anew.

    `where` makes it an index of the rows for which that holds.
    """
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        bind.exec_driver_sql("set lock_timeout = 0")  # it waits for others, and nobody for it
        if bind.scalar(sa.text(_INVALID), {"name": name}):
            op.drop_index(name, postgresql_concurrently=True, if_exists=True)
        op.create_index(
            name,
            table,
            columns,
            unique=unique,
            postgresql_concurrently=True,
            postgresql_where=sa.text(where) if where else None,
            if_not_exists=True,
        )
        bind.exec_driver_sql("set lock_timeout = '1s'")


def remove_index(name: str) -> None:
    """Without a lock that readers or writers wait for."""
    with op.get_context().autocommit_block():
        op.get_bind().exec_driver_sql("set lock_timeout = 0")  # it waits for others
        op.drop_index(name, postgresql_concurrently=True, if_exists=True)
        op.get_bind().exec_driver_sql("set lock_timeout = '1s'")


def backfill(table: str, values: str, where: str, *, rows: int = 1000) -> int:
    """`update table set values where …`, so many rows to a transaction; how many there were.

    `where` has to be false for a row that is done. It ends when it has caught up, though the code
    of the release before may go on writing such rows: what it writes is for the next revision.
    """
    picked = f"select ctid from {table} where {where} limit {rows} for update"
    batch = f"update {table} set {values} where ctid = any(array({picked}))"
    done, changed = 0, rows
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        bind.exec_driver_sql("set app.migrating = 'on'")  # else the owner sees no tenant's rows
        while changed == rows:
            changed = bind.exec_driver_sql(batch).rowcount
            done += changed
        bind.exec_driver_sql("reset app.migrating")
    return done
