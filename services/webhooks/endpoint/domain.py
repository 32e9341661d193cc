"""An endpoint's life, its secrets, and what its owner is told of its health."""

from datetime import datetime, timedelta

from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle

GIVEN_UP_AFTER = timedelta(days=5)
"""Of nothing but failures."""

NOTICE_AFTER = (timedelta(hours=1), timedelta(hours=24))
"""How long an endpoint fails before its owner is told, and told again."""


class EndpointStatus(Labelled):
    """Whether an endpoint is told; what it misses meanwhile waits for it."""

    ACTIVE = "active", "启用", "Active"
    PAUSED = "paused", "暂停", "Paused"
    DISABLED = "disabled", "停用", "Disabled"


class Sight(Labelled):
    """What an endpoint may hear, by what its maker might read."""

    ALL = "all", "全部", "Everything"
    OWN = "own", "本人", "Its owner's leads and opportunities, without personal data"


class Payload(Labelled):
    """How much of an event an endpoint is sent."""

    FULL = "full", "完整", "State and changes"
    THIN = "thin", "精简", "Ids, version and links"


LIFECYCLE = Lifecycle(
    {
        EndpointStatus.ACTIVE: frozenset({EndpointStatus.PAUSED, EndpointStatus.DISABLED}),
        EndpointStatus.PAUSED: frozenset({EndpointStatus.ACTIVE, EndpointStatus.DISABLED}),
        EndpointStatus.DISABLED: frozenset({EndpointStatus.ACTIVE}),
    }
)


def notices_due(failing_since: datetime, now: datetime) -> int:
    """How many notices an owner should have had by now."""
    return sum(now - failing_since >= wait for wait in NOTICE_AFTER)
