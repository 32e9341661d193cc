"""SQL of the worker's side."""

from crmkit.db.leaping import due_rows
from crmkit.db.rows import plan
from services.leads.offboarding.models import Offboarding

DUE = due_rows(
    plan(Offboarding).table,
    "t.state = 'running'",
    "coalesce(t.lease_until <= $1, true)",
)
"""What is under way, and held by no worker."""

LEASE = """
update offboarding set lease_until = $4
where tenant_id = $1 and id = $2 and state = 'running' and coalesce(lease_until <= $3, true)
returning 1
"""
"""Held until $4, unless another worker is ahead."""

LET_GO = "update offboarding set lease_until = null where tenant_id = $1 and id = $2"
