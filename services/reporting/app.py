"""The reporting service: facts folded from events, the figures they add up to, and reports."""

from crmkit.service import Service
from services.reporting.policy import POLICY
from services.reporting.tables import Row

service = Service(
    "reporting",
    rooms=("fact", "rollup", "lineage", "report"),
    policy=POLICY,
    tables=Row,
    description="What happened: figures by day, week, month and quarter, and reports of them.",
)
