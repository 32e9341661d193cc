"""Tables of the room."""

from crmkit.components.views.models import View, view_rules
from services.leads.tables import Row


class LeadsView(Row, View, table=True):
    """视图 a saved view of one of this service's lists."""

    __tablename__ = "leads_view"
    __table_args__ = view_rules("leads_view")
