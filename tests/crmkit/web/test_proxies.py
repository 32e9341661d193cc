from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.types import ASGIApp

from crmkit.local.issuing import DevIssuer
from crmkit.settings import Settings
from crmkit.web import problems
from crmkit.web.gate import Gate
from crmkit.web.limits import Limits
from crmkit.web.proxies import address_of, behind
from crmkit.web.tokens import Verifier

PROXY, STRANGER = "10.0.0.7", "198.51.100.4"
ALICE, BOB = "203.0.113.1", "203.0.113.2"
Ask = Callable[[str, str], Awaitable[int]]


def _app() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.get("/v1/notes")
    async def read_notes() -> bool:
        return True

    return app


def _asking(tmp_path: Path, trusted: str) -> Ask:
    """What a wrong credential is answered, by the peer that shows it and what it forwards."""
    settings = Settings(
        jwks_file=str(DevIssuer(tmp_path).jwks_file), rate_failures=1, trusted_proxies=trusted
    )
    gate = Gate(_app(), "tiny", Verifier(settings), limits=Limits(settings))
    app: ASGIApp = behind(settings.proxies, gate)

    async def ask(peer: str, forwarded: str = "") -> int:
        transport = httpx.ASGITransport(app, client=(peer, 4711))
        headers = {"authorization": "Bearer wrong"}
        if forwarded:
            headers["x-forwarded-for"] = forwarded
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get("/v1/notes", headers=headers)).status_code

    return ask


async def _use_up(ask: Ask, peer: str, forwarded: str = "") -> None:
    for _ in range(10):
        assert await ask(peer, forwarded) == 401
    assert await ask(peer, forwarded) == 429


async def test_two_callers_behind_a_trusted_proxy_have_budgets_of_their_own(tmp_path: Path) -> None:
    ask = _asking(tmp_path, "10.0.0.0/8")
    await _use_up(ask, PROXY, ALICE)
    assert await ask(PROXY, BOB) == 401
    assert await ask(PROXY, ALICE) == 429


async def test_what_an_untrusted_peer_says_of_itself_is_ignored(tmp_path: Path) -> None:
    ask = _asking(tmp_path, "10.0.0.0/8")
    await _use_up(ask, STRANGER, ALICE)
    assert await ask(STRANGER, BOB) == 429
    assert await ask(PROXY, ALICE) == 401


async def test_nobody_is_believed_where_no_proxy_is_named(tmp_path: Path) -> None:
    ask = _asking(tmp_path, "")
    await _use_up(ask, "127.0.0.1", ALICE)
    assert await ask("127.0.0.1", BOB) == 429


async def test_what_a_caller_writes_before_the_proxy_does_counts_for_nothing(
    tmp_path: Path,
) -> None:
    ask = _asking(tmp_path, "10.0.0.0/8")
    await _use_up(ask, PROXY, f"192.0.2.1, {ALICE}")
    assert await ask(PROXY, f"192.0.2.2, 10.9.9.9, {ALICE}") == 429
    assert await ask(PROXY, f"{ALICE}, {BOB}") == 401


async def test_a_chain_of_trusted_proxies_is_passed_by(tmp_path: Path) -> None:
    """The edge, the gateway, and the edge again, as a query of the gateway comes in."""
    ask = _asking(tmp_path, "10.0.0.0/8")
    await _use_up(ask, PROXY, f"{ALICE}, 10.0.0.7, 10.0.0.8")
    assert await ask(PROXY, ALICE) == 429
    assert await ask(PROXY, f"{BOB}, 10.0.0.7, 10.0.0.8") == 401


@pytest.mark.parametrize("wrong", ["no address", "1.2.3", "999.1.1.1", "[::1", ",", "a" * 9000])
async def test_a_malformed_value_is_one_caller_for_all_and_breaks_nothing(
    tmp_path: Path, wrong: str
) -> None:
    ask = _asking(tmp_path, "10.0.0.0/8")
    assert await ask(PROXY, wrong) == 401
    assert await ask(PROXY, ALICE) == 401


async def test_malformed_values_share_one_budget(tmp_path: Path) -> None:
    ask = _asking(tmp_path, "10.0.0.0/8")
    answers = [await ask(PROXY, f"{ALICE}, nobody-{n}") for n in range(11)]
    assert answers == [401] * 10 + [429]


async def test_an_ipv6_caller_cannot_move_within_its_own_network(tmp_path: Path) -> None:
    ask = _asking(tmp_path, "10.0.0.0/8")
    answers = [await ask(PROXY, f"2001:db8:1:2::{n:x}") for n in range(11)]
    assert answers == [401] * 10 + [429]
    assert await ask(PROXY, "2001:db8:1:3::1") == 401


@given(st.none() | st.tuples(st.text(), st.integers()) | st.just(("/run/crm.sock", 0)))
def test_the_address_of_any_peer_is_an_address_or_nothing(client: tuple[str, int] | None) -> None:
    found = address_of({"type": "http", "client": client})
    assert found == "" or address_of({"client": (found, 0)}) == found


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_addresses_are_told_apart_by_who_holds_them(peer: str, address: str) -> None:
    assert address_of({"client": (peer, 1)}) == address


@pytest.mark.parametrize("wrong", ["*", "proxy.internal", "10.0.0.1/8", "10.0.0.0/33", "10/8"])
def test_a_proxy_that_is_no_network_is_refused_at_start(wrong: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies=wrong)


def test_networks_and_addresses_may_be_listed() -> None:
    listed = Settings(trusted_proxies=" 10.0.0.0/8, 127.0.0.1,::1 ,")
    assert listed.proxies == ["10.0.0.0/8", "127.0.0.1/32", "::1/128"]
    assert Settings().proxies == []


def test_without_proxies_the_app_stays_as_it_is() -> None:
    app = _app()
    assert behind([], app) is app
