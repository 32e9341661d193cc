"""Variables by a plan are those that graphql-core finds, or none."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import VariableValues, get_variable_values

from crmkit.service import services
from crmkit.web.graphql.variables import Variables

QUERY = """mutation(
  $new: LeadCreateInput!, $key: String, $n: Int = 5, $ids: [UUID!], $filter: LeadFilter
) { createLead(input: $new, idempotencyKey: $key) { __typename } }"""
ID = "01900000-0000-7000-8000-00000000000a"
NEW = {"company": "A", "source": "web"}


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"new": NEW}, True),
        ({"new": NEW | {"email": None, "custom": {"a": [1]}, "ownerId": ID}}, True),
        ({"new": NEW | {"budget": {"amount": "1.00", "currency": "CNY"}}}, True),
        ({"new": NEW, "key": None, "n": 7, "ids": [ID], "filter": {}}, True),
        ({"new": NEW, "n": None, "ids": [], "filter": {"status": ["NEW"], "q": "a"}}, True),
        ({"new": NEW, "unknown": 1}, True),
        ({}, False),
        ({"new": None}, False),
        ({"new": []}, False),
        ({"new": {"company": "A"}}, False),
        ({"new": NEW | {"compani": "B"}}, False),
        ({"new": NEW | {"company": 1}}, False),
        ({"new": NEW | {"budget": {"amount": "1.00"}}}, False),
        ({"new": NEW | {"ownerId": "nobody"}}, False),
        ({"new": NEW, "n": "7"}, False),
        ({"new": NEW, "n": 2**31}, False),
        ({"new": NEW, "ids": [None]}, False),
        ({"new": NEW, "filter": {"status": ["NEWER"]}}, False),
    ],
)
def test_variables_are_coerced_as_by_graphql_core(given: dict[str, Any], fits: bool) -> None:
    (leads,) = services(["leads"])
    schema = leads.schema(leads.settings.load())._schema
    (operation,) = parse(QUERY).definitions
    assert isinstance(operation, OperationDefinitionNode)
    nodes = operation.variable_definitions or ()
    usual = get_variable_values(schema, nodes, given)
    assert isinstance(usual, list) is not fits
    if not isinstance(usual, list):
        found = Variables(schema, nodes).values(given)
        assert found.coerced == usual.coerced
        assert _told(found) == _told(usual)
        return
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, graphql-core says it again
        Variables(schema, nodes).values(given)


def _told(values: VariableValues) -> dict[str, Any]:
    return {name: source.value for name, source in values.sources.items()}


def test_one_value_for_a_list_is_left_to_graphql_core() -> None:
    (leads,) = services(["leads"])
    schema = leads.schema(leads.settings.load())._schema
    (operation,) = parse(QUERY).definitions
    assert isinstance(operation, OperationDefinitionNode)
    nodes, given = operation.variable_definitions or (), {"new": NEW, "ids": ID}
    assert not isinstance(get_variable_values(schema, nodes, given), list)
    with pytest.raises(Exception):  # noqa: B017, PT011 - as above
        Variables(schema, nodes).values(given)
