"""The edge sends each path where the house would; nginx runs it where it is installed."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from crmkit.house import roots
from crmkit.local.ports import free_port
from crmkit.service import services
from crmkit.testing.house import until
from deploy.render import edge
from tests.deploy.files import DEPLOY, NAMES, tool

OWNERS = re.findall(r"^    (\S+)  (\w+);$", (DEPLOY / "edge/nginx.conf").read_text(), re.MULTILINE)
PATTERNS = [(re.sub(r"^/.*", r"^\g<0>$", path.lstrip("~")), owner) for path, owner in OWNERS[1:]]
"""The first is the default; what begins with a slash is the whole path."""
PATHS = [
    *(
        (f"/{root}" if root.startswith("graphql/") else f"/v1/{root}", service.name)
        for service in services()
        for root in roots(service)
    ),
    ("/v1/leads/0190/convert", "leads"),
    ("/v1/leadsX", "house"),
    ("/v1/audit", "house"),
    ("/v1/audit/nobody", "house"),
    ("/v1", "house"),
    ("/graphql", "gateway"),
    ("/graphql/", "house"),
    ("/graphql/leadsX", "house"),
    ("/docs/swagger-ui.css", "house"),
    ("/openapi.json", "house"),
]


def owner_of(path: str) -> str:
    return next((name for pattern, name in PATTERNS if re.search(pattern, path)), edge.HOUSE)


@pytest.mark.parametrize(("path", "name"), PATHS)
def test_a_path_belongs_to_its_service(path: str, name: str) -> None:
    assert owner_of(path) == name


def test_no_path_belongs_to_two_services() -> None:
    for path, _ in PATHS:
        assert len({name for pattern, name in PATTERNS if re.search(pattern, path)}) <= 1, path


@asynccontextmanager
async def named_server(name: str) -> AsyncIterator[str]:
    """Answers every request with its name and who it is told is calling."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        caller = re.search(r"(?i)^x-forwarded-for: (.*)\r$", head, re.MULTILINE)
        said = f"{name} {caller and caller[1]}".encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(said), said))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@asynccontextmanager
async def running_edge(folder: Path) -> AsyncIterator[str]:
    """nginx with the committed routes before servers of this process."""
    program = tool("nginx")
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(named_server(name))
            for name in [*NAMES, edge.HOUSE, edge.GATEWAY]
        }
        port = free_port()
        text = edge.render(services(), servers, resolver=None)
        text = text.replace("listen 8080", f"listen 127.0.0.1:{port}")
        text = re.sub(r"(_path|pid) /tmp/", rf"\1 {folder}/", text)
        (folder / "nginx.conf").write_text(text)
        process = await asyncio.create_subprocess_exec(
            *(program, "-p", folder, "-c", "nginx.conf", "-e", "stderr"),
            *("-g", "daemon off; master_process off;"),
        )
        url = f"http://127.0.0.1:{port}"
        await until(lambda: alive(url))
        try:
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def alive(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{url}/edge/livez")).is_success
        except httpx.TransportError:
            return False


async def test_nginx_sends_requests_where_they_belong(tmp_path: Path) -> None:
    async with running_edge(tmp_path) as url, httpx.AsyncClient() as client:
        for path, name in PATHS:
            lies = {"x-forwarded-for": "203.0.113.9"}
            answer = await client.get(f"{url}{path}?a=1", headers=lies)
            assert answer.text == f"{name} 203.0.113.9, 127.0.0.1", path
