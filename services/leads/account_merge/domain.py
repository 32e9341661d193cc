"""合并客户 rules about making one account of several."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from crmkit.kernel.errors import Conflict, Invalid
from services.leads.account.domain import AccountLifecycle

MOST_MOVED = 2000
"""Records that one merge may move: they are written in one statement."""

_ORDER = (
    AccountLifecycle.LOST,
    AccountLifecycle.PROSPECT,
    AccountLifecycle.INTERESTED,
    AccountLifecycle.CUSTOMER,
)


def furthest(states: Iterable[AccountLifecycle]) -> AccountLifecycle:
    """How far one has come of whom several were known: one that was lost counts least."""
    return max(states, key=_ORDER.index)


def earliest(instants: Iterable[datetime | None]) -> datetime | None:
    """The first of those there are."""
    return min(filter(None, instants), default=None)


def demand_others(target: UUID, sources: Collection[UUID]) -> None:
    """Invalid `account.merge_sources` where one is named twice, or is the account itself."""
    if target in sources or len(set(sources)) < len(sources):
        raise Invalid.field("sources", "account.merge_sources", "each once, and not itself")


def demand_known(chosen: Iterable[UUID], accounts: Collection[UUID]) -> None:
    """Invalid `account.merge_fields` where a value comes from an account that takes no part."""
    if not set(chosen) <= set(accounts):
        raise Invalid.field("fields", "account.merge_fields", "values come from these accounts")


def demand_few(moved: int) -> None:
    """Conflict `account.merge_too_large` where more would move than one statement bears."""
    if moved > MOST_MOVED:
        raise Conflict(
            f"more than {MOST_MOVED} records would move: merge fewer at once",
            code="account.merge_too_large",
        )
