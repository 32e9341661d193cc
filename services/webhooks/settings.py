"""The knobs of this service."""

from functools import cache
from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import Field, model_validator

from crmkit.settings import Settings
from services.webhooks.addresses import Network, Rules


class WebhookSettings(Settings):
    webhook_key: str = ""
    """32 bytes in base64: what endpoints' secrets are sealed with."""

    webhook_allow_private: str = ""
    """CIDRs, separated by commas, that may be told though they are not public; for tests."""

    webhook_deadline_seconds: Annotated[float, Field(gt=0, le=25)] = 15
    """For one attempt in all: resolving, connecting, TLS, sending, reading the answer. Less than a
    delivery's lease of 30 s, else another dispatcher would send it too."""

    webhook_own_hosts: str = ""
    """This house's own names, `host` or `host:port`, separated by commas: never told, for a webhook
    that comes back would go round for ever."""

    webhook_keep_days: Annotated[int, Field(ge=1)] = 30
    """How long deliveries that are over, and their attempts, are kept."""

    webhook_feed_days: Annotated[int, Field(ge=0)] = 0
    """How long the feed is kept; 0 for ever. An event that is heard of for the first time when
    newer ones were taken away already is told nobody."""

    @model_validator(mode="after")
    def _stay_public(self) -> Self:
        if self.production and self.webhook_allow_private:
            raise ValueError("CRM_WEBHOOK_ALLOW_PRIVATE is not for production")
        return self

    @property
    def rules(self) -> Rules:
        """Which addresses may be told."""
        return Rules(self.production, self._allowed(), frozenset(_listed(self.webhook_own_hosts)))

    def _allowed(self) -> tuple[Network, ...]:
        return tuple(map(ip_network, _listed(self.webhook_allow_private)))


def _listed(text: str) -> list[str]:
    return [each.strip().lower() for each in text.split(",") if each.strip()]


@cache
def knobs() -> WebhookSettings:
    """This process's settings, read at first use: commands are handed no settings by their edge."""
    return WebhookSettings.load()
