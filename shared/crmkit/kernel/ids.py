"""UUIDv7 (RFC 9562): ids that sort by the instant they were made."""

import os
import time
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM = (1 << 62) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TICKS = 4096
"""In a millisecond, as many as 12 bits tell apart."""

_SET_BACK = 60_000 * _TICKS
"""A clock that goes back by more was set, and is followed: an id made by one that was an hour
ahead, for an hour after it was put right, would say another time than its event does."""

_last = 0


def new() -> UUID:
    """A new id, greater than every id this process made before, unless its clock was set back.

    The 12 bits after the millisecond hold its fraction (RFC 9562, 6.2, method 3), so ids of one
    process keep their order even within a millisecond, and over a step back of less than a minute.
    """
    global _last  # noqa: PLW0603 - one counter per process is what makes ids monotonic
    tick = time.time_ns() * _TICKS // 1_000_000
    _last = tick if tick > _last or tick < _last - _SET_BACK else _last + 1
    return _assemble(_last, int.from_bytes(os.urandom(8)) & _RANDOM)


def floor(instant: datetime) -> UUID:
    """The least id an instant can have: `id < floor(t)` means made before t."""
    return _assemble((instant - _EPOCH) // _MILLISECOND * _TICKS, 0)


def instant(value: UUID) -> datetime:
    """When the id was made, in milliseconds."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


def named(*parts: object) -> UUID:
    """The id that always belongs to these parts: the natural key of what events start."""
    return uuid5(NAMESPACE_URL, "crm:" + "/".join(str(part) for part in parts))


def _assemble(tick: int, random: int) -> UUID:
    return UUID(int=(tick >> 12 << 80) | _VERSION_7 | ((tick & 0xFFF) << 64) | _VARIANT | random)
