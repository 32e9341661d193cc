"""The only wall clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, UTC, in microseconds."""
    return datetime.now(UTC)
