"""What a revision uses for a table that has rows and traffic (ARCHITECTURE: expand, contract).

A revision that uses them does nothing else: they commit as they go, and can be run again where they
were broken off, which `op.add_column` cannot.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

_INVALID = """
select 1 from pg_index i join pg_class c on c.oid = i.indexrelid
where c.relname = :name and not i.indisvalid
"""


def add_index(
    name: str,
    table: str,
    columns: Sequence[str],
    *,
    unique: bool = False,
    where: str | None = None,
    holds: str | None = None,
) -> None:
    """Without a lock that writers wait for; one that was left half-made is made anew.

    `where` makes it an index of the rows for which that holds; `holds` is a column that it has
    beside those it is sorted by.
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
            postgresql_include=[holds] if holds else None,
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


def make_searchable(table: str, columns: Sequence[str], *, rows: int = 5000) -> None:
    """From now on whoever changes one of these columns takes away what the record is found by, and
    a schedule gives it anew. All rows there are wait for that, too: so many to a transaction."""
    changed = " or ".join(f"old.{name} is distinct from new.{name}" for name in columns)
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        for name, when, condition in (
            ("new", "insert", "true"),
            ("set", "update", changed),
            ("gone", "delete", "true"),
        ):
            bind.exec_driver_sql(
                f"create or replace trigger {table}_searched_{name} after {when} on {table}"
                f" for each row when ({condition}) execute function crm.mark_searched()"
            )
        bind.exec_driver_sql("set app.migrating = 'on'")
        place: sa.Row[Any] | None = None
        while (place := _marked(bind, table, place, rows)) is not None:
            pass
        bind.exec_driver_sql("reset app.migrating")


def search_anew(*, rows: int = 5000) -> None:
    """All that has keys waits for new ones, and is found by the old ones until it has them."""
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        bind.exec_driver_sql("set app.migrating = 'on'")  # else the owner sees no tenant's rows
        place: sa.Row[Any] | None = None
        while (place := _waiting(bind, place, rows)) is not None:
            pass
        bind.exec_driver_sql("reset app.migrating")


def keep_past(service: str, table: str, columns: Sequence[str]) -> None:
    """From now on whoever changes one of these columns leaves what all of them held in `past`, for
    as long as there is the row. Grants come later for all else, but the release before goes on."""
    changed = " or ".join(f"old.{name} is distinct from new.{name}" for name in columns)
    held = ", ".join(f"'{name}', old.{name}" for name in columns)
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        roles = f"crm_{service}_app, crm_{service}_system"
        bind.exec_driver_sql(f"grant select, insert, delete on past to {roles}")
        # of two changes at one instant the first one's row held until then, the second's never
        bind.exec_driver_sql(f"""
create or replace function crm.keep_past_of_{table}() returns trigger language plpgsql as $$
begin
  insert into public.past (tenant_id, aggregate, id, until, held)
    values (old.tenant_id, '{table}', old.id, clock_timestamp(), jsonb_build_object({held}))
    on conflict do nothing;
  return null;
end $$""")
        bind.exec_driver_sql(
            f"create or replace trigger {table}_past after update on {table}"
            f" for each row when ({changed}) execute function crm.keep_past_of_{table}()"
        )
        bind.exec_driver_sql(
            f"create or replace trigger {table}_past_gone after delete on {table}"
            " referencing old table as gone for each statement execute function crm.drop_past()"
        )


def _waiting(bind: sa.Connection, after: Any, rows: int) -> Any:
    """The last of those that were told to wait, in the order of their keys; None after the last."""
    beyond = "where (tenant_id, aggregate, id) > (:tenant_id, :aggregate, :id)" if after else ""
    told = f"""
with picked as (
  select tenant_id, aggregate, id from search_key {beyond}
  order by tenant_id, aggregate, id limit {rows}
), told as (
  insert into search_due (tenant_id, aggregate, id) select * from picked on conflict do nothing
)
select * from picked order by tenant_id desc, aggregate desc, id desc limit 1
"""
    return bind.execute(sa.text(told), dict(after._mapping) if after else {}).first()


def _marked(bind: sa.Connection, table: str, after: Any, rows: int) -> Any:
    """The last row of those that were marked, in the order of their keys; None after the last."""
    beyond = "where (tenant_id, id) > (:tenant_id, :id)" if after is not None else ""
    marked = f"""
with picked as (
  select tenant_id, id from {table} {beyond} order by tenant_id, id limit {rows}
), marked as (
  insert into search_due (tenant_id, aggregate, id) select tenant_id, '{table}', id from picked
  on conflict do nothing
)
select tenant_id, id from picked order by tenant_id desc, id desc limit 1
"""
    return bind.execute(sa.text(marked), dict(after._mapping) if after else {}).first()
