import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.kernel import ids, keys

TENANT, KEY = ids.new(), ids.new()
NOW = datetime(2026, 3, 2, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ROTATED: dict[str, Any] = {
    "hash": "new",
    "old_hash": "old",
    "old_hash_until": LATER,
    "revoked_at": None,
}
_UUIDS = st.uuids()


@given(tenant=_UUIDS, key=_UUIDS)
def test_a_key_says_whose_it_is(tenant: object, key: object) -> None:
    text = keys.new_key(tenant, key)  # type: ignore[arg-type]  # numbers stand for ids
    assert keys.whose(text) == (tenant, key)
    assert text.startswith(f"{keys.prefix(tenant, key)}_")  # type: ignore[arg-type]  # numbers stand for ids
    assert re.fullmatch(r"crm_live_[0-9A-Za-z]{43}_[0-9A-Za-z]{49}", text)


def test_no_two_keys_share_a_secret() -> None:
    made = {keys.new_key(TENANT, KEY) for _ in range(1000)}
    assert len({text.rpartition("_")[2] for text in made}) == 1000
    assert len({keys.hash_of(text) for text in made}) == 1000


@given(data=st.data())
def test_a_key_mistyped_in_one_place_is_none(data: st.DataObject) -> None:
    text = keys.new_key(TENANT, KEY)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="latin-1").filter(lambda c: c != text[place]))
    assert keys.whose(text[:place] + other + text[place + 1 :]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "crm_live_",
        keys.new_key(TENANT, KEY)[:-1],
        keys.new_key(TENANT, KEY) + "0",
        keys.new_key(TENANT, KEY).replace("live", "test"),
        keys.prefix(TENANT, KEY),
    ],
    ids=["nothing", "the mark", "cut short", "too long", "of another kind", "no secret"],
)
def test_what_is_cut_short_or_made_up_is_no_key(text: str) -> None:
    assert keys.whose(text) is None


def test_an_id_greater_than_any_is_none_though_its_sum_is_right() -> None:
    assert keys.whose(keys._summed(f"crm_live_{'Z' * 43}_{'0' * 43}")) is None


def test_of_a_key_its_sha_256_is_kept() -> None:
    text = keys.new_key(TENANT, KEY)
    assert keys.hash_of(text) == hashlib.sha256(text.encode()).hexdigest()


def test_hashes_are_compared_in_constant_time_with_all_that_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(keys, "compare_digest", compare)
    assert keys.is_among("b", ["b", "a"])
    assert not keys.is_among("c", ["b", "a"])
    assert compared == [("b", "b"), ("b", "a"), ("c", "b"), ("c", "a")]


@pytest.mark.parametrize(
    ("shown", "record", "opens"),
    [
        ("new", ROTATED, True),
        ("old", ROTATED, True),
        ("other", ROTATED, False),
        ("", ROTATED, False),
        ("old", ROTATED | {"old_hash_until": NOW}, False),
        ("old", ROTATED | {"old_hash_until": None}, False),
        ("", ROTATED | {"old_hash": None}, False),
        ("new", ROTATED | {"revoked_at": NOW}, False),
        ("old", ROTATED | {"revoked_at": LATER}, False),
    ],
)
def test_a_record_is_opened_by_its_keys_while_they_hold(
    shown: str, record: dict[str, Any], opens: bool
) -> None:
    assert keys.opens(shown, record, NOW) is opens


def test_the_key_before_holds_beside_the_new_one_for_the_overlap() -> None:
    later = keys.rotated(ROTATED, "key", NOW, 1)
    assert later == {"hash": keys.hash_of("key"), "old_hash": "new", "old_hash_until": LATER}
    at_once = keys.rotated(ROTATED, "key", NOW, 0)
    assert at_once == {"hash": later["hash"], "old_hash": None, "old_hash_until": None}
