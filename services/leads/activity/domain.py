"""销售活动 what people do to sell, planned or done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from services.leads.lead.domain import LeadStatus


class ActivityKind(Labelled):
    """What is done."""

    CALL = "call", "电话", "Call"
    VISIT = "visit", "拜访", "Visit"
    MEETING = "meeting", "会议", "Meeting"
    DEMO = "demo", "演示", "Demo"
    MESSAGE = "message", "消息", "Message"
    SITE_SHOW = "site_show", "样板房展示", "Show-flat tour"
    RETURN_VISIT = "return_visit", "回访", "Return visit"
    TECHNICAL = "technical", "技术交流", "Technical exchange"
    NEGOTIATION = "negotiation", "谈判", "Negotiation"


class ActivityStatus(Labelled):
    """Where an activity stands."""

    PLANNED = "planned", "已计划", "Planned"
    DONE = "done", "已完成", "Done"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class CallDirection(Labelled):
    """Who called or wrote to whom."""

    OUTBOUND = "outbound", "呼出", "Outbound"
    INBOUND = "inbound", "呼入", "Inbound"


class MessageChannel(Labelled):
    """By what a message went."""

    EMAIL = "email", "电子邮件", "E-mail"
    SMS = "sms", "短信", "Text message"
    WECHAT = "wechat", "微信", "WeChat"
    WECOM = "wecom", "企业微信", "WeCom"
    DINGTALK = "dingtalk", "钉钉", "DingTalk"
    WHATSAPP = "whatsapp", "WhatsApp 消息", "WhatsApp"
    SOCIAL = "social", "社交媒体", "Social media"
    LETTER = "letter", "信函", "Letter"


class ActivityOutcome(Labelled):
    """结果 what came of it, beside the words."""

    INTERESTED = "interested", "有意向", "Interested"
    APPOINTMENT = "appointment", "已约见", "Appointment made"
    MATERIAL_SENT = "material_sent", "已发资料", "Material sent"
    FOLLOW_UP = "follow_up", "需跟进", "To be followed up"
    OBJECTED = "objected", "有异议", "Objected"
    NOT_INTERESTED = "not_interested", "无意向", "Not interested"
    NOT_REACHED = "not_reached", "未联系上", "Not reached"
    WRONG_CONTACT = "wrong_contact", "联系人有误", "Wrong contact"
    AGREED = "agreed", "达成一致", "Agreed"


class Objection(Labelled):
    """异议 what they doubt most."""

    PRICE = "price", "价格", "Price"
    NEED = "need", "需求", "Need"
    TIMING = "timing", "时机", "Timing"
    AUTHORITY = "authority", "决策权", "Authority"
    TRUST = "trust", "信任", "Trust"
    PRODUCT = "product", "产品", "Product"
    SERVICE = "service", "服务", "Service"
    COMPETITOR = "competitor", "竞争对手", "Competitor"
    PAYMENT = "payment", "付款条件", "Terms of payment"
    OTHER = "other", "其他", "Other"


class Sentiment(Labelled):
    """客户情绪 how the customer felt about it."""

    PLEASED = "pleased", "满意", "Pleased"
    CALM = "calm", "平静", "Calm"
    HESITANT = "hesitant", "犹豫", "Hesitant"
    ANXIOUS = "anxious", "焦虑", "Anxious"
    ANNOYED = "annoyed", "不满", "Annoyed"


LIFECYCLE = Lifecycle(
    {
        ActivityStatus.PLANNED: frozenset({ActivityStatus.DONE, ActivityStatus.CANCELLED}),
        ActivityStatus.DONE: frozenset(),
        ActivityStatus.CANCELLED: frozenset(),
    }
)
ON_SITE = frozenset({ActivityKind.VISIT, ActivityKind.RETURN_VISIT, ActivityKind.SITE_SHOW})
"""What takes place where the customer or the house is, so that somebody arrives there."""

FITTING: Mapping[str, frozenset[ActivityKind]] = {
    "direction": frozenset({ActivityKind.CALL, ActivityKind.MESSAGE}),
    "connected": frozenset({ActivityKind.CALL}),
    "channel": frozenset({ActivityKind.MESSAGE}),
    "check_in": ON_SITE,
}
"""Facts that only some kinds have."""


def demand_fitting(kind: ActivityKind, facts: Mapping[str, Any]) -> None:
    """Invalid `activity.unfit` where a fact is given that this kind does not have."""
    for name, kinds in FITTING.items():
        if facts.get(name) is not None and kind not in kinds:
            raise Invalid.field(name, "activity.unfit", f"{kind.en}: has no {name}")


def demand_editable(status: ActivityStatus) -> None:
    """Conflict `activity.closed` where the activity took place already or never will."""
    if status is not ActivityStatus.PLANNED:
        raise Conflict("only a planned activity can be changed", code="activity.closed")


def is_contact(kind: ActivityKind, connected: bool | None) -> bool:
    """Whether somebody was spoken to: face to face, or by a call that was put through."""
    if kind is ActivityKind.CALL:
        return connected is True
    return kind is not ActivityKind.MESSAGE


def is_customer(customer_since: datetime | None, done_at: datetime) -> bool:
    """现有客户 (K07) whether an account had signed a contract by then."""
    return customer_since is not None and customer_since <= done_at


def begins_work(status: LeadStatus, received_at: datetime, done_at: datetime) -> bool:
    """Whether what was done at `done_at` is the first work on a lead.

    What came before the lead, such as the call that brought it, is no work on it.
    """
    return status is LeadStatus.NEW and done_at >= received_at
