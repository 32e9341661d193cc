"""What `crm rollup` asks for, of a house that is a function."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from rich.console import Console

from crmkit.remote import rollups
from crmkit.remote.api import Api, Refused

ZONED = {"time_zone": "Asia/Shanghai"}
Asked = Callable[[str, int], Any]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """`await asked("2026-03-31", 200)`: the `as_of` that a rollup is asked with, where the tenant
    answers with this status."""

    async def ask(as_of: str, status: int = 200) -> str:
        seen: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v1/tenant":
                return httpx.Response(status, json=ZONED)
            seen.append(request)
            return httpx.Response(200, json={"items": []})

        api = Api("http://house", "token")
        api.http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://house")
        monkeypatch.setattr(Api, "from_environment", lambda: api)
        query = {"measure": "leads_created", "as_of": as_of}
        await rollups.print_rollup(query, Console(quiet=True), wait=False, as_json=False)
        return seen[0].url.params["as_of"]

    return ask


@pytest.mark.parametrize(
    ("day", "status", "instant"),
    [
        ("2026-03-31", 200, "2026-03-31T15:59:59.999999+00:00"),
        ("2026-03-31", 404, "2026-03-31T23:59:59.999999+00:00"),
        ("2026-03-31T00:00:00Z", 200, "2026-03-31T00:00:00Z"),
        ("never", 200, "never"),
    ],
)
async def test_a_day_stands_for_its_end_by_the_tenants_clocks(
    asked: Asked, day: str, status: int, instant: str
) -> None:
    assert await asked(day, status) == instant


async def test_a_day_the_calendar_does_not_have_is_refused(asked: Asked) -> None:
    with pytest.raises(Refused, match="there is no day 2026-02-30"):
        await asked("2026-02-30", 200)
