"""GraphQL by chance: both executors answer alike, and nothing is unforeseen."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from graphql import GraphQLObjectType, GraphQLSchema, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.kernel import clock, ids
from crmkit.service import services
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from crmkit.web.graphql import fast
from crmkit.web.graphql.documents import Documents
from crmkit.web.graphql.fast import FastExecutor
from crmkit.web.graphql.plans import leaf_part
from tests.hostile.conftest import Size
from tests.hostile.documents import changes, documents
from tests.policy.exhibits import EXHIBITS
from tests.policy.seeds import seed

NAMES = [service.name for service in services()]
_INSTANT = re.compile(r'"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+]00:00))"')
_FAST = ("execute_fields", "complete_iterable_value")


def schema_of(name: str) -> GraphQLSchema:
    (service,) = services([name])
    found: GraphQLSchema = service.schema(service.settings.load())._schema
    return found


async def records(house: House, name: str, tenant: UUID) -> list[str]:
    """Records of each aggregate of the service; their ids."""
    found = []
    async with (await house.system(name)).system() as connection:
        for exhibit in EXHIBITS.values():
            if exhibit.service == name:
                rows = await seed(connection, exhibit, tenant, ids.new(), most=3)
                found += [str(row["id"]) for _, row in rows]
    return found


async def asked_by_chance(
    strategy: st.SearchStrategy[str],
    how: settings,
    ask: Callable[[str], Any],
) -> None:
    """Each document asked in the session's loop, made in a thread."""
    loop = asyncio.get_running_loop()

    @how
    @given(query=strategy)
    def examine(query: str) -> None:
        asyncio.run_coroutine_threadsafe(ask(query), loop).result(30)

    await asyncio.to_thread(examine)


def timeless(text: str, began: datetime) -> str:
    """Without the instants of the asking itself, which two that are asked do not share."""

    def told(found: re.Match[str]) -> str:
        return '"now"' if datetime.fromisoformat(found[1]) >= began else found[0]

    return _INSTANT.sub(told, text)


async def both_ways(caller: Caller, path: str, query: str) -> tuple[httpx.Response, httpx.Response]:
    for _ in range(2):  # the second one by what was kept of the first
        quick = await caller.post(path, json={"query": query})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Documents, "kept", lambda *_: None)
        for name in _FAST:
            patch.delattr(FastExecutor, name)
        return quick, await caller.post(path, json={"query": query})


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_both_executors_answer_alike_on_every_schema(
    house: House, login: Login, tenant: UUID, size: Size, name: str
) -> None:
    caller, schema = await login(name, "admin"), schema_of(name)
    seen = await records(house, name, tenant)
    ran = 0

    async def compare(query: str) -> None:
        nonlocal ran
        assert validate(schema, parse(query)) == [], query
        began = clock.now()
        quick, usual = await both_ways(caller, f"/graphql/{name}", query)
        told = [(each.status_code, timeless(each.text, began)) for each in (quick, usual)]
        assert told[0] == told[1], query
        assert '"INTERNAL"' not in quick.text, query
        ran += bool(quick.json().get("data"))

    await asked_by_chance(documents(schema, seen), size.settings(25, 1), compare)
    assert ran > 2


async def test_an_executor_that_mistakes_one_field_for_another_is_found_out(
    house: House, login: Login, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await login("leads", "admin")
    await records(house, "leads", tenant)

    def mistaken(parent: GraphQLObjectType, name: str) -> Any:
        return leaf_part(parent, "need" if name == "company" else name)

    monkeypatch.setattr(fast, "flat_plan", lambda *_: None)
    monkeypatch.setattr(fast, "leaf_part", mistaken)
    query = "{ leads { nodes { id company } } }"
    quick, usual = await both_ways(caller, "/graphql/leads", query)
    assert quick.json()["data"] != usual.json()["data"]


def _mutations() -> list[tuple[str, str]]:
    kinds = ((name, schema_of(name).mutation_type) for name in NAMES)
    return [(name, field) for name, kind in kinds if kind for field in kind.fields]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({name for name, _ in _mutations()}))
async def test_no_mutation_by_chance_is_answered_by_surprise(
    house: House, login: Login, tenant: UUID, size: Size, name: str
) -> None:
    caller, schema = await login(name, "admin"), schema_of(name)
    seen = await records(house, name, tenant)

    async def ask(query: str) -> None:
        answer = await caller.post(f"/graphql/{name}", json={"query": query})
        assert answer.status_code in {200, 400}, (query, answer.text)
        assert '"INTERNAL"' not in answer.text, (query, answer.text)

    for service, field in _mutations():
        if service == name:
            await asked_by_chance(changes(schema, field, seen), size.settings(5, 1), ask)
