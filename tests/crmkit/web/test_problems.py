import json
from typing import Annotated, Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Query
from pydantic import EmailStr
from starlette.exceptions import HTTPException
from structlog.testing import capture_logs

from crmkit.fields import MoneyIn, Strict
from crmkit.kernel import errors
from crmkit.kernel.errors import CrmError, Fault
from crmkit.web import problems
from crmkit.web.problems import Refusal, render


class Person(Strict):
    email: EmailStr
    budget: MoneyIn | None = None


def _problem(error: BaseException) -> tuple[int, dict[str, str], dict[str, Any]]:
    status, headers, body = render(error, "t" * 32)
    return status, headers, json.loads(body)


def _app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.post("/people")
    async def create_person(person: Person) -> Person:
        return person

    @app.get("/people")
    async def list_people(limit: Annotated[int, Query(le=200)] = 50) -> int:
        return limit

    @app.get("/broken")
    async def break_down() -> None:
        raise RuntimeError("hunter2")

    problems.install(app)
    return app


def _client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(_app(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize(
    ("_case", "error", "expected"),
    [
        ("invalid", errors.Invalid("no"), 422),
        ("not found", errors.NotFound("no"), 404),
        ("forbidden", errors.Forbidden("no"), 403),
        ("unauthorized", errors.Unauthorized("no"), 401),
        ("conflict", errors.Conflict("no"), 409),
        ("stale", errors.Stale("no"), 412),
        ("too many", errors.TooMany("no"), 429),
        ("unavailable", errors.Unavailable("no"), 503),
        ("the root of all", CrmError("no"), 400),
    ],
)
def test_each_kind_of_refusal_has_its_status(_case: str, error: CrmError, expected: int) -> None:
    status, headers, body = _problem(error)
    assert status == body["status"] == expected
    assert headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:dealstream:problem:{error.code}"
    assert body["trace_id"] == "t" * 32


def test_a_subclass_is_answered_as_its_kind_with_faults_and_extra_members() -> None:
    class LeadGone(errors.Stale):
        code = "lead.stale"

    status, _, body = _problem(
        LeadGone("moved on", faults=[Fault("/a", "x.y", "z")], extra={"version": 3, "status": 1})
    )
    assert (status, body["status"], body["code"], body["version"]) == (412, 412, "lead.stale", 3)
    assert body["errors"] == [{"pointer": "/a", "code": "x.y", "message": "z"}]


def test_answers_that_ask_for_patience_or_a_token_say_so_in_a_header() -> None:
    assert _problem(errors.TooMany("no", retry_after=7))[1]["retry-after"] == "7"
    assert _problem(errors.Unavailable("no"))[1]["retry-after"] == "1"
    assert _problem(errors.Unauthorized("no"))[1]["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        ConnectionResetError(),
        asyncpg.InternalClientError("x"),
        asyncpg.ConnectionDoesNotExistError("x"),
        asyncpg.TooManyConnectionsError("x"),
        asyncpg.AdminShutdownError("x"),
        asyncpg.QueryCanceledError("x"),
        asyncpg.DeadlockDetectedError("x"),
    ],
)
def test_a_dependency_that_is_away_is_503_without_detail(error: Exception) -> None:
    status, headers, body = _problem(error)
    assert (status, body["code"], headers["retry-after"]) == (503, "unavailable", "1")
    assert "x" not in body["detail"]


@pytest.mark.parametrize("error", [RuntimeError("secret"), asyncpg.DataError("secret"), KeyError()])
def test_what_nobody_foresaw_is_500_without_detail_and_logged(error: Exception) -> None:
    with capture_logs() as lines:
        status, _, body = _problem(error)
    assert status == 500
    assert "secret" not in json.dumps(body)
    assert "detail" not in body
    assert [(line["event"], line["trace_id"]) for line in lines] == [("request.failed", "t" * 32)]


def test_a_refusal_by_http_keeps_its_code_headers_and_members() -> None:
    refusal = Refusal(
        428, "send If-Match", code="if_match.missing", headers={"x": "y"}, extra={"n": 1}
    )
    status, headers, body = _problem(refusal)
    assert (status, headers["x"], body["code"], body["n"]) == (428, "y", "if_match.missing", 1)


def test_a_foreign_http_exception_shows_no_detail() -> None:
    status, headers, body = _problem(HTTPException(405, "secret", {"Allow": "GET"}))
    assert (status, headers["Allow"], body["code"]) == (405, "GET", "method.not_allowed")
    assert "secret" not in json.dumps(body)


async def test_an_unknown_field_is_named_with_its_nearest_neighbour() -> None:
    sent = {
        "email": "a@example.com",
        "emial": 1,
        "budget": {"amount": "1.00", "currency": "CNY", "curency": 1},
    }
    async with _client() as client:
        answer = await client.post("/people", json=sent)
    assert answer.status_code == 422
    found = {fault["pointer"]: fault for fault in answer.json()["errors"]}
    assert "'email'" in found["/emial"]["message"]
    assert "'currency'" in found["/budget/curency"]["message"]
    assert found["/emial"]["code"] == "field.unknown"


async def test_a_refused_value_is_never_echoed() -> None:
    sent = {"email": "hunter2-secret", "budget": {"amount": "hunter2", "currency": "hunter2"}}
    async with _client() as client:
        answer = await client.post("/people", json=sent)
        query = await client.get("/people", params={"limit": "hunter2"})
    assert answer.status_code == query.status_code == 422
    assert "hunter2" not in answer.text + query.text
    pointers = [fault["pointer"] for fault in answer.json()["errors"]]
    assert pointers == ["/email", "/budget/amount", "/budget/currency"]
    assert query.json()["errors"][0]["pointer"] == "/limit"


async def test_thousands_of_unknown_fields_give_a_short_answer() -> None:
    async with _client() as client:
        answer = await client.post("/people", json={f"{n}" * 500: 1 for n in range(2000)})
    assert len(answer.json()["errors"]) == 20
    assert len(answer.content) < 5000


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/people", 405), ("GET", "/broken", 500)],
)
async def test_an_app_answers_problems_only(method: str, path: str, status: int) -> None:
    async with _client() as client:
        answer = await client.request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["instance"] == path
    assert ("allow" in answer.headers) == (status == 405)
    assert "hunter2" not in answer.text
