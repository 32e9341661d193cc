"""The federated endpoint over a running house: one request, several services."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import uvicorn
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from crmkit.kernel import ids
from crmkit.local.administrator import ADMIN_SCOPES
from crmkit.local.gateway import HOME, prepared
from crmkit.local.node import Absent, find_node
from crmkit.local.ports import free_port, is_listened_on
from crmkit.local.stack import LOOPBACK
from crmkit.local.supervise import Child
from crmkit.testing.house import House, until
from crmkit.testing.machine import lacking

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PRICE = {"amount": "1000.00", "currency": "CNY"}
SALE = (HOME / "documents" / "sale.graphql").read_text()
EVENTS = "subscription S($of: UUID) { events(aggregateId: $of, after: %s) { type subject cursor } }"


class Gateway:
    """What a client knows: the API's address, the gateway's, and a token."""

    def __init__(self, url: str, graphql: str, token: str) -> None:
        self.url, self.graphql = url, graphql
        self.headers = {"authorization": f"Bearer {token}"}
        self.client = httpx.AsyncClient(headers=self.headers, timeout=30, trust_env=False)

    async def rest(self, method: str, path: str, **body: Any) -> Any:
        answer = await self.client.request(
            method, self.url + path, json=None if method == "GET" else body
        )
        assert answer.is_success, answer.text
        return answer.json()

    async def ask(self, url: str = "", **body: Any) -> dict[str, Any]:
        answer = await self.client.post(url or self.graphql, json=body)
        found: dict[str, Any] = answer.json()
        return found

    async def sell(self, company: str) -> dict[str, str]:
        """From a lead to a signed contract; the ids of all."""
        lead = await self.rest(
            "POST", "/v1/leads", company=company, contact_name="W", source="web", budget=PRICE
        )
        path = f"/v1/leads/{lead['id']}"
        await self.rest("POST", f"{path}/work")
        await self.rest("POST", f"{path}/qualify", intent="a", need="x")
        deal = (await self.rest("POST", f"{path}/convert"))["opportunity_id"]
        await until(lambda: self._is(f"/v1/opportunities/{deal}"))
        await self.rest("POST", f"/v1/opportunities/{deal}/win")
        drafts = f"/v1/contracts?opportunity_id={deal}"
        await until(lambda: self._is(drafts, "items"))
        contract = (await self.rest("GET", drafts))["items"][0]["id"]
        plan = [{"due_on": "2030-01-15", "amount": PRICE}]
        await self.rest("PUT", f"/v1/contracts/{contract}/instalments", instalments=plan)
        await self.rest("POST", f"/v1/contracts/{contract}/sign")
        return {"lead": lead["id"], "deal": deal, "contract": contract}

    async def _is(self, path: str, field: str = "id") -> bool:
        answer = await self.client.get(self.url + path)
        return answer.is_success and bool(answer.json()[field])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(
    house: House, door: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    """A house with a gateway, for an administrator; lacking where registries cannot be reached."""
    folder = tmp_path_factory.mktemp("gateway")
    try:
        await prepared(folder)
    except Absent as absent:
        lacking("gateway", str(absent))
    token = house.issuer.token(ids.new(), ids.new(), ["admin"], "", ADMIN_SCOPES)
    told = {"CRM_GATEWAY_SUBGRAPHS": f"{door}/graphql/{{service}}", "CRM_TRUSTED_PROXIES": LOOPBACK}
    async with another(folder, **told) as graphql:
        running = Gateway(door, graphql, token)
        yield running
        await running.client.aclose()


def _told() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name[:4] != "CRM_"}


async def _lives(graphql: str) -> bool:
    if not await asyncio.to_thread(is_listened_on, httpx.URL(graphql).port or 0):
        return False
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
        try:
            return (await client.get(graphql.replace("/graphql", "/livez"))).is_success
        except httpx.TransportError:
            return False


@asynccontextmanager
async def another(folder: Path, **told: str) -> AsyncIterator[str]:
    """A second gateway with other settings; its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/graphql"
    env = _told() | {"CRM_GATEWAY_PORT": str(port)} | told
    node = await find_node()
    assert node is not None
    child = Child("gateway", [node.program, HOME / "server.mjs"], folder, env=env)
    try:
        await child.start(lambda: _lives(url), within=30)
        yield url
    finally:
        await child.stop()


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


