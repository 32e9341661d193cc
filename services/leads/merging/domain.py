"""线索合并 several leads become one: what it takes of each, and what undoing it gives back."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from services.leads.lead.domain import OPEN

UNDONE_WITHIN = timedelta(days=30)
MOST_RECORDS = 5000


class MergeField(Labelled):
    """What a merged lead takes of one of those it is made of."""

    COMPANY = "company", "公司", "Company"
    CONTACT = "contact_name", "联系人", "Contact"
    EMAIL = "email", "邮箱", "E-mail"
    PHONE = "phone", "电话", "Phone"
    SOURCE = "source", "来源", "Source"
    KIND = "kind", "类型", "Kind"
    INTENT = "intent", "意向", "Intent"
    NEED = "need", "需求", "Need"
    MONEY = "money", "预算与期望价格", "Budget and expected price"
    PRODUCT = "product", "产品", "Product"
    REGION = "region", "地区", "Region"
    OWNER = "owner", "负责人", "Owner"
    DESIRE = "desire", "需求愿望", "Desire"
    ABILITY = "ability", "购买能力", "Ability"
    AUTHORITY = "authority", "购买决定权", "Authority"
    ELIGIBILITY = "eligibility", "资格", "Eligibility"
    CUSTOM = "custom", "自定义字段", "Custom fields"


COLUMNS: Mapping[MergeField, tuple[str, ...]] = {
    **{field: (field.value,) for field in MergeField},
    MergeField.MONEY: ("budget", "expected_price", "currency"),
    MergeField.OWNER: (
        *("owner_id", "team", "pool_id", "claimed_at", "recycle_at", "recycle_due_at"),
        *("protected", "rule_id", "strategy"),
    ),
    MergeField.DESIRE: ("desire", "desire_note"),
    MergeField.ABILITY: ("ability", "ability_note"),
    MergeField.AUTHORITY: ("authority", "authority_note"),
    MergeField.ELIGIBILITY: ("eligibility", "eligibility_note"),
}
"""Columns that mean something only together come from one lead, and go back together."""
_PUT_TOGETHER = {MergeField.CUSTOM: "custom", MergeField.NEED: "needs"}
_ANSWER = ("first_responded_at", "first_response_minutes")
GROUPS = (*COLUMNS.values(), _ANSWER, ("merged_from",), ("needs",))
"""What a merge may change of the lead that stays."""


def merged_values(
    target: Any, sources: Sequence[Any], choices: Mapping[MergeField, UUID]
) -> dict[str, Any]:
    """The columns of the merged lead: of the lead that was chosen, else the target's own, else of
    the first source that has any. Own fields of all are put together, the first lead's winning,
    and so is what is known of needs; the first answer any of them got is the merged lead's."""
    leads = [target, *sources]
    known = {lead.id: lead for lead in leads}
    values: dict[str, Any] = {}
    for field, columns in COLUMNS.items():
        own = next((lead for lead in leads if _has(lead, columns)), target)
        giver = known[choices[field]] if field in choices else own
        values |= {column: getattr(giver, column) for column in columns}
    for field, column in _PUT_TOGETHER.items():
        first = known[choices.get(field, target.id)]
        values[column] = {}
        for lead in (*reversed(leads), first):
            values[column] |= getattr(lead, column)
    answered = [lead for lead in leads if lead.first_responded_at is not None]
    if answered:
        earliest = min(answered, key=lambda lead: lead.first_responded_at)
        values |= {column: getattr(earliest, column) for column in _ANSWER}
    return values


def gained(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> Counter[tuple[UUID, UUID]]:
    """How many open leads of which pool who holds more than before, by the leads that take part."""
    return _held(after) - _held(before)


def _held(leads: Iterable[Mapping[str, Any]]) -> Counter[tuple[UUID, UUID]]:
    return Counter(
        (lead["pool_id"], lead["owner_id"])
        for lead in leads
        if lead["status"] in OPEN and lead["pool_id"] not in (None, lead["owner_id"])
    )


def demand_sources(target: UUID, sources: Sequence[UUID], chosen: Sequence[UUID]) -> None:
    """Invalid `merge.itself` where a lead is named twice, `merge.choice` where a field is to come
    of a lead that takes no part."""
    leads = {target, *sources}
    if len(leads) <= len(sources):
        raise Invalid.field("source_ids", "merge.itself", "each lead takes part once")
    if not leads.issuperset(chosen):
        raise Invalid.field("field_choices", "merge.choice", "that lead takes no part")


def demand_movable(records: int) -> None:
    """Conflict `merge.too_many` where more records would move than one event may name."""
    if records > MOST_RECORDS:
        raise Conflict(f"more than {MOST_RECORDS} records", code="merge.too_many")


def second_runs(running: Sequence[Any]) -> set[UUID]:
    """Of follow-ups that run for leads that become one, those whose template runs already."""
    first = {each.template_id: each.id for each in reversed(running)}
    return {each.id for each in running} - set(first.values())


def demand_undoable(merged_at: datetime | None, now: datetime) -> None:
    """Conflict `lead.not_merged` where nothing went into the lead, `lead.unmerge_late` where that
    is more than 30 days ago."""
    if merged_at is None:
        raise Conflict("nothing went into this lead", code="lead.not_merged")
    if now - merged_at > UNDONE_WITHIN:
        raise Conflict("a merge is undone within 30 days", code="lead.unmerge_late")


def given_back(
    before: Mapping[str, Any], after: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns as they were before a merge, as far as nobody has changed them since."""
    values: dict[str, Any] = {}
    for columns in GROUPS:
        told = [column for column in columns if column in before]
        if all(now[column] == after[column] for column in told):
            values |= {column: before[column] for column in told}
    return values


def _has(lead: Any, columns: Sequence[str]) -> bool:
    return any(getattr(lead, column) not in (None, "") for column in columns)
