from decimal import Decimal
from typing import Self

import strawberry

from crmkit.web.graphql.inputs import taken_by_plan


@strawberry.federation.type(shareable=True, description="An amount of two decimals in a currency.")
class Money:
    amount: str
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Self:
        return cls(amount=f"{amount:.2f}", currency=currency)


@taken_by_plan
@strawberry.input(description="An amount of at most two decimals in an ISO 4217 currency.")
class MoneyInput:
    amount: str
    currency: str
