"""Limits as callers meet them: at the gate of a service, with its headers and its 429."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

import httpx
import pytest

from crmkit.house import house as put_up
from crmkit.kernel import ids
from crmkit.testing.house import House, lifespan
from crmkit.web import limits

Limited = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
PATH = "/v1/leads"


@pytest.fixture
def limited(house: House, tenant: UUID) -> Limited:
    """An API of leads with these rates, called by one seller."""

    @asynccontextmanager
    async def enter(**rates: int) -> AsyncIterator[httpx.AsyncClient]:
        await house.executor("leads")
        settings = house.settings("leads").model_copy(update=rates)
        app = put_up([house.service("leads")], settings)
        token = house.issuer.token(tenant, ids.new(), ["sales_manager"], "cn")
        async with (
            lifespan(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                base_url="http://test",
                headers={"authorization": f"Bearer {token}"},
            ) as client,
        ):
            yield client

    return enter


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The budgets' clock, standing still until the test turns it on."""
    at = [1000.0]
    monkeypatch.setattr(limits, "monotonic", lambda: at[0])
    return at


async def test_whoever_asks_too_often_is_told_when_to_come_again(
    limited: Limited, still: list[float]
) -> None:
    async with limited(rate_read=1, rate_tenant=5) as client:
        answers = [await client.get(PATH) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "rate.limited"
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["ratelimit-policy"] == '"read";q=2;w=2, "tenant";q=10;w=2'
        assert refused.headers["ratelimit"].startswith('"read";r=0;t=2')
        still[0] += int(refused.headers["retry-after"])
        assert (await client.get(PATH)).status_code == 200


async def test_every_guarded_answer_tells_what_is_left(
    limited: Limited, still: list[float]
) -> None:
    async with limited(rate_read=10, rate_write=5, rate_bulk=1) as client:
        for method, path, status, kind in (
            ("GET", PATH, 200, "read"),
            ("POST", PATH, 422, "write"),
            ("GET", f"{PATH}/{ids.new()}", 404, "read"),
            ("POST", "/graphql/leads", 400, "write"),
            ("POST", f"{PATH}/batch", 422, "bulk"),
            ("GET", "/v1/nowhere", 404, "read"),
        ):
            answer = await client.request(method, path, json={} if method == "POST" else None)
            assert answer.status_code == status
            assert answer.headers["ratelimit"].startswith(f'"{kind}";r=')
        for open_path in ("/livez", "/openapi.json"):
            assert "ratelimit" not in (await client.get(open_path)).headers


async def test_limits_can_be_asked_for(limited: Limited, still: list[float]) -> None:
    async with limited(rate_read=2, rate_write=3, rate_bulk=0, rate_tenant=4) as client:
        await client.post(PATH, json={"company": "Acme", "source": "web"})
        shown = (await client.get("/v1/limits")).json()
    assert [(b["name"], b["rate"], b["burst"], b["remaining"]) for b in shown["budgets"]] == [
        ("read", 2, 4, 3),
        ("write", 3, 6, 5),
        ("tenant", 4, 8, 6),
    ]
    assert (shown["fixed"]["body_bytes"], shown["fixed"]["batch_rows"]) == (1048576, 500)
    assert (shown["fixed"]["upload_bytes"], shown["fixed"]["unfinished_jobs"]) == (268435456, 20)
    assert shown["fixed"]["upload_deadline_seconds"] == 600
    assert (shown["graphql"]["depth"], shown["graphql"]["first"]) == (8, 100)


async def test_an_address_that_guesses_is_shut_out_but_for_who_is_known(
    limited: Limited, still: list[float]
) -> None:
    async with limited(rate_failures=1, rate_read=0, rate_tenant=0) as client:
        assert (await client.get(PATH)).status_code == 200
        wrong = {"authorization": "Bearer crm_live_guess"}
        answers = [await client.get(PATH, headers=wrong) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        assert answers[-1].headers["retry-after"] == "1"
        assert (await client.get(PATH)).status_code == 200
        still[0] += 1
        assert (await client.get(PATH, headers=wrong)).status_code == 401
