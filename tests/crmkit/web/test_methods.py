"""A path that does not take a method names those it takes, whatever stands beside it."""

import httpx
import pytest
from fastapi import FastAPI

from crmkit.testing.plugin import Login
from crmkit.web import problems
from crmkit.web.methods import Methods


def _app() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    async def take() -> bool:
        return True

    for path, method in (
        ("/v1/notes", "GET"),
        ("/v1/notes", "POST"),
        ("/v1/notes/batch", "POST"),
        ("/v1/notes/{note}", "GET"),
        ("/v1/notes/{note}", "PATCH"),
        ("/v1/notes/{note}/history", "GET"),
        ("/v1/notes/{note}/{part}", "PUT"),
    ):
        app.add_api_route(path, take, methods=[method])
    app.state.methods = Methods(app.router.routes)
    return app


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/notes", "GET, POST"),
        ("BREW", "/v1/notes/7", "GET, PATCH"),
        ("GET", "/v1/notes/7/cover", "PUT"),
        ("DELETE", "/v1/notes/batch", "POST"),
        ("POST", "/v1/notes/7/history", "GET"),
    ],
)
async def test_every_method_of_a_path_is_named(method: str, path: str, allowed: str) -> None:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(_app()), base_url="http://test")
    async with client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_a_word_in_an_ids_place_is_no_id(login: Login) -> None:
    caller = await login("leads", "admin")
    answer = await caller.patch("/v1/leads/batch", json={}, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    answer = await caller.patch("/v1/leads/custom-fields", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
