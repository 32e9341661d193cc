"""One exhibit for each aggregate of each policy table: how to make its records, and how to reach
them. Expectations are not here; the matrix computes them from the policy tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from crmkit.db.tables import Record
from services.contracts.contract.models import Contract
from services.contracts.receivable.models import Instalment, Receipt
from services.forecast.forecast.models import Forecast
from services.forecast.target.models import Target
from services.identity.key.models import Key
from services.identity.member.models import Member
from services.leads.account.models import Account
from services.leads.activity.models import Activity
from services.leads.assignment.models import Absence, AssignmentRule
from services.leads.campaign.models import Campaign, CampaignCost
from services.leads.contact.models import Contact
from services.leads.due_diligence.models import DueDiligence
from services.leads.followup.models import FollowUpPlan, FollowUpTemplate
from services.leads.form.models import CaptureFailure, CaptureForm
from services.leads.intel.models import MarketIntel
from services.leads.lead.models import Lead, LeadField, LeadJob
from services.leads.partner.models import ChannelPartner
from services.leads.pool.models import Pool, PoolMember, PoolRule
from services.leads.questionnaire.models import Questionnaire, VisitorSurvey
from services.leads.reception.models import Enquiry, Visit
from services.leads.source.models import LeadSource
from services.leads.survey.models import Survey, SurveyTemplate
from services.leads.workplan.models import WorkPlan
from services.opportunities.catalog.models import Product
from services.opportunities.opportunity.models import (
    Opportunity,
    OpportunityField,
    OpportunityJob,
)
from services.opportunities.pipeline.models import Pipeline
from services.webhooks.delivery.models import Delivery
from services.webhooks.endpoint.models import Endpoint
from services.webhooks.replay.models import Replay

YUAN = {"amount": "1.00", "currency": "CNY"}
NEEDLE = "needle"
_STEPS = [{"after_days": 1, "kind": "call", "subject": "x"}]
_QUESTIONS = [{"key": "all", "text": "x", "kind": "scale5", "choices": [], "required": True}]
QUESTION = {"code": "age", "text": "Age?", "kind": "number", "options": [], "required": False}
_STAGES = [{"code": "open", "name": "Open", "probability": 10}]


@dataclass(frozen=True)
class Write:
    """One way to change a record; `hidden` is what it answers for a record out of sight."""

    action: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[int, ...] = (404,)


@dataclass(frozen=True)
class Exhibit:
    """An aggregate with records of its own: its table and its paths."""

    service: str
    cls: type[Record]
    path: str
    one: str
    many: str
    writes: tuple[Write, ...] = ()
    new: Mapping[str, Any] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    parents: tuple[type[Record], ...] = ()
    search: bool = True
    history: bool = True
    masked: Mapping[str, str] = field(default_factory=dict)
    """Fields that some role does not see, as GraphQL asks for them."""


def _patch(path: str) -> Write:
    return Write("write", "PATCH", f"{path}/{{id}}")


def _field(service: str, cls: type[Record], name: str) -> Exhibit:
    path = f"/v1/{service}/custom-fields"
    return Exhibit(
        service,
        cls,
        path,
        f"{name}Field",
        f"{name}Fields",
        writes=(_patch(path), Write("write", "DELETE", f"{path}/{{id}}")),
        new={"key": "k{fresh}", "kind": "number", "label_zh": "x", "label_en": "x"},
        values={"label_en": NEEDLE},
    )


def _job(service: str, cls: type[Record], name: str) -> Exhibit:
    path = f"/v1/{service}/imports"
    return Exhibit(
        service,
        cls,
        path,
        f"{name}Job",
        f"{name}Jobs",
        writes=(
            Write("write", "POST", f"{path}/{{id}}/cancel"),
            Write("write", "POST", f"{path}/{{id}}/undo"),
        ),
        values={"kind": "import", "state": "done", "options": {"dry_run": False, "columns": []}},
        search=False,
        history=False,
    )


_ABSENT = (403, 404, 422)
"""A target out of sight answers as one that is not there: refused, or its owner is unknown."""


EXHIBITS = {
    "lead": Exhibit(
        "leads",
        Lead,
        "/v1/leads",
        "lead",
        "leads",
        writes=(
            _patch("/v1/leads"),
            Write("write", "DELETE", "/v1/leads/{id}"),
            Write("convert", "POST", "/v1/leads/{id}/convert"),
        ),
        new={"company": "Acme", "source": "web"},
    ),
    "lead_field": _field("leads", LeadField, "lead"),
    "opportunity_field": _field("opportunities", OpportunityField, "opportunity"),
    "lead_job": _job("leads", LeadJob, "lead"),
    "opportunity_job": _job("opportunities", OpportunityJob, "opportunity"),
    "account": Exhibit(
        "leads",
        Account,
        "/v1/accounts",
        "account",
        "accounts",
        writes=(_patch("/v1/accounts"), Write("write", "DELETE", "/v1/accounts/{id}")),
        new={"name": "Acme", "annual_revenue": YUAN},
        values={"annual_revenue": Decimal("5.00"), "currency": "CNY"},
        masked={"annual_revenue": "annualRevenue { amount }"},
    ),
    "contact": Exhibit(
        "leads",
        Contact,
        "/v1/contacts",
        "contact",
        "contacts",
        writes=(
            _patch("/v1/contacts"),
            Write("write", "POST", "/v1/contacts/{id}/rate", {"level": 3}),
            Write("write", "DELETE", "/v1/contacts/{id}"),
        ),
        parents=(Account,),
    ),
    "due_diligence": Exhibit(
        "leads",
        DueDiligence,
        "/v1/due-diligence",
        "dueDiligence",
        "dueDiligences",
        writes=(
            Write("complete", "POST", "/v1/due-diligence/{id}/complete", {"outcome": "rejected"}),
            Write("write", "POST", "/v1/due-diligence/{id}/cancel"),
        ),
        values={"reason": NEEDLE},
        parents=(Account,),
    ),
    "channel_partner": Exhibit(
        "leads",
        ChannelPartner,
        "/v1/channel-partners",
        "channelPartner",
        "channelPartners",
        writes=(
            _patch("/v1/channel-partners"),
            Write("write", "POST", "/v1/channel-partners/{id}/assess", {"rating": 3}),
            Write("write", "POST", "/v1/channel-partners/{id}/end", {"reason": "x"}),
        ),
        new={"name": "Dealer", "kind": "dealer"},
    ),
    "activity": Exhibit(
        "leads",
        Activity,
        "/v1/activities",
        "activity",
        "activities",
        writes=(
            _patch("/v1/activities"),
            Write("write", "POST", "/v1/activities/{id}/cancel"),
        ),
        new={"kind": "call", "subject": "Hello", "due_at": "2026-12-01T00:00:00Z"},
    ),
    "follow_up_template": Exhibit(
        "leads",
        FollowUpTemplate,
        "/v1/follow-up-templates",
        "followUpTemplate",
        "followUpTemplates",
        writes=(_patch("/v1/follow-up-templates"),),
        new={"name": "{fresh}", "steps": _STEPS},
        values={"steps": _STEPS},
    ),
    "follow_up_plan": Exhibit(
        "leads",
        FollowUpPlan,
        "/v1/follow-ups",
        "followUp",
        "followUps",
        writes=(Write("write", "POST", "/v1/follow-ups/{id}/stop"),),
        values={"steps": _STEPS},
    ),
    "market_intel": Exhibit(
        "leads",
        MarketIntel,
        "/v1/market-intel",
        "marketIntel",
        "allMarketIntel",
        writes=(
            _patch("/v1/market-intel"),
            Write("judge", "POST", "/v1/market-intel/{id}/note"),
            Write("judge", "POST", "/v1/market-intel/{id}/dismiss"),
        ),
        new={"kind": "trend", "subject": "x", "source": "x"},
    ),
    "survey_template": Exhibit(
        "leads",
        SurveyTemplate,
        "/v1/survey-templates",
        "surveyTemplate",
        "surveyTemplates",
        writes=(_patch("/v1/survey-templates"),),
        new={"name": "{fresh}", "questions": _QUESTIONS},
        values={"questions": _QUESTIONS},
    ),
    "survey": Exhibit(
        "leads",
        Survey,
        "/v1/surveys",
        "survey",
        "surveys",
        writes=(Write("write", "POST", "/v1/surveys/{id}/cancel"),),
        values={
            "questions": _QUESTIONS,
            "answers": {},
            "sent_at": datetime(2026, 1, 5, tzinfo=UTC),
        },
    ),
    "work_plan": Exhibit(
        "leads",
        WorkPlan,
        "/v1/work-plans",
        "workPlan",
        "workPlans",
        new={"period": "2026-W50"},
        values={"on_time": True},
    ),
    "pool": Exhibit(
        "leads",
        Pool,
        "/v1/pools",
        "pool",
        "pools",
        writes=(_patch("/v1/pools"),),
        new={"name": "East"},
    ),
    "pool_rule": Exhibit(
        "leads",
        PoolRule,
        "/v1/pool-rules",
        "poolRule",
        "poolRules",
        writes=(_patch("/v1/pool-rules"),),
        parents=(Pool,),
        search=False,
    ),
    "pool_member": Exhibit(
        "leads",
        PoolMember,
        "/v1/pool-members",
        "poolMember",
        "poolMembers",
        writes=(_patch("/v1/pool-members"),),
        parents=(Pool,),
        search=False,
    ),
    "assignment_rule": Exhibit(
        "leads",
        AssignmentRule,
        "/v1/assignment-rules",
        "assignmentRule",
        "assignmentRules",
        writes=(_patch("/v1/assignment-rules"),),
        parents=(Pool,),
    ),
    "absence": Exhibit(
        "leads",
        Absence,
        "/v1/absences",
        "absence",
        "absences",
        writes=(_patch("/v1/absences"), Write("write", "DELETE", "/v1/absences/{id}")),
        new={"from_on": "2026-12-01", "until_on": "2026-12-02"},
    ),
    "lead_source": Exhibit(
        "leads",
        LeadSource,
        "/v1/lead-sources",
        "leadSource",
        "leadSources",
        writes=(_patch("/v1/lead-sources"),),
        new={
            "code": "{fresh}",
            "label_zh": "展会",
            "label_en": "Fair",
            "source_group": "external",
        },
    ),
    "campaign": Exhibit(
        "leads",
        Campaign,
        "/v1/campaigns",
        "campaign",
        "campaigns",
        writes=(
            _patch("/v1/campaigns"),
            Write("write", "POST", "/v1/campaigns/{id}/start"),
            Write("approve", "POST", "/v1/campaigns/{id}/approve"),
            Write(
                "charge",
                "POST",
                "/v1/campaigns/{id}/costs",
                {"kind": "media", "amount": YUAN},
            ),
        ),
        new={"name": "Fair", "kind": "event", "source": "fair", "budget": YUAN},
    ),
    "campaign_cost": Exhibit(
        "leads",
        CampaignCost,
        "/v1/campaign-costs",
        "campaignCost",
        "campaignCosts",
        writes=(_patch("/v1/campaign-costs"), Write("write", "DELETE", "/v1/campaign-costs/{id}")),
        values={"note": NEEDLE},
        parents=(Campaign,),
    ),
    "capture_form": Exhibit(
        "leads",
        CaptureForm,
        "/v1/capture-forms",
        "captureForm",
        "captureForms",
        writes=(
            _patch("/v1/capture-forms"),
            Write("write", "POST", "/v1/capture-forms/{id}/rotate"),
            Write("write", "POST", "/v1/capture-forms/{id}/revoke"),
        ),
        new={"name": "Contact us", "fields": ["company"], "source": "web"},
        values={"fields": ["company"], "honeypot": "website", "origins": []},
    ),
    "capture_failure": Exhibit(
        "leads",
        CaptureFailure,
        "/v1/capture-failures",
        "captureFailure",
        "captureFailures",
        values={"detail": NEEDLE, "sent": {}},
        parents=(CaptureForm,),
    ),
    "visit": Exhibit(
        "leads",
        Visit,
        "/v1/visits",
        "visit",
        "visits",
        writes=(_patch("/v1/visits"),),
        new={"name": "Wang Jing", "phone": "13800000000", "site": "A1", "source": "walk-in"},
    ),
    "enquiry": Exhibit(
        "leads",
        Enquiry,
        "/v1/enquiries",
        "enquiry",
        "enquiries",
        writes=(
            _patch("/v1/enquiries"),
            Write("write", "POST", "/v1/enquiries/{id}/answer", {"answer": "Yes"}),
        ),
        new={"name": "Wang Jing", "phone": "13800000000", "question": "Open?", "source": "call"},
    ),
    "questionnaire": Exhibit(
        "leads",
        Questionnaire,
        "/v1/questionnaires",
        "questionnaire",
        "questionnaires",
        writes=(_patch("/v1/questionnaires"),),
        new={"name": "Visitors", "questions": [QUESTION]},
        values={"questions": [QUESTION]},
    ),
    "visitor_survey": Exhibit(
        "leads",
        VisitorSurvey,
        "/v1/visitor-surveys",
        "visitorSurvey",
        "visitorSurveys",
        values={"questions": [QUESTION], "answers": {}},
        parents=(Questionnaire,),
        search=False,
    ),
    "opportunity": Exhibit(
        "opportunities",
        Opportunity,
        "/v1/opportunities",
        "opportunity",
        "opportunities",
        writes=(
            _patch("/v1/opportunities"),
            Write("write", "POST", "/v1/opportunities/{id}/win"),
            Write("write", "DELETE", "/v1/opportunities/{id}"),
        ),
        new={"name": "Deal", "amount": YUAN},
    ),
    "product": Exhibit(
        "opportunities",
        Product,
        "/v1/products",
        "product",
        "products",
        writes=(_patch("/v1/products"),),
        new={"name": "Grinder", "code": "{fresh}"},
    ),
    "pipeline": Exhibit(
        "opportunities",
        Pipeline,
        "/v1/pipelines",
        "pipeline",
        "pipelines",
        writes=(_patch("/v1/pipelines"),),
        new={"name": "Usual", "stages": _STAGES},
        values={"stages": _STAGES},
    ),
    "contract": Exhibit(
        "contracts",
        Contract,
        "/v1/contracts",
        "contract",
        "contracts",
        writes=(
            _patch("/v1/contracts"),
            Write("sign", "POST", "/v1/contracts/{id}/sign"),
            Write("void", "POST", "/v1/contracts/{id}/void", {"reason": "x"}),
            Write(
                "plan",
                "PUT",
                "/v1/contracts/{id}/instalments",
                {"instalments": [{"due_on": "2027-01-01", "amount": YUAN}]},
            ),
        ),
        new={"title": "Agreement", "amount": YUAN},
    ),
    "instalment": Exhibit(
        "contracts",
        Instalment,
        "/v1/instalments",
        "instalment",
        "instalments",
        writes=(Write("write", "POST", "/v1/instalments/{id}/receipts", {"amount": YUAN}),),
        parents=(Contract,),
        search=False,
    ),
    "receipt": Exhibit(
        "contracts",
        Receipt,
        "/v1/receipts",
        "receipt",
        "receipts",
        values={"reference": NEEDLE},
        parents=(Contract, Instalment),
    ),
    "target": Exhibit(
        "forecast",
        Target,
        "/v1/targets",
        "target",
        "targets",
        writes=(
            Write("write", "PUT", "/v1/targets/{period}/{owner_id}", {"amount": YUAN}, _ABSENT),
        ),
        search=False,
    ),
    "forecast": Exhibit(
        "forecast",
        Forecast,
        "/v1/forecasts",
        "forecast",
        "forecasts",
        new={"period": "2026-12", "commit": YUAN},
        search=False,
    ),
    "member": Exhibit(
        "identity",
        Member,
        "/v1/members",
        "member",
        "members",
        writes=(_patch("/v1/members"), Write("write", "POST", "/v1/members/{id}/deactivate")),
        new={"name": "Li Wei", "email": "{fresh}@example.com"},
        values={"email": "wang@example.com", "roles": []},
        masked={"email": "email"},
    ),
    "key": Exhibit(
        "identity",
        Key,
        "/v1/keys",
        "apiKey",
        "apiKeys",
        writes=(
            _patch("/v1/keys"),
            Write("write", "POST", "/v1/keys/{id}/rotate"),
            Write("write", "POST", "/v1/keys/{id}/revoke"),
        ),
        new={"name": "ERP", "roles": ["partner"]},
        values={
            "roles": [],
            "scopes": [],
            "expires_at": None,
            "revoked_at": None,
            "old_hash": None,
            "old_hash_until": None,
        },
    ),
    "endpoint": Exhibit(
        "webhooks",
        Endpoint,
        "/v1/webhook-endpoints",
        "webhookEndpoint",
        "webhookEndpoints",
        writes=(
            _patch("/v1/webhook-endpoints"),
            Write("write", "POST", "/v1/webhook-endpoints/{id}/pause"),
        ),
        new={"name": "ERP", "url": "https://example.com/hook", "types": ["*"]},
        values={
            "types": ["*"],
            "secrets": [{"id": "one", "created_at": "2026-11-15T00:00:00Z", "until": None}],
            "sealed": {"one": "bm9uZSBvZiBvdXJzLCBhbmQgdG9vIHNob3J0"},
        },
        search=False,
    ),
    "webhook_replay": Exhibit(
        "webhooks",
        Replay,
        "/v1/webhook-replays",
        "webhookReplay",
        "webhookReplays",
        writes=(Write("write", "POST", "/v1/webhook-replays/{id}/cancel"),),
        parents=(Endpoint,),
        search=False,
        history=False,
    ),
    "webhook_delivery": Exhibit(
        "webhooks",
        Delivery,
        "/v1/webhook-deliveries",
        "webhookDelivery",
        "webhookDeliveries",
        writes=(Write("write", "POST", "/v1/webhook-deliveries/{id}/replay"),),
        parents=(Endpoint,),
        search=False,
        history=False,
    ),
}
ELSEWHERE = {"tenant", "source_rule", "deal", "feed_event", "rollup_day", "lead_match"}
"""Aggregates that have no list of records: each has a test of its own."""

ROOTS = {
    "leads": "lead",
    "accounts": "account",
    "contacts": "contact",
    "due-diligence": "due_diligence",
    "channel-partners": "channel_partner",
    "activities": "activity",
    "market-intel": "market_intel",
    "surveys": "survey",
    "survey-templates": "survey_template",
    "follow-ups": "follow_up_plan",
    "follow-up-templates": "follow_up_template",
    "work-plans": "work_plan",
    "pools": "pool",
    "pool-rules": "pool_rule",
    "pool-members": "pool_member",
    "assignment-rules": "assignment_rule",
    "absences": "absence",
    "lead-sources": "lead_source",
    "source-rule": "source_rule",
    "campaigns": "campaign",
    "campaign-costs": "campaign_cost",
    "capture-forms": "capture_form",
    "capture-failures": "capture_failure",
    "visits": "visit",
    "enquiries": "enquiry",
    "questionnaires": "questionnaire",
    "visitor-surveys": "visitor_survey",
    "opportunities": "opportunity",
    "products": "product",
    "pipelines": "pipeline",
    "contracts": "contract",
    "instalments": "instalment",
    "receipts": "receipt",
    "targets": "target",
    "forecasts": "forecast",
    "members": "member",
    "keys": "key",
    "tenant": "tenant",
    "webhook-endpoints": "endpoint",
    "webhook-deliveries": "webhook_delivery",
    "webhook-replays": "webhook_replay",
    "events": "feed_event",
    "rollups": "rollup_day",
    "reports": "rollup_day",
}
"""Whose policy row stands behind the first segment of each path."""

PUBLIC_ROOTS = {"measures", "capture"}
"""Paths that show no record of any tenant."""

SAMPLE_DAY = date(2026, 11, 15)
