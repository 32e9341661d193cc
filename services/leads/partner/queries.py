"""Every list of channel partners."""

from crmkit.db.listing import Listing
from services.leads.partner.models import ChannelPartner

CHANNEL_PARTNERS = Listing(
    ChannelPartner,
    filters=(
        "kind",
        "status",
        "territory",
        "source",
        "account_id",
        "rating",
        "owner_id",
        "team",
        "region",
        "identified_at",
        "signed_at",
        "activated_at",
        "ended_at",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("name", "updated_at"),
    default="name",
    search=("name", "territory"),
)