async def test_one_request_follows_a_sale_from_the_lead_to_what_is_owed(gateway: Gateway) -> None:
    sold = await gateway.sell("Constellation 星座")
    answer = await gateway.ask(query=SALE, variables={"lead": sold["lead"]})
    assert "errors" not in answer
    lead = answer["data"]["lead"]
    (deal,) = lead["account"]["opportunities"]["nodes"]
    (owed,) = deal["contract"]["instalments"]["nodes"]
    assert (lead["company"], lead["status"]) == ("Constellation 星座", "CONVERTED")
    assert lead["account"]["name"] == "Constellation 星座"
    assert (deal["status"], deal["contract"]["status"]) == ("WON", "SIGNED")
    assert (owed["sequence"], owed["amount"]) == (1, {"amount": "1000.00"})


async def test_more_rows_are_not_more_requests(gateway: Gateway, tmp_path: Path) -> None:
    for number in range(4):
        await gateway.sell(f"Many {number}")
    asked: list[str] = []

    async def count(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        asked.append(scope["path"])
        kept = (b"authorization", b"content-type", b"accept")
        headers = [(n, v) for n, v in scope["headers"] if n in kept]
        answer = await gateway.client.post(
            gateway.url + scope["path"], content=body, headers=headers
        )
        kind = (b"content-type", answer.headers["content-type"].encode())
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        await send({"type": "http.response.body", "body": answer.content})

    server = uvicorn.Server(uvicorn.Config(count, port=0, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve())

    async def listens() -> bool:
        return server.started

    await until(listens)
    port = server.servers[0].sockets[0].getsockname()[1]
    subgraphs = f"http://127.0.0.1:{port}/graphql/{{service}}"
    query = """query Q($first: Int!) { opportunities(first: $first) { nodes {
      name account { name } lead { company } owner { name }
      contract { number instalments(first: 2) { nodes { sequence } } } } } }"""
    counts = []
    async with another(tmp_path, CRM_GATEWAY_SUBGRAPHS=subgraphs) as url:
        for first in (1, 4):
            asked.clear()
            answer = await gateway.ask(url, query=query, variables={"first": first})
            assert len(answer["data"]["opportunities"]["nodes"]) == first
            counts.append(sorted(asked))
    server.should_exit = True
    await running
    assert counts[0] == counts[1]
    assert {path.rpartition("/")[2] for path in counts[0]} == {
        "opportunities",
        "leads",
        "contracts",
        "identity",
    }


async def test_what_the_caller_may_not_see_of_another_service_is_null(gateway: Gateway) -> None:
    query = "mutation M($i: LeadCreateInput!) { createLead(input: $i) { ... on Lead { id } } }"
    given = {"company": "A", "contactName": "B", "source": "web"}
    lead = (await gateway.ask(query=query, variables={"i": given}))["data"]["createLead"]["id"]
    query = "query L($id: UUID!) { lead(id: $id) { company owner { name } } }"
    answer = await gateway.ask(query=query, variables={"id": lead})
    assert answer == {"data": {"lead": {"company": "A", "owner": None}}}


async def test_a_refused_mutation_is_a_problem_and_a_key_makes_each_one_safe(
    gateway: Gateway,
) -> None:
    query = """mutation M($a: LeadCreateInput!, $b: LeadCreateInput!, $no: UUID!) {
      one: createLead(input: $a) { ... on Lead { id } }
      two: createLead(input: $b) { ... on Lead { id } }
      none: workLead(id: $no) { __typename ... on Problem { code httpStatus } } }"""
    a, b = ({"company": each, "contactName": "N", "source": "web"} for each in "ab")
    body = {"query": query, "variables": {"a": a, "b": b, "no": str(uuid4())}}
    headers = {"idempotency-key": f"k-{uuid4()}"}
    first, again = [
        (await gateway.client.post(gateway.graphql, json=body, headers=headers)).json()["data"]
        for _ in range(2)
    ]
    assert first == again
    assert first["one"]["id"] != first["two"]["id"]
    assert first["none"] == {"__typename": "Problem", "code": "lead.not_found", "httpStatus": 404}


@asynccontextmanager
async def streamed(gateway: Gateway, **body: Any) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    headers = {"accept": "text/event-stream"}
    async with gateway.client.stream("POST", gateway.graphql, json=body, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (
            json.loads(line.removeprefix("data: "))
            async for line in answer.aiter_lines()
            if line.startswith("data: {")
        )


@asynccontextmanager
async def socket(gateway: Gateway) -> AsyncIterator[Any]:
    url = gateway.graphql.replace("http:", "ws:")
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=protocols, proxy=None) as opened:
        payload = gateway.headers
        await opened.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await opened.recv())["type"] == "connection_ack"
        yield opened


async def test_subscriptions_by_websocket_and_event_stream_see_a_change_made_by_rest(
    gateway: Gateway,
) -> None:
    whole = EVENTS % '"0"'
    lead = await gateway.rest(
        "POST", "/v1/leads", company="Live", contact_name="W", source="web", budget=PRICE
    )
    body = {"query": whole, "variables": {"of": lead["id"]}}
    async with socket(gateway) as opened, streamed(gateway, **body) as events:
        await opened.send(json.dumps({"type": "subscribe", "id": "1", "payload": body}))
        async with asyncio.timeout(30):
            assert (await anext(events))["data"]["events"]["type"] == "lead.created.v1"
            assert json.loads(await opened.recv())["payload"]["data"]["events"]["subject"]
            await gateway.rest("POST", f"/v1/leads/{lead['id']}/work")
            streamed_event = (await anext(events))["data"]["events"]
            heard = json.loads(await opened.recv())["payload"]["data"]["events"]
    assert streamed_event == heard
    assert (heard["type"], heard["subject"]) == ("lead.worked.v1", lead["id"])


async def test_a_client_that_leaves_ends_its_subscription_at_the_subgraph(gateway: Gateway) -> None:
    lead = (await gateway.sell("Leaver"))["lead"]
    for _ in range(12):
        body = {"query": EVENTS % '"0"', "variables": {"of": lead}}

        async def hears(body: Any = body) -> bool:
            async with streamed(gateway, **body) as events:
                return "errors" not in await anext(events)

        await until(hears, 30)


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("{ account(id: $id) " + "{ parent " * 11 + "{ id } " + "} " * 11 + "}", "depth"),
        ("{ lead(id: $id) { " + " ".join(f"a{n}: id" for n in range(16)) + " } }", "aliases"),
        (
            "{ "
            + " ".join(f"a{n}: leads(first: 1) {{ nodes {{ id }} }}" for n in range(11))
            + " }",
            "root fields",
        ),
        ("{ leads(first: 101) { nodes { id } } }", "first"),
        ("{ accounts(first: 50) { nodes { opportunities { nodes { name } } } } }", "cost"),
        ("{ lead(id: $id) { " + "id " * 1000 + " } }", "tokens"),
    ],
)
async def test_an_operation_beyond_a_limit_is_refused(
    gateway: Gateway, query: str, limit: str
) -> None:
    named = query if "$id" not in query else f"query Q($id: UUID!) {query}"
    answer = await gateway.ask(query=named, variables={"id": str(uuid4())})
    assert codes(answer) == ["LIMIT_EXCEEDED"]
    assert limit in answer["errors"][0]["message"]


