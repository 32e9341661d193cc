"""Which failures say that a dependency is away, so that trying again may help."""

import asyncpg

from crmkit.kernel.errors import Unavailable

_AWAY = (OSError, TimeoutError, asyncpg.InternalClientError, asyncpg.InterfaceError, Unavailable)
_STATES = ("08", "53", "57P", "57014", "55P03", "25P03", "25P04", "40001", "40P01")
"""SQLSTATE prefixes: connection, resources, shutdown, cancelled, lock, timeouts, serialization,
deadlock."""


def is_away(error: BaseException) -> bool:
    """Whether the error is the dependency's state, and no fault of what was asked."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_STATES)
    return isinstance(error, _AWAY)
