from datetime import UTC, datetime

import pytest

from crmkit.kernel.errors import Conflict, Forbidden, Invalid, TooMany
from services.leads.form.domain import (
    demand_known,
    demand_origin,
    demand_place,
    demand_trap,
    demand_unrevoked,
    keepable,
)


def test_pages_that_a_form_does_not_name_are_refused() -> None:
    ours = "https://shop.example"
    demand_origin([], None)
    demand_origin([ours], ours)
    demand_origin(["*"], "https://anybody.example")
    for origins, origin in (
        ([], ours),
        ([ours], "http://shop.example"),
        ([ours], "https://shop.example.evil.example"),
        ([ours], "null"),
        ([ours], ""),
    ):
        with pytest.raises(Forbidden) as refused:
            demand_origin(origins, origin)
        assert refused.value.code == "capture.origin"


def test_each_field_that_a_form_does_not_take_is_named() -> None:
    fields = ["company", "custom.seats"]
    demand_known(fields, {"company": 1, "custom": {"seats": 2}})
    demand_known(fields, {"custom": "no object"})
    with pytest.raises(Invalid) as refused:
        demand_known(fields, {"owner_id": 1, "custom": {"rooms": 1}, "a/b" * 100: 1})
    assert [fault.pointer for fault in refused.value.faults] == [
        "/owner_id",
        f"/{('a/b' * 100)[:64].replace('/', '~1')}",
        "/custom/rooms",
    ]
    with pytest.raises(Invalid) as refused:
        demand_known(fields, {f"n{n}": 1 for n in range(10_000)})
    assert len(refused.value.faults) == 64


def test_a_form_that_is_full_says_when_to_come_again() -> None:
    demand_place(1, 60)
    with pytest.raises(TooMany) as refused:
        demand_place(None, 60)
    assert (refused.value.code, refused.value.retry_after) == ("capture.cap", 60)


def test_a_trap_is_no_field_that_people_fill_in() -> None:
    demand_trap(["company"], "website")
    with pytest.raises(Invalid):
        demand_trap(["company"], "company")


def test_a_revoked_form_stays_as_it_is() -> None:
    demand_unrevoked(None)
    with pytest.raises(Conflict) as refused:
        demand_unrevoked(datetime(2026, 3, 2, tzinfo=UTC))
    assert refused.value.code == "capture_form.revoked"


def test_what_is_kept_has_no_character_that_no_text_holds() -> None:
    said = {"a\0": ["\0b", {"c": "\0"}, 1, None, True], "d": "新"}
    assert keepable(said) == {"a\ufffd": ["\ufffdb", {"c": "\ufffd"}, 1, None, True], "d": "新"}
