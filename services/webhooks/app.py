"""The webhooks service: the event feed, partners' endpoints and what is delivered to them."""

from crmkit.service import Service
from services.webhooks.backlog import Backlog
from services.webhooks.dispatcher import Dispatcher
from services.webhooks.policy import POLICY
from services.webhooks.pruner import Pruner
from services.webhooks.replayer import Replayer
from services.webhooks.settings import WebhookSettings
from services.webhooks.tables import Row

service = Service(
    "webhooks",
    rooms=("feed", "endpoint", "delivery", "replay"),
    policy=POLICY,
    tables=Row,
    settings=WebhookSettings,
    schedules=(Dispatcher, Replayer, Pruner, Backlog),
    description="Who else is told: the event feed, partners' endpoints, deliveries.",
)
