"""周报、月报 what a report says, and by which formula (K numbers: the KPI catalogue)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain, Period, parse_period, period_of

TOP = 10
TRAIL = 12
"""Periods that a trend shows, this one included."""
OTHERS = "others"
_FIRST, _LAST = "1971", "2199"
_CENT = Decimal("0.01")
_NONE = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one measure came to for one value of one dimension, now (`current`) or before."""

    measure: str
    current: bool
    dimension: str
    value: str
    currency: str
    n: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Past:
    """What one measure came to in the period that begins on `start`."""

    measure: str
    start: date
    currency: str
    n: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CountChange:
    """A number in this period and in the one before; the change in percent (K04)."""

    value: int
    before: int
    change: Decimal | None


@dataclass(frozen=True, slots=True)
class AmountChange:
    """An amount in this period and in the one before; the change in percent (K04)."""

    value: Decimal
    before: Decimal
    change: Decimal | None


@dataclass(frozen=True, slots=True)
class Volume:
    """How many and how much."""

    count: CountChange
    amount: AmountChange


@dataclass(frozen=True, slots=True)
class Turnover:
    """How many and how much, with nothing to compare it to."""

    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class MoneyPoint:
    """走势 one period of the trend in one currency."""

    period: str
    opened: Turnover
    won: Turnover
    signed: Turnover
    received: Turnover


@dataclass(frozen=True, slots=True)
class LeadPoint:
    """走势 one period of the trend of leads."""

    period: str
    created: int
    qualified: int
    converted: int


@dataclass(frozen=True, slots=True)
class ActivityDone:
    """How often an activity of one kind was done."""

    kind: str
    done: CountChange


@dataclass(frozen=True, slots=True)
class Funnel:
    """客户转化 leads that came in, were qualified, were converted in the period.

    `cohort_…` are those of the leads received in the period that have got there by now;
    `conversion` is K21 in percent, over that cohort. `trend` ends with this period.
    """

    created: CountChange
    qualified: CountChange
    converted: CountChange
    cohort_qualified: int
    cohort_converted: int
    conversion: Decimal | None
    trend: list[LeadPoint]


@dataclass(frozen=True, slots=True)
class WinRate:
    """成功率 K23 in percent."""

    by_count: Decimal | None
    by_value: Decimal | None


@dataclass(frozen=True, slots=True)
class WonShare:
    """What one owner, team, … won, and which part of the whole in percent.

    `key` is None where it stands for the others together.
    """

    key: str | None
    label: str
    count: int
    amount: Decimal
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class WonBy:
    """Deals won, the ten greatest and the others."""

    owner: list[WonShare]
    team: list[WonShare]
    region: list[WonShare]
    source: list[WonShare]
    product: list[WonShare]


@dataclass(frozen=True, slots=True)
class CurrencySection:
    """All that is reckoned in one currency; `trend` ends with this period."""

    currency: str
    opened: Volume
    won: Volume
    lost: Volume
    signed: Volume
    received: Volume
    win_rate: WinRate
    average_deal: Decimal | None
    won_by: WonBy
    trend: list[MoneyPoint]


@dataclass(frozen=True, slots=True)
class Report:
    """A week or month beside the one before; `last_day` is its last day, where the tenant lives."""

    company: str
    period: str
    before: str
    first_day: date
    last_day: date
    zone: str
    as_of: datetime
    leads: Funnel
    activities: list[ActivityDone]
    currencies: list[CurrencySection]


@dataclass(frozen=True, slots=True)
class Heading:
    """What a report is about: the period, the ones before, and how the tenant reckons."""

    period: Period
    before: Period
    zone: str
    currency: str
    as_of: datetime
    company: str = ""
    trail: tuple[Period, ...] = ()


def period_and_before(label: str, grain: Grain) -> tuple[Period, Period]:
    """The period of that name and the one before; Invalid `period.invalid` for another grain."""
    period = parse_period(label) if _FIRST <= label[:4] <= _LAST else None
    if period is None or period != period_of(period.start, grain):
        raise Invalid.field("period", "period.invalid", f"this is no {grain} from 1971 to 2199")
    return period, period_of(period.start - timedelta(1), grain)


def trail_of(period: Period, grain: Grain) -> tuple[Period, ...]:
    """The twelve periods that end with this one, the oldest first."""
    found = [period]
    while len(found) < TRAIL:
        found.append(period_of(found[-1].start - timedelta(1), grain))
    return tuple(reversed(found))


