"""Entities as a gateway asks for them: by key, many at once, as far as the caller may see."""

import threading
from typing import Any

import pytest

from crmkit.db.reading import Reading
from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import new_account, new_lead

ENTITIES = """query E($of: [_Any!]!) { _entities(representations: $of) {
  __typename
  ... on Account { name annualRevenue { amount } activities(first: 1) { nodes { id } } }
  ... on Lead { company account { name } }
  ... on Opportunity { id activities(first: 1) { nodes { id } } } } }"""


async def resolved(caller: Caller, *of: Any) -> Any:
    return await caller.graphql("leads", ENTITIES, of=list(of))


def named(kind: str, key: Any) -> dict[str, Any]:
    return {"__typename": kind, "id": key}


async def test_entities_of_several_kinds_are_answered_in_the_order_asked_for(login: Login) -> None:
    admin = await login("leads", "admin")
    account = await new_account(admin, name="Acme")
    lead = await new_lead(admin, company="Bolt")
    other = str(ids.new())
    asked = [
        named("Lead", lead["id"]),
        named("Account", account["id"]),
        named("Opportunity", other),
        named("Lead", lead["id"]),
    ]
    answer = await resolved(admin, *asked)
    shown = {"__typename": "Lead", "company": "Bolt", "account": None}
    empty: dict[str, Any] = {"activities": {"nodes": []}}
    assert answer["data"]["_entities"] == [
        shown,
        {"__typename": "Account", "name": "Acme", "annualRevenue": None, **empty},
        {"__typename": "Opportunity", "id": other, **empty},
        shown,
    ]


async def test_an_entity_the_caller_may_not_see_is_null(login: Login) -> None:
    lead = await new_lead(await login("leads", "admin"))
    rep = await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    for caller in (rep, stranger):
        answer = await resolved(caller, named("Lead", lead["id"]), named("Lead", str(ids.new())))
        assert answer == {"data": {"_entities": [None, None]}}


async def test_a_masked_field_of_an_entity_is_null(login: Login) -> None:
    director = await login("leads", "sales_director")
    worth = {"amount": "5.00", "currency": "CNY"}
    account = await new_account(director, annual_revenue=worth)
    rep = await login("leads", "sales_rep")
    revenue = []
    for caller in (director, rep):
        answer = await resolved(caller, named("Account", account["id"]))
        revenue.append(answer["data"]["_entities"][0]["annualRevenue"])
    assert revenue == [{"amount": "5.00"}, None]


@pytest.mark.parametrize(
    ("representation", "code"),
    [
        (named("Moonbase", str(ids.new())), "entity.unknown"),
        (named("Problem", str(ids.new())), "entity.unknown"),
        ({"id": str(ids.new())}, "entity.unknown"),
        ("Lead", "entity.unknown"),
        (named("Lead", "x"), "entity.key"),
        (named("Lead", 1), "entity.key"),
        ({"__typename": "Lead"}, "entity.key"),
        ({"__typename": "Lead", "company": "Acme"}, "entity.key"),
    ],
)
async def test_a_representation_of_nothing_is_an_error_of_its_own(
    login: Login, representation: Any, code: str
) -> None:
    admin = await login("leads", "admin")
    lead = await new_lead(admin)
    answer = await resolved(admin, representation, named("Lead", lead["id"]))
    assert answer["data"]["_entities"][0] is None
    assert answer["data"]["_entities"][1]["company"] == "Acme"
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_many_entities_are_few_statements(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await login("leads", "admin")
    leads = [(await new_lead(admin))["id"] for _ in range(6)]
    accounts = [(await new_account(admin, name=f"A{n}"))["id"] for n in range(6)]
    asked: list[str] = []
    fetch = Reading.fetch

    async def counted(self: Reading, sql: str, *arguments: Any, **of: Any) -> Any:
        if threading.current_thread() is threading.main_thread():  # consumers have their own
            asked.append(sql)
        return await fetch(self, sql, *arguments, **of)

    monkeypatch.setattr(Reading, "fetch", counted)
    counts = []
    for some in (1, 6):
        asked.clear()
        of = [named("Lead", key) for key in leads[:some]]
        of += [named("Account", key) for key in accounts[:some]]
        of += [named("Opportunity", str(ids.new())) for _ in range(some)]
        answer = await resolved(admin, *of)
        assert None not in answer["data"]["_entities"]
        counts.append(len(asked))
    assert counts == [4, 4]


async def test_as_many_entities_may_be_asked_for_as_an_operation_may_cost(login: Login) -> None:
    admin = await login("leads", "admin")
    query = """query E($of: [_Any!]!) { _entities(representations: $of) {
      ... on Lead { account { name } } } }"""
    of = [named("Lead", str(ids.new())) for _ in range(999)]
    answer = await admin.graphql("leads", query, of=of)
    assert len(answer["data"]["_entities"]) == 999
    refused = await admin.graphql("leads", query, of=[*of, of[0]])
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["LIMIT_EXCEEDED"]


async def test_children_the_caller_may_never_read_leave_the_parent_as_it_is(login: Login) -> None:
    partner = await login("contracts", "partner")
    query = """query E($of: [_Any!]!) { _entities(representations: $of) {
      ... on Opportunity { id contracts { nodes { id } } } } }"""
    key = str(ids.new())
    answer = await partner.graphql("contracts", query, of=[named("Opportunity", key)])
    assert answer["data"]["_entities"] == [{"id": key, "contracts": None}]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["forbidden"]


async def test_entities_named_by_a_variables_default_are_counted(login: Login) -> None:
    admin = await login("leads", "admin")
    key = f'{{__typename: "Account", id: "{ids.new()}"}}'
    inner = "... on Account { activities(first: 100) { nodes { id } } }"
    for count, refused in ((1, False), (20, True)):
        default = f"$of: [_Any!]! = [{', '.join([key] * count)}]"
        answer = await admin.graphql(
            "leads", f"query Q({default}) {{ _entities(representations: $of) {{ {inner} }} }}"
        )
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        assert codes == ["LIMIT_EXCEEDED"] * refused
