"""Which events somebody asks for: a type, all types of an aggregate, or all there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Selection:
    """Types named, and aggregates named as `lead.*`; both empty where all is wanted."""

    types: tuple[str, ...]
    aggregates: tuple[str, ...]


def select(patterns: Iterable[str]) -> Selection:
    """The selection that these patterns make together."""
    wanted = set(patterns)
    if EVERYTHING in wanted:
        return Selection((), ())
    whole = {pattern for pattern in wanted if pattern.endswith(".*")}
    aggregates = {pattern.removesuffix(".*") for pattern in whole}
    return Selection(tuple(sorted(wanted - whole)), tuple(sorted(aggregates)))


def unknown_patterns(patterns: Iterable[str], told: Mapping[str, str]) -> list[str]:
    """Those that select nothing; `told` are the types there are, each with its aggregate."""
    known = {EVERYTHING, *told, *(f"{aggregate}.*" for aggregate in told.values())}
    return sorted(set(patterns) - known)


def selected(patterns: Iterable[str], told: Mapping[str, str]) -> list[str]:
    """The types of events that these patterns select."""
    wanted = select(patterns)
    if not wanted.types and not wanted.aggregates:
        return sorted(told)
    return sorted(
        name
        for name, aggregate in told.items()
        if name in wanted.types or aggregate in wanted.aggregates
    )
