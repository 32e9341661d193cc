"""Every list of contracts."""

from crmkit.db.listing import Listing
from services.contracts.contract.models import Contract

CONTRACTS = Listing(
    Contract,
    filters=(
        "status",
        "number",
        "account_id",
        "opportunity_id",
        "owner_id",
        "team",
        "region",
        "product",
        "source",
        "currency",
        "amount",
        "drafted_at",
        "signed_at",
        "completed_at",
        "updated_at",
    ),
    sorts=("drafted_at", "signed_at", "updated_at", "number"),
    default="-drafted_at",
    search=("title", "number"),
)
