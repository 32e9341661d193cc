"""The opportunities service: deals, the stages they pass through, the products they are about."""

from crmkit.service import Service
from services.opportunities.policy import POLICY
from services.opportunities.tables import Row

service = Service(
    "opportunities",
    rooms=("view", "pipeline", "catalog", "opportunity"),
    policy=POLICY,
    tables=Row,
    description="What we are trying to sell: pipelines, products and opportunities.",
)
