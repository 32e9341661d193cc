"""A report as a document, in Chinese or English: what people read of it, in which order."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.reporting.pages.document import (
    Card,
    Column,
    Document,
    Drawing,
    Row,
    Section,
    Table,
    Unit,
    Value,
)
from services.reporting.report.domain import (
    AmountChange,
    CountChange,
    CurrencySection,
    Funnel,
    MoneyPoint,
    Report,
    Volume,
    WonShare,
    conversion,
    growth,
)
from services.reporting.report.words import Language, Speech

_VOLUMES = ("opened", "won", "lost", "signed", "received")
_TURNOVERS = ("opened", "won", "signed", "received")
_CUTS = ("owner", "region", "team", "source", "product")
_DRAWN_CUTS = frozenset({"owner", "region"})
_KEY_SHOWN = 8


def document(report: Report, language: Language) -> Document:
    """The report in the order in which it is read: leads and activities, then each currency."""
    say = Speech(language)
    kind = "weekly" if "W" in report.period else "monthly"
    sections = [_overview(report, say), *(_money(each, say) for each in report.currencies)]
    told = [table for each in sections for table in each.tables if table.key in _NOW]
    return Document(
        title=f"{say(kind)} {report.period}",
        company=report.company,
        facts=(
            (say("period"), f"{report.first_day} – {report.last_day}"),
            (say("against"), report.before),
            (say("zone"), report.zone),
            (say("as_of"), _instant(report.as_of, report.zone)),
        ),
        notice="" if any(row.values[0] for table in told for row in table.rows) else say("empty"),
        sections=tuple(sections),
        words=say.words(),
    )


_NOW = frozenset({"funnel", "activities", "figures"})
"""The tables whose first column tells of this period."""


def _instant(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _overview(report: Report, say: Speech) -> Section:
    leads = report.leads
    return Section(
        key="all",
        title=say("overview"),
        currency="",
        cards=(
            _counted(say("created"), leads.created),
            _counted(say("qualified"), leads.qualified),
            _counted(say("converted"), leads.converted),
            Card(say("conversion"), leads.conversion, Unit.PERCENT, note=say("conversion_note")),
            _counted(say("activities"), _sum([each.done for each in report.activities])),
        ),
        tables=(
            _funnel(report, say),
            _lead_trend(report, say),
            _cohort(report.leads, say),
            _activities(report, say),
        ),
    )


def _funnel(report: Report, say: Speech) -> Table:
    """漏斗 numbers of all currencies: numbers can be added up, amounts cannot."""
    leads = report.leads
    stages = [(name, getattr(leads, name)) for name in ("created", "qualified", "converted")]
    for name in _TURNOVERS:
        counts = [getattr(each, name).count for each in report.currencies]
        stages.append((name, _sum(counts)))
    rows = tuple(Row(name, say(name), _values(count)) for name, count in stages)
    return Table(
        key="funnel",
        title=say("funnel"),
        about=say("funnel_about"),
        head=say("stage"),
        columns=_compared(say, drawn=True),
        rows=rows,
        drawing=Drawing.FUNNEL,
        wide=True,
    )


def _sum(counts: Sequence[CountChange]) -> CountChange:
    value, before = sum(each.value for each in counts), sum(each.before for each in counts)
    return CountChange(value, before, growth(value, before))


def _lead_trend(report: Report, say: Speech) -> Table:
    names = ("created", "qualified", "converted")
    return Table(
        key="lead_trend",
        title=say("lead_trend"),
        about=say("lead_trend_about"),
        head=say("period"),
        columns=tuple(Column(name, say(name), Unit.COUNT, name != "qualified") for name in names),
        rows=tuple(
            Row(point.period, point.period, tuple(getattr(point, name) for name in names))
            for point in report.leads.trend
        ),
        drawing=Drawing.LINES,
    )


def _cohort(leads: Funnel, say: Speech) -> Table:
    """客户转化 the leads that came in, and no others."""
    return Table(
        key="cohort",
        title=say("cohort"),
        about=say("cohort_about"),
        head=say("stage"),
        columns=(
            Column("count", say("count"), Unit.COUNT),
            Column("percent", say("of_received"), Unit.PERCENT),
        ),
        rows=(
            _part("cohort_qualified", leads.cohort_qualified, leads, say),
            _part("cohort_converted", leads.cohort_converted, leads, say),
        ),
    )


def _part(name: str, count: int, leads: Funnel, say: Speech) -> Row:
    return Row(name, say(name), (count, conversion(count, leads.created.value)))


def _activities(report: Report, say: Speech) -> Table:
    return Table(
        key="activities",
        title=say("activities"),
        about=say("activities_about"),
        head=say("kind"),
        columns=_compared(say, drawn=True),
        rows=tuple(
            Row(each.kind, say.activity(each.kind), _values(each.done))
            for each in sorted(report.activities, key=lambda each: -each.done.value)
        ),
        drawing=Drawing.BARS,
        wide=True,
    )


def _money(section: CurrencySection, say: Speech) -> Section:
    currency = section.currency
    amounts = [
        _priced(say(name), getattr(section, name), name)
        for name in ("won", "signed", "received", "opened", "lost")
    ]
    return Section(
        key=currency,
        title=f"{say('money')} · {currency}",
        currency=currency,
        cards=(
            *amounts,
            Card(say("win_rate"), section.win_rate.by_count, Unit.PERCENT, note=say("by_count")),
            Card(say("win_rate"), section.win_rate.by_value, Unit.PERCENT, note=say("by_value")),
            Card(say("average"), section.average_deal, Unit.AMOUNT, note=say("average_note")),
        ),
        tables=(
            _figures(section, say),
            _trend(section, say, "trend", ("opened", "won"), Drawing.LINES),
            _trend(section, say, "collection", ("signed", "received"), Drawing.COLUMNS),
            *(_won_by(getattr(section.won_by, cut), cut, say) for cut in _CUTS),
            _rates(section, say),
        ),
    )


def _figures(section: CurrencySection, say: Speech) -> Table:
    return Table(
        key="figures",
        title=say("figures"),
        about=say("figures_about"),
        head=say("figure"),
        columns=(
            Column("count", say("count"), Unit.COUNT),
            Column("count_before", say("count_before"), Unit.COUNT),
            Column("count_change", say("change"), Unit.CHANGE),
            Column("amount", say("amount"), Unit.AMOUNT),
            Column("amount_before", say("amount_before"), Unit.AMOUNT),
            Column("amount_change", say("change"), Unit.CHANGE),
        ),
        rows=tuple(_volume(name, getattr(section, name), say) for name in _VOLUMES),
        wide=True,
    )


def _volume(name: str, volume: Volume, say: Speech) -> Row:
    return Row(name, say(name), (*_values(volume.count), *_values(volume.amount)))


def _rates(section: CurrencySection, say: Speech) -> Table:
    """成功率、平均成交额 what is no volume."""
    return Table(
        key="rates",
        title=say("rates"),
        about=say("rates_about"),
        head=say("figure"),
        columns=(
            Column("percent", say("by_percent"), Unit.PERCENT),
            Column("amount", say("amount"), Unit.AMOUNT),
        ),
        rows=(
            Row("win_rate_by_count", say("win_rate_by_count"), (section.win_rate.by_count, None)),
            Row("win_rate_by_value", say("win_rate_by_value"), (section.win_rate.by_value, None)),
            Row("average_deal", say("average"), (None, section.average_deal)),
        ),
    )


def _trend(
    section: CurrencySection, say: Speech, key: str, names: tuple[str, str], drawing: Drawing
) -> Table:
    columns = [
        column
        for name in names
        for column in (
            Column(f"{name}_count", f"{say(name)} · {say('count')}", Unit.COUNT),
            Column(f"{name}_amount", say(name), Unit.AMOUNT, drawn=True),
        )
    ]
    return Table(
        key=key,
        title=say(key),
        about=say(f"{key}_about"),
        head=say("period"),
        columns=tuple(columns),
        rows=tuple(Row(p.period, p.period, (*_turnovers(p, names),)) for p in section.trend),
        drawing=drawing,
    )


def _turnovers(point: MoneyPoint, names: Iterable[str]) -> Iterable[Value]:
    for name in names:
        turnover = getattr(point, name)
        yield from (turnover.count, turnover.amount)


def _won_by(shares: Sequence[WonShare], cut: str, say: Speech) -> Table:
    return Table(
        key=f"won_by_{cut}",
        title=say(f"won_by_{cut}"),
        about=say("won_by_about"),
        head=say(cut),
        columns=(
            Column("count", say("count"), Unit.COUNT),
            Column("amount", say("amount"), Unit.AMOUNT, drawn=True),
            Column("share", say("share"), Unit.PERCENT),
        ),
        rows=tuple(_share(each, cut, say) for each in shares),
        drawing=Drawing.BARS if cut in _DRAWN_CUTS else Drawing.NONE,
        wide=cut in _DRAWN_CUTS,
    )


def _share(share: WonShare, cut: str, say: Speech) -> Row:
    values = (share.count, share.amount, share.share)
    if share.key is None:
        return Row("others", say("others"), values)
    unnamed = f"{say('unnamed')} {share.key[:_KEY_SHOWN]}" if cut == "owner" else say("not_given")
    return Row(share.key, share.label or unnamed, values)


def _compared(say: Speech, *, drawn: bool) -> tuple[Column, ...]:
    return (
        Column("count", say("count"), Unit.COUNT, drawn),
        Column("count_before", say("count_before"), Unit.COUNT),
        Column("count_change", say("change"), Unit.CHANGE),
    )


def _values(change: CountChange | AmountChange) -> tuple[Value, ...]:
    return change.value, change.before, change.change


def _counted(label: str, count: CountChange) -> Card:
    return Card(label, count.value, Unit.COUNT, count.before, count.change)


def _priced(label: str, volume: Volume, name: str) -> Card:
    amount = volume.amount
    return Card(
        label,
        amount.value,
        Unit.AMOUNT,
        amount.before,
        amount.change,
        rising_is_good=name != "lost",
    )
