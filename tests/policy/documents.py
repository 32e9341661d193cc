"""A document for each root field of a service's GraphQL, made from its schema: whatever it can be
asked for without arguments, three objects deep, and no list of a list."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.e2e.shell import PROJECT
from tests.policy.exhibits import EXHIBITS

_SUBGRAPHS = PROJECT / "deploy" / "gateway" / "subgraphs"
_DEEPEST, _FIRST = 2, 5
_GIVEN: Mapping[str, str] = {
    "forecastPipeline": 'period: "2026-11"',
    "pipeline": 'period: "2026-11"',
    "workPlanProgress": 'period: "2026-01"',
    "surveyResults": 'period: "2026-01"',
    "objectionUsage": 'period: "2026-01"',
    "rollup": 'measure: "leads_created", grain: MONTH, from: "2026-01-01", to: "2026-12-31",'
    ' by: ["owner"]',
    "rollupLineage": 'measure: "leads_created", period: "2026-01"',
    "pipelineLineage": 'period: "2026-11", figure: COVERAGE',
    "weeklyReport": 'week: "2026-W02"',
    "weeklyReportLineage": 'week: "2026-W02", figure: "leads.created.value"',
    "monthlyReportLineage": 'month: "2026-01", figure: "leads.created.value"',
    "monthlyReport": 'month: "2026-01"',
}
_ABOUT = {
    "leadDuplicates": "lead",
    "leadScore": "lead",
    "leadNeeds": "lead",
    "leadSegments": "lead",
    "accountSegments": "account",
    "segmentSize": "segment",
    "poolLeads": "pool",
    "webhookAttempts": "webhook_delivery",
} | {exhibit.one: aggregate for aggregate, exhibit in EXHIBITS.items()}
"""Whose id a field takes."""


def documents(service: str, ids: Mapping[str, str], but: Mapping[str, str]) -> dict[str, str]:
    """By the name of the root field."""
    schema = build_schema((_SUBGRAPHS / f"{service}.graphql").read_text(), assume_valid_sdl=True)
    query = schema.query_type
    assert query
    names = [n for n in query.fields if n not in but and not n.startswith("_")]
    return {name: _document(schema, name, query.fields[name], ids) for name in names}


def _document(schema: GraphQLSchema, name: str, field: GraphQLField, ids: Mapping[str, str]) -> str:
    needed = [n for n, given in field.args.items() if is_required_argument(given)]
    given = [f"first: {_FIRST}"] if "first" in field.args else []
    if [str(field.args[n].type) for n in needed] == ["UUID!"]:
        given.append(f"{needed[0]}: {json.dumps(_id(name, ids))}")
    elif needed:
        given.append(_GIVEN[name])
    asked = f"({', '.join(given)})" if given else ""
    return f"{{ {name}{asked}{_selected(field, _DEEPEST)} }}"


def _id(name: str, ids: Mapping[str, str]) -> str:
    about = _ABOUT.get(name) or re.sub(r"[A-Z]", lambda c: f"_{c[0].lower()}", name)
    return ids[about.removesuffix("_history")]


def _selected(field: GraphQLField, depth: int) -> str:
    """Nothing of a leaf; of an object its leaves, and its objects while there is depth left; of a
    page its records."""
    kind: Any = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    if not isinstance(kind, GraphQLObjectType):
        return " { __typename }"
    if "nodes" in kind.fields:
        return f" {{ nodes{_selected(kind.fields['nodes'], depth)} }}"
    return f" {{ {' '.join(_parts(kind, depth))} }}"


def _parts(kind: GraphQLObjectType, depth: int) -> Iterator[str]:
    for name, field in kind.fields.items():
        of: Any = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())) or name == "asOf":
            continue
        if is_leaf_type(of) or (depth and "nodes" not in getattr(of, "fields", ())):
            yield f"{name}{_selected(field, depth - 1)}"