def compose(
    heading: Heading,
    cells: Sequence[Cell],
    names: Mapping[str, str],
    past: Sequence[Past] = (),
) -> Report:
    """The report from its cells: dimension `kind` for all figures, the others for deals won."""
    plain = [cell for cell in cells if cell.dimension == "kind"]
    priced = {cell.currency for cell in plain if cell.currency}
    currencies = sorted(priced | {heading.currency}, key=lambda c: (c != heading.currency, c))
    trail = _Trail(heading.trail, past)
    return Report(
        company=heading.company,
        period=heading.period.label,
        before=heading.before.label,
        first_day=heading.period.start,
        last_day=heading.period.end - timedelta(1),
        zone=heading.zone,
        as_of=heading.as_of,
        leads=_funnel(plain, trail),
        activities=_activities(plain),
        currencies=[
            _section(currency, [cell for cell in cells if cell.currency == currency], names, trail)
            for currency in currencies
        ],
    )


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """`part` of `whole` in percent, two decimals, half up; None where there is no whole."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(_CENT, ROUND_HALF_UP)


def growth(now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """增长率 K04: (now - before) / before, in percent."""
    return percent(now - before, before)


def conversion(converted: int, created: int) -> Decimal | None:
    """客户转化率 K21: converted leads / leads created, of those created in the period."""
    return percent(converted, created)


def win_rate(won: Decimal | int, lost: Decimal | int) -> Decimal | None:
    """成功率 K23: won / (won + lost)."""
    return percent(won, won + lost)


def average_deal(signed: Decimal, contracts: int) -> Decimal | None:
    """平均成交额 K25: K02 / number of signed contracts."""
    return (signed / contracts).quantize(_CENT, ROUND_HALF_UP) if contracts else None


def top(cells: Iterable[Cell], label: Callable[[str], str]) -> list[WonShare]:
    """The ten greatest by amount, then by count, and the rest as one."""
    ranked = sorted(cells, key=lambda cell: (-cell.amount, -cell.n, cell.value))
    whole = sum((cell.amount for cell in ranked), _NONE)
    shares = [
        WonShare(cell.value, label(cell.value), cell.n, cell.amount, percent(cell.amount, whole))
        for cell in ranked[:TOP]
    ]
    rest = ranked[TOP:]
    if rest:
        amount = sum((cell.amount for cell in rest), _NONE)
        count = sum(cell.n for cell in rest)
        shares.append(WonShare(None, OTHERS, count, amount, percent(amount, whole)))
    return shares


class _Trail:
    """What the periods of the trend came to; zero where nothing was told."""

    def __init__(self, periods: Sequence[Period], past: Sequence[Past]) -> None:
        self._periods = periods
        self._found = {(each.measure, each.start, each.currency): each for each in past}

    def leads(self) -> list[LeadPoint]:
        return [
            LeadPoint(
                period.label,
                created=self._turnover("leads_created", period).count,
                qualified=self._turnover("leads_qualified", period).count,
                converted=self._turnover("leads_converted", period).count,
            )
            for period in self._periods
        ]

    def money(self, currency: str) -> list[MoneyPoint]:
        return [
            MoneyPoint(
                period.label,
                opened=self._turnover("opportunities_created", period, currency),
                won=self._turnover("opportunities_won", period, currency),
                signed=self._turnover("contracts_signed", period, currency),
                received=self._turnover("receipts", period, currency),
            )
            for period in self._periods
        ]

    def _turnover(self, measure: str, period: Period, currency: str = "") -> Turnover:
        found = self._found.get((measure, period.start, currency))
        return Turnover(found.n, found.amount) if found else Turnover(0, _NONE)


def _funnel(cells: Sequence[Cell], trail: _Trail) -> Funnel:
    created = _count(cells, "leads_created")
    reached = _count(cells, "lead_cohort_converted").value
    return Funnel(
        created=created,
        qualified=_count(cells, "leads_qualified"),
        converted=_count(cells, "leads_converted"),
        cohort_qualified=_count(cells, "lead_cohort_qualified").value,
        cohort_converted=reached,
        conversion=conversion(reached, created.value),
        trend=trail.leads(),
    )


def _activities(cells: Sequence[Cell]) -> list[ActivityDone]:
    done = [cell for cell in cells if cell.measure == "activities"]
    return [
        ActivityDone(kind, _count([cell for cell in done if cell.value == kind], "activities"))
        for kind in sorted({cell.value for cell in done})
    ]


def _section(
    currency: str, cells: Sequence[Cell], names: Mapping[str, str], trail: _Trail
) -> CurrencySection:
    plain = [cell for cell in cells if cell.dimension == "kind"]
    won, lost = _volume(plain, "opportunities_won"), _volume(plain, "opportunities_lost")
    signed = _volume(plain, "contracts_signed")
    return CurrencySection(
        currency=currency,
        opened=_volume(plain, "opportunities_created"),
        won=won,
        lost=lost,
        signed=signed,
        received=_volume(plain, "receipts"),
        win_rate=WinRate(
            by_count=win_rate(won.count.value, lost.count.value),
            by_value=win_rate(won.amount.value, lost.amount.value),
        ),
        average_deal=average_deal(signed.amount.value, signed.count.value),
        won_by=_won_by(cells, names),
        trend=trail.money(currency),
    )


def _won_by(cells: Sequence[Cell], names: Mapping[str, str]) -> WonBy:
    def of(dimension: str, label: Callable[[str], str] = str) -> list[WonShare]:
        return top((cell for cell in cells if cell.dimension == dimension), label)

    return WonBy(
        owner=of("owner", lambda key: names.get(key, "")),
        team=of("team"),
        region=of("region"),
        source=of("source"),
        product=of("product"),
    )


def _count(cells: Iterable[Cell], measure: str) -> CountChange:
    now, before = (sum(c.n for c in side) for side in _sides(cells, measure))
    return CountChange(now, before, growth(now, before))


def _volume(cells: Sequence[Cell], measure: str) -> Volume:
    now, before = (sum((c.amount for c in side), _NONE) for side in _sides(cells, measure))
    return Volume(_count(cells, measure), AmountChange(now, before, growth(now, before)))


def _sides(cells: Iterable[Cell], measure: str) -> tuple[list[Cell], list[Cell]]:
    """This period's cells of a measure, and those of the period before."""
    found = [cell for cell in cells if cell.measure == measure]
    return [c for c in found if c.current], [c for c in found if not c.current]
