"""Tables of the room."""

from crmkit.components.views.models import View, view_rules
from services.opportunities.tables import Row


class OpportunitiesView(Row, View, table=True):
    """视图 a saved view of one of this service's lists."""

    __tablename__ = "opportunities_view"
    __table_args__ = view_rules("opportunities_view")
