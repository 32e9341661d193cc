"""Pages are read off their records, inputs made by a plan: as objects and strawberry would be."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from strawberry.types import get_object_definition
from strawberry.types.arguments import convert_argument

from crmkit.service import services
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.contracts.contract.gql import Contract
from services.leads.lead.gql import Lead, LeadCreateInput, LeadFilter


async def _leads(caller: Caller, count: int) -> None:
    for n in range(count):
        body = {"company": f"Rows {n}", "source": "web"}
        answer = await caller.post("/v1/leads", json=body)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("nodes { id version company status email receivedAt }", 0),
        ("nodes { __typename key: id }", 0),
        ("edges { node { id } }", 0),
        ("edges { e: node { ...L } } ", 0),
        ("nodes { id budget { amount } }", 3),
        ("nodes { id owner { id } }", 3),
        ("edges { node { id } cursor }", 3),
        ("edges { __typename node { id } }", 3),
    ],
)
async def test_only_what_is_no_column_needs_an_object(
    login: Login, monkeypatch: pytest.MonkeyPatch, asked: str, made: int
) -> None:
    caller = await login("leads", "admin")
    await _leads(caller, 3)
    of, count = Lead.of.__func__, 0  # type: ignore[attr-defined]  # a class method

    def counted(cls: type, source: Any, masks: frozenset[str] = frozenset()) -> Any:
        nonlocal count
        count += 1
        return of(cls, source, masks)

    monkeypatch.setattr(Lead, "of", classmethod(counted))
    fragment = "fragment L on Lead { id team }" if "...L" in asked else ""
    body = {"query": f"{{ leads {{ {asked} }} }} {fragment}"}
    answer = (await caller.post("/graphql/leads", json=body)).json()
    assert "errors" not in answer
    assert count == made


def test_money_and_what_is_masked_is_never_read_off_a_record() -> None:
    shown = Contract.shows(frozenset({"number"})).fields
    assert shown
    assert {"amount", "number"}.isdisjoint(shown)


_INPUTS: list[tuple[type, Mapping[str, Any]]] = [
    (LeadCreateInput, {"company": "A", "source": "web"}),
    (LeadCreateInput, {"company": "A", "source": "web", "email": None, "contactName": ""}),
    (
        LeadCreateInput,
        {
            "company": "A",
            "source": "web",
            "budget": {"amount": "1.00", "currency": "CNY"},
            "ownerId": UUID(int=7),
            "custom": {"size": 3},
        },
    ),
    (LeadFilter, {}),
    (LeadFilter, {"status": ["new"], "q": "a", "budgetGte": "1", "custom": {"size": "5"}}),
]


@pytest.mark.parametrize(("kind", "value"), _INPUTS)
def test_an_input_made_by_a_plan_is_the_one_strawberry_makes(
    kind: type, value: Mapping[str, Any]
) -> None:
    (leads,) = services(["leads"])
    schema = leads.schema(leads.settings.load())
    known = schema.schema_converter.scalar_registry
    definition = get_object_definition(kind, strict=True)
    quick = convert_argument(value, kind, known, schema.config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definition, "from_input", None)
        usual = convert_argument(value, kind, known, schema.config)
    assert quick == usual
    assert vars(quick) == vars(usual)
