"""The pages for people: complete, and without any other host."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from crmkit.events.envelope import REGISTRY, topic
from crmkit.house import house
from crmkit.service import services

PAGES = ("/docs", "/docs/events", "/docs/graphql", "/docs/services")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def anyone() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=house(services()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_asks_no_other_host_and_all_it_needs_is_there(
    anyone: httpx.AsyncClient, path: str
) -> None:
    page = (await anyone.get(path)).text
    needed = re.findall(r"""(?:href|src)=["']([^"'#]+)["']""", page)
    assert "/docs/style.css" in needed
    for each in needed:
        assert each.startswith("/")
        assert (await anyone.get(each)).status_code == 200, each
    assert "//" not in re.sub(r"(?m)^\s*//.*$", "", page).replace("</", "<")


async def test_the_page_of_events_has_every_event_and_topic(anyone: httpx.AsyncClient) -> None:
    page = (await anyone.get("/docs/events")).text
    missing = [name for name in REGISTRY if f"<code>{name}</code>" not in page]
    assert missing == []
    assert topic("lead") in page


async def test_the_document_of_events_is_served(anyone: httpx.AsyncClient) -> None:
    document = (await anyone.get("/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    assert {message["name"] for message in document["components"]["messages"].values()} == set(
        REGISTRY
    )


@pytest.mark.parametrize("name", [service.name for service in services()])
async def test_the_explorer_shows_every_schema(anyone: httpx.AsyncClient, name: str) -> None:
    assert f"<option>{name}</option>" in (await anyone.get("/docs/graphql")).text
    assert "type Query" in (await anyone.get(f"/docs/graphql/{name}.graphql")).text


async def test_no_schema_of_nobody(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/docs/graphql/nobody.graphql")).status_code == 404


async def test_a_service_shows_the_page_beside_its_code(anyone: httpx.AsyncClient) -> None:
    index = (await anyone.get("/docs/services")).text
    assert re.findall("/docs/services/([a-z]+)", index) == ["leads"]
    page = (await anyone.get("/docs/services/leads")).text
    assert "<h1>The leads service</h1>" in page
    assert "<td>claim</td>" in page
    assert "<code>POST /v1/leads/{lead_id}/claim</code>" in page
    assert set(re.findall(r"""(?:href|src)=["']([^"'#/]*)""", page)) == {""}
    assert (await anyone.get("/docs/services/nobody")).status_code == 404
