"""合同 the life of a contract, from draft to the last payment."""

import secrets
from datetime import date, datetime

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_CHARACTERS = 6


class ContractStatus(Labelled):
    """Where a contract stands."""

    DRAFT = "draft", "草稿", "Draft"
    SIGNED = "signed", "已签订", "Signed"
    COMPLETED = "completed", "已完成", "Completed"
    VOIDED = "voided", "已作废", "Voided"


LIFECYCLE = Lifecycle(
    {
        ContractStatus.DRAFT: frozenset({ContractStatus.SIGNED, ContractStatus.VOIDED}),
        ContractStatus.SIGNED: frozenset({ContractStatus.COMPLETED, ContractStatus.VOIDED}),
        ContractStatus.COMPLETED: frozenset(),
        ContractStatus.VOIDED: frozenset(),
    }
)


def contract_number(day: date) -> str:
    """合同编号 such as C-20261122-7F3K2M: the day, and 30 random bits that nobody misreads."""
    drawn = "".join(secrets.choice(_CROCKFORD) for _ in range(_RANDOM_CHARACTERS))
    return f"C-{day:%Y%m%d}-{drawn}"


def demand_draft(status: ContractStatus) -> None:
    """Conflict `contract.not_draft` where both sides have signed, or the contract is void."""
    if status is not ContractStatus.DRAFT:
        raise Conflict("only a draft may be changed", code="contract.not_draft")


def demand_order(drafted_at: datetime, happened_at: datetime) -> None:
    """Conflict `contract.before_drafted` where something happened to a contract not yet drafted."""
    if happened_at < drafted_at:
        raise Conflict("that is before the contract was drafted", code="contract.before_drafted")
