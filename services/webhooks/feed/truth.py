"""What the feed should hold: every event of the other services, once."""

from crmkit.messaging.mirrors import Mirror
from services.webhooks import bodies
from services.webhooks.feed.statements import COLUMNS, rows

MIRRORS = tuple(
    Mirror("feed_event", aggregate, COLUMNS, rows, each=True, only=f"aggregate = '{aggregate}'")
    for aggregate in sorted(set(bodies.told().values()))
)
