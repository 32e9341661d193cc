"""The knobs of this service."""

from functools import cache

from crmkit.settings import Settings


class LeadsSettings(Settings):
    webhook_key: str = ""
    """32 bytes in base64: what the secrets of those who send us webhooks are sealed with."""


@cache
def knobs() -> LeadsSettings:
    """This process's settings, read at first use: commands are handed no settings by their edge."""
    return LeadsSettings.load()
