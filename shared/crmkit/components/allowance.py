"""`GET /v1/limits`: what the caller has left, and the sizes that nothing may exceed."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from crmkit.components.batch import MOST_ROWS
from crmkit.components.jobs.commands import MOST_UNFINISHED
from crmkit.db.listing import LARGEST_PAGE, USUAL_PAGE
from crmkit.web import gate
from crmkit.web.answers import json_response
from crmkit.web.asof import present_only
from crmkit.web.bodies import MAX_DEPTH
from crmkit.web.edge import Edge
from crmkit.web.graphql import limits as graphql
from crmkit.web.limits import Budget, Left, Limits


class BudgetRead(BaseModel):
    """`rate` requests a second for as long as you like, `burst` at once.

    `tenant` is shared by all who call for the tenant; the others are the caller's own. `whole_in`:
    seconds until all of it is back.
    """

    name: str
    rate: int
    burst: int
    remaining: int
    whole_in: float


class FixedLimits(BaseModel):
    """What is the same for everybody, in bytes, rows, items and seconds.

    `unfinished_jobs`: imports and exports of one kind of record that a tenant may have under way.
    """

    body_bytes: int
    bulk_body_bytes: int
    upload_bytes: int
    json_depth: int
    url_bytes: int
    header_bytes: int
    page_items: int
    page_items_default: int
    batch_rows: int
    unfinished_jobs: int
    deadline_seconds: float
    bulk_deadline_seconds: float
    upload_deadline_seconds: float


class GraphqlLimits(BaseModel):
    """Of one operation; `cost` counts objects, as often as `first` says."""

    depth: int
    aliases: int
    root_fields: int
    fields: int
    tokens: int
    cost: int
    first: int
    length: int


class LimitsRead(BaseModel):
    budgets: list[BudgetRead]
    fixed: FixedLimits
    graphql: GraphqlLimits


_FIXED = {
    "body_bytes": gate.MAX_BODY,
    "bulk_body_bytes": gate.MAX_BULK_BODY,
    "upload_bytes": gate.MAX_UPLOAD,
    "json_depth": MAX_DEPTH,
    "url_bytes": gate.MAX_URL_BYTES,
    "header_bytes": gate.MAX_HEADER_BYTES,
    "page_items": LARGEST_PAGE,
    "page_items_default": USUAL_PAGE,
    "batch_rows": MOST_ROWS,
    "unfinished_jobs": MOST_UNFINISHED,
    "deadline_seconds": gate.DEADLINE_SECONDS,
    "bulk_deadline_seconds": gate.BULK_SECONDS,
    "upload_deadline_seconds": gate.UPLOAD_SECONDS,
}
_GRAPHQL = {
    "depth": graphql.MAX_DEPTH,
    "aliases": graphql.MAX_ALIASES,
    "root_fields": graphql.MAX_ROOT_FIELDS,
    "fields": graphql.MAX_FIELDS,
    "tokens": graphql.MAX_TOKENS,
    "cost": graphql.MAX_COST,
    "first": graphql.MAX_PAGE,
    "length": graphql.MAX_LENGTH,
}


def allowance() -> APIRouter:
    """The router of `GET /v1/limits`, the same in every service: the gate keeps the budgets."""
    router = APIRouter(prefix="/v1/limits", tags=["operations"])

    @router.get("", response_model=LimitsRead)
    @present_only
    async def read_limits(edge: Edge) -> Response:
        """What you may still ask for now, and what is refused however little you ask."""
        limits: Limits = edge.request.scope["limits"]
        budgets = [_shown(*each) for each in limits.budgets(edge.actor)]
        return json_response({"budgets": budgets, "fixed": _FIXED, "graphql": _GRAPHQL})

    return router


def _shown(budget: Budget, left: Left) -> dict[str, Any]:
    return {
        "name": budget.name,
        "rate": budget.rate,
        "burst": budget.burst,
        "remaining": left.takes,
        "whole_in": round(left.whole_in, 3),
    }
