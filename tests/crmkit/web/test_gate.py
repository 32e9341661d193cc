import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from crmkit.db.visits import current
from crmkit.fields import Strict
from crmkit.local.issuing import DevIssuer
from crmkit.metrics import REGISTRY
from crmkit.settings import Settings
from crmkit.web import docs, probes, problems
from crmkit.web.bodies import CrmRoute
from crmkit.web.gate import MAX_BODY, Gate
from crmkit.web.tokens import Verifier

TENANT, MEMBER = UUID(int=7), UUID(int=8)
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
Ask = Callable[..., Awaitable[httpx.Response]]


class Note(Strict):
    text: str


async def _pass_check() -> None:
    pass


async def _fail_check() -> None:
    raise ConnectionError("postgresql://user:secret@db")


def _app() -> FastAPI:
    app = FastAPI(title="Tiny", docs_url=None, redoc_url=None)
    app.router.route_class = CrmRoute

    @app.get("/v1/notes/{note_id}")
    async def get_note(note_id: str, request: Request) -> dict[str, str]:
        return {"actor": request.scope["actor"].name, "trace": request.scope["traceparent"]}

    @app.post("/v1/notes")
    @app.post("/v1/notes/imports")
    async def create_note(request: Request) -> int:
        return len(await request.body())

    @app.post("/v1/strict")
    async def create_strictly(note: Note) -> int:
        return len(note.text)

    @app.post("/v1/capture/{form_key}")
    async def capture(form_key: str) -> str:
        return form_key

    @app.get("/v1/limits")
    async def greet(request: Request) -> bool:
        return "actor" in request.scope

    @app.get("/v1/broken")
    async def break_down() -> None:
        raise RuntimeError("hunter2")

    app.include_router(probes.router({"database": _pass_check, "broker": _fail_check}))
    _add_slow_routes(app)
    problems.install(app)
    docs.mount(app, {"tiny": lambda: "type Query { tiny: Int }"}, {})
    return app


def _add_slow_routes(app: FastAPI) -> None:
    @app.get("/v1/slow")
    async def be_slow() -> None:
        await asyncio.Event().wait()

    @app.get("/v1/slow/stream")
    @app.get("/v1/slow/file")
    async def stream_slowly() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"a"
            await asyncio.sleep(0.3)
            yield b"b"

        return StreamingResponse(parts())


@pytest.fixture
def issuer(tmp_path: Path) -> DevIssuer:
    return DevIssuer(tmp_path)


@pytest.fixture
def verifier(issuer: DevIssuer) -> Verifier:
    return Verifier(Settings(jwks_file=str(issuer.jwks_file)))


@pytest.fixture
def token(issuer: DevIssuer) -> str:
    return issuer.token(TENANT, MEMBER, ["sales_rep"])


@pytest.fixture
def gate(verifier: Verifier) -> Gate:
    return Gate(_app(), "tiny", verifier, public={"/v1/limits", "/v1/capture/"})


@pytest.fixture
async def client(gate: Gate) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(gate), base_url="http://test"
    ) as client:
        yield client


@pytest.fixture
def ask(client: httpx.AsyncClient, token: str) -> Ask:
    async def send(method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
        return await client.request(method, path, headers=headers, **more)

    return send


def _scope(**changed: Any) -> Scope:
    plain = {"type": "http", "method": "GET", "path": "/v1/limits", "headers": []}
    return {**plain, "query_string": b"", "raw_path": None, "root_path": ""} | changed


async def _nothing() -> Message:
    return {"type": "http.request"}


def _is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["trace_id"] == answer.headers["x-request-id"]


async def test_a_bearer_of_a_token_is_let_in_as_its_actor(ask: Ask) -> None:
    answer = await ask("GET", "/v1/notes/1")
    assert answer.json()["actor"] == f"member:{MEMBER}"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("authorization", "Bearer")],
        [("authorization", "Bearer ")],
        [("authorization", "Basic YTpi")],
        [("authorization", "Bearer forged")],
        [("authorization", "Bearer a"), ("authorization", "Bearer b")],
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1/notes/1?access_token=x", "/v1", "/graphql", "/graphql/leads"]
)
async def test_who_shows_no_valid_token_is_turned_away_in_one_voice(
    client: httpx.AsyncClient, path: str, headers: list[tuple[str, str]]
) -> None:
    answer = await client.get(path, headers=headers)
    _is_problem(answer, 401, "token.invalid")
    assert answer.headers["www-authenticate"] == 'Bearer realm="dealstream"'
    assert answer.json()["detail"] == "a valid bearer token is needed"


