"""Processes whose clocks differ: what one has recorded is no contradiction for the next."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from crmkit.kernel import clock
from crmkit.testing.plugin import Login

PRICE = {"amount": "1250.00", "currency": "CNY"}
LEAD = {"company": "ACME", "source": "web"}
STEPS: dict[str, tuple[str, dict[str, Any], str, dict[str, Any], str, str]] = {
    "leads": ("leads", LEAD, "qualify", {"intent": "b"}, "received_at", "qualified_at"),
    "opportunities": (
        *("opportunities", {"name": "Deal", "amount": PRICE}, "win", {}),
        *("opened_at", "won_at"),
    ),
    "contracts": (
        *("contracts", {"title": "Contract", "amount": PRICE}, "sign", {}),
        *("drafted_at", "signed_at"),
    ),
}


@pytest.mark.parametrize("service", STEPS)
async def test_what_a_clock_that_is_ahead_has_recorded_is_followed_at_once(
    login: Login, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    plural, new, then, body, before, after = STEPS[service]
    caller = await login(service, "admin")
    ahead = clock.now() + timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: ahead)
        made = (await caller.post(f"/v1/{plural}", json=new)).json()
    assert datetime.fromisoformat(made[before]) == ahead
    done = await caller.post(f"/v1/{plural}/{made['id']}/{then}", json=body)
    assert done.status_code == 200, done.text
    assert done.json()[after] == made[before]


@pytest.mark.parametrize("service", STEPS)
async def test_who_says_that_it_happened_before_is_refused_still(
    login: Login, service: str
) -> None:
    plural, new, then, body, *_ = STEPS[service]
    caller = await login(service, "admin", scopes=["history:write"])
    made = (await caller.post(f"/v1/{plural}", json=new)).json()
    earlier = {"occurred-at": (clock.now() - timedelta(hours=1)).isoformat()}
    refused = await caller.post(f"/v1/{plural}/{made['id']}/{then}", json=body, headers=earlier)
    assert refused.status_code == 409
    assert ".before_" in refused.json()["code"]
