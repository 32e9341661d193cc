"""The secrets that somebody's messages are signed with: which of them hold, and how they change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MOST_SECRETS = 5
"""That may hold at once, the newest included."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Secrets, newest first: `shown` may be read, `sealed` is what signs, by id."""

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


def _ending(secret: Mapping[str, Any], until: datetime) -> Mapping[str, Any]:
    """The secret, ending at `until` unless it ends before."""
    known = secret["until"]
    if known is not None and datetime.fromisoformat(known) <= until:
        return secret
    return {**secret, "until": until.isoformat()}
