"""A report with every kind of figure in it, and texts that mean harm."""

from datetime import UTC, datetime
from decimal import Decimal

from crmkit.kernel.period import Grain
from services.reporting.report.domain import (
    Cell,
    Heading,
    Past,
    Report,
    compose,
    period_and_before,
    trail_of,
)

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SCRIPT = "<script>document.title='pwned'</script>"
FORMULA = '=HYPERLINK("http://evil.example","x")'
OWNERS = ("王静", "李磊", "Amy Fenwick", "陈晓东", "赵敏", "Hans Müller", "周杰", "孙丽", "吴刚")
REGIONS = ("华东", "华南", "华北", "西南", "海外")
PRODUCTS = ("协作机械臂 S5", "视觉检测 3D", "AGV 搬运机器人", "售后维保服务（三年，含备件）")
_LEADS = {"leads_created": 48, "leads_qualified": 31, "leads_converted": 19}
_COHORT = {"lead_cohort_qualified": 27, "lead_cohort_converted": 14}
_DEALS = {
    "opportunities_created": (22, "3120000.00"),
    "opportunities_won": (9, "1884500.50"),
    "opportunities_lost": (6, "730000.00"),
    "contracts_signed": (8, "1690000.00"),
    "receipts": (13, "1204300.25"),
}
_ACTIVITIES = {"call": 84, "visit": 31, "meeting": 22, "demo": 9, "message": 47}


def report(*, label: str = "2026-W47", grain: Grain = Grain.WEEK, empty: bool = False) -> Report:
    """Two currencies, ten owners of whom one is a script, twelve periods."""
    period, before = period_and_before(label, grain)
    trail = trail_of(period, grain)
    heading = Heading(period, before, "Asia/Shanghai", "CNY", NOW, "苏州恒岭精密有限公司", trail)
    if empty:
        return compose(heading, [], {})
    names = {f"{n:08}-owner": name for n, name in enumerate((*OWNERS, SCRIPT))}
    cells = [*_counts(), *_amounts("CNY", 1), *_amounts("USD", 7), *_won(names)]
    past = [
        Past(measure, each.start, currency, n + 2, Decimal(amount) * (60 + n * 13 % 70) / 100)
        for n, each in enumerate(trail)
        for currency in ("CNY", "USD")
        for measure, (_, amount) in _DEALS.items()
    ]
    past += [
        Past(measure, each.start, "", count * (60 + n * 17 % 60) // 100, Decimal(0))
        for n, each in enumerate(trail)
        for measure, count in _LEADS.items()
    ]
    return compose(heading, cells, names, past)


def _counts() -> list[Cell]:
    cells = []
    for measure, count in (_LEADS | _COHORT).items():
        cells.append(Cell(measure, True, "kind", "", "", count, Decimal(0)))
        cells.append(Cell(measure, False, "kind", "", "", count - 4, Decimal(0)))
    for kind, count in _ACTIVITIES.items():
        cells.append(Cell("activities", True, "kind", kind, "", count, Decimal(0)))
        cells.append(Cell("activities", False, "kind", kind, "", 40, Decimal(0)))
    return cells


def _amounts(currency: str, part: int) -> list[Cell]:
    cells = []
    for measure, (count, text) in _DEALS.items():
        amount = (Decimal(text) / part).quantize(Decimal("0.01"))
        cells.append(Cell(measure, True, "kind", "", currency, count, amount))
        cells.append(Cell(measure, False, "kind", "", currency, count - 1, amount * 9 / 10))
    return cells


def _won(names: dict[str, str]) -> list[Cell]:
    cut = {
        "owner": tuple(names),
        "region": REGIONS,
        "team": ("cn/east/1", "cn/south", "intl"),
        "source": ("web", "trade-show", FORMULA, ""),
        "product": PRODUCTS,
    }
    return [
        Cell("opportunities_won", True, dimension, value, "CNY", 1, Decimal(720000) / (n + 1))
        for dimension, values in cut.items()
        for n, value in enumerate(values)
    ]
