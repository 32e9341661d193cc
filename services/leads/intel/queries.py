"""Every list of market intelligence."""

from crmkit.components.dated import DatedListing
from services.leads.intel.models import MarketIntel

MARKET_INTEL = DatedListing(
    MarketIntel,
    filters=(
        "kind",
        "facet",
        "status",
        "about",
        "source",
        "account_id",
        "owner_id",
        "team",
        "region",
        "observed_at",
        "noted_at",
        "updated_at",
    ),
    sorts=("observed_at", "updated_at"),
    default="-observed_at",
    search=("subject", "about", "details"),
    periods={"observed_in": "observed_at"},
)
