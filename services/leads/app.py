"""The leads service: accounts, leads and what people do about them."""

from crmkit.service import Service
from services.leads.key_keeper import KeyKeeper
from services.leads.policy import POLICY
from services.leads.response_clock import ResponseClock
from services.leads.tables import Row

service = Service(
    "leads",
    rooms=("account", "matching", "lead", "activity", "merging"),
    policy=POLICY,
    tables=Row,
    schedules=(ResponseClock, KeyKeeper),
    description="Who we may sell to: accounts, leads and activities.",
)
