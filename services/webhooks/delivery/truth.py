"""What events cannot prove: deliveries are a queue, whose rows the dispatcher moves."""

from services.webhooks.delivery.models import Delivery

QUEUES = (Delivery,)
