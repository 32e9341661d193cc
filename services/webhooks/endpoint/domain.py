"""An endpoint's life, and how long an old secret goes on signing."""

from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle


class EndpointStatus(Labelled):
    """Whether an endpoint is told; what it misses meanwhile waits for it."""

    ACTIVE = "active", "启用", "Active"
    PAUSED = "paused", "暂停", "Paused"
    DISABLED = "disabled", "停用", "Disabled"


class Sight(Labelled):
    """What an endpoint may hear, by what its maker might read."""

    ALL = "all", "全部", "Everything"
    OWN = "own", "本人", "Its owner's leads and opportunities, without personal data"


LIFECYCLE = Lifecycle(
    {
        EndpointStatus.ACTIVE: frozenset({EndpointStatus.PAUSED, EndpointStatus.DISABLED}),
        EndpointStatus.PAUSED: frozenset({EndpointStatus.ACTIVE, EndpointStatus.DISABLED}),
        EndpointStatus.DISABLED: frozenset({EndpointStatus.ACTIVE}),
    }
)
