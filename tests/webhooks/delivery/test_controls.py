"""With a mechanism of the dispatcher taken out, the test that rests on it must fail."""

from uuid import UUID

import pytest

from crmkit.testing.house import Caller
from services.webhooks import leases
from tests.webhooks.delivery import test_dispatch
from tests.webhooks.samples import Receiver, Subscribe, Tell, Turn

_FREE = "and (d.lease_until is null or d.lease_until <= $1)"
_MINE = "and d.lease_token = r.token"


async def test_without_the_lease_a_delivery_under_way_is_sent_again(
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert leases._CLAIM.count(_FREE) == 2
    unbounded = leases._CLAIM.replace("(busy.n - busy.replays)", "0")
    without = unbounded.replace(_FREE, "and d.attempts < 3")
    monkeypatch.setattr(leases, "_CLAIM", without)
    with pytest.raises(AssertionError):
        await test_dispatch.test_two_dispatchers_at_once_send_each_delivery_once(
            tenant, subscribe, tell, receiver, turn
        )


async def test_without_the_token_a_late_result_is_taken_for_the_present_one(
    admin: Caller,
    tenant: UUID,
    subscribe: Subscribe,
    tell: Tell,
    receiver: Receiver,
    turn: Turn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert leases._FINISH.count(_MINE) == 1
    any_token = "and r.token is not null"
    monkeypatch.setattr(leases, "_FINISH", leases._FINISH.replace(_MINE, any_token))
    with pytest.raises(AssertionError):
        await test_dispatch.test_a_result_that_comes_after_the_lease_is_ignored(
            admin, tenant, subscribe, tell, receiver, turn
        )
