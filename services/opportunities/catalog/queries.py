"""Every list of products."""

from crmkit.db.listing import Listing
from services.opportunities.catalog.models import Product

PRODUCTS = Listing(
    Product,
    filters=(
        "code",
        "series",
        "active",
        "list_price",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("name", "code", "updated_at"),
    default="name",
    search=("name", "code"),
)