async def test_requests_are_bounded_and_need_a_token_that_holds(gateway: Gateway) -> None:
    async with httpx.AsyncClient(trust_env=False) as nobody:
        bare = await nobody.post(gateway.graphql, json={"query": "{ __typename }"})
    wrong = {"authorization": "Bearer x"}
    query = {"query": "{ leads { nodes { id } } }"}
    false = await gateway.client.post(gateway.graphql, json=query, headers=wrong)
    large = await gateway.client.post(gateway.graphql, json={"query": " " * 1024 * 1024})
    read = await gateway.client.get(gateway.graphql, params=query)
    assert (bare.status_code, bare.json()["code"]) == (401, "token.invalid")
    assert codes(false.json()) == ["token.invalid"]
    assert (large.status_code, large.json()["code"]) == (413, "body.too_large")
    assert read.status_code == 405
    told = read.json()
    assert told["type"] == f"urn:dealstream:problem:{told['code']}"
    assert told["title"] == "Method Not Allowed"


async def test_who_guesses_through_the_gateway_uses_up_nobody_elses_patience(
    gateway: Gateway,
) -> None:
    async def refusal(caller: str) -> list[str]:
        headers = {"authorization": "Bearer x", "x-forwarded-for": caller}
        query = {"query": "{ leads { nodes { id } } }"}
        return codes(
            (await gateway.client.post(gateway.graphql, json=query, headers=headers)).json()
        )

    async def used_up() -> bool:
        guesses = await asyncio.gather(*(refusal("203.0.113.1") for _ in range(50)))
        return ["rate.limited"] in guesses

    await until(used_up, 60)
    assert await refusal("203.0.113.2") == ["token.invalid"]
    assert "errors" not in await gateway.ask(query="{ leads { nodes { id } } }")


