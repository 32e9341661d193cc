"""What is counted and added up: the one declaration from which folds, rebuilds and checks come."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain

_MOST_DAYS = {Grain.DAY: 800}
_MOST_DAYS_ELSE = 20 * 366


@dataclass(frozen=True, slots=True)
class Measure:
    """Rows of `fact` on the day of `instant`, unless it is null or the row is deleted.

    A row counts only where the columns `given` are not null, the flag `unless` is down, each column
    of `only` holds one of its values, the number `within` is no more than that, and of the instants
    `kept` the first is no later than the second.
    """

    name: str
    fact: str
    instant: str
    amount: str | None = None
    given: tuple[str, ...] = ()
    unless: str | None = None
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    within: tuple[str, int] | None = None
    kept: tuple[str, str] | None = None

    @property
    def has_campaigns(self) -> bool:
        return self.fact in OF_CAMPAIGNS


_CALLS = (("kind", ("call",)), ("direction", ("outbound",)))
_REACHED = (*_CALLS, ("connected", ("true",)))
_VISITS = (("kind", ("visit", "return_visit", "site_show")),)
_TO_CUSTOMERS = (*_VISITS, ("with_customer", ("true",)))
_ASSIGNED = (("status", ("planned", "done")),)
_LOST = (("lifecycle", ("lost",)),)
_IN_TIME = ("first_responded_at", "first_response_due_at")
_ANSWERS = (15, 60, 240, 480)
"""Business minutes within which a lead had its first answer: a median cannot be added up, but lies
where half of those answered are reached."""
MEASURES = (
    Measure("leads_created", "fact_lead", "received_at"),
    Measure("leads_qualified", "fact_lead", "qualified_at"),
    Measure("leads_converted", "fact_lead", "converted_at"),
    Measure("lead_cohort_qualified", "fact_lead", "received_at", given=("qualified_at",)),
    Measure("lead_cohort_converted", "fact_lead", "received_at", given=("converted_at",)),
    Measure("leads_of_campaigns", "fact_lead", "received_at", given=("campaign_id",)),
    Measure("leads_referred", "fact_lead", "received_at", given=("referrer_id",)),
    Measure("leads_of_partners", "fact_lead", "received_at", given=("channel_partner_id",)),
    Measure(
        "leads_of_partners_converted",
        "fact_lead",
        "received_at",
        given=("channel_partner_id", "converted_at"),
    ),
    Measure("lead_cohort_to_answer", "fact_lead", "received_at", given=("first_response_due_at",)),
    Measure("lead_cohort_answered", "fact_lead", "received_at", given=("first_response_minutes",)),
    Measure("lead_cohort_in_time", "fact_lead", "received_at", kept=_IN_TIME),
    *(
        Measure(
            f"lead_cohort_within_{minutes}",
            "fact_lead",
            "received_at",
            within=("first_response_minutes", minutes),
        )
        for minutes in _ANSWERS
    ),
    Measure("activities", "fact_activity", "done_at"),
    Measure("calls_made", "fact_activity", "done_at", only=_CALLS),
    Measure("calls_connected", "fact_activity", "done_at", only=_REACHED),
    Measure("visits", "fact_activity", "done_at", only=_VISITS),
    Measure("customer_visits", "fact_activity", "done_at", only=_TO_CUSTOMERS),
    Measure("tasks_assigned", "fact_activity", "due_at", only=_ASSIGNED),
    Measure("tasks_done", "fact_activity", "due_at", given=("done_at",)),
    Measure("customers_contacted", "fact_account", "contacted_at"),
    Measure("customers_won", "fact_account", "customer_since"),
    Measure("customers_lost", "fact_account", "lifecycle_at", only=_LOST),
    Measure("surveys_sent", "fact_survey", "sent_at"),
    Measure("surveys_answered", "fact_survey", "sent_at", given=("answered_at",)),
    Measure("surveys_scored", "fact_survey", "sent_at", given=("pleased",)),
    Measure("surveys_pleased", "fact_survey", "sent_at", only=(("pleased", ("true",)),)),
    Measure("opportunities_created", "fact_opportunity", "opened_at", "amount"),
    Measure("opportunities_won", "fact_opportunity", "won_at", "amount"),
    Measure("opportunities_lost", "fact_opportunity", "lost_at", "amount"),
    Measure("contracts_signed", "fact_contract", "signed_at", "amount", unless="voided"),
    Measure(
        "contracts_of_key_accounts",
        "fact_contract",
        "signed_at",
        "amount",
        unless="voided",
        only=(("account_tier", ("key",)),),
    ),
    Measure(
        "contracts_of_partners",
        "fact_contract",
        "signed_at",
        "amount",
        given=("channel_partner_id",),
        unless="voided",
    ),
    Measure("receipts", "fact_receipt", "received_at", "amount"),
    Measure("campaign_costs", "fact_campaign_cost", "spent_at", "amount"),
    Measure("visitors", "fact_visit", "visited_at"),
    Measure("enquiries", "fact_enquiry", "received_at"),
    Measure("enquiry_cohort_answered", "fact_enquiry", "received_at", given=("answered_at",)),
    Measure("enquiry_cohort_in_time", "fact_enquiry", "received_at", given=("kept_at",)),
    Measure("feedback_received", "fact_feedback", "received_at"),
    Measure("feedback_done", "fact_feedback", "done_at"),
)
DIMENSIONS = ("owner_id", "team", "region", "source", "product", "kind", "currency")
"""What every cell is cut by, besides tenant, measure and day."""

CAMPAIGN = "campaign_id"
"""What cells of their own are cut by as well, of records that name a campaign."""

OF_CAMPAIGNS = frozenset(
    {"fact_lead", "fact_visit", "fact_enquiry", "fact_campaign_cost", "fact_contract"}
)
"""The facts that may name one; what others count is cut by a campaign's source."""

