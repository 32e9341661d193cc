"""What each figure of a report is, by its name: a count or sum of one period, or made of others.

A figure's name is its place in the report as JSON has it; what stands in a list is named by its
currency, kind, period or key: `currencies.CNY.won_by.team.cn/east.amount`. Those that are no ten
greatest together are `…team_others.amount`. Whether a report has such a cut, it says itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from crmkit.kernel.errors import Invalid

_CURRENCY = r"currencies\.(?P<currency>[A-Z]{3})"
_STEP = "(?P<step>created|qualified|converted)"
_SIDE = "(?P<side>value|before)"
_UNIT = "(?P<unit>count|amount)"
_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_COUNTED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"leads\.{_STEP}\.{_SIDE}",
        r"leads\.cohort_(?P<cohort>qualified|converted)",
        rf"leads\.trend\.(?P<label>[^.]+)\.{_STEP}",
        rf"activities\.(?P<kind>[^.]+)\.done\.{_SIDE}",
        rf"{_CURRENCY}\.(?P<deal>opened|won|lost|signed|received)\.{_UNIT}\.{_SIDE}",
        rf"{_CURRENCY}\.trend\.(?P<label>[^.]+)\.(?P<deal>opened|won|signed|received)\.{_UNIT}",
        rf"{_CURRENCY}\.won_by\.(?P<by>owner)\.(?P<key>{_ID})\.{_UNIT}",
        rf"{_CURRENCY}\.won_by\.(?P<by>team|region|source|product)\.(?P<key>.*)\.{_UNIT}",
    )
)
_ANY = r"(?P<a>currencies\.[A-Z]{3})"
OTHERS = re.compile(
    rf"{_CURRENCY}\.won_by\.(?P<by>owner|team|region|source|product)_others\.{_UNIT}"
)
"""All that were won, less those that the report names."""

_MADE = tuple(
    (re.compile(pattern), of)
    for pattern, of in (
        (r"(?P<a>.+)\.change", ("{a}.value", "{a}.before")),
        (r"(?P<a>leads)\.conversion", ("{a}.cohort_converted", "{a}.created.value")),
        (rf"{_ANY}\.win_rate\.by_count", ("{a}.won.count.value", "{a}.lost.count.value")),
        (rf"{_ANY}\.win_rate\.by_value", ("{a}.won.amount.value", "{a}.lost.amount.value")),
        (rf"{_ANY}\.average_deal", ("{a}.signed.amount.value", "{a}.signed.count.value")),
        (
            rf"{_ANY}\.won_by\.(?P<b>.+)\.share",
            ("{a}.won_by.{b}.amount", "{a}.won.amount.value"),
        ),
    )
)
_DEALS = {
    "opened": ("opportunities_created", "opportunity_created_amount"),
    "won": ("opportunities_won", "opportunity_won_amount"),
    "lost": ("opportunities_lost", "opportunity_lost_amount"),
    "signed": ("contracts_signed", "contract_signed_amount"),
    "received": ("receipts", "receipt_amount"),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A figure of a report: of `measure`, in the period `label`, where `filters` hold; or, without
    a measure, reckoned from the figures it is `made_of`. Both are of its `cut`: which `currency`
    or `kind`, and whose share it is `by` which dimension, None the others'."""

    measure: str = ""
    label: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    made_of: tuple[str, ...] = ()
    cut: Mapping[str, str | None] = field(default_factory=dict)


def figure_named(name: str, here: str, before: str, trail: tuple[str, ...]) -> Named:
    """The figure of the report of `here`; Invalid `report.figure` where it has none such."""
    for pattern in _COUNTED:
        if found := pattern.fullmatch(name):
            return _counted(found.groupdict(), here, before, trail)
    if found := OTHERS.fullmatch(name):
        return Named(
            made_of=(f"currencies.{found['currency']}.won.{found['unit']}.value",),
            cut={"currency": found["currency"], "by": found["by"], "key": None},
        )
    for pattern, of in _MADE:
        if found := pattern.fullmatch(name):
            parts = tuple(each.format(**found.groupdict()) for each in of)
            return Named(made_of=parts, cut=figure_named(parts[0], here, before, trail).cut)
    raise unknown()


def _counted(part: Mapping[str, str], here: str, before: str, trail: tuple[str, ...]) -> Named:
    label = part.get("label") or (before if part.get("side") == "before" else here)
    if label not in {here, before, *trail}:
        raise unknown()
    filters = {name: part[name] for name in ("currency", "kind") if name in part}
    if "by" in part:
        filters["owner_id" if part["by"] == "owner" else part["by"]] = part["key"]
    cut = {name: part[name] for name in ("currency", "kind", "by", "key") if name in part}
    return Named(_measure(part), label, tuple(filters.items()), cut=cut)


def _measure(part: Mapping[str, str]) -> str:
    if "cohort" in part:
        return f"lead_cohort_{part['cohort']}"
    if "step" in part:
        return f"leads_{part['step']}"
    if "kind" in part:
        return "activities"
    return _DEALS[part.get("deal", "won")][part["unit"] == "amount"]


def unknown() -> Invalid:
    """The refusal of what is no figure of the report."""
    message = "figure: a place in the report, such as leads.created.value"
    return Invalid.field("figure", "report.figure", message)
