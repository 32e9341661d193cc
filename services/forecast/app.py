"""The forecast service: targets, the pipeline weighed against them, and what people commit to."""

from crmkit.service import Service
from services.forecast.policy import POLICY
from services.forecast.tables import Row

service = Service(
    "forecast",
    rooms=("target", "forecast"),
    policy=POLICY,
    tables=Row,
    description="What we expect: targets and forecasts.",
)
