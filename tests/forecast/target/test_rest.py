import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.forecast.conftest import Tell


async def _put(
    caller: Caller, owner_id: UUID, amount: str, period: str = "2026-11", **headers: str
) -> httpx.Response:
    body = {"amount": {"amount": amount, "currency": "CNY"}}
    return await caller.put(f"/v1/targets/{period}/{owner_id}", json=body, headers=headers)


async def test_a_target_is_set_and_found_again(director: Caller, tell_member: Tell) -> None:
    li = await tell_member(ids.new(), team="cn/east/sh-1")
    answer = await _put(director, li, "500.00", "2026-Q4")
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/targets/{made['id']}"
    assert (made["starts_on"], made["ends_on"]) == ("2026-10-01", "2026-12-31")
    assert (made["owner_id"], made["team"]) == (str(li), "cn/east/sh-1")
    assert (await director.get(f"/v1/targets/{made['id']}")).json() == made
    listed = await director.get(f"/v1/targets?period=2026-Q4&owner_id={li}&team=cn/east/sh-1")
    assert listed.json()["items"] == [made]
    assert await director.emitted(UUID(made["id"])) == ["target.set.v1"]


async def test_a_target_that_stands_is_changed_under_its_version(
    director: Caller, tell_member: Tell
) -> None:
    li = await tell_member(ids.new())
    target = (await _put(director, li, "500.00")).json()
    assert (await _put(director, li, "600.00")).status_code == 428
    changed = await _put(director, li, "600.00", **{"if-match": '"1"'})
    assert (changed.status_code, changed.json()["amount"]["amount"]) == (200, "600.00")
    assert (changed.json()["id"], changed.headers["etag"]) == (target["id"], '"2"')
    assert (await _put(director, li, "700.00", **{"if-match": '"1"'})).status_code == 412
    history = (await director.get(f"/v1/targets/{target['id']}/history")).json()["items"]
    assert [entry["type"] for entry in history] == ["target.changed.v1", "target.set.v1"]


async def test_a_target_whose_answer_was_lost_is_asked_for_again_under_its_key(
    director: Caller, tell_member: Tell
) -> None:
    li, key = await tell_member(ids.new()), {"idempotency-key": "target-1"}
    first = await _put(director, li, "500.00", **key)
    again = await _put(director, li, "500.00", **key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await _put(director, li, "600.00", **{"idempotency-key": "target-2"})
    assert (other.status_code, other.json()["code"]) == (428, "version.required")
    assert await director.emitted(first.json()["id"]) == ["target.set.v1"]


async def test_a_target_set_twice_at_once_is_set_once(director: Caller, tell_member: Tell) -> None:
    li = await tell_member(ids.new())
    answers = await asyncio.gather(*(_put(director, li, f"{n}.00") for n in range(1, 5)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(201) == 1
    assert set(codes) <= {201, 409, 428}


async def test_each_period_has_its_own_target(director: Caller, tell_member: Tell) -> None:
    li = await tell_member(ids.new())
    for period in ("2026-11", "2026-12", "2026-Q4"):
        assert (await _put(director, li, "1.00", period)).status_code == 201


@pytest.mark.parametrize("period", ["2026-W47", "2026-11-01", "soon"])
async def test_only_months_and_quarters_have_targets(
    director: Caller, tell_member: Tell, period: str
) -> None:
    answer = await _put(director, await tell_member(ids.new()), "1.00", period)
    assert (answer.status_code, answer.json()["code"]) == (422, "period.invalid")


async def test_nobody_unknown_or_gone_gets_a_target(director: Caller, tell_member: Tell) -> None:
    gone = await tell_member(ids.new(), active=False)
    for who in (ids.new(), gone):
        answer = await _put(director, who, "1.00")
        assert (answer.status_code, answer.json()["code"]) == (422, "owner.unknown")


async def test_a_manager_sets_targets_below_them_only(manager: Caller, tell_member: Tell) -> None:
    below = await tell_member(ids.new(), team="cn/east/sh-1")
    beside = await tell_member(ids.new(), team="cn/east-2")
    assert (await _put(manager, below, "1.00")).status_code == 201
    assert (await _put(manager, beside, "1.00")).status_code == 404


async def test_a_rep_reads_their_own_target_and_sets_none(
    rep: Caller, director: Caller, tell_member: Tell, login: Login
) -> None:
    await tell_member(rep.actor.member_id)
    target = (await _put(director, rep.actor.member_id, "5.00")).json()
    assert (await rep.get(f"/v1/targets/{target['id']}")).status_code == 200
    assert (await _put(rep, rep.actor.member_id, "1.00", "2026-12")).status_code == 403
    other = await login("forecast", "sales_rep")
    assert (await other.get(f"/v1/targets/{target['id']}")).status_code == 404
    assert (await other.get("/v1/targets")).json()["items"] == []
