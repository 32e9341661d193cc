"""An endpoint's life, its secrets, and what its owner is told of its health."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle

MOST_SECRETS = 5
"""That may sign at once, the newest included."""

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


@dataclass(frozen=True, slots=True)
class Keyring:
    """An endpoint's secrets, newest first: `shown` may be read, `sealed` is what signs, by id."""

    shown: Sequence[Mapping[str, Any]]
    sealed: Mapping[str, str]

    def signing(self, now: datetime) -> list[str]:
        """The sealed secrets that sign now, newest first."""
        return [self.sealed[each["id"]] for each in self._alive(now)]

    def rotated(self, fresh: str, sealed: str, now: datetime, overlap: timedelta) -> "Keyring":
        """With a new secret; the one so far ends after `overlap`, all older ones do not outlive it.

        Without overlap nothing but the new one is left.
        """
        until = now + overlap
        old = [_ending(each, until) for each in self._alive(now)] if overlap else []
        made = {"id": fresh, "created_at": now.isoformat(), "until": None}
        return self._of([made, *old], {fresh: sealed})

    def without(self, secret_id: str) -> "Keyring":
        """Without one of them."""
        return self._of([each for each in self.shown if each["id"] != secret_id], {})

    @property
    def old_until(self) -> datetime | None:
        """When the last of the old ones ends."""
        ends = [datetime.fromisoformat(each["until"]) for each in self.shown if each["until"]]
        return max(ends, default=None)

    def _alive(self, now: datetime) -> list[Mapping[str, Any]]:
        return [
            each
            for each in self.shown
            if each["until"] is None or now < datetime.fromisoformat(each["until"])
        ]

    def _of(self, shown: Sequence[Mapping[str, Any]], new: Mapping[str, str]) -> "Keyring":
        sealed = {**self.sealed, **new}
        return Keyring(shown, {each["id"]: sealed[each["id"]] for each in shown})


def notices_due(failing_since: datetime, now: datetime) -> int:
    """How many notices an owner should have had by now."""
    return sum(now - failing_since >= wait for wait in NOTICE_AFTER)


def _ending(secret: Mapping[str, Any], until: datetime) -> Mapping[str, Any]:
    """The secret, ending at `until` unless it ends before."""
    known = secret["until"]
    if known is not None and datetime.fromisoformat(known) <= until:
        return secret
    return {**secret, "until": until.isoformat()}
