"""The identity service: how a tenant reckons, and who works there."""

from crmkit.service import Service
from services.identity.policy import POLICY
from services.identity.tables import Row

service = Service(
    "identity",
    rooms=("tenant", "member"),
    policy=POLICY,
    tables=Row,
    description="Tenants and the people who work there.",
)
