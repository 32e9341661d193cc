"""回款 whatever is drafted, planned, signed and paid, at once or in turn: sums to the last cent."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, invariant, multiple, rule

from crmkit.testing.house import House
from services.contracts.receivable import commands
from tests.hostile.conftest import Size
from tests.hostile.machines import Story, demand_wrong, play

_CENT = Decimal("0.01")
cents = st.one_of(st.integers(1, 300), st.integers(1, 10**16)).map(lambda n: n * _CENT)
shares = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def _yuan(amount: Decimal) -> dict[str, str]:
    return {"amount": f"{amount:f}", "currency": "CNY"}


@dataclass
class Agreed:
    """A contract as it must stand."""

    id: str
    amount: Decimal
    signed: bool = False
    void: bool = False
    touched: bool = True
    owed: dict[str, list[Decimal]] = field(default_factory=dict)
    """By instalment: its amount, and what has come in for it."""


class Money(Story):
    contracts: Any = Bundle("contracts")

    def __init__(self) -> None:
        super().__init__()
        self.admin = self.caller("contracts", "admin")
        self.known: list[Agreed] = []

    def _ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.wait(self.admin.client.request(method, f"/v1/{path}", json=body))

    @rule(target=contracts, amount=cents)
    def draft(self, amount: Decimal) -> Agreed:
        answer = self._ask("POST", "contracts", {"title": "Press", "amount": _yuan(amount)})
        assert answer.status_code == 201, answer.text
        agreed = Agreed(answer.json()["id"], amount)
        self.known.append(agreed)
        return agreed

    @rule(agreed=contracts, parts=shares, error=st.sampled_from([0, 0, 0, 1, -1]))
    def plan(self, agreed: Agreed, parts: list[int], error: int) -> None:
        """A draft may be planned a cent too high or too low; it cannot be signed then."""
        amounts = _split(agreed.amount, parts)
        amounts[-1] += error * _CENT
        if min(amounts) <= 0:
            return
        wanted = [{"due_on": "2027-01-01", "amount": _yuan(amount)} for amount in amounts]
        path = f"contracts/{agreed.id}/instalments"
        answer = self._ask("PUT", path, {"instalments": wanted})
        agreed.touched = True
        if agreed.signed or agreed.void:
            assert answer.status_code == 409, answer.text
            return
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        agreed.owed = {i["id"]: [Decimal(i["amount"]["amount"]), Decimal(0)] for i in items}

    @rule(agreed=contracts)
    def sign(self, agreed: Agreed) -> None:
        answer = self._ask("POST", f"contracts/{agreed.id}/sign", {})
        agreed.touched = True
        total = sum((amount for amount, _ in agreed.owed.values()), Decimal(0))
        if agreed.signed or agreed.void or (agreed.owed and total != agreed.amount):
            assert answer.status_code == 409, answer.text
            return
        assert answer.status_code == 200, answer.text
        agreed.signed = True
        if not agreed.owed:
            self._learn(agreed)

    def _learn(self, agreed: Agreed) -> None:
        """Without a plan, signing makes one instalment of it all."""
        items = self._ask("GET", f"instalments?contract_id={agreed.id}").json()["items"]
        assert len(items) == 1
        [item] = items
        assert Decimal(item["amount"]["amount"]) == agreed.amount
        agreed.owed = {item["id"]: [agreed.amount, Decimal(0)]}

    @rule(
        agreed=contracts,
        at=st.integers(0, 4),
        share=st.sampled_from([1, 2, 3]),
        times=st.integers(1, 4),
    )
    def pay(self, agreed: Agreed, at: int, share: int, times: int) -> None:
        """The same part of an instalment, several times at once; no more than fits is taken."""
        if not agreed.owed:
            return
        found = sorted(agreed.owed)[at % len(agreed.owed)]
        amount, paid = agreed.owed[found]
        part = max((amount / share).quantize(_CENT), _CENT)
        answers = self._at_once(f"instalments/{found}/receipts", {"amount": _yuan(part)}, times)
        taken = sum(answer.status_code == 201 for answer in answers)
        assert {answer.status_code for answer in answers} <= {201, 409}
        agreed.touched = True
        allowed = agreed.signed and not agreed.void
        assert taken == (min(times, int((amount - paid) // part)) if allowed else 0)
        agreed.owed[found][1] += taken * part

    def _at_once(self, path: str, body: Any, times: int) -> list[httpx.Response]:
        async def together() -> list[httpx.Response]:
            sent = (self.admin.post(f"/v1/{path}", json=body) for _ in range(times))
            return await asyncio.gather(*sent)

        return self.wait(together())

    @rule(agreed=contracts)
    def pay_in_another_currency(self, agreed: Agreed) -> None:
        for found in [*agreed.owed][:1]:
            body = {"amount": {"amount": "1.00", "currency": "EUR"}}
            answer = self._ask("POST", f"instalments/{found}/receipts", body)
            assert answer.status_code in {409, 422}, answer.text

    @rule(target=contracts, agreed=consumes(contracts))
    def void(self, agreed: Agreed) -> Any:
        answer = self._ask("POST", f"contracts/{agreed.id}/void", {"reason": "x"})
        agreed.touched = True
        paid = any(paid for _, paid in agreed.owed.values())
        assert answer.status_code == (409 if agreed.void or paid else 200), answer.text
        agreed.void = agreed.void or not paid
        return multiple(agreed)

    @invariant()
    def sums_agree(self) -> None:
        for agreed in self.known:
            if agreed.touched:
                self._compare(agreed)
                agreed.touched = False

    def _compare(self, agreed: Agreed) -> None:
        shown = self._ask("GET", f"contracts/{agreed.id}").json()
        paid = sum((paid for _, paid in agreed.owed.values()), Decimal(0))
        assert Decimal(shown["collected"]["amount"]) == paid
        assert (shown["status"] == "completed") == (agreed.signed and paid == agreed.amount)
        owed = self._ask("GET", f"instalments?contract_id={agreed.id}&limit=200").json()["items"]
        current = {i["id"]: i for i in owed if i["status"] != "cancelled"}
        if not agreed.void:
            assert current.keys() == agreed.owed.keys()
        for found, item in current.items():
            assert Decimal(item["paid"]["amount"]) == agreed.owed[found][1]
            assert 0 <= agreed.owed[found][1] <= agreed.owed[found][0]
        receipts = self._ask("GET", f"receipts?contract_id={agreed.id}&limit=200").json()["items"]
        assert sum((Decimal(r["amount"]["amount"]) for r in receipts), Decimal(0)) == paid


def _split(amount: Decimal, parts: list[int]) -> list[Decimal]:
    """Rounded down to cents; the last takes the rest."""
    whole = sum(parts)
    shares = [(amount * part / whole).quantize(_CENT, "ROUND_DOWN") for part in parts[:-1]]
    return [*shares, amount - sum(shares, Decimal(0))]


@pytest.mark.slow
async def test_money_adds_up_to_the_last_cent(house: House, size: Size) -> None:
    await play(Money, house, size.settings(25, 15))


async def test_a_contract_that_does_not_count_its_receipts_is_found_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_collect", lambda *_: None)
    await demand_wrong(Money, house, 30)
