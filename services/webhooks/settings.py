"""The knobs of this service."""

from functools import cache
from ipaddress import ip_network
from typing import Self

from pydantic import model_validator

from crmkit.settings import Settings
from services.webhooks.addresses import Network, Rules


class WebhookSettings(Settings):
    webhook_key: str = ""
    """32 bytes in base64: what endpoints' secrets are sealed with."""

    webhook_allow_private: str = ""
    """CIDRs, separated by commas, that may be told though they are not public; for tests."""

    webhook_deadline_seconds: float = 15
    """For one attempt in all: resolving, connecting, TLS, sending, reading the answer."""

    @model_validator(mode="after")
    def _stay_public(self) -> Self:
        if self.production and self.webhook_allow_private:
            raise ValueError("CRM_WEBHOOK_ALLOW_PRIVATE is not for production")
        return self

    @property
    def rules(self) -> Rules:
        """Which addresses may be told."""
        return Rules(self.production, self._allowed())

    def _allowed(self) -> tuple[Network, ...]:
        return tuple(
            ip_network(cidr.strip()) for cidr in self.webhook_allow_private.split(",") if cidr
        )


@cache
def knobs() -> WebhookSettings:
    """This process's settings, read at first use: commands are handed no settings by their edge."""
    return WebhookSettings.load()
