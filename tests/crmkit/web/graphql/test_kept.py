"""Operations that are kept answer as those that are made anew."""

import gc
import weakref
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.web.graphql.documents import Documents
from crmkit.web.graphql.kept import Kept
from tests.crmkit.web.graphql.shop import ITEM_ID

OTHER = str(UUID(int=5))
ITEM = "query Q($id: UUID!) { item(id: $id) { id name price { amount } again { colour } } }"
LIST = (
    "query($n: Int = 2) { items(first: $n) { edges { cursor node { ...I } } } } "
    "fragment I on Item { id name }"
)
RENAME = (
    "mutation($to: String!) { rename(to: $to) { __typename ... on Item { name } "
    "... on Problem { code } } }"
)
SKIP = "query($skip: Boolean!) { one @skip(if: $skip) }"
TWO = "query A { one } query B { brokenList secret }"


@pytest.mark.parametrize(
    ("query", "name", "variables"),
    [
        (ITEM, None, [{"id": str(ITEM_ID)}, {"id": OTHER}, {"id": "no id"}, {}, {"id": None}]),
        (ITEM, "Q", [{"id": OTHER}, {"id": str(ITEM_ID)}]),
        (ITEM, "P", [{"id": OTHER}]),
        (LIST, None, [{}, {"n": 1}, {"n": "1"}, {"n": 101}, {"n": None}, {}]),
        (RENAME, None, [{"to": name} for name in ("a", "taken", "", "boom", "a")]),
        (TWO, None, [{}]),
        (TWO, "A", [{}, {}]),
        (TWO, "B", [{}, {}]),
        (SKIP, None, [{"skip": True}, {"skip": False}, {"skip": True}]),
        ("{ one } # @", None, [{}]),
        ("{ nothing }", None, [{}, {}]),
        ("{ one", None, [{}, {}]),
        ("{ one one one }", None, [{}, {}]),
        ("fragment A on Query { one }", None, [{}, {}]),
    ],
)
async def test_an_operation_that_is_kept_answers_as_one_that_is_made_anew(
    client: httpx.AsyncClient, query: str, name: str | None, variables: list[dict[str, Any]]
) -> None:
    async def answers() -> list[Any]:
        found = []
        for given in variables:
            body = {"query": query, "operationName": name, "variables": given}
            answer = await client.post("/graphql", json=body)
            found.append((answer.status_code, _untraced(answer.json())))
        return found

    kept = [await answers(), await answers()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Documents, "kept", lambda *_: None)
        usual = await answers()
    assert kept == [usual, usual]


async def test_what_is_kept_serves_from_then_on_and_knows_no_caller(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []
    run = Kept.run

    async def counted(self: Kept, executor: Any) -> Any:
        ran.append((self, executor.context_value))
        return await run(self, executor)

    monkeypatch.setattr(Kept, "run", counted)
    for given in (str(ITEM_ID), OTHER):
        body = {"query": ITEM, "variables": {"id": given}}
        assert (await client.post("/graphql", json=body)).status_code == 200
    (first, context), (second, another) = ran
    assert first is second
    assert context is not another
    assert first.blank.context_value is None
    assert first.blank.variable_values.coerced == {}


async def test_what_is_kept_keeps_no_callers_context(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts: list[weakref.ref[Any]] = []
    run = Kept.run

    async def noted(self: Kept, executor: Any) -> Any:
        contexts.append(weakref.ref(executor.context_value))
        return await run(self, executor)

    monkeypatch.setattr(Kept, "run", noted)
    for n in (2, 3, 4):
        answer = await client.post("/graphql", json={"query": LIST, "variables": {"n": n}})
        assert "errors" not in answer.json()
    gc.collect()
    assert [context() for context in contexts[:2]] == [None, None]


def _untraced(answer: dict[str, Any]) -> dict[str, Any]:
    for error in answer.get("errors", ()):
        error.get("extensions", {}).pop("trace_id", None)
    return answer
