"""客户 rules about accounts."""

from collections.abc import Collection
from uuid import UUID

from crmkit.kernel.errors import Conflict


def demand_no_cycle(account_id: UUID, ancestors: Collection[UUID]) -> None:
    """Conflict `account.cycle` where an account would be its own ancestor."""
    if account_id in ancestors:
        raise Conflict("an account cannot stand above itself", code="account.cycle")
