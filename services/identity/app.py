"""The identity service: how a tenant reckons, who works there, and which programs are let in."""

from crmkit.service import Service
from services.identity.policy import POLICY
from services.identity.tables import Row

service = Service(
    "identity",
    rooms=("tenant", "member", "key"),
    policy=POLICY,
    tables=Row,
    description="Tenants, the people who work there, and the API keys of programs.",
)
