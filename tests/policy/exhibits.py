"""One exhibit for each aggregate of each policy table: how to make its records, and how to reach
them. Expectations are not here; the matrix computes them from the policy tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
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
from services.leads.lead.models import Lead, LeadField, LeadJob
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
ELSEWHERE = {"tenant", "deal", "feed_event", "rollup_day", "lead_match"}
"""Aggregates that have no list of records: each has a test of its own."""

ROOTS = {
    "leads": "lead",
    "accounts": "account",
    "activities": "activity",
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

PUBLIC_ROOTS = {"measures"}
"""Paths that show no record of any tenant."""

SAMPLE_DAY = date(2026, 11, 15)
