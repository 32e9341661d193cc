"""Tables of the room."""

from crmkit.db.tables import text
from services.leads.tables import Row


class LeadTerms(Row, table=True):
    """响应与保护时限 what a tenant decided of its leads' times; its id is its `tenant_id`."""

    __tablename__ = "lead_terms"

    response_minutes: int
    protected_days: int
    note: str = text(default="")
