"""Tables of the room."""

from crmkit.db.tables import text
from services.identity.tables import Row


class Tenant(Row, table=True):
    """A tenant, once: its id is its `tenant_id`."""

    __tablename__ = "tenant"

    name: str = text()
    time_zone: str = text()
    base_currency: str = text()
    fiscal_year_start: int
