"""A contract as contracts tells of it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from crmkit.events.contracts import ContractSigned, ContractState
from crmkit.kernel import clock, ids


def a_contract(tenant: UUID, **instead: Any) -> ContractSigned:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    fields: dict[str, Any] = {
        "id": ids.new(),
        "number": "1",
        "title": "Press line",
        "status": "signed",
        "opportunity_id": ids.new(),
        "account_id": ids.new(),
        "amount": Decimal("12000.00"),
        "currency": "CNY",
        "product": "",
        "source": "web",
        "owner_id": ids.new(),
        "team": "cn/east",
        "region": "east",
        "drafted_at": at,
        "signed_at": at,
        "completed_at": None,
        "voided_at": None,
        "void_reason": "",
    }
    state = ContractState(**(fields | instead))
    about = (ids.new(), tenant, state.id, 3, at, clock.now(), "system", None, None)
    return ContractSigned(*about, state, {})