async def test_the_token_of_another_key_is_turned_away(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    forged = DevIssuer(tmp_path / "other").token(TENANT, MEMBER, ["admin"])
    answer = await client.get("/v1/notes/1", headers={"authorization": f"Bearer {forged}"})
    _is_problem(answer, 401, "token.invalid")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/livez", 200),
        ("GET", "/readyz", 503),
        ("GET", "/openapi.json", 200),
        ("GET", "/docs", 200),
        ("GET", "/docs/swagger-ui-bundle.js", 200),
        ("GET", "/docs/secrets", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/limits", 200),
        ("POST", "/v1/capture/abc", 200),
        ("GET", "/v1/limits/more", 401),
        ("POST", "/v1/captures", 401),
    ],
)
async def test_what_is_public_needs_no_token_and_nothing_else_is_public(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    assert (await client.request(method, path)).status_code == status


async def test_readiness_names_the_dependency_that_fails_and_no_more(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/readyz")
    _is_problem(answer, 503, "not_ready")
    assert answer.json()["failing"] == ["broker"]
    assert "secret" not in answer.text


async def test_the_docs_page_needs_no_other_host(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "/docs/swagger-ui-bundle.js" in page
    assert "//" not in re.sub(r"<!--.*?-->", "", page).replace("://test", "")


async def test_a_valid_traceparent_is_kept_and_any_other_replaced(ask: Ask) -> None:
    kept = await ask("GET", "/v1/notes/1", headers={"traceparent": PARENT})
    assert kept.json()["trace"] == PARENT
    assert kept.headers["x-request-id"] == PARENT[3:35]
    for bad in ("", "x", PARENT.upper(), f"ff{PARENT[2:]}", f"00-{'0' * 32}{PARENT[35:]}"):
        made = (await ask("GET", "/v1/notes/1", headers={"traceparent": bad})).json()["trace"]
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", made)
        assert made[3:35] != PARENT[3:35]


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, 65_536):
        yield b"x" * min(65_536, size - start)


async def test_a_body_of_just_the_limit_passes(ask: Ask) -> None:
    assert (await ask("POST", "/v1/notes", content=b"x" * MAX_BODY)).json() == MAX_BODY
    assert (await ask("POST", "/v1/notes", content=_chunks(MAX_BODY))).json() == MAX_BODY


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/strict"])
@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_one_byte_too_large_is_refused(ask: Ask, path: str, chunked: bool) -> None:
    body = _chunks(MAX_BODY + 1) if chunked else b"x" * (MAX_BODY + 1)
    answer = await ask("POST", path, content=body, headers={"content-type": "application/json"})
    _is_problem(answer, 413, "body.too_large")
    assert answer.headers["connection"] == "close"


async def test_a_lying_content_length_does_not_help(ask: Ask) -> None:
    headers = {"content-length": "5"}
    answer = await ask("POST", "/v1/notes", content=_chunks(MAX_BODY + 1), headers=headers)
    _is_problem(answer, 413, "body.too_large")


@pytest.mark.parametrize("length", ["-1", "1e3", "²", "9" * 5000, ""])
async def test_a_content_length_that_is_no_number_is_refused(
    gate: Gate, token: str, length: str
) -> None:
    headers = [
        (b"authorization", f"Bearer {token}".encode()),
        (b"content-length", length.encode()),
    ]
    sent: list[Message] = []
    scope = _scope(method="POST", path="/v1/notes", headers=headers)
    await gate(scope, _nothing, _collect(sent))
    assert sent[0]["status"] == 400


async def test_imports_may_be_larger(ask: Ask) -> None:
    answer = await ask("POST", "/v1/notes/imports", content=_chunks(3 * MAX_BODY))
    assert answer.json() == 3 * MAX_BODY


@pytest.mark.parametrize(
    ("_case", "path", "headers", "status"),
    [
        ("many headers", "/v1/limits", {f"x-{n}": "1" for n in range(200)}, 431),
        ("a long header", "/v1/limits", {"x": "y" * 65_536}, 431),
        ("a long URL", "/v1/limits?q=" + "x" * 9000, {}, 414),
        ("a NUL in the path", "/v1/notes/%00", {}, 400),
        ("a NUL in the query", "/v1/notes/1?q=%00", {}, 400),
        ("gzip", "/v1/limits", {"content-encoding": "gzip"}, 415),
    ],
)
async def test_what_is_too_large_or_odd_is_refused(
    ask: Ask, _case: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = await ask("GET", path, headers=headers)
    assert answer.status_code == answer.json()["status"] == status


async def _ask_impatiently(verifier: Verifier, token: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(Gate(_app(), "impatient", verifier, deadline=0.1))
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=headers)


async def test_a_request_that_takes_too_long_is_cut_with_503(
    verifier: Verifier, token: str
) -> None:
    _is_problem(await _ask_impatiently(verifier, token, "/v1/slow"), 503, "unavailable")


@pytest.mark.parametrize("path", ["/v1/slow/stream", "/v1/slow/file"])
async def test_an_answer_that_has_begun_is_never_cut(
    verifier: Verifier, token: str, path: str
) -> None:
    assert (await _ask_impatiently(verifier, token, path)).text == "ab"


async def test_what_breaks_is_a_problem_without_detail(ask: Ask) -> None:
    answer = await ask("GET", "/v1/broken")
    _is_problem(answer, 500, "internal")
    assert "hunter2" not in answer.text


async def test_an_app_that_is_not_fastapi_is_answered_for_too(verifier: Verifier) -> None:
    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        raise KeyError("secret")

    transport = httpx.ASGITransport(Gate(bare, "bare", verifier))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        _is_problem(await client.post("/x"), 500, "internal")
        _is_problem(await client.post("/x", content=_chunks(MAX_BODY + 1)), 413, "body.too_large")


async def test_an_answer_broken_off_half_way_is_not_passed_off_as_whole(verifier: Verifier) -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise RuntimeError("boom")

    sent: list[Message] = []
    with pytest.raises(RuntimeError, match="boom"):
        await Gate(half, "half", verifier)(_scope(path="/x"), _nothing, _collect(sent))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]


def _collect(sent: list[Message]) -> Send:
    async def send(message: Message) -> None:
        sent.append(message)

    return send


async def _accept(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept", "actor": scope.get("actor")})
    assert "authenticator" in scope


async def test_a_websocket_comes_with_a_valid_token_or_with_none(
    verifier: Verifier, token: str
) -> None:
    gate = Gate(_accept, "sockets", verifier)
    answers = []
    for credential in (None, token, "forged"):
        headers = (
            [] if credential is None else [(b"authorization", f"Bearer {credential}".encode())]
        )
        sent: list[Message] = []
        scope = _scope(type="websocket", path="/graphql", headers=headers)
        del scope["method"]
        await gate(scope, _nothing, _collect(sent))
        answers.append(sent)
    assert answers[0] == [{"type": "websocket.accept", "actor": None}]
    assert answers[1][0]["actor"].member_id == MEMBER
    assert answers[2] == [{"type": "websocket.close", "code": 1008}]


def _count(**labels: str) -> float:
    name = "http_server_request_duration_seconds_count"
    return REGISTRY.get_sample_value(name, {"service": "tiny"} | labels) or 0


async def test_requests_are_measured_by_template_never_by_path(ask: Ask) -> None:
    labels = {"method": "GET", "route": "/v1/notes/{note_id}", "status": "200"}
    unmatched = {"method": "other", "route": "unmatched", "status": "404"}
    before, before_unmatched = _count(**labels), _count(**unmatched)
    await ask("GET", "/v1/notes/1")
    await ask("GET", "/v1/notes/2")
    await ask("BREW", "/v1/coffee")
    assert _count(**labels) == before + 2
    assert _count(**unmatched) == before_unmatched + 1
    assert REGISTRY.get_sample_value("http_server_active_requests", {"service": "tiny"}) == 0


async def test_a_caller_who_hangs_up_is_measured_too(gate: Gate, token: str) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = _scope(path="/v1/slow/stream", headers=headers)
    labels = {"method": "GET", "route": "/v1/slow/stream", "status": "200"}
    before = _count(**labels)
    begun = asyncio.Event()

    async def send(message: Message) -> None:
        begun.set()

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    task = asyncio.create_task(gate(scope, receive, send))
    await begun.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert _count(**labels) == before + 1


async def test_nobody_waits_for_who_sends_slowly(verifier: Verifier, token: str) -> None:
    app, places, waited = FastAPI(), asyncio.Semaphore(1), []

    @app.post("/v1/notes")
    async def create_note(request: Request) -> bool:
        visit = current()
        assert visit is not None
        await visit.enter(places, 0)
        assert places.locked()
        return bool(await request.body())

    async def slowly() -> AsyncIterator[bytes]:
        for piece in (b"a", b"b"):
            waited.append(places.locked())
            yield piece

    transport = httpx.ASGITransport(Gate(app, "tiny", verifier))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        headers = {"authorization": f"Bearer {token}"}
        answer = await client.post("/v1/notes", content=slowly(), headers=headers)
    assert (answer.json(), waited, places.locked()) == (True, [False, False], False)
