"""Money: a Decimal of two places and an ISO 4217 currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
CURRENCIES = frozenset(
    "AED ALL AMD ARS AUD AZN BAM BDT BGN BOB BRL BWP BYN CAD "  # noqa: SIM905 - short as it is
    "CHF CLP CNY COP CRC CZK DKK DOP DZD "
    "EGP ETB EUR GBP GEL GHS GTQ HKD HNL HUF IDR ILS INR ISK JMD JPY KES KGS KHR KRW KZT LAK LKR "
    "MAD MDL MKD MMK MNT MOP MUR MXN MYR MZN NAD NGN NOK NPR NZD PAB PEN PHP PKR PLN PYG QAR RON "
    "RSD RUB SAR SEK SGD THB TRY TWD TZS UAH UGX USD UYU UZS VES VND XAF XOF ZAR ZMW".split()
)
"""Currencies of at most two decimals; those with three (BHD, KWD, …) are refused."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency; adding two currencies is an error, never a guess."""

    amount: Decimal
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.amount + other.amount, self.currency)


def quantise(amount: Decimal) -> Decimal:
    """Two places, half up, zero unsigned: done before an amount goes anywhere, so all agree."""
    return amount.quantize(CENT, ROUND_HALF_UP) + 0


def split(total: Decimal, parts: int) -> list[Decimal]:
    """`parts` amounts of two places that add up to `total`; the first ones carry the odd cents."""
    cents = int(quantise(total) / CENT)
    share, rest = divmod(cents, parts)
    return [(share + (1 if n < rest else 0)) * CENT for n in range(parts)]
