"""The exhibits of leads."""

from datetime import UTC, datetime
from decimal import Decimal

from services.leads.account.models import Account, AccountField, AccountJob
from services.leads.activity.models import Activity, ActivityField, ActivityJob
from services.leads.assignment.models import Absence, AssignmentRule
from services.leads.campaign.models import Campaign, CampaignCost
from services.leads.contact.models import Contact, ContactField, ContactJob
from services.leads.due_diligence.models import DueDiligence
from services.leads.erasure.models import Erasure
from services.leads.feedback.models import Feedback, FeedbackJob
from services.leads.followup.models import FollowUpPlan, FollowUpTemplate
from services.leads.form.models import CaptureFailure, CaptureForm
from services.leads.inbound.models import InboundEndpoint, InboundMessage
from services.leads.intel.models import MarketIntel
from services.leads.lead.models import Lead, LeadField, LeadJob
from services.leads.offboarding.models import Offboarding
from services.leads.partner.models import ChannelPartner
from services.leads.playbook.models import ObjectionEntry, QuestionSet
from services.leads.pool.models import Pool, PoolMember, PoolRule
from services.leads.questionnaire.models import Questionnaire, VisitorSurvey
from services.leads.reception.models import Enquiry, Visit, VisitJob
from services.leads.scoring.models import ScoreModel, ScoringRule
from services.leads.segment.models import Segment
from services.leads.site.models import SiteChecklist
from services.leads.source.models import LeadSource
from services.leads.survey.models import Survey, SurveyTemplate
from services.leads.view.models import LeadsView
from services.leads.workplan.models import WorkPlan
from tests.leads.scoring.samples import BACKTEST, MODEL
from tests.policy.exhibit import NEEDLE, YUAN, Exhibit, Write, job, own_field, patch, saved_view

_STEPS = [{"after_days": 1, "kind": "call", "subject": "x"}]
_QUESTIONS = [{"key": "all", "text": "x", "kind": "scale5", "choices": [], "required": True}]
_ITEM = {"what": "x", "area": "other", "done_by": None, "done_at": None}
_COMPANY = {"field": "company", "pointer": "/company"}
QUESTION = {"code": "age", "text": "Age?", "kind": "number", "options": [], "required": False}

