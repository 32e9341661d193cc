"""One exhibit for each aggregate of each policy table: how to make its records, and how to reach
them. Expectations are not here; the matrix computes them from the policy tables."""

from datetime import date

from services.contracts.contract.models import Contract
from services.contracts.receivable.models import Instalment, Receipt
from services.forecast.forecast.models import Forecast
from services.forecast.target.models import Target
from services.identity.key.models import Key
from services.identity.member.models import Member
from services.opportunities.catalog.models import Product
from services.opportunities.opportunity.models import (
    Opportunity,
    OpportunityField,
    OpportunityJob,
)
from services.opportunities.pipeline.models import Pipeline
from services.opportunities.view.models import OpportunitiesView
from services.webhooks.delivery.models import Delivery
from services.webhooks.endpoint.models import Endpoint
from services.webhooks.replay.models import Replay
from tests.policy.exhibit import (
    ABSENT,
    NEEDLE,
    YUAN,
    Exhibit,
    Write,
    job,
    own_field,
    patch,
    saved_view,
)
from tests.policy.exhibits_of_leads import LEADS

_STAGES = [{"code": "open", "name": "Open", "probability": 10}]

EXHIBITS = {
    **LEADS,
    "opportunity_field": own_field("opportunities", OpportunityField, "opportunity"),
    "opportunities_view": saved_view(
        "opportunities", OpportunitiesView, "opportunity", "opportunities"
    ),
    "opportunity_job": job("opportunities", OpportunityJob, "opportunity"),
    "opportunity": Exhibit(
        "opportunities",
        Opportunity,
        "/v1/opportunities",
        "opportunity",
        "opportunities",
        writes=(
            patch("/v1/opportunities"),
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
        writes=(patch("/v1/products"),),
        new={"name": "Grinder", "code": "{fresh}"},
    ),
    "pipeline": Exhibit(
        "opportunities",
        Pipeline,
        "/v1/pipelines",
        "pipeline",
        "pipelines",
        writes=(patch("/v1/pipelines"),),
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
            patch("/v1/contracts"),
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
            Write("write", "PUT", "/v1/targets/{period}/{owner_id}", {"amount": YUAN}, ABSENT),
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
        writes=(patch("/v1/members"), Write("write", "POST", "/v1/members/{id}/deactivate")),
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
            patch("/v1/keys"),
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
            patch("/v1/webhook-endpoints"),
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
ELSEWHERE = {
    "tenant",
    "source_rule",
    "lead_terms",
    "deal",
    "feed_event",
    "rollup_day",
    "lead_match",
}
"""Aggregates that have no list of records: each has a test of its own."""

ROOTS = {
    "leads": "lead",
    "erasures": "erasure",
    "offboardings": "offboarding",
    "objections": "objection_entry",
    "question-sets": "question_set",
    "accounts": "account",
    "contacts": "contact",
    "due-diligence": "due_diligence",
    "channel-partners": "channel_partner",
    "activities": "activity",
    "market-intel": "market_intel",
    "feedback": "feedback",
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
    "scoring-rules": "scoring_rule",
    "segments": "segment",
    "market-coverage": "account",
    "score-models": "score_model",
    "source-rule": "source_rule",
    "lead-terms": "lead_terms",
    "campaigns": "campaign",
    "campaign-costs": "campaign_cost",
    "capture-forms": "capture_form",
    "capture-failures": "capture_failure",
    "inbound-endpoints": "inbound_endpoint",
    "inbound-messages": "inbound_message",
    "visits": "visit",
    "site-checklists": "site_checklist",
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

PUBLIC_ROOTS = {"measures", "capture", "inbound", "survey-answers"}
"""Paths that show no record of any tenant."""

SAMPLE_DAY = date(2026, 11, 15)
