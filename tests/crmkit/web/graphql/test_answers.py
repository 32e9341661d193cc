from decimal import Decimal
from typing import Any

import pytest
import strawberry
import structlog
from pydantic import ValidationError
from strawberry.printer import print_schema

from crmkit.kernel.errors import Invalid
from crmkit.web.graphql import Money, MoneyInput, checked, make_schema
from crmkit.web.graphql.problems import unquoted
from tests.crmkit.web.graphql.shop import (
    Ask,
    ItemInput,
    ItemUpdate,
    Query,
    StandInEdge,
)

PROBLEM = (
    "__typename ... on Problem { code message status: httpStatus errors { pointer code message } }"
)


async def test_a_refused_mutation_answers_a_problem(ask: Ask) -> None:
    _, answer = await ask(f'mutation {{ rename(to: "taken") {{ {PROBLEM} }} }}')
    assert answer["data"]["rename"] == {
        "__typename": "Problem",
        "code": "item.taken",
        "message": "the name is taken",
        "status": 409,
        "errors": [],
    }


async def test_the_problem_names_the_offending_fields(ask: Ask) -> None:
    _, answer = await ask(f'mutation {{ rename(to: "") {{ {PROBLEM} }} }}')
    assert answer["data"]["rename"]["status"] == 422
    assert answer["data"]["rename"]["errors"] == [
        {"pointer": "/to", "code": "missing", "message": "say a name"}
    ]


async def test_a_mutation_that_succeeds_answers_the_thing(ask: Ask, edge: StandInEdge) -> None:
    edge.headers["idempotency-key"] = "from-header"
    _, answer = await ask(
        """mutation {
            a: rename(to: "x", expectedVersion: 3) { ... on Item { name } }
            b: rename(to: "y", idempotencyKey: "own") { ... on Item { name } }
            c: rename(to: "z") { ... on Item { name } }
        }"""
    )
    assert answer == {"data": {key: {"name": "item 0"} for key in "abc"}}
    assert edge.calls == [("from-header", 3), ("own", None), ("from-header#1", None)]


async def test_a_refusal_in_a_query_is_an_error_with_its_code(ask: Ask) -> None:
    status, answer = await ask('{ item(id: "01930000-0000-7000-8000-00000000ffff") { id } one }')
    assert status == 200
    assert answer["data"] == {"item": None, "one": 1}
    assert answer["errors"][0]["message"] == "no such item"
    assert answer["errors"][0]["extensions"] == {"code": "item.not_found", "status": 404}


@pytest.mark.parametrize(
    "query", ["{ secret }", "{ brokenList }", 'mutation { rename(to: "boom") { __typename } }']
)
async def test_what_nobody_foresaw_is_masked_and_logged_short(ask: Ask, query: str) -> None:
    with structlog.testing.capture_logs() as lines:
        _, answer = await ask(query)
    (error,) = answer["errors"]
    assert error["message"] == "internal error"
    assert error["extensions"].keys() == {"code", "trace_id"}
    assert error["extensions"]["code"] == "INTERNAL"
    (line,) = lines
    assert line["trace_id"] == error["extensions"]["trace_id"]
    assert len(str(line).encode()) <= 2048
    assert "not a number" not in str(answer)


@pytest.mark.parametrize(
    ("message", "left"),
    [
        (
            "Variable '$a' has invalid value at .b: Expected value of type 'B', found: 'secret'.",
            "Variable '$a' has invalid value at .b: Expected value of type 'B'",
        ),
        (
            "Int cannot represent non-integer value: 'secret'",
            "Int cannot represent non-integer value",
        ),
        ("Value 'secret' does not exist in 'B' enum.", "This value does not exist in 'B' enum."),
        ("Syntax Error: Unexpected String 'secret'.", "Syntax Error: Unexpected String"),
        ("Cannot query field 'secret' on type 'B'.", "Cannot query field 'secret' on type 'B'."),
    ],
)
def test_names_are_repeated_and_values_are_not(message: str, left: str) -> None:
    assert unquoted(message) == left


async def test_a_refused_document_is_not_logged(ask: Ask) -> None:
    with structlog.testing.capture_logs() as lines:
        await ask("{ nothing }")
        await ask("{ " + "one " * 11 + "}")
    assert lines == []


async def test_a_connection_pages_by_cursor(ask: Ask) -> None:
    _, answer = await ask(
        "{ items(first: 2) { edges { cursor node { name } } nodes { name }"
        " pageInfo { hasNextPage endCursor } } }"
    )
    assert answer["data"]["items"] == {
        "edges": [
            {"cursor": "after-0", "node": {"name": "item 0"}},
            {"cursor": "after-1", "node": {"name": "item 1"}},
        ],
        "nodes": [{"name": "item 0"}, {"name": "item 1"}],
        "pageInfo": {"hasNextPage": True, "endCursor": "after-1"},
    }


async def test_an_empty_page_has_no_cursor(ask: Ask) -> None:
    _, answer = await ask(
        "{ items(first: 1) { nodes { parts { nodes { id }"
        " pageInfo { hasNextPage endCursor } } } } }"
    )
    assert answer["data"]["items"]["nodes"][0]["parts"] == {
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "endCursor": None},
    }


async def test_rows_of_a_class_are_loaded_together(ask: Ask, edge: StandInEdge) -> None:
    _, answer = await ask("{ items(first: 10) { nodes { owner { name } } } }")
    assert len(answer["data"]["items"]["nodes"]) == 10
    assert [len(batch) for batch in edge.batches] == [10]


async def test_what_is_absent_stays_unset_and_what_is_null_stays_null(ask: Ask) -> None:
    async def given(fields: str) -> Any:
        query = f"mutation {{ change(input: {{ {fields} }}) {{ ... on Changed {{ given }} }} }}"
        return (await ask(query))[1]["data"]["change"]["given"]

    assert await given("") == "{}"
    assert await given("name: null") == '{"name":null}'
    assert await given('tags: ["a"]') == '{"tags":["a"]}'
    price = 'price: { amount: "1.50", currency: "CNY" }'
    assert await given(price) == '{"price":{"amount":"1.50","currency":"CNY"}}'


async def test_an_input_that_breaks_a_rule_is_a_problem_with_pointers(ask: Ask) -> None:
    change = 'change(input: { name: "x", price: { amount: "-1", currency: "CNY" } })'
    _, answer = await ask(f"mutation {{ {change} {{ {PROBLEM} }} }}")
    found = answer["data"]["change"]
    assert (found["code"], found["status"]) == ("invalid", 422)
    assert [fault["pointer"] for fault in found["errors"]] == ["/name", "/price/amount"]
    assert found["errors"][0]["code"] == "field.string_too_short"


def test_checked_never_lets_a_validation_error_out() -> None:
    given = ItemInput(name="fine", price=MoneyInput(amount="1.555", currency="XXX"))
    with pytest.raises(Invalid) as refused:
        checked(ItemUpdate, given)
    assert not isinstance(refused.value.__cause__, ValidationError)


def test_an_amount_always_has_two_decimals() -> None:
    assert Money.of(Decimal("1E+3"), "CNY") == Money(amount="1000.00", currency="CNY")


def test_two_rooms_cannot_name_a_query_alike() -> None:
    @strawberry.type
    class Other:
        @strawberry.field
        def item(self) -> int:
            return 1

    with pytest.raises(UserWarning, match="overridden fields: item"):
        make_schema([Query, Other], [], production=True)


def test_generic_connections_are_named_by_their_nodes() -> None:
    described = print_schema(make_schema([Query], [], production=True))
    assert "type ItemConnection {" in described
    assert "type ItemEdge {" in described