LEADS: dict[str, Exhibit] = {
    "lead": Exhibit(
        "leads",
        Lead,
        "/v1/leads",
        "lead",
        "leads",
        writes=(
            patch("/v1/leads"),
            Write("write", "DELETE", "/v1/leads/{id}"),
            Write("convert", "POST", "/v1/leads/{id}/convert"),
        ),
        new={"company": "Acme", "source": "web"},
    ),
    "lead_field": own_field("leads", LeadField, "lead"),
    "lead_job": job("leads", LeadJob, "lead"),
    "account_field": own_field("leads", AccountField, "account", "accounts"),
    "contact_field": own_field("leads", ContactField, "contact", "contacts"),
    "activity_field": own_field("leads", ActivityField, "activity", "activities"),
    "account_job": job("leads", AccountJob, "account", "accounts"),
    "contact_job": job("leads", ContactJob, "contact", "contacts"),
    "activity_job": job("leads", ActivityJob, "activity", "activities", ("cancel",)),
    "visit_job": job("leads", VisitJob, "visit", "visits", ("cancel",)),
    "feedback_job": job("leads", FeedbackJob, "feedback", "feedback", ("cancel",)),
    "leads_view": saved_view("leads", LeadsView, "account", "accounts"),
    "account": Exhibit(
        "leads",
        Account,
        "/v1/accounts",
        "account",
        "accounts",
        writes=(patch("/v1/accounts"), Write("write", "DELETE", "/v1/accounts/{id}")),
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
            patch("/v1/contacts"),
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
            patch("/v1/channel-partners"),
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
            patch("/v1/activities"),
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
        writes=(patch("/v1/follow-up-templates"),),
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
            patch("/v1/market-intel"),
            Write("judge", "POST", "/v1/market-intel/{id}/note"),
            Write("judge", "POST", "/v1/market-intel/{id}/dismiss"),
        ),
        new={"kind": "trend", "subject": "x", "source": "x"},
    ),
    "feedback": Exhibit(
        "leads",
        Feedback,
        "/v1/feedback",
        "feedback",
        "allFeedback",
        writes=(
            patch("/v1/feedback"),
            Write("triage", "POST", "/v1/feedback/{id}/accept", {"due_on": "2031-01-01"}),
            Write("triage", "POST", "/v1/feedback/{id}/decline", {"answer": "x"}),
        ),
        new={"kind": "process", "cost": "low", "details": "x"},
        values={"erased_at": None},
        masked={"owner_id": "ownerId"},
    ),
    "site_checklist": Exhibit(
        "leads",
        SiteChecklist,
        "/v1/site-checklists",
        "siteChecklist",
        "siteChecklists",
        writes=(
            patch("/v1/site-checklists"),
            Write("write", "POST", "/v1/site-checklists/{id}/check", {"place": 1}),
        ),
        new={"site": "x", "items": [{"what": "x"}]},
        values={"items": [_ITEM]},
    ),
    "objection_entry": Exhibit(
        "leads",
        ObjectionEntry,
        "/v1/objections",
        "objectionEntry",
        "objectionEntries",
        writes=(patch("/v1/objections"),),
        new={"objection": "price", "says": "Too dear", "answers": ["x"]},
        values={"answers": ["x"]},
    ),
    "question_set": Exhibit(
        "leads",
        QuestionSet,
        "/v1/question-sets",
        "questionSet",
        "questionSets",
        writes=(patch("/v1/question-sets"),),
        new={"name": "{fresh}", "questions": [QUESTION]},
        values={"questions": [QUESTION]},
    ),
    "offboarding": Exhibit(
        "leads",
        Offboarding,
        "/v1/offboardings",
        "offboarding",
        "offboardings",
        writes=(
            Write("write", "POST", "/v1/offboardings/{id}/start", {"leads_to": "rules"}),
            Write("write", "POST", "/v1/offboardings/{id}/cancel"),
        ),
        values={"state": "done", "counts": {}, "remaining": {}},
        search=False,
    ),
    "survey_template": Exhibit(
        "leads",
        SurveyTemplate,
        "/v1/survey-templates",
        "surveyTemplate",
        "surveyTemplates",
        writes=(patch("/v1/survey-templates"),),
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
        search=False,
    ),
    "pool": Exhibit(
        "leads",
        Pool,
        "/v1/pools",
        "pool",
        "pools",
        writes=(patch("/v1/pools"),),
        new={"name": "East"},
    ),
    "pool_rule": Exhibit(
        "leads",
        PoolRule,
        "/v1/pool-rules",
        "poolRule",
        "poolRules",
        writes=(patch("/v1/pool-rules"),),
        parents=(Pool,),
        search=False,
    ),
    "pool_member": Exhibit(
        "leads",
        PoolMember,
        "/v1/pool-members",
        "poolMember",
        "poolMembers",
        writes=(patch("/v1/pool-members"),),
        parents=(Pool,),
        search=False,
    ),
    "assignment_rule": Exhibit(
        "leads",
        AssignmentRule,
        "/v1/assignment-rules",
        "assignmentRule",
        "assignmentRules",
        writes=(patch("/v1/assignment-rules"),),
        parents=(Pool,),
    ),
    "absence": Exhibit(
        "leads",
        Absence,
        "/v1/absences",
        "absence",
        "absences",
        writes=(patch("/v1/absences"), Write("write", "DELETE", "/v1/absences/{id}")),
        new={"from_on": "2026-12-01", "until_on": "2026-12-02"},
        search=False,
    ),
    "scoring_rule": Exhibit(
        "leads",
        ScoringRule,
        "/v1/scoring-rules",
        "scoringRule",
        "scoringRules",
        writes=(patch("/v1/scoring-rules"), Write("write", "DELETE", "/v1/scoring-rules/{id}")),
        new={
            "name": "{fresh}",
            "points": 5,
            "kind": "fact",
            "field": "phone",
            "test": "given",
        },
        values={"field": "source", "test": "given"},
    ),
    "segment": Exhibit(
        "leads",
        Segment,
        "/v1/segments",
        "segment",
        "segments",
        writes=(patch("/v1/segments"), Write("write", "DELETE", "/v1/segments/{id}")),
        new={"resource": "lead", "name": "{fresh}", "filter": {"region": "east"}},
        values={"resource": "lead", "filter": {"status": "new"}},
    ),
    "score_model": Exhibit(
        "leads",
        ScoreModel,
        "/v1/score-models",
        "scoreModel",
        "scoreModels",
        writes=(
            Write("activate", "POST", "/v1/score-models/{id}/activate"),
            Write("activate", "POST", "/v1/score-models/{id}/retire"),
        ),
        new=MODEL,
        values={"backtest": BACKTEST},
    ),
    "lead_source": Exhibit(
        "leads",
        LeadSource,
        "/v1/lead-sources",
        "leadSource",
        "leadSources",
        writes=(patch("/v1/lead-sources"),),
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
            patch("/v1/campaigns"),
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
        writes=(patch("/v1/campaign-costs"), Write("write", "DELETE", "/v1/campaign-costs/{id}")),
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
            patch("/v1/capture-forms"),
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
    "inbound_endpoint": Exhibit(
        "leads",
        InboundEndpoint,
        "/v1/inbound-endpoints",
        "inboundEndpoint",
        "inboundEndpoints",
        writes=(
            patch("/v1/inbound-endpoints"),
            Write("write", "POST", "/v1/inbound-endpoints/{id}/rotate"),
            Write("write", "POST", "/v1/inbound-endpoints/{id}/revoke"),
        ),
        new={"name": "Partner", "source": "web", "mapping": [_COMPANY]},
        values={
            "mapping": [_COMPANY | {"values": {}, "default": None}],
            "secrets": [],
            "sealed": {},
        },
    ),
    "inbound_message": Exhibit(
        "leads",
        InboundMessage,
        "/v1/inbound-messages",
        "inboundMessage",
        "inboundMessages",
        writes=(Write("write", "POST", "/v1/inbound-messages/{id}/replay"),),
        values={"detail": NEEDLE, "headers": {}},
        parents=(InboundEndpoint,),
    ),
    "visit": Exhibit(
        "leads",
        Visit,
        "/v1/visits",
        "visit",
        "visits",
        writes=(patch("/v1/visits"),),
        new={"name": "Wang Jing", "phone": "13800000000", "site": "A1", "source": "walk-in"},
    ),
    "enquiry": Exhibit(
        "leads",
        Enquiry,
        "/v1/enquiries",
        "enquiry",
        "enquiries",
        writes=(
            patch("/v1/enquiries"),
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
        writes=(patch("/v1/questionnaires"),),
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
    "erasure": Exhibit(
        "leads",
        Erasure,
        "/v1/erasures",
        "erasure",
        "erasures",
        search=False,
    ),
}
