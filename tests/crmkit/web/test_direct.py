"""The short way answers as FastAPI does, to the byte."""

from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response

from crmkit.fields import Name, Strict
from crmkit.kernel.errors import Forbidden
from crmkit.service import services
from crmkit.web import direct, problems
from crmkit.web.answers import json_response
from crmkit.web.bodies import make_strict
from crmkit.web.direct import Api, Ways
from crmkit.web.gate import Gate

ID = "01900000-0000-7000-8000-00000000000a"


class Thing(Strict):
    name: Name
    size: int = 0


async def _caller(request: Request) -> str:
    if "x-barred" in request.headers:
        raise Forbidden("not you", code="barred")
    return request.headers.get("x-caller", "nobody")


Caller = Annotated[str, Depends(_caller)]


def _router() -> APIRouter:
    router = APIRouter(prefix="/things")

    @router.get("/kinds")
    async def list_kinds() -> Response:
        return json_response(["big", "small"])

    @router.get("/{thing_id}")
    async def get_thing(thing_id: UUID, caller: Caller) -> Response:
        return json_response({"id": thing_id, "caller": caller})

    @router.post("/{thing_id}/parts/{part}", status_code=201)
    async def create_part(thing_id: UUID, part: int, new: Thing, caller: Caller) -> Response:
        told = new.model_dump() | {"id": thing_id, "part": part, "caller": caller}
        return json_response(told, 201, {"location": f"/things/{thing_id}"})

    @router.delete("/{thing_id}")
    async def break_thing(thing_id: UUID) -> Response:
        raise RuntimeError("hunter2")

    _add_others(router)
    make_strict(router)
    return router


def _add_others(router: APIRouter) -> None:
    @router.get("")
    async def list_things(limit: Annotated[int, Query(le=3)] = 1) -> Response:
        return json_response({"limit": limit})

    @router.get("/{other}/shadowed")
    async def get_first(other: str) -> Response:
        return json_response({"first": other})

    @router.get("/{thing_id}/{part}")
    async def get_second(thing_id: str, part: str) -> Response:
        return json_response({"second": [thing_id, part]})

    @router.get("/{thing_id}/parts")
    async def list_parts(thing_id: str) -> Response:
        return json_response({"unreachable": thing_id})


class _Anybody:
    def known(self, token: str) -> Any:
        return None

    async def actor(self, token: str) -> Any:
        raise AssertionError("no path here is guarded")


def _client(kind: type[FastAPI]) -> httpx.AsyncClient:
    app = kind(docs_url=None, redoc_url=None, openapi_url=None)
    problems.install(app)
    app.router.routes.extend(_router().routes)
    gate = Gate(app, "things", _Anybody())
    return httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://test")


_PART = f"/things/{ID}/parts/7"
_JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("_case", "method", "path", "headers", "body", "status"),
    [
        ("a get", "GET", f"/things/{ID}", {"x-caller": "me"}, b"", 200),
        ("a fixed path before one that has a name", "GET", "/things/kinds", {}, b"", 200),
        ("the first of two that fit", "GET", "/things/a/shadowed", {}, b"", 200),
        ("a later one is not reached", "GET", "/things/a/parts", {}, b"", 200),
        ("an escaped slash", "GET", "/things/a%2Fb/shadowed", {}, b"", 404),
        ("an id that is none", "GET", "/things/12", {}, b"", 422),
        ("a trailing slash", "GET", f"/things/{ID}/", {}, b"", 307),
        ("an unknown path", "GET", "/nothing", {}, b"", 404),
        ("an unknown method", "PUT", f"/things/{ID}", {}, b"", 405),
        ("a method without a body", "HEAD", f"/things/{ID}", {}, b"", 405),
        ("a query", "GET", "/things?limit=2", {}, b"", 200),
        ("a query that is refused", "GET", "/things?limit=4", {}, b"", 422),
        ("a body", "POST", _PART, _JSON, b'{"name": "a", "size": 3}', 201),
        ("defaults", "POST", _PART, _JSON, b'{"name": "a"}', 201),
        ("an unknown field", "POST", _PART, _JSON, b'{"name": "a", "sise": 3}', 422),
        ("path and body are wrong", "POST", "/things/1/parts/x", _JSON, b'{"name": 1}', 422),
        ("a list", "POST", _PART, _JSON, b"[1]", 422),
        ("null", "POST", _PART, _JSON, b"null", 422),
        ("no body", "POST", _PART, _JSON, b"", 422),
        ("no JSON", "POST", _PART, _JSON, b'{"name": "a"', 400),
        ("a key twice", "POST", _PART, _JSON, b'{"name": "a", "name": "b"}', 400),
        ("another media type", "POST", _PART, {"content-type": "text/plain"}, b"{}", 415),
        ("no media type", "POST", _PART, {}, b'{"name": "a"}', 415),
        ("a dependency refuses", "GET", f"/things/{ID}", {"x-barred": "1"}, b"", 403),
        ("it does so before the path does", "GET", "/things/1", {"x-barred": "1"}, b"", 403),
        ("a body is read before", "POST", _PART, _JSON | {"x-barred": "1"}, b"{", 400),
        ("nobody foresaw it", "DELETE", f"/things/{ID}", {}, b"", 500),
    ],
)
async def test_the_short_way_answers_what_fastapi_answers(
    _case: str, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    trace = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    answers = []
    for kind in (Api, FastAPI):
        async with _client(kind) as client:
            answer = await client.request(method, path, headers=headers | trace, content=body)
        answers.append((answer.status_code, sorted(answer.headers.items()), answer.content))
    assert answers[0] == answers[1]
    assert answers[0][0] == status


async def test_a_plan_that_leaves_a_field_out_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def forgetful(self: direct.Plan, request: Request) -> Response:
        return json_response({"id": request.path_params["thing_id"]})

    monkeypatch.setattr(direct.Plan, "answer", forgetful)
    async with _client(Api) as short, _client(FastAPI) as ordinary:
        path = f"/things/{ID}"
        assert (await short.get(path)).content != (await ordinary.get(path)).content


def test_every_route_of_a_room_has_a_plan_unless_it_takes_a_query() -> None:
    """Else an upgrade of FastAPI could lose the short way, and nobody would see."""
    for service in services():
        app = service.api()
        ways = Ways(app.router.routes)
        for module in service.furniture("rest"):
            for route in module.router.routes:
                way = ways.find(next(iter(route.methods)), route.path)
                planned = way is not None and way[0].plan is not None
                assert planned is not bool(route.dependant.query_params), route.path
