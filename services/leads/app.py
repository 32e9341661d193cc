"""The leads service: accounts, contacts, leads and what people do about them."""

from crmkit.service import Service
from services.leads.policy import POLICY
from services.leads.tables import Row

service = Service(
    "leads",
    rooms=(
        "account",
        "contact",
        "due_diligence",
        "partner",
        "lead",
        "activity",
        "timeline",
        "account_merge",
    ),
    policy=POLICY,
    tables=Row,
    description="Who we may sell to: accounts, contacts, partners, leads and activities.",
)
