"""Every list of accounts."""

from crmkit.db.listing import Listing
from services.leads.account.models import Account

ACCOUNTS = Listing(
    Account,
    filters=(
        "industry",
        "region",
        "country",
        "owner_id",
        "team",
        "parent_id",
        "employees",
        "contacted_at",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
