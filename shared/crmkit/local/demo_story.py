"""A year of sales, made up: the same for the same moment and seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from crmkit.kernel.period import Grain, day_of, period_of, start_of
from crmkit.local import demo_data as data
from crmkit.local.demo_data import Person, Product

_SEED = 20
_ACCOUNTS = 120
_WON, _LOST, _OPEN = 90, 60, 50
_QUALIFIED, _DISQUALIFIED, _WORKING, _NEW = 70, 90, 80, 60
_RECENT = {"won": 5, "lost": 2, "open": 8, "qualified": 11, "new": 17}
"""So many of each kind happened since the week and the month began."""
_YEAR = 330
_FIRST_PART = Decimal("0.40")
_CENT = Decimal("0.01")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    key: str
    name: str
    industry: str
    region: str
    owner: Person


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment; `paid_at` is None as long as it is owed."""

    due_on: date
    amount: Decimal
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Deal:
    """What becomes of a converted lead; open where it has neither been won nor lost."""

    product: Product
    expected_close_on: date
    moves: tuple[tuple[str, datetime], ...]
    amount: Decimal
    won_at: datetime | None = None
    lost_at: datetime | None = None
    lost_reason: str = ""
    signed_at: datetime | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """An activity that took place."""

    kind: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Life:
    """One lead, from the first word to the last payment."""

    key: str
    account: Account
    contact: str
    product: Product
    source: str
    need: str
    budget: Decimal
    received_at: datetime
    worked_at: datetime | None
    qualified_at: datetime | None
    disqualified_at: datetime | None
    converted_at: datetime | None
    reason: str
    deal: Deal | None
    deeds: tuple[Deed, ...]


