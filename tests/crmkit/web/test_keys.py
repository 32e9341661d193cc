"""The keyring over a directory that is a dictionary; tests/identity/key has the real one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import brief, clock, ids
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Unauthorized, Unavailable
from crmkit.kernel.keys import hash_of, new_key
from crmkit.web import keys
from crmkit.web.keys import Keyring, KnownKey

TENANT, KEY = ids.new(), ids.new()
HOUR = timedelta(hours=1)


class Directory:
    """What the service was told, and how often it was asked."""

    def __init__(self) -> None:
        self.known: dict[tuple[UUID, UUID], KnownKey] = {}
        self.asked = 0
        self.away = False

    async def find(self, tenant_id: UUID, key_id: UUID) -> KnownKey | None:
        self.asked += 1
        if self.away:
            raise Unavailable("the database is away")
        return self.known.get((tenant_id, key_id))

    def tell(self, key: str, **changed: Any) -> None:
        plain: dict[str, Any] = {
            "hash": hash_of(key),
            "old_hash": None,
            "old_hash_until": None,
            "roles": ["partner"],
            "scopes": ["history:write"],
            "team": "cn/east",
            "expires_at": None,
            "revoked_at": None,
        }
        self.known[TENANT, KEY] = KnownKey(**plain | changed)


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def ring(directory: Directory) -> Keyring:
    return Keyring(directory.find)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A monotonic clock that the test turns on."""
    at = [1000.0]
    monkeypatch.setattr(keys, "monotonic", lambda: at[0])
    monkeypatch.setattr(brief, "monotonic", lambda: at[0])
    return at


async def refused(ring: Keyring, key: str) -> bool:
    assert ring.known(key) is None
    try:
        await ring.actor(key)
    except Unauthorized as error:
        return error.code == "token.invalid"
    return False


async def test_a_key_is_let_in_as_an_actor_of_its_own(directory: Directory, ring: Keyring) -> None:
    key = new_key(TENANT, KEY)
    directory.tell(key)
    actor = await ring.actor(key)
    wanted = Actor(
        TENANT, KEY, frozenset({"partner"}), "cn/east", frozenset({"history:write"}), "key"
    )
    assert actor == wanted == ring.known(key)
    assert actor.name == f"key:{KEY}"
    assert directory.asked == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"revoked_at": clock.now()},
        {"expires_at": clock.now() - HOUR},
        {"hash": hash_of("another")},
        {"hash": hash_of("another"), "old_hash": ""},
    ],
)
async def test_a_key_that_does_not_hold_is_refused(
    directory: Directory, ring: Keyring, changed: dict[str, Any]
) -> None:
    key = new_key(TENANT, KEY)
    directory.tell(key)
    assert not await refused(Keyring(directory.find), key)
    directory.tell(key, **changed)
    assert await refused(ring, key)


async def test_the_secret_before_the_last_holds_as_long_as_was_said(
    directory: Directory, ring: Keyring
) -> None:
    old, new = new_key(TENANT, KEY), new_key(TENANT, KEY)
    until = clock.now() + HOUR
    directory.tell(new, old_hash=hash_of(old), old_hash_until=until)
    assert not await refused(ring, old)
    assert not await refused(ring, new)
    directory.tell(new, old_hash=hash_of(old), old_hash_until=clock.now() - HOUR)
    later = Keyring(directory.find)
    assert await refused(later, old)
    assert not await refused(later, new)
    assert await refused(later, new_key(TENANT, KEY))


async def test_a_revoked_key_stops_within_seconds(
    directory: Directory, ring: Keyring, hands: list[float]
) -> None:
    key = new_key(TENANT, KEY)
    directory.tell(key)
    await ring.actor(key)
    hands[0] += 2
    assert not await refused(Keyring(directory.find), key)
    directory.tell(key, revoked_at=clock.now())
    assert ring.known(key) is not None
    hands[0] += keys.KEEP_SECONDS - 2
    assert await refused(ring, key)


async def test_what_was_looked_up_for_a_wrong_secret_is_not_kept_twice_as_long(
    directory: Directory, ring: Keyring, hands: list[float]
) -> None:
    key = new_key(TENANT, KEY)
    directory.tell(key)
    assert await refused(ring, new_key(TENANT, KEY))
    hands[0] += keys.KEEP_SECONDS - 0.5
    directory.tell(key, revoked_at=clock.now())
    await ring.actor(key)
    hands[0] += 0.5
    assert await refused(ring, key)


async def test_a_key_ends_at_its_instant_though_it_is_remembered(
    directory: Directory, ring: Keyring, hands: list[float]
) -> None:
    key = new_key(TENANT, KEY)
    directory.tell(key, expires_at=clock.now() + timedelta(seconds=1))
    await ring.actor(key)
    hands[0] += 1.01
    assert ring.known(key) is None


async def test_guesses_at_one_key_ask_the_directory_once(
    directory: Directory, ring: Keyring
) -> None:
    directory.tell(new_key(TENANT, KEY))
    for _ in range(100):
        assert await refused(ring, new_key(TENANT, KEY))
    assert directory.asked == 1
    assert await refused(ring, "crm_live_nonsense")
    assert directory.asked == 1


async def test_ten_thousand_wrong_keys_take_bounded_memory_and_push_out_no_right_one(
    directory: Directory, ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "KEEP_SECONDS", 600.0)
    key = new_key(TENANT, KEY)
    directory.tell(key)
    await ring.actor(key)
    for _ in range(brief.MOST_KEPT + 100):
        with pytest.raises(Unauthorized):
            await ring.actor(new_key(TENANT, ids.new()))
    assert ring.known(key) is not None
    assert len(ring._looked_up) == brief.MOST_KEPT
    assert len(ring._let_in) == 1
    assert len(ring.take_used()) == 1


async def test_a_directory_that_is_away_refuses_nobody_for_good(
    directory: Directory, ring: Keyring
) -> None:
    key = new_key(TENANT, KEY)
    directory.tell(key)
    directory.away = True
    with pytest.raises(Unavailable):
        await ring.actor(key)
    directory.away = False
    assert (await ring.actor(key)).member_id == KEY


async def test_uses_are_noted_once_each_until_they_are_taken(
    directory: Directory, ring: Keyring
) -> None:
    key = new_key(TENANT, KEY)
    directory.tell(key)
    before = clock.now()
    await ring.actor(key)
    assert await refused(ring, new_key(TENANT, KEY))
    assert ring.take_used().keys() == {(TENANT, KEY)}
    assert ring.take_used() == {}
    ring.known(key)
    (used_at,) = ring.take_used().values()
    assert before <= used_at <= clock.now()
