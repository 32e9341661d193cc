"""Every change of a saved view."""

from crmkit.components.views.commands import ViewCommands
from crmkit.events.opportunities_views import (
    OpportunitiesViewCreated,
    OpportunitiesViewDeleted,
    OpportunitiesViewUpdated,
)
from services.opportunities.view.models import OpportunitiesView

VIEWS = ViewCommands(
    OpportunitiesView,
    created=OpportunitiesViewCreated,
    updated=OpportunitiesViewUpdated,
    deleted=OpportunitiesViewDeleted,
)
