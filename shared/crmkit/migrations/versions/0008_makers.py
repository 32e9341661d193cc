"""Who made a key and what they may do, so that it does no more; safe paths of definers' functions.

Both columns are filled as the events are read again; for that the watermarks of their topics are
forgotten. Until then a key holds as it was made.

Revision ID: kit0008
"""

from alembic import op

revision = "kit0008"
down_revision = "kit0007"
branch_labels = None
depends_on = None

_DEFINERS = ("crm.event_partitions(int)", "crm.misplaced_events()")
_READ_AGAIN = "delete from watermark where topic in ('crm.key.v1', 'crm.member.v1')"


def upgrade() -> None:
    op.execute("alter table directory_key add column maker_id uuid")
    op.execute("alter table directory_member add column roles jsonb")
    op.execute(_READ_AGAIN)
    for function in _DEFINERS:
        op.execute(f"alter function {function} set search_path = pg_catalog, public, pg_temp")


def downgrade() -> None:
    op.execute("alter table directory_member drop column roles")
    op.execute("alter table directory_key drop column maker_id")