class Story:
    """Draws accounts and lives; everything lies before `now`."""

    def __init__(self, now: datetime, zone: ZoneInfo, seed: int = _SEED) -> None:
        self.now = now
        self.zone = zone
        self._random = Random(seed)  # noqa: S311 - a story is no secret
        today = day_of(now, zone)
        begins = (period_of(today, grain).start for grain in (Grain.WEEK, Grain.MONTH))
        self._recent = start_of(max(begins), zone)
        self.accounts = [self._account(n) for n in range(_ACCOUNTS)]
        self.lives = list(self._lives())

    def _lives(self) -> Iterator[Life]:
        for n in range(_WON):
            closed = self._lately("won", n) or self._ago(9, _YEAR)
            yield self._closed_life(f"won-{n}", closed, won=True)
        for n in range(_LOST):
            closed = self._lately("lost", n) or self._ago(1, _YEAR)
            yield self._closed_life(f"lost-{n}", closed, won=False)
        for n in range(_OPEN):
            yield self._open(f"open-{n}", self._lately("open", n) or self._ago(2, 40))
        for n in range(_QUALIFIED):
            qualified = self._lately("qualified", n) or self._ago(1, 120)
            received = self._before(qualified, 2, 10)
            yield self._life(f"qualified-{n}", received, qualified=qualified)
        for n in range(_DISQUALIFIED):
            received = self._ago(10, _YEAR)
            given_up = self._after(received, 2, 9)
            yield self._life(f"disqualified-{n}", received, disqualified=given_up)
        for n in range(_WORKING):
            yield self._life(f"working-{n}", self._ago(2, 40))
        for n in range(_NEW):
            received = self._lately("new", n) or self._ago(1, 10)
            yield self._life(f"new-{n}", received, worked=False)

    def _closed_life(self, key: str, closed: datetime, *, won: bool) -> Life:
        converted = self._before(closed, 18, 45)
        moves = self._moves(converted, closed)
        expected = day_of(closed + timedelta(self._random.randint(-4, 9)), self.zone)
        product, amount = self._order()
        if won:
            signed, parts = self._contract(closed, amount)
            deal = Deal(product, expected, moves, amount, closed, signed_at=signed, parts=parts)
        else:
            reason = self._pick(data.LOST_TO)
            deal = Deal(product, expected, moves, amount, lost_at=closed, lost_reason=reason)
        return self._converted(key, converted, deal)

    def _open(self, key: str, converted: datetime) -> Life:
        expected = day_of(self.now + timedelta(self._random.randint(0, 45)), self.zone)
        moves = self._moves(converted, self.now)[: self._random.randint(0, len(data.STAGES))]
        product, amount = self._order()
        return self._converted(key, converted, Deal(product, expected, moves, amount))

    def _converted(self, key: str, converted: datetime, deal: Deal) -> Life:
        qualified = self._before(converted, 1, 8)
        received = self._before(qualified, 2, 9)
        return self._life(key, received, qualified=qualified, converted=converted, deal=deal)

    def _life(
        self,
        key: str,
        received: datetime,
        *,
        worked: bool = True,
        qualified: datetime | None = None,
        disqualified: datetime | None = None,
        converted: datetime | None = None,
        deal: Deal | None = None,
    ) -> Life:
        account = self._pick(self.accounts)
        product, budget = (deal.product, deal.amount) if deal else self._order()
        end = self._end(received, deal)
        return Life(
            key=key,
            account=account,
            contact=self._pick(data.SURNAMES) + self._pick(data.GIVEN_NAMES),
            product=product,
            source=self._random.choices(list(data.SOURCES), list(data.SOURCES.values()))[0],
            need=self._pick(data.NEEDS),
            budget=budget,
            received_at=received,
            worked_at=received + timedelta(hours=3) if worked else None,
            qualified_at=qualified,
            disqualified_at=disqualified,
            converted_at=converted,
            reason=self._pick(data.GIVEN_UP),
            deal=deal,
            deeds=tuple(self._deeds(received + timedelta(hours=3), end)) if worked else (),
        )

    def _end(self, received: datetime, deal: Deal | None) -> datetime:
        closed = deal and (deal.won_at or deal.lost_at)
        return closed or min(self.now, received + timedelta(30))

    def _deeds(self, start: datetime, end: datetime) -> Iterator[Deed]:
        for _ in range(self._random.randint(1, 4)):
            kind = self._pick(list(data.SUBJECTS))
            yield Deed(kind, self._pick(data.OUTCOMES), self._between(start, end))

    def _contract(self, won: datetime, amount: Decimal) -> tuple[datetime, tuple[Part, ...]]:
        """Signed some days after the deal was won, paid in two parts: 40 and 60 per cent."""
        recent = won >= self._recent
        signed = self._between(won, self.now) if recent else self._after(won, 1, 7)
        first = (amount * _FIRST_PART).quantize(_CENT)
        paid = self._between(signed, self.now) if recent else self._after(signed, 2, 12)
        due = day_of(signed, self.zone)
        last_paid = self._after(paid, 20, 45)
        return signed, (
            Part(due + timedelta(10), first, paid if paid <= self.now else None),
            Part(due + timedelta(45), amount - first, last_paid if last_paid <= self.now else None),
        )

    def _moves(self, start: datetime, end: datetime) -> tuple[tuple[str, datetime], ...]:
        moments = sorted(self._between(start, end) for _ in data.STAGES)
        return tuple(zip(data.STAGES, moments, strict=True))

    def _account(self, n: int) -> Account:
        trade = n % len(data.TRADES)
        owner = data.SELLERS[n % len(data.SELLERS)]
        if n % 6 == 0:
            name = f"{self._pick(data.FOREIGN)} {n + 1} Ltd"
        else:
            brand = self._pick(data.BRANDS) + self._pick(data.BRANDS)[0]
            name = f"{self._pick(data.PLACES)}{brand}{data.TRADES[trade]}有限公司"
        return Account(f"account-{n}", name, data.INDUSTRIES[trade], owner.region, owner)

    def _order(self) -> tuple[Product, Decimal]:
        product = self._pick(data.PRODUCTS)
        return product, Decimal(product.price * self._random.randint(1, 6)).quantize(_CENT)

    def _pick(self, choice: Sequence[T]) -> T:
        return self._random.choice(choice)

    def _ago(self, least: int, most: int) -> datetime:
        """Working hours of a day that lies between so many days back."""
        return self._at_work(self.now - timedelta(self._random.randint(least, most)))

    def _after(self, moment: datetime, least: int, most: int) -> datetime:
        return self._at_work(moment + timedelta(self._random.randint(least, most)))

    def _before(self, moment: datetime, least: int, most: int) -> datetime:
        return self._at_work(moment - timedelta(self._random.randint(least, most)))

    def _at_work(self, moment: datetime) -> datetime:
        hour, minute = self._random.randint(9, 17), self._random.randint(0, 59)
        return moment.astimezone(self.zone).replace(hour=hour, minute=minute, second=0)

    def _lately(self, kind: str, n: int) -> datetime | None:
        """Since the week and the month began, for the first few of a kind."""
        return self._between(self._recent, self.now) if n < _RECENT[kind] else None

    def _between(self, start: datetime, end: datetime) -> datetime:
        return start + (end - start) * self._random.random()
