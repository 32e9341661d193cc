"""Every change of a saved view."""

from crmkit.components.views.commands import ViewCommands
from crmkit.events.leads_views import LeadsViewCreated, LeadsViewDeleted, LeadsViewUpdated
from services.leads.view.models import LeadsView

VIEWS = ViewCommands(
    LeadsView, created=LeadsViewCreated, updated=LeadsViewUpdated, deleted=LeadsViewDeleted
)