def persisted(query: str) -> dict[str, Any]:
    digest = hashlib.sha256(query.encode()).hexdigest()
    return {"persistedQuery": {"version": 1, "sha256Hash": digest}}


async def test_a_document_is_registered_once_and_then_named_by_its_hash(gateway: Gateway) -> None:
    query = f"query A{uuid4().hex} {{ leads(first: 1) {{ pageInfo {{ hasNextPage }} }} }}"
    unknown = await gateway.ask(extensions=persisted(query))
    given = await gateway.ask(query=query, extensions=persisted(query))
    named = await gateway.ask(extensions=persisted(query))
    forged = await gateway.ask(query=query + " ", extensions=persisted(query))
    assert codes(unknown) == ["PERSISTED_QUERY_NOT_FOUND"]
    assert given["data"] == named["data"]
    assert codes(forged) == ["PERSISTED_QUERY_MISMATCH"]


async def test_production_runs_registered_documents_only(gateway: Gateway, tmp_path: Path) -> None:
    subgraphs = f"{gateway.url}/graphql/{{service}}"
    told = {"CRM_PRODUCTION": "true", "CRM_GATEWAY_SUBGRAPHS": subgraphs}
    async with another(tmp_path, **told) as url:
        variables = {"lead": str(uuid4())}
        by_name = await gateway.ask(url, documentId="sale", variables=variables)
        by_hash = await gateway.ask(url, extensions=persisted(SALE), variables=variables)
        by_text = await gateway.ask(url, query=SALE, variables=variables)
        other = await gateway.ask(
            url, query="{ __typename }", extensions=persisted("{ __typename }")
        )
        later = await gateway.ask(url, extensions=persisted("{ __typename }"))
        schema = await gateway.ask(url, query="{ __schema { types { name } } }")
    assert by_name == by_hash == by_text == {"data": {"lead": None}}
    assert codes(other) == codes(schema) == ["PERSISTED_QUERY_ONLY"]
    assert codes(later) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_a_subgraph_that_does_not_answer_is_told_as_such(
    gateway: Gateway, tmp_path: Path
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/graphql/{{service}}"
    async with another(tmp_path, CRM_GATEWAY_SUBGRAPHS=nowhere) as url:
        answer = await gateway.ask(url, query="{ leads { nodes { id } } }")
        ready = await gateway.client.get(url.replace("/graphql", "/readyz"))
    assert codes(answer) == ["unavailable"]
    assert ready.status_code == 503
