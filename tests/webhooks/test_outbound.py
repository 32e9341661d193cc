import asyncio
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpx
import pytest

from services.webhooks.addresses import Address, Rules
from services.webhooks.outbound import BlockedAddress, make_client
from tests.webhooks.certificates import self_signed
from tests.webhooks.samples import Receiver, answer

CLOSED = Rules(production=False)
OPEN = Rules(False, (ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "０x7f.1",
        "１２７.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "0.0.0.0",  # noqa: S104 - an address that must be refused
        "0",
        "localhost",
        "127.0.0.2",
    ],
)
async def test_nothing_reaches_this_machine_whatever_its_name(
    host: str, receiver: Receiver
) -> None:
    async with make_client(CLOSED) as client:
        with pytest.raises((BlockedAddress, httpx.InvalidURL, httpx.ConnectError)):
            await client.post(f"http://{host}:{receiver.port}/")
    assert receiver.connections == 0


async def test_the_guard_is_what_stops_it(receiver: Receiver) -> None:
    async with make_client(OPEN) as client:
        assert (await client.post(receiver.url)).status_code == 204
    assert receiver.connections == 1


@pytest.mark.parametrize(
    "addresses", [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"], []]
)
async def test_one_bad_address_among_good_ones_blocks_the_host(
    addresses: list[str], receiver: Receiver
) -> None:
    async def resolve(host: str, port: int) -> list[Address]:
        return [ip_address(each) for each in addresses]

    async with make_client(CLOSED, resolve) as client:
        with pytest.raises(BlockedAddress):
            await client.post(f"http://erp.example.com:{receiver.port}/")
    assert receiver.connections == 0


async def test_a_name_that_changes_its_mind_is_checked_at_every_connection(
    receiver: Receiver,
) -> None:
    answers = [ip_address("127.0.0.1"), ip_address("127.0.0.1"), ip_address("10.0.0.1")]

    async def resolve(host: str, port: int) -> list[Address]:
        return [answers.pop(0)]

    async with make_client(OPEN, resolve) as client:
        for _ in range(2):
            await client.post(f"http://erp.example.com:{receiver.port}/")
        with pytest.raises(BlockedAddress):
            await client.post(f"http://erp.example.com:{receiver.port}/")
    assert receiver.connections == 2


async def test_a_second_address_is_tried_where_the_first_does_not_answer(
    receiver: Receiver,
) -> None:
    async def resolve(host: str, port: int) -> list[Address]:
        return [ip_address("127.0.0.3"), ip_address("127.0.0.1")]

    async with make_client(OPEN, resolve) as client:
        assert (await client.post(f"http://erp.example.com:{receiver.port}/")).is_success


async def test_a_name_that_does_not_resolve_is_a_failure_to_connect() -> None:
    async def resolve(host: str, port: int) -> list[Address]:
        raise OSError("no such name")

    async with make_client(OPEN, resolve) as client:
        with pytest.raises(httpx.ConnectError):
            await client.post("http://erp.example.com/")


@pytest.mark.parametrize("host", ["127.0.0.1", "erp.example.com"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(host: str, tmp_path: Path) -> None:
    """Its own issuer, and of another name, and over: no delivery, and no way without TLS."""
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1))
        writer.close()

    async def resolve(host: str, port: int) -> list[Address]:
        return [ip_address("127.0.0.1")]

    server = await asyncio.start_server(hear, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    async with server, make_client(OPEN, resolve) as client:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.post(f"https://{host}:{port}/")
    assert heard == []


async def test_neither_redirects_nor_proxies_are_followed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", receiver.url)
    monkeypatch.setenv("HTTP_PROXY", receiver.url)
    receiver.answers = [answer(302, location=receiver.url)]
    async with make_client(OPEN) as client:
        assert (await client.post(receiver.url)).status_code == 302
        with pytest.raises(BlockedAddress):
            await client.post("http://10.0.0.1/")
    assert receiver.connections == 1
