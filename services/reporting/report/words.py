"""What a report says, in Chinese and English."""

import re
from decimal import Decimal
from enum import StrEnum

from services.reporting.pages.document import Words

_WEIGHT = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


def preferred(accepted: str) -> Language:
    """The first of ours that an Accept-Language names, by its weights; else Chinese."""
    wished = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in {each.value for each in Language}:
            wished.append((-_weight(weight), place, Language(language)))
    return min(wished)[2] if wished else Language.ZH


def _weight(parameter: str) -> Decimal:
    """`q=0.8`; what is no weight counts as none."""
    found = _WEIGHT.fullmatch(parameter.strip()) if parameter else None
    return Decimal(found[1]) if found else Decimal(0 if parameter else 1)


class Speech:
    """What things are called in one language; KeyError for what has no name here."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._place = 0 if language is Language.ZH else 1

    def __call__(self, name: str) -> str:
        return WORDS[name][self._place]

    def activity(self, kind: str) -> str:
        """The kind of an activity; its code where another service has made up a new one."""
        return _ACTIVITIES[kind][self._place] if kind in _ACTIVITIES else kind

    def words(self) -> Words:
        """What a form says by itself."""
        chinese = self.language is Language.ZH
        return Words(
            language="zh-CN" if chinese else "en",
            before=self("before"),
            nothing=self("nothing"),
            rising=self("rising"),
            falling=self("falling"),
            same=self("same"),
            summary=self("summary"),
            table=self("table"),
            footer=self("footer"),
            thousands=((8, "亿"), (4, "万")) if chinese else ((9, "B"), (6, "M"), (3, "K")),
        )


_ACTIVITIES = {
    "call": ("电话", "Call"),
    "visit": ("拜访", "Visit"),
    "meeting": ("会议", "Meeting"),
    "demo": ("演示", "Demo"),
    "message": ("消息", "Message"),
    "site_show": ("样板房展示", "Show-flat tour"),
    "return_visit": ("回访", "Return visit"),
    "technical": ("技术交流", "Technical exchange"),
    "negotiation": ("谈判", "Negotiation"),
}
WORDS = {
    "weekly": ("销售周报", "Weekly sales report"),
    "monthly": ("销售月报", "Monthly sales report"),
    "period": ("期间", "Period"),
    "against": ("对比", "Against"),
    "zone": ("时区", "Time zone"),
    "as_of": ("数据截至", "As of"),
    "empty": ("本期没有任何业务记录。", "Nothing happened in this period."),
    "overview": ("线索与活动", "Leads and activities"),
    "money": ("商机、合同与回款", "Deals, contracts and receipts"),
    "created": ("新增线索", "Leads received"),
    "qualified": ("确认线索", "Leads qualified"),
    "converted": ("转化线索", "Leads converted"),
    "opened": ("新增商机", "Deals opened"),
    "won": ("赢单", "Deals won"),
    "lost": ("丢单", "Deals lost"),
    "signed": ("签订合同", "Contracts signed"),
    "received": ("回款", "Money received"),
    "activities": ("销售活动", "Activities"),
    "conversion": ("客户转化率", "Conversion"),
    "conversion_note": ("本期新增线索中已转化的比例", "of the leads received in the period"),
    "win_rate": ("成功率", "Win rate"),
    "by_count": ("按单数", "by number"),
    "by_value": ("按金额", "by value"),
    "by_percent": ("比率", "Rate"),
    "win_rate_by_count": ("成功率（按单数）", "Win rate by number"),
    "win_rate_by_value": ("成功率（按金额）", "Win rate by value"),
    "average": ("平均成交额", "Average deal"),
    "average_note": ("每份签订的合同", "for each contract signed"),
    "funnel": ("销售漏斗", "Sales funnel"),
    "funnel_about": (
        "本期内各阶段发生的数量，所有币种合计；不是同一批线索。",
        "What reached each stage in the period, in all currencies; not one and the same cohort.",
    ),
    "stage": ("阶段", "Stage"),
    "lead_trend": ("线索走势", "Leads over time"),
    "lead_trend_about": ("最近十二期的数量，含本期。", "Numbers of the last twelve periods."),
    "activities_about": ("本期完成的活动，按类型。", "Done in the period, by kind."),
    "kind": ("类型", "Kind"),
    "figures": ("本期与上期", "This period and the one before"),
    "figures_about": ("数量、金额与环比变化。", "Numbers, amounts, and how they changed."),
    "figure": ("指标", "Figure"),
    "rates": ("比率", "Rates"),
    "rates_about": (
        "成功率 = 赢单 ÷（赢单 + 丢单）；平均成交额 = 签约金额 ÷ 合同数。",
        "Win rate = won / (won + lost); average deal = value signed / contracts.",
    ),
    "trend": ("新增与赢单走势", "Opened and won over time"),
    "trend_about": (
        "最近十二期的新增商机金额与赢单金额。",
        "Value opened and value won, the last twelve periods.",
    ),
    "collection": ("签约与回款", "Signed against received"),
    "collection_about": (
        "最近十二期的签约金额与回款金额。",
        "Value signed and money received, the last twelve periods.",
    ),
    "won_by_owner": ("赢单：按负责人", "Won by owner"),
    "won_by_region": ("赢单：按区域", "Won by region"),
    "won_by_team": ("赢单：按团队", "Won by team"),
    "won_by_source": ("赢单：按来源", "Won by source"),
    "won_by_product": ("赢单：按产品", "Won by product"),
    "won_by_about": ("本期赢单金额前十，其余合计。", "The ten greatest, and the others together."),
    "owner": ("负责人", "Owner"),
    "region": ("区域", "Region"),
    "team": ("团队", "Team"),
    "source": ("来源", "Source"),
    "product": ("产品", "Product"),
    "others": ("其他", "Others"),
    "unnamed": ("未登记成员", "Unknown member"),
    "not_given": ("未填写", "Not given"),
    "count": ("数量", "Number"),
    "count_before": ("上期数量", "Number before"),
    "amount": ("金额", "Amount"),
    "amount_before": ("上期金额", "Amount before"),
    "change": ("环比", "Change"),
    "share": ("占比", "Share"),
    "before": ("上期", "before:"),
    "nothing": ("无记录", "Nothing here"),
    "rising": ("上升", "up"),
    "falling": ("下降", "down"),
    "same": ("持平", "no change"),
    "summary": ("概要", "Summary"),
    "table": ("数据表", "Table"),
    "cohort": ("本期线索的去向", "What became of the leads received"),
    "cohort_about": (
        "本期新增的线索，到目前为止。",
        "Of the leads received in the period, by now.",
    ),
    "cohort_qualified": ("已确认", "Qualified"),
    "cohort_converted": ("已转化", "Converted"),
    "of_received": ("占新增线索", "Of leads received"),
    "footer": (
        "日、周、月按公司所在时区划分；不同币种从不相加。",
        "Days, weeks and months are cut in the company's time zone; currencies are never added up.",
    ),
}
