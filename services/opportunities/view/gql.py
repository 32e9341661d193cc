"""GraphQL of saved views: the types that all lists share."""

from crmkit.components.views.gql import view_types
from services.opportunities.view.commands import VIEWS

TYPES = view_types(VIEWS)
