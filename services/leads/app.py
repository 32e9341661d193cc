"""The leads service: accounts, leads and what people do about them."""

from crmkit.service import Service
from services.leads.policy import POLICY
from services.leads.tables import Row

service = Service(
    "leads",
    rooms=("account", "source", "campaign", "lead", "activity", "form", "reception", "questionnaire"),
    policy=POLICY,
    tables=Row,
    description="Who we may sell to: accounts, leads and activities.",
)
