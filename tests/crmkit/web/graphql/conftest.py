from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from crmkit.web import problems
from crmkit.web.graphql import Context, make_schema, view
from tests.crmkit.web.graphql.shop import Ask, Counted, Mutation, Query, StandInEdge


@pytest.fixture
def edge() -> StandInEdge:
    return StandInEdge()


@pytest.fixture(params=["production"])
async def client(request: Any, edge: StandInEdge) -> AsyncIterator[httpx.AsyncClient]:
    schema = make_schema([Query, Counted], [Mutation], production=request.param == "production")
    app = FastAPI()
    problems.install(app)
    app.add_route("/graphql", view(schema, lambda _: Context(edge)))  # type: ignore[arg-type]  # the test's edge
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as found:
        yield found


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Ask:
    async def ask(query: str, **variables: Any) -> tuple[int, dict[str, Any]]:
        body = {"query": query, "variables": variables}
        answer = await client.post("/graphql", json=body)
        return answer.status_code, answer.json()

    return ask
