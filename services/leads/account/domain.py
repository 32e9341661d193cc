"""客户 rules about accounts."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle

DEEPEST = 10
"""Levels that a tree of accounts may have."""


class AccountGrade(Labelled):
    """客户等级 what an account is worth to us."""

    A = "a", "A级", "A"
    B = "b", "B级", "B"
    C = "c", "C级", "C"
    D = "d", "D级", "D"


class AccountTier(Labelled):
    """How an account is looked after."""

    KEY = "key", "大客户", "Key account"
    ORDINARY = "ordinary", "普通客户", "Ordinary"


class AccountLifecycle(Labelled):
    """How far an account has come with us."""

    PROSPECT = "prospect", "潜在客户", "Prospect"
    INTERESTED = "interested", "意向客户", "Interested"
    CUSTOMER = "customer", "成交客户", "Customer"
    LOST = "lost", "流失客户", "Lost"


LIFECYCLE = Lifecycle(
    {
        AccountLifecycle.PROSPECT: frozenset(
            {AccountLifecycle.INTERESTED, AccountLifecycle.CUSTOMER, AccountLifecycle.LOST}
        ),
        AccountLifecycle.INTERESTED: frozenset({AccountLifecycle.CUSTOMER, AccountLifecycle.LOST}),
        AccountLifecycle.CUSTOMER: frozenset({AccountLifecycle.LOST}),
        AccountLifecycle.LOST: frozenset({AccountLifecycle.INTERESTED, AccountLifecycle.CUSTOMER}),
    }
)


def interested(
    current: AccountLifecycle, since: datetime | None, wanted_at: datetime
) -> AccountLifecycle:
    """Where somebody there wanted something from us then: a customer stays one, and one that was
    lost after it stays lost.

    `since` is when the account came to where it stands.
    """
    lost_before = current is AccountLifecycle.LOST and (since is None or since <= wanted_at)
    cold = lost_before or current is AccountLifecycle.PROSPECT
    return AccountLifecycle.INTERESTED if cold else current


def signed(
    current: AccountLifecycle, since: datetime | None, signed_at: datetime
) -> AccountLifecycle:
    """Where a contract was signed then; one that was lost after it stays lost.

    `since` is when the account came to where it stands.
    """
    lost_after = current is AccountLifecycle.LOST and since is not None and since > signed_at
    return current if lost_after else AccountLifecycle.CUSTOMER


def demand_lost(current: AccountLifecycle) -> None:
    """Conflict `account.not_lost` where one is won back that was never lost."""
    if current is not AccountLifecycle.LOST:
        raise Conflict("it was never lost", code="account.not_lost")


def demand_no_cycle(account_id: UUID, ancestors: Collection[UUID]) -> None:
    """Conflict `account.cycle` where an account would be its own ancestor."""
    if account_id in ancestors:
        raise Conflict("an account cannot stand above itself", code="account.cycle")


def demand_shallow(above: int, below: int) -> None:
    """Conflict `account.too_deep` where so many levels above an account, and below it its own and
    all further ones, are more than a tree may have."""
    if above + below > DEEPEST:
        raise Conflict(f"a tree has {DEEPEST} levels at most", code="account.too_deep")


def demand_whole(merged_into: UUID | None) -> None:
    """Conflict `account.merged` where an account became part of another one."""
    if merged_into is not None:
        raise Conflict(
            "it is part of another account",
            code="account.merged",
            extra={"merged_into": merged_into},
        )
