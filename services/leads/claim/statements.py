"""SQL of what is due."""

from crmkit.db.leaping import due_rows
from crmkit.db.rows import plan
from services.leads.lead.models import IS_OPEN, Lead

_HELD = f"recycle_due_at is not null and {IS_OPEN}"
DUE = due_rows(plan(Lead).table, _HELD, "t.recycle_due_at <= $1", "t.recycle_due_at")
"""Leads that are to be warned of, or go back to their pools."""
