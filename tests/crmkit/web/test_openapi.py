"""What the OpenAPI documents say beyond what FastAPI knows."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from inspect import getdoc
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import create_model

from crmkit.house import merged
from crmkit.service import services
from crmkit.web.openapi import HEADERS, PARAMETERS

PUBLIC = {
    "/v1/capture/{form_key}",
    "/v1/inbound/{endpoint_key}",
    "/v1/survey-answers/{survey_token}",
}
"""Where whoever holds a form's key sends leads."""


@cache
def _apps() -> dict[str, FastAPI]:
    return {service.name: service.api() for service in services()}


@cache
def _document() -> dict[str, Any]:
    return merged(_apps())


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in _document()["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation


def _asked(operation: dict[str, Any]) -> set[str]:
    named = (each.get("$ref", "").rsplit("/", 1)[-1] for each in operation.get("parameters", []))
    return {name for name in named if name}


def _apart(**kinds: type) -> dict[str, FastAPI]:
    """Services that call what they answer by the same name."""
    apps = {name: FastAPI() for name in kinds}
    for name, kind in kinds.items():
        thing = create_model("Thing", value=(kind, ...))
        apps[name].get(f"/{name}", response_model=thing)(lambda: None)
    return apps


def test_one_name_stands_for_one_thing_in_all_services() -> None:
    assert merged(_apart(one=int, two=int))["paths"].keys() == {"/one", "/two"}
    with pytest.raises(ValueError, match="Thing"):
        merged(_apart(one=int, two=str))


def test_what_an_endpoint_says_of_itself_is_told() -> None:
    told = {each["operationId"]: each.get("description", "") for _, _, each in _operations()}
    said = {
        route.unique_id: getdoc(route.endpoint) or ""
        for app in _apps().values()
        for route in app.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    }
    assert "市场覆盖率" in said["get_market_coverage"]
    assert {name for name, text in said.items() if text not in told[name]} == set()


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = Counter(operation["operationId"] for _, _, operation in _operations())
    assert [name for name, times in ids.items() if times > 1] == []


def test_every_change_says_what_it_does() -> None:
    silent = [
        f"{m} {p}" for m, p, each in _operations() if m != "get" and "description" not in each
    ]
    assert silent == []


def test_every_operation_needs_a_token() -> None:
    assert _document()["security"] == [{"bearer": []}]
    assert _document()["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    open_to_all = {p: each["security"] for _, p, each in _operations() if "security" in each}
    assert open_to_all == {path: [] for path in PUBLIC}


def test_every_refusal_is_a_problem() -> None:
    answers = _document()["components"]["responses"]
    for _, path, operation in _operations():
        for status, answer in operation["responses"].items():
            if status >= "400":
                name = answer["$ref"].rsplit("/", 1)[-1]
                schema = answers[name]["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (path, status)
    assert {"Problem", "ProblemFault"} <= _document()["components"]["schemas"].keys()
    assert "HTTPValidationError" not in _document()["components"]["schemas"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "/v1/leads/{lead_id}", {"AsOf", "IfNoneMatch", "Prefer"}),
        ("get", "/v1/leads", {"AsOf"}),
        ("get", "/v1/leads/enums", set()),
        ("post", "/v1/leads", {"IdempotencyKey", "OccurredAt"}),
        ("patch", "/v1/leads/{lead_id}", {"IdempotencyKey", "OccurredAt", "IfMatchRequired"}),
        ("post", "/v1/leads/{lead_id}/convert", {"IdempotencyKey", "OccurredAt", "IfMatch"}),
        ("post", "/v1/leads/batch", set()),
    ],
)
def test_headers_are_told_where_they_work(method: str, path: str, expected: set[str]) -> None:
    assert _asked(_document()["paths"][path][method]) >= expected
    if not expected:
        assert not _asked(_document()["paths"][path][method]) & PARAMETERS.keys()


def test_only_a_change_that_needs_a_version_says_428() -> None:
    needing = {(method, path) for method, path, each in _operations() if "428" in each["responses"]}
    told = {
        (method, path) for method, path, each in _operations() if "IfMatchRequired" in _asked(each)
    }
    at_times = {
        ("put", "/v1/tenant"),
        ("put", "/v1/source-rule"),
        ("put", "/v1/lead-terms"),
        ("put", "/v1/targets/{period}/{owner_id}"),
    }
    assert needing == told | at_times
    assert ("patch", "/v1/leads/{lead_id}") in needing


def test_what_the_gate_refuses_every_operation_may_answer() -> None:
    for method, path, operation in _operations():
        told = operation["responses"].keys()
        assert told >= {"400", "414", "429", "431", "500", "503"}, (method, path)
        assert path in PUBLIC or "401" in told, (method, path)
        assert method == "get" or told >= {"413", "415"}, (method, path)


def test_the_fields_of_an_answer_are_named_where_they_may_be_chosen() -> None:
    asked = _document()["paths"]["/v1/leads/{lead_id}"]["get"]["parameters"]
    (fields,) = (each["schema"]["pattern"] for each in asked if each.get("name") == "fields")
    for given, fits in (("company", True), ("id,company", True), ("", False), ("a,id", False)):
        assert bool(re.fullmatch(fields, given)) is fits


def test_answers_tell_the_headers_they_bring() -> None:
    created = _document()["paths"]["/v1/leads"]["post"]["responses"]["201"]["headers"]
    assert created.keys() >= {"ETag", "Location", "Idempotency-Replayed"}
    page = _document()["paths"]["/v1/leads"]["get"]["responses"]["200"]["headers"]
    assert page.keys() >= {"Link"}
    assert "304" in _document()["paths"]["/v1/leads/{lead_id}"]["get"]["responses"]
    assert created.keys() <= HEADERS.keys()


def test_links_lead_from_a_record_to_what_can_be_done_with_it() -> None:
    made = _document()["paths"]["/v1/leads"]["post"]["responses"]["201"]["links"]
    assert made["update_lead"]["parameters"] == {
        "lead_id": "$response.body#/id",
        "If-Match": "$response.header.ETag",
    }
    known = {operation["operationId"] for _, _, operation in _operations()}
    links = {
        link["operationId"]
        for _, _, operation in _operations()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    }
    assert links <= known
    assert len(links) > 50
