"""Every subgraph answers schemathesis as its schema says, with errors that are foreseen alone."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from graphql import build_schema, parse

from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.webhooks.feed import queries
from tests.hostile.conformance import Seen
from tests.hostile.conformance_graphql import ANSWERED, Conformance, faults, run, settings
from tests.hostile.conftest import Size
from tests.hostile.test_documents import NAMES, records, schema_of
from tests.serving import served

_CHECKS = {
    "negative_data_rejection",
    "not_a_server_error",
    "positive_data_acceptance",
    "response_schema_conformance",
}
_EXAMPLES = {"leads": 1}
"""Of each field, in the short form: leads has more fields than all others together."""


async def _tried(
    house: House, name: str, caller: Caller, tenant: UUID, examples: int, only: str = ""
) -> Seen:
    ids = await records(house, name, tenant)
    token = caller.client.headers["authorization"]
    async with served(await house.api(name)) as url:
        config = settings(f"{url}/graphql/{name}", token, examples)
        return await asyncio.to_thread(run, schema_of(name), config, ids, only)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_every_field_keeps_to_its_schema(
    house: House, login: Login, tenant: UUID, size: Size, name: str
) -> None:
    examples = 40 if size.long else _EXAMPLES.get(name, 6)
    seen = await _tried(house, name, await login(name, "admin"), tenant, examples)
    assert not seen.wrong, "\n\n".join(f"{k}\n{v}" for k, v in seen.wrong.items())
    assert seen.checks.keys() >= _CHECKS
    assert 5 * seen.checks[ANSWERED] > seen.checks["not_a_server_error"]


async def test_a_resolver_that_raises_is_found_out(
    house: House, login: Login, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise LookupError("planted")

    monkeypatch.setattr(queries, "list_events", broken)
    caller = await login("webhooks", "admin")
    seen = await _tried(house, "webhooks", caller, tenant, 10, "^Query.events$")
    assert "Query.events: has an error of code 'INTERNAL'" in seen.wrong


_SCHEMA = build_schema("""
type Query { some: [Some!]! one: Some one_of: Either }
type Some { id: ID! kind: Kind age: Int }
type Other { name: String! }
union Either = Some | Other
enum Kind { A B }
""")


@pytest.mark.parametrize(
    ("query", "data", "wrong"),
    [
        ("{ one { id age } }", {"one": {"id": "1", "age": None}}, []),
        ("{ one { id } }", {"one": None}, []),
        ("{ one { x: id ...F } } fragment F on Some { age }", {"one": {"x": "1", "age": 2}}, []),
        ("{ oneOf: one_of { ... on Other { name } } }", {"oneOf": {"name": "x"}}, []),
        ("{ one_of { ... on Other { name } } }", {"one_of": {}}, []),
        ("{ one { __typename } }", {"one": {"__typename": "Some"}}, []),
        ("{ one { id @skip(if: true) } some { id } }", {"one": {}, "some": []}, []),
        ("query ($v: Boolean! = true) { one @skip(if: $v) { id } }", {}, []),
        ("query ($v: Boolean! = true) { one @include(if: $v) { id } }", {}, ["data lacks one"]),
        ("{ one { __typename } }", {"one": {"__typename": "Other"}}, ["data.one is no Some"]),
        ("{ one { id } }", {"one": {"id": None}}, ["data.one.id is null"]),
        ("{ one { id } }", {"one": {}}, ["data.one lacks id"]),
        ("{ one { id } }", {"one": {"id": "1", "age": 1}}, ["data.one has age"]),
        ("{ one { age } }", {"one": {"age": "old"}}, ["data.one.age is no Int"]),
        ("{ one { kind } }", {"one": {"kind": "C"}}, ["data.one.kind is no Kind"]),
        ("{ some { id } }", {"some": {}}, ["data.some is no list"]),
        ("{ some { id } }", {"some": [None]}, ["data.some is null"]),
        ("{ one { id } }", {"one": []}, ["data.one is no object"]),
    ],
)
def test_what_is_not_of_the_schema_is_found(query: str, data: Any, wrong: list[str]) -> None:
    assert Conformance(_SCHEMA, parse(query)).wrong(data) == wrong


@pytest.mark.parametrize(
    ("status", "content", "wrong"),
    [
        (200, b'{"data":{"one":null}}', []),
        (400, b'{"errors":[{"extensions":{"code":"LIMIT_EXCEEDED"}}]}', []),
        (200, b'{"data":{"one":null},"errors":[{"extensions":{"code":"lead.not_found"}}]}', []),
        (500, b"", ["answers 500"]),
        (200, b"{}", ["has neither data nor errors"]),
        (400, b'{"errors":[{}]}', ["has an error of code ''"]),
        (
            200,
            b'{"errors":[{"extensions":{"code":"deadline","status":503}}]}',
            ["has an error of status 503"],
        ),
    ],
)
def test_an_answer_that_was_not_foreseen_is_found(
    status: int, content: bytes, wrong: list[str]
) -> None:
    assert faults(_SCHEMA, "{ one { id } }", status, content) == wrong
