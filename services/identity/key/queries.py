"""Every list of keys."""

from crmkit.db.listing import Listing
from services.identity.key.models import Key

KEYS = Listing(
    Key,
    filters=("maker_id", "team", "created_at"),
    sorts=("name", "created_at"),
    default="name",
    search=("name",),
)
