from typing import Any

import httpx
import pytest

from tests.crmkit.web.graphql.shop import ITEM_ID, Ask, StandInEdge

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "headers", "content", "status"),
    [
        ("GET", {}, b"", 405),
        ("PUT", JSON, b'{"query": "{ one }"}', 405),
        ("POST", {"content-type": "application/x-www-form-urlencoded"}, b"query={one}", 415),
        ("POST", {"content-type": "multipart/form-data; boundary=x"}, b"--x--", 415),
        ("POST", {"content-type": "text/plain"}, b'{"query": "{ one }"}', 415),
        ("POST", {}, b'{"query": "{ one }"}', 415),
        ("POST", JSON, b'[{"query": "{ one }"}]', 400),
        ("POST", JSON, b'{"query": 1}', 400),
        ("POST", JSON, b'{"query": ""}', 400),
        ("POST", JSON, b"{}", 400),
        ("POST", JSON, b'{"query": "{ one }", "variables": []}', 400),
        ("POST", JSON, b'{"query": "{ one }", "variables": {"n": NaN}}', 400),
        ("POST", JSON, b'{"query": "{ one }", "operationName": 1}', 400),
        ("POST", JSON, b'{"query": "fragment A on Query { one }"}', 400),
        ("POST", JSON, b'{"query": "subscription { one }"}', 400),
    ],
)
async def test_only_one_json_operation_by_post_is_taken(
    client: httpx.AsyncClient,
    edge: StandInEdge,
    method: str,
    headers: dict[str, str],
    content: bytes,
    status: int,
) -> None:
    answer = await client.request(method, "/graphql", headers=headers, content=content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert edge.resolved == []


@pytest.mark.parametrize("name", [None, "C"])
async def test_which_operation_is_meant_is_not_guessed(
    client: httpx.AsyncClient, edge: StandInEdge, name: str | None
) -> None:
    body = {"query": "query A { one } query B { one }", "operationName": name}
    answer = await client.post("/graphql", json=body)
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 1)
    assert edge.resolved == []
    answer = await client.post("/graphql", json=body | {"operationName": "B"})
    assert answer.json() == {"data": {"one": 1}}


async def test_a_query_in_the_url_is_not_run(client: httpx.AsyncClient, edge: StandInEdge) -> None:
    answer = await client.get("/graphql", params={"query": "{ one }"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert edge.resolved == []


async def test_values_leave_as_the_api_promises(ask: Ask) -> None:
    fields = "id colour madeAt madeOn note price { amount currency }"
    _, answer = await ask(f'{{ item(id: "{ITEM_ID}") {{ {fields} }} }}')
    assert answer == {
        "data": {
            "item": {
                "id": str(ITEM_ID),
                "colour": "RED",
                "madeAt": "2026-03-31T16:00:00Z",
                "madeOn": "2026-04-01",
                "note": None,
                "price": {"amount": "12.50", "currency": "CNY"},
            }
        }
    }


async def test_instants_and_days_are_read_strictly(ask: Ask) -> None:
    query = "query Q($at: DateTime!, $on: Date!) { same(at: $at, on: $on) }"
    _, answer = await ask(query, at="2026-03-31T18:00:00+02:00", on="2026-04-01")
    assert answer == {"data": {"same": "2026-03-31T16:00:00+00:00 2026-04-01"}}
    wrong: list[tuple[Any, Any]] = [
        ("2026-03-31T18:00:00", "2026-04-01"),
        ("2026-W14-2", "2026-04-01"),
        ("0001-01-01T00:00:00+14:00", "2026-04-01"),
        (1, "2026-04-01"),
        ("2026-03-31T18:00:00Z", "20260401"),
        ("2026-03-31T18:00:00Z", "2026-02-30"),
    ]
    for at, on in wrong:
        status, answer = await ask(query, at=at, on=on)
        assert (status, len(answer["errors"])) == (400, 1)


@pytest.mark.parametrize(
    "variables", [{}, {"id": None}, {"id": 1}, {"id": "x"}, {"id": [str(ITEM_ID)]}]
)
async def test_wrong_variables_are_a_400_with_a_code(
    ask: Ask, edge: StandInEdge, variables: dict[str, Any]
) -> None:
    status, answer = await ask("query Q($id: UUID!) { item(id: $id) { id } }", **variables)
    assert status == 400
    assert {e["extensions"]["code"] for e in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert edge.resolved == []


@pytest.mark.parametrize(
    ("query", "code"),
    [("{ on", "GRAPHQL_PARSE_FAILED"), ("{ onee }", "GRAPHQL_VALIDATION_FAILED")],
)
async def test_a_document_that_cannot_run_says_why_and_suggests_nothing(
    ask: Ask, query: str, code: str
) -> None:
    status, answer = await ask(query)
    assert (status, answer["errors"][0]["extensions"]["code"]) == (400, code)
    assert "Did you mean" not in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Item") { name } }',
        "{ _service { sdl } }",
    ],
)
async def test_production_does_not_describe_itself(ask: Ask, query: str) -> None:
    status, answer = await ask(query)
    assert (status, answer["errors"][0]["message"]) == (400, "introspection is off")


@pytest.mark.parametrize("client", ["development"], indirect=True)
async def test_development_describes_itself(ask: Ask) -> None:
    _, answer = await ask("{ _service { sdl } __schema { queryType { fields { name } } } }")
    assert "https://specs.apollo.dev/federation/v2.9" in answer["data"]["_service"]["sdl"]
    assert "@shareable" in answer["data"]["_service"]["sdl"]
    assert "errors" not in answer


async def test_an_instance_of_the_view_does_not_open_websockets(client: httpx.AsyncClient) -> None:
    headers = {"connection": "Upgrade", "upgrade": "websocket"}
    assert (await client.get("/graphql", headers=headers)).status_code == 405
