"""Every version the directory has had, so that names and zones can be read as of an instant.

What stands there now counts from the beginning of time until its events have been read again; for
that the watermarks of their topics are forgotten.

Revision ID: kit0003
"""

from alembic import op

revision = "kit0003"
down_revision = "kit0002"
branch_labels = None
depends_on = None

_TENANTS = """
create table directory_tenant_version (
  tenant_id uuid not null,
  version int not null,
  name text not null,
  time_zone text not null,
  base_currency text not null,
  fiscal_year_start int not null,
  recorded_at timestamptz not null,
  event_id uuid,
  type text,
  actor text,
  primary key (tenant_id, version)
)
"""
_MEMBERS = """
create table directory_member_version (
  tenant_id uuid not null,
  id uuid not null,
  version int not null,
  name text not null,
  team text not null,
  region text not null,
  active boolean not null,
  recorded_at timestamptz not null,
  event_id uuid,
  type text,
  actor text,
  primary key (tenant_id, id, version)
)
"""
_KNOWN_TENANTS = """
insert into directory_tenant_version
select tenant_id, version, name, time_zone, base_currency, fiscal_year_start, '-infinity'
from directory_tenant
"""
_KNOWN_MEMBERS = """
insert into directory_member_version
select tenant_id, id, version, name, team, region, active, '-infinity' from directory_member
"""
_READ_AGAIN = "delete from watermark where topic in ('crm.tenant.v1', 'crm.member.v1')"


def upgrade() -> None:
    for statement in (_TENANTS, _MEMBERS, _KNOWN_TENANTS, _KNOWN_MEMBERS, _READ_AGAIN):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table directory_member_version")
    op.execute("drop table directory_tenant_version")
