"""The one HTTP client that goes out, and the guard that lets it reach public addresses alone."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx

from services.webhooks.addresses import Address, Rules

Resolve = Callable[[str, int], Awaitable[list[Address]]]
_CONNECT_SECONDS = 3.0


class BlockedAddress(Exception):
    """The host resolves to an address that may not be told; nothing was connected to."""


async def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(place[0]).split("%", maxsplit=1)[0]) for *_, place in found]


class Guard(httpcore.AsyncNetworkBackend):
    """Resolves, checks every address, and connects to one it has checked.

    One bad address blocks all, so that a name cannot answer with a good one beside it; TLS still
    checks the name.
    """

    def __init__(self, rules: Rules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if self._rules.is_own(host, port):
            raise BlockedAddress(host)
        try:
            addresses = list(dict.fromkeys(await self._resolve(host, port)))
        except OSError as error:
            raise httpcore.ConnectError(f"{host} does not resolve") from error
        if not addresses or not all(map(self._rules.permits, addresses)):
            raise BlockedAddress(host)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(
            str(addresses[-1]), port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> Any:
        raise BlockedAddress(path)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@cache
def _authorities() -> ssl.SSLContext:
    """Those of this machine, which take 25 ms to read."""
    return ssl.create_default_context()


def make_client(rules: Rules, resolve: Resolve = resolve) -> httpx.AsyncClient:
    """No proxy from the environment, no redirect, no cookie, no connection used twice."""
    context = _authorities()
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    # httpx has no public way to set the network backend; a test fails if this one is not used
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=None,
        max_keepalive_connections=0,
        network_backend=Guard(rules, resolve),
    )
    return httpx.AsyncClient(
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
    )
