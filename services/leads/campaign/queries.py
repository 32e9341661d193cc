"""Every list of campaigns and of their costs."""

from crmkit.db.listing import Listing
from services.leads.campaign.models import Campaign, CampaignCost

CAMPAIGNS = Listing(
    Campaign,
    filters=(
        "status",
        "kind",
        "channel",
        "source",
        "owner_id",
        "team",
        "region",
        "starts_on",
        "ends_on",
        "budget",
        "spent",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("name", "starts_on", "updated_at"),
    default="name",
    search=("name", "theme"),
)
COSTS = Listing(
    CampaignCost,
    filters=(
        "campaign_id",
        "kind",
        "source",
        "owner_id",
        "team",
        "region",
        "spent_on",
        "amount",
        "currency",
        "updated_at",
    ),
    sorts=("spent_on", "updated_at"),
    default="-spent_on",
    search=("note",),
)
