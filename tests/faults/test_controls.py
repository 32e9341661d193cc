"""With a mechanism switched off, the test that rests on it must fail: it is no ornament.

The fact's version has its control in reporting's property test, the lease beside the dispatcher's
tests. What is spoilt here lies in a house of its own.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.db import commit
from crmkit.db.pool import Bound, Database
from crmkit.events.envelope import read
from crmkit.messaging.consumer import Consumer
from crmkit.messaging.mirrors import Difference
from crmkit.proof.chain import check_ledger
from crmkit.testing.house import House, running_house
from crmkit.testing.plugin import Login
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate
from tests.crmkit.messaging import test_pipeline
from tests.policy import test_concurrency, test_tenancy

RED = (AssertionError, LookupError, pytest.fail.Exception)
MEND = """
insert into outbox (tenant_id, event_id) select tenant_id, id from event e where tenant_id = $1
  and not exists (select from outbox o where o.event_id = e.id)
  and not exists (select from ledger l where l.event_id = e.id)
"""
ACME = LeadCreate(company="ACME", source="web")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house() -> AsyncIterator[House]:
    """In place of the one that all tests of a worker share."""
    async with running_house() as running:
        yield running


@contextmanager
def rewritten(
    monkeypatch: pytest.MonkeyPatch, kind: str, taken_out: str, put_in: str = ""
) -> Iterator[None]:
    """The one statement's parts of a kind, without a piece of them."""
    build = commit._BUILDERS[kind]

    def mutilated(*given: Any) -> str:
        return _without(build(*given), taken_out, put_in)

    monkeypatch.setitem(commit._BUILDERS, kind, mutilated)
    commit._statement.cache_clear()
    try:
        yield
    finally:
        commit._statement.cache_clear()


def _without(whole: str, taken_out: str, put_in: str) -> str:
    before, found, after = whole.partition(taken_out)
    assert found, whole
    number, _, rest = after.partition(" ")
    return f"{before}{put_in.format(number)} {rest}"


async def test_without_the_version_guard_a_change_is_lost(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_version = "and {} > 0"
    with rewritten(monkeypatch, "update", "and version = ", any_version), pytest.raises(RED):
        await test_concurrency.test_of_a_hundred_changes_of_one_version_one_is_made(login)


async def test_without_what_it_expects_a_decision_rests_on_what_is_gone(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_version = "and {} > 0"
    with rewritten(monkeypatch, "expect", "and version = ", any_version), pytest.raises(RED):
        await test_concurrency.test_a_lead_is_not_converted_into_an_account_deleted_meanwhile(login)


async def test_without_the_outbox_the_ledger_lacks_an_event_and_the_oracle_says_so(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = await login("leads", "admin")
    await seller(commands.create_lead, ACME)
    system, tenant = await house.system("leads"), seller.actor.tenant_id
    assert await wrong_of(system, tenant) == []

    def nowhere(many: bool, numbers: commit._Numbers) -> str:
        (mark,) = numbers.take(1)
        return f"select {mark}::uuid{'[]' if many else ''}"

    monkeypatch.setattr(commit, "_outbox", nowhere)
    commit._statement.cache_clear()
    try:
        await seller(commands.create_lead, ACME)
    finally:
        commit._statement.cache_clear()
    assert await wrong_of(system, tenant) != []
    async with system.system() as connection:
        await connection.execute(MEND, tenant)
    assert await wrong_of(system, tenant) == []


async def wrong_of(database: Database, tenant: UUID) -> list[Difference]:
    """What the ledger's check names of this tenant; other tests have spoilt others."""
    async with database.transaction() as connection:
        finding = await check_ledger(connection, "leads")
    return [each for each in finding.differences if each.tenant_id == tenant]


async def test_without_its_binding_a_connection_serves_the_tenant_before(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind = Bound.bind

    async def only_once(connection: Bound, tenant: UUID) -> None:
        if connection.tenant is None:
            await bind(connection, tenant)

    monkeypatch.setattr(Bound, "bind", only_once)
    wrong = test_tenancy.test_cancelled_calls_never_leave_a_connection_bound_to_the_wrong_tenant
    with pytest.raises(RED):
        await wrong(house, 1)


async def test_without_the_watermark_what_is_published_again_is_applied_again(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def everything(_: Consumer, __: Any, records: list[Any], ___: Any) -> list[Any]:
        return [(record, read(record.value)) for record in records]

    monkeypatch.setattr(Consumer, "_fresh", everything)
    await house.work("leads")
    seen = test_pipeline.Seen()
    listener = await test_pipeline.listening(house, seen)
    listener.start()
    try:
        with pytest.raises(RED):
            await test_pipeline.test_what_is_published_again_is_not_applied_again(
                house, login, seen
            )
    finally:
        await listener.stop()
