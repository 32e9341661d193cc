"""Who has left, over a directory that is a dictionary; tests/hostile/test_leavers.py has the real
one."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import brief, ids
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Forbidden, Unavailable
from crmkit.web import leavers
from crmkit.web.leavers import KEEP_SECONDS, Leavers

TENANT = ids.new()
ACTOR = Actor(TENANT, ids.new(), frozenset({"admin"}), "", frozenset())


class Directory:
    """What the service was told, and how often it was asked."""

    def __init__(self) -> None:
        self.gone: set[UUID] = set()
        self.asked = 0
        self.away = False

    async def find(self, tenant_id: UUID) -> frozenset[UUID]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("the database is away")
        return frozenset(self.gone if tenant_id == TENANT else ())


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def known(directory: Directory) -> Leavers:
    return Leavers(directory.find)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A monotonic clock that the test turns on."""
    at = [1000.0]
    monkeypatch.setattr(leavers, "monotonic", lambda: at[0])
    monkeypatch.setattr(brief, "monotonic", lambda: at[0])
    return at


async def refused(known: Leavers) -> bool:
    try:
        await known.refuse(ACTOR)
    except Forbidden as error:
        return error.code == "member.inactive"
    return False


async def test_who_has_left_is_refused_and_nobody_else(
    directory: Directory, known: Leavers
) -> None:
    directory.gone = {ids.new(), ACTOR.member_id}
    assert not known.knows(ACTOR)
    assert await refused(known)
    assert not known.knows(ACTOR)
    await known.refuse(Actor(TENANT, ids.new(), ACTOR.roles, "", frozenset()))
    await known.refuse(Actor(ids.new(), ACTOR.member_id, ACTOR.roles, "", frozenset()))


async def test_a_tenant_is_asked_about_once_in_a_while(
    directory: Directory, known: Leavers, hands: list[float]
) -> None:
    assert not await refused(known)
    for _ in range(3):
        assert known.knows(ACTOR)
        assert not await refused(known)
    assert directory.asked == 1
    directory.gone = {ACTOR.member_id}
    hands[0] += KEEP_SECONDS
    assert not known.knows(ACTOR)
    assert await refused(known)
    directory.gone = set()
    hands[0] += KEEP_SECONDS
    assert not await refused(known)
    assert directory.asked == 3


async def test_of_many_who_come_at_once_one_asks_anew(
    directory: Directory, known: Leavers, hands: list[float]
) -> None:
    await known.refuse(ACTOR)
    hands[0] += KEEP_SECONDS
    await asyncio.gather(*(known.refuse(ACTOR) for _ in range(20)))
    assert directory.asked == 2


async def test_without_a_term_of_its_own_each_who_comes_asks(
    directory: Directory, hands: list[float]
) -> None:
    """The negative control: whoever asks anew says so before the answer."""

    class Hasty(Leavers):
        async def _ask_again(self, tenant_id: UUID, _: Any) -> frozenset[UUID]:
            return await self._ask(tenant_id)

    with pytest.raises(AssertionError):
        await test_of_many_who_come_at_once_one_asks_anew(directory, Hasty(directory.find), hands)


async def test_while_the_database_is_away_goes_what_was_known(
    directory: Directory, known: Leavers, hands: list[float]
) -> None:
    directory.away = True
    with pytest.raises(Unavailable):
        await known.refuse(ACTOR)
    directory.away, directory.gone = False, {ACTOR.member_id}
    assert await refused(known)
    directory.away = True
    hands[0] += KEEP_SECONDS
    assert await refused(known)
