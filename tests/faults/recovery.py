"""How long it took, after each fault, until all that was begun since was answered, and told."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median

from tests.e2e.receiver import Told
from tests.faults.load import Write

Seconds = dict[str, list[float]]
"""Of each fault that was done, by its name."""

Span = tuple[datetime, datetime]
"""From when something was begun until it was over."""


def answered(marks: Sequence[tuple[str, datetime]], writes: Iterable[Write]) -> Seconds:
    """Until every service had acknowledged a write that was begun after the fault."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for write in writes:
        if write.acknowledged and write.ended_at is not None:
            spans[write.service].append((write.begun_at, write.ended_at))
    return _after(marks, spans)


def heard(
    marks: Sequence[tuple[str, datetime]], writes: Iterable[Write], told: Iterable[Told]
) -> Seconds:
    """Until partners were told of such a write of every service."""
    of = {write.trace: write for write in writes}
    spans: dict[str, list[Span]] = defaultdict(list)
    for each in told:
        write = of.get(each.headers.get("traceparent", "")[3:35])
        if write is not None:
            spans[write.service].append((write.begun_at, each.at))
    return _after(marks, spans)


def _after(marks: Sequence[tuple[str, datetime]], spans: Mapping[str, Sequence[Span]]) -> Seconds:
    """Nothing of a fault after which a service was asked for nothing more."""
    ends = [_earliest(each) for each in spans.values()]
    found: Seconds = {}
    for fault, at in marks:
        firsts = [_first(begun, over, at) for begun, over in ends]
        latest = [each for each in firsts if each is not None]
        if latest and len(latest) == len(firsts):
            seconds = round((max(latest) - at).total_seconds(), 2)
            found.setdefault(fault, []).append(seconds)
    return found


def _earliest(spans: Sequence[Span]) -> tuple[list[datetime], list[datetime]]:
    """When each was begun, in order, and when the first of those from there on was over."""
    ordered = sorted(spans)
    over = [end for _, end in ordered]
    for number in range(len(over) - 2, -1, -1):
        over[number] = min(over[number], over[number + 1])
    return [begun for begun, _ in ordered], over


def _first(begun: list[datetime], over: list[datetime], at: datetime) -> datetime | None:
    place = bisect_left(begun, at)
    return over[place] if place < len(over) else None


def spread(seconds: Sequence[float]) -> str:
    """Their median and the longest: `1.2 / 8.0`."""
    return f"{median(seconds):.1f} / {max(seconds):.1f}" if seconds else "-"
