"""Which failures say that a dependency is away or unfit, so that trying again may help."""

import asyncpg

from crmkit.kernel.errors import Unavailable

_AWAY = (OSError, TimeoutError, asyncpg.InternalClientError, asyncpg.InterfaceError, Unavailable)
_STATES = ("08", "53", "57P", "57014", "55P03", "25P03", "25P04", "40001", "40P01")
"""SQLSTATE prefixes: connection, resources, shutdown, cancelled, lock, timeouts, serialization,
deadlock."""

_DENIED = "42501"
_LACKING = frozenset({_DENIED, "42P01", "42703", "42883", "42704", "3F000"})
"""SQLSTATEs of what is not there: privilege, table, column, function, object, schema."""

_ROW_SECURITY = "ExecWithCheckOptions"
"""Where PostgreSQL refuses a row that the role may not write, by the SQLSTATE of a privilege: that
is the fault of the row."""


def is_away(error: BaseException) -> bool:
    """Whether the error is the dependency's state, and no fault of what was asked."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_STATES)
    return isinstance(error, _AWAY)


def is_lacking(error: BaseException) -> bool:
    """Whether the installation has not got what the code needs, as where a process is newer than
    its database's migrations or grants."""
    if not isinstance(error, asyncpg.PostgresError) or error.sqlstate not in _LACKING:
        return False
    return error.sqlstate != _DENIED or error.server_source_function != _ROW_SECURITY


def has_to_wait(error: BaseException) -> bool:
    """Whether work that nobody waits for is to be tried again as it is, once somebody has put the
    dependency right: nothing is refused or put aside for it."""
    return is_away(error) or is_lacking(error)
