"""The saved views that this service's lists know."""

from crmkit.components.views.saved import SavedViews
from services.opportunities.view.models import OpportunitiesView

VIEWS = SavedViews(OpportunitiesView)
