"""Every list of members."""

from crmkit.db.listing import Listing
from services.identity.member.models import Member

MEMBERS = Listing(
    Member,
    filters=(
        "email",
        "team",
        "region",
        "active",
        "manager_id",
        "updated_at",
        "external_system",
        "external_id",
    ),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
