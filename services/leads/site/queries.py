"""Every list of check lists."""

from crmkit.db.listing import Listing
from services.leads.site.models import SiteChecklist

SITE_CHECKLISTS = Listing(
    SiteChecklist,
    filters=(
        "site",
        "campaign_id",
        "ready_by",
        "ready_at",
        "owner_id",
        "team",
        "created_at",
        "updated_at",
    ),
    sorts=("created_at", "updated_at"),
    default="-created_at",
    search=("site",),
)
