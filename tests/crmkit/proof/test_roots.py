"""Where the ledger ended on a day is signed, once, and shows that it was rewritten since."""

from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.messaging.roots import key_id, message, sign_root, signing_key
from crmkit.metrics import REGISTRY
from crmkit.proof.roots import check_roots
from crmkit.proof.signing import Signing
from crmkit.settings import Settings
from crmkit.testing.house import House
from tests.crmkit.proof.conftest import Spoil, Story

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_TEXT = b64encode(bytes(range(32))).decode()


@pytest_asyncio.fixture(loop_scope="session")
async def unsigned(house: House, story: Story) -> AsyncIterator[Database]:
    """Leads' database, without a root."""
    system = await house.system("leads")
    async with system.system() as connection:
        await connection.execute("delete from ledger_root")
    yield system
    async with system.system() as connection:
        await connection.execute("delete from ledger_root")


async def test_a_root_is_signed_once_a_day(unsigned: Database, spoilt: Spoil) -> None:
    assert await sign_root(unsigned, "leads", KEY)
    assert not await sign_root(unsigned, "leads", KEY)
    async with spoilt("leads") as connection:
        (root,) = await connection.fetch("select * from ledger_root")
        head = await connection.fetchval(
            "select hash from ledger where position = $1", root["position"]
        )
        finding = await check_roots(connection, "leads", signs=True)
    assert root["hash"] == head
    assert root["key_id"] == key_id(KEY.public_key().public_bytes_raw())
    KEY.public_key().verify(
        root["signature"], message("leads", root["day"], root["position"], root["hash"])
    )
    assert (finding.looked_at, finding.wrong) == (1, 0)
    covered = REGISTRY.get_sample_value("crm_ledger_root_position", {"service": "leads"})
    assert covered == root["position"]


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        ("update ledger_root set position = position - 1", {"signature", "hash"}),
        ("update ledger_root set signature = sha256('x') || sha256('y')", {"signature"}),
        ("update ledger_root set key_id = 'another'", {"signature"}),
        ("update ledger_root set public_key = 'short'", {"signature"}),
        ("update ledger set hash = sha256('x')", {"hash"}),
        ("delete from ledger", {"hash"}),
    ],
)
async def test_a_root_that_does_not_hold_is_named(
    unsigned: Database, spoilt: Spoil, spoil: str, named: set[str]
) -> None:
    await sign_root(unsigned, "leads", KEY)
    async with spoilt("leads") as connection:
        await connection.execute(spoil)
        finding = await check_roots(connection, "leads", signs=True)
    assert {d.field for d in finding.differences} == named


async def test_the_schedule_signs_with_a_key_and_does_nothing_without(
    house: House, unsigned: Database
) -> None:
    executor = await house.executor("leads")
    count = "select count(*) from ledger_root"
    assert not await Signing("leads", Settings(ledger_key=""))(executor, unsigned)
    async with unsigned.system() as connection:
        assert await connection.fetchval(count) == 0
    turn = Signing("leads", Settings(ledger_key=KEY_TEXT))
    await turn(executor, unsigned)
    await turn(executor, unsigned)
    async with unsigned.system() as connection:
        assert await connection.fetchval(count) == 1


async def test_an_empty_ledger_has_no_root(house: House) -> None:
    await house.executor("reporting")
    assert not await sign_root(await house.system("reporting"), "reporting", KEY)


@pytest.mark.parametrize("text", ["not base64", b64encode(bytes(31)).decode()])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="CRM_LEDGER_KEY"):
        signing_key(text)


def test_what_is_signed_names_service_day_position_and_hash() -> None:
    signed = message("leads", date(2026, 1, 5), 12, b"\x01\xff")
    assert signed.decode().splitlines() == [
        "dealstream ledger root 1",
        "leads",
        "2026-01-05",
        "12",
        "01ff",
    ]


_AGED = """
update event e set recorded_at = now() - make_interval(hours => $1) from ledger l
where l.event_id = e.id and l.position = $2
"""
_ROOT_AT = """
insert into ledger_root (day, position, hash, key_id, public_key, signature, signed_at)
select (now() at time zone 'utc')::date - $1::int, l.position, l.hash, '', '', '', now()
from ledger l where l.position = $2
"""


async def missing(
    spoilt: Spoil, roots: dict[int, int], events: dict[int, int], *, signs: bool = True
) -> list[tuple[str, str]]:
    """Roots found missing. `roots`: how many days old, and the position each covers; `events`:
    the position of those that are not new, and how many hours old they are."""
    async with spoilt("leads") as connection:
        await connection.execute("update event set recorded_at = now()")
        for position, hours in events.items():
            await connection.execute(_AGED, hours, position)
        for days, position in roots.items():
            await connection.execute(_ROOT_AT, days, position)
        finding = await check_roots(connection, "leads", signs=signs)
    return [(d.row, d.wanted) for d in finding.differences if d.field == "root"]


def days_ago(days: int) -> str:
    return str((clock.now() - timedelta(days=days)).date())


async def test_a_root_taken_away_is_missed_on_a_day_when_something_was_recorded(
    unsigned: Database, spoilt: Spoil
) -> None:
    found = await missing(spoilt, {5: 1, 1: 3}, {2: 72}, signs=False)
    assert found == [(days_ago(3), "one a day")]


async def test_a_day_when_nothing_was_recorded_needs_no_root(
    unsigned: Database, spoilt: Spoil
) -> None:
    assert await missing(spoilt, {5: 1, 1: 2}, {1: 120, 3: 72}) == []


@pytest.mark.parametrize(
    ("roots", "events", "named"),
    [
        ({}, {1: 37}, [("any day", "one that covers positions from 1")]),
        ({}, {1: 35}, []),
        ({4: 2}, {1: 99, 3: 37}, [(f"after {days_ago(4)}", "one that covers positions from 3")]),
        ({4: 2}, {1: 99, 2: 99}, []),
        ({1: 1}, {2: 999}, []),
    ],
    ids=["none", "young", "stopped", "nothing new", "imported"],
)
async def test_entries_that_nobody_signs_for_a_day_and_a_half_are_named(
    unsigned: Database,
    spoilt: Spoil,
    roots: dict[int, int],
    events: dict[int, int],
    named: list[tuple[str, str]],
) -> None:
    assert await missing(spoilt, roots, events) == named
    assert await missing(spoilt, roots, events, signs=False) == []