CUTS: Mapping[str, tuple[str, ...]] = {
    "kind": ("team", "kind"),
    "source": ("team", "source"),
    "product": ("team", "product"),
    "owner": ("team", "owner_id"),
}
"""Of which dimensions alone there are cells of weeks beside those of days, besides the currency;
fewest cells first. A trigger adds them up (see the revisions)."""


def cells_of(needed: Set[str]) -> str | None:
    """The cut of the fewest cells that has all these dimensions; None where none has."""
    wanted = needed - {"currency"}
    return next((name for name, has in CUTS.items() if wanted <= set(has)), None)


def whole_weeks(first: date, last: date) -> tuple[date, date] | None:
    """The days of the weeks that lie within; a week ends with its month, and the next one begins.

    None where there is none.
    """
    start = next(day for n in range(7) if _begins_week(day := first + timedelta(n)))
    end = next(day for n in range(7) if _begins_week((day := last - timedelta(n)) + timedelta(1)))
    return (start, end) if start <= end else None


def _begins_week(day: date) -> bool:
    return day.day == 1 or day.isoweekday() == 1


class Unit(StrEnum):
    COUNT = "count"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Figure:
    """What callers ask for: the number of a measure's rows, or their amount."""

    name: str
    measure: str
    unit: Unit
    zh: str
    en: str


def _signed(whose: str, zh: str, en: str) -> tuple[Figure, Figure]:
    """How many contracts of some were signed, and over how much."""
    name = f"contracts_{whose}"
    return (
        Figure(name, name, Unit.COUNT, f"{zh}签订合同", f"Contracts signed {en}"),
        Figure(f"{name}_amount", name, Unit.AMOUNT, f"{zh}签约金额", f"Value of contracts {en}"),
    )


FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure("leads_created", "leads_created", Unit.COUNT, "新增线索", "Leads received"),
        Figure("leads_qualified", "leads_qualified", Unit.COUNT, "确认线索", "Leads qualified"),
        Figure("leads_converted", "leads_converted", Unit.COUNT, "转化线索", "Leads converted"),
        Figure(
            "lead_cohort_qualified",
            "lead_cohort_qualified",
            Unit.COUNT,
            "当期线索中已确认",
            "Leads received then, qualified since",
        ),
        Figure(
            "lead_cohort_converted",
            "lead_cohort_converted",
            Unit.COUNT,
            "当期线索中已转化",
            "Leads received then, converted since",
        ),
        Figure(
            "leads_of_campaigns",
            "leads_of_campaigns",
            Unit.COUNT,
            "活动线索",
            "Leads that a campaign brought",
        ),
        Figure(
            "leads_referred", "leads_referred", Unit.COUNT, "转介绍线索", "Leads referred to us"
        ),
        Figure(
            "leads_of_partners",
            "leads_of_partners",
            Unit.COUNT,
            "渠道线索",
            "Leads that channel partners brought",
        ),
        Figure(
            "leads_of_partners_converted",
            "leads_of_partners_converted",
            Unit.COUNT,
            "当期渠道线索中已转化",
            "Leads that channel partners brought then, converted since",
        ),
        Figure(
            "lead_cohort_to_answer",
            "lead_cohort_to_answer",
            Unit.COUNT,
            "当期须响应线索",
            "Leads received then that had to be answered",
        ),
        Figure(
            "lead_cohort_answered",
            "lead_cohort_answered",
            Unit.COUNT,
            "当期须响应线索中已响应",
            "Leads received then, answered since",
        ),
        Figure(
            "lead_cohort_in_time",
            "lead_cohort_in_time",
            Unit.COUNT,
            "当期须响应线索中及时响应",
            "Leads received then, answered in time",
        ),
        *(
            Figure(
                f"lead_cohort_within_{minutes}",
                f"lead_cohort_within_{minutes}",
                Unit.COUNT,
                f"{minutes} 个工作分钟内首次响应",
                f"Leads received then, answered within {minutes} business minutes",
            )
            for minutes in _ANSWERS
        ),
        Figure("activities", "activities", Unit.COUNT, "销售活动", "Activities done"),
        Figure("calls_made", "calls_made", Unit.COUNT, "电话销售拜访", "Sales calls made"),
        Figure(
            "calls_connected", "calls_connected", Unit.COUNT, "接通电话", "Sales calls connected"
        ),
        Figure("visits", "visits", Unit.COUNT, "客户拜访", "Visits made"),
        Figure(
            "customer_visits", "customer_visits", Unit.COUNT, "现有客户拜访", "Visits to customers"
        ),
        Figure("tasks_assigned", "tasks_assigned", Unit.COUNT, "计划任务", "Tasks due"),
        Figure("tasks_done", "tasks_done", Unit.COUNT, "完成任务", "Tasks due that were done"),
        Figure(
            "customers_contacted",
            "customers_contacted",
            Unit.COUNT,
            "开发新客户",
            "Accounts first contacted",
        ),
        Figure("customers_won", "customers_won", Unit.COUNT, "新增开发客户", "Customers won"),
        Figure("customers_lost", "customers_lost", Unit.COUNT, "丢失客户", "Customers lost"),
        Figure("surveys_sent", "surveys_sent", Unit.COUNT, "发出调查", "Surveys sent"),
        Figure(
            "surveys_answered",
            "surveys_answered",
            Unit.COUNT,
            "当期调查中已回复",
            "Surveys sent then, answered since",
        ),
        Figure(
            "surveys_scored",
            "surveys_scored",
            Unit.COUNT,
            "当期调查中已评分",
            "Surveys sent then, answered in numbers since",
        ),
        Figure(
            "surveys_pleased",
            "surveys_pleased",
            Unit.COUNT,
            "当期调查中满意",
            "Surveys sent then, answered with 4 or 5 of 5 since",
        ),
        Figure(
            "opportunities_created", "opportunities_created", Unit.COUNT, "新增机会", "Deals opened"
        ),
        Figure(
            "opportunity_created_amount",
            "opportunities_created",
            Unit.AMOUNT,
            "新增机会金额",
            "Value of deals opened",
        ),
        Figure("opportunities_won", "opportunities_won", Unit.COUNT, "赢单", "Deals won"),
        Figure(
            "opportunity_won_amount",
            "opportunities_won",
            Unit.AMOUNT,
            "赢单金额",
            "Value of deals won",
        ),
        Figure("opportunities_lost", "opportunities_lost", Unit.COUNT, "丢单", "Deals lost"),
        Figure(
            "opportunity_lost_amount",
            "opportunities_lost",
            Unit.AMOUNT,
            "丢单金额",
            "Value of deals lost",
        ),
        Figure("contracts_signed", "contracts_signed", Unit.COUNT, "签订合同", "Contracts signed"),
        Figure(
            "contract_signed_amount",
            "contracts_signed",
            Unit.AMOUNT,
            "签约金额",
            "Value of contracts signed",
        ),
        *_signed("of_key_accounts", "大客户", "with key accounts"),
        *_signed("of_partners", "渠道", "that channel partners brought"),
        Figure("receipts", "receipts", Unit.COUNT, "回款笔数", "Receipts"),
        Figure("receipt_amount", "receipts", Unit.AMOUNT, "回款金额", "Money received"),
        Figure(
            "campaign_costs", "campaign_costs", Unit.COUNT, "推广费用笔数", "Costs of campaigns"
        ),
        Figure(
            "campaign_cost_amount",
            "campaign_costs",
            Unit.AMOUNT,
            "推广费用",
            "Money spent on campaigns",
        ),
        Figure("visitors", "visitors", Unit.COUNT, "来访", "Visitors registered"),
        Figure("enquiries", "enquiries", Unit.COUNT, "电话咨询", "Questions by telephone"),
        Figure(
            "enquiry_cohort_answered",
            "enquiry_cohort_answered",
            Unit.COUNT,
            "当期咨询中已回复",
            "Asked then, answered since",
        ),
        Figure(
            "enquiry_cohort_in_time",
            "enquiry_cohort_in_time",
            Unit.COUNT,
            "当期咨询中及时回复",
            "Asked then, answered in time",
        ),
        Figure(
            "feedback_received", "feedback_received", Unit.COUNT, "团队反馈", "Feedback received"
        ),
        Figure("feedback_done", "feedback_done", Unit.COUNT, "落实反馈", "Feedback seen to"),
    )
}


OF_A_CAMPAIGN = frozenset(
    figure.name
    for figure in FIGURES.values()
    for measure in MEASURES
    if measure.name == figure.measure and measure.has_campaigns
)
"""The figures that can be cut by campaign."""


def demand_span(first: date, last: date, grain: Grain) -> None:
    """Invalid `parameter.invalid` where the days run backwards, or are too many for an answer."""
    if last < first:
        raise Invalid.field("to", "parameter.invalid", "to: not before from")
    most = _MOST_DAYS.get(grain, _MOST_DAYS_ELSE)
    if last - first >= timedelta(most):
        raise Invalid.field("to", "parameter.invalid", f"to: at most {most} days by {grain}")
