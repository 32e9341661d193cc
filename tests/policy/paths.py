"""What each service says of itself: to make it takes seconds, and several modules go by it."""

from functools import cache
from typing import Any

from crmkit.service import services


@cache
def paths_of(name: str) -> dict[str, Any]:
    """The paths of its OpenAPI document, for all who only read."""
    (service,) = services([name])
    found: dict[str, Any] = service.api(service.settings.load()).openapi()["paths"]
    return found
