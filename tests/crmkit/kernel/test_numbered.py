import pytest

from crmkit.kernel.errors import Conflict
from crmkit.kernel.numbered import free_place


def test_a_place_is_given_that_nobody_has() -> None:
    assert free_place({0, 2, 7}, 3, "seat.too_many") == 1
    assert {free_place({1}, 3, "seat.too_many") for _ in range(100)} == {0, 2}


def test_where_all_are_held_nobody_gets_one() -> None:
    with pytest.raises(Conflict, match="at most 2") as refusal:
        free_place({0, 1}, 2, "seat.too_many")
    assert refusal.value.code == "seat.too_many"
