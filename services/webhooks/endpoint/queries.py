"""Every list of endpoints."""

from crmkit.db.listing import Listing
from services.webhooks.endpoint.models import Endpoint

ENDPOINTS = Listing(
    Endpoint,
    filters=("status", "payload", "ordered", "owner_id", "created_at"),
    sorts=("name", "created_at"),
    default="name",
    search=("name", "url"),
)
