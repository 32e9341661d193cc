"""Run by Alembic; everything it needs is handed over in `config.attributes`."""

from alembic import context

config = context.config
metadata = config.attributes["metadata"]


def _ours(_: object, name: str | None, kind: str, reflected: bool, __: object) -> bool:
    """Leave out what the kit itself keeps in every database."""
    return not (kind == "table" and reflected) or name in metadata.tables


context.configure(
    connection=config.attributes["connection"],
    target_metadata=metadata,
    include_object=_ours,
    compare_type=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
