"""The saved views that this service's lists know."""

from crmkit.components.views.saved import SavedViews
from services.leads.view.models import LeadsView

VIEWS = SavedViews(LeadsView)
