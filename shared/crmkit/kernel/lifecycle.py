"""State machines as tables."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from crmkit.kernel.errors import Conflict

S = TypeVar("S", bound=StrEnum)


class Lifecycle(Generic[S]):
    """Which state may follow which; a state that leads nowhere is final."""

    def __init__(self, moves: Mapping[S, frozenset[S]]) -> None:
        self.moves = moves

    def move(self, current: S | str, target: S) -> S:
        """The target, or Conflict `lifecycle.illegal` naming the moves that are allowed."""
        allowed = self.moves.get(current, frozenset())  # type: ignore[arg-type]  # a state that is none has no moves
        if target not in allowed:
            raise Conflict(
                f"{str(current)!r} cannot become {str(target)!r}",
                code="lifecycle.illegal",
                extra={"allowed": sorted(allowed)},
            )
        return target
