from typing import Any

import pytest

from services.webhooks.conditions import BadCondition, normal

WON = ["opportunity.won.v1"]


@pytest.mark.parametrize(
    ("condition", "types", "kept"),
    [
        ({"field": "status", "in": ["won"]}, WON, {"field": "status", "in": ["won"]}),
        ({"changed": "stage"}, WON, {"changed": "stage"}),
        (
            {"field": "probability", "not_in": ["10", 20]},
            WON,
            {"field": "probability", "not_in": [10, 20]},
        ),
        (
            {"field": "owner_id", "in": ["019AB5E7-0000-7000-8000-000000000001"]},
            ["lead.created.v1"],
            {"field": "owner_id", "in": ["019ab5e7-0000-7000-8000-000000000001"]},
        ),
    ],
)
def test_a_condition_is_kept_as_events_write_its_values(
    condition: dict[str, Any], types: list[str], kept: dict[str, Any]
) -> None:
    assert normal([condition], types, ()) == [kept]


@pytest.mark.parametrize(
    ("condition", "types", "member"),
    [
        ({"field": "colour", "in": ["red"]}, WON, "field"),
        ({"changed": "colour"}, WON, "changed"),
        ({"field": "stage", "in": ["open"]}, ["lead.created.v1"], "field"),
        ({"field": "probability", "in": ["much"]}, WON, "in"),
        ({"field": "probability", "not_in": [True]}, WON, "not_in"),
        ({"field": "status", "in": [7]}, WON, "in"),
    ],
)
def test_a_condition_that_can_never_hold_is_refused_with_its_place(
    condition: dict[str, Any], types: list[str], member: str
) -> None:
    with pytest.raises(BadCondition) as refused:
        normal([{"changed": "status"}, condition], types, ())
    assert (refused.value.place, refused.value.member) == (1, member)


@pytest.mark.parametrize("member", ["field", "changed"])
def test_what_may_not_be_seen_may_not_be_guessed(member: str) -> None:
    condition = {member: "email"} | ({"in": ["a@example.cn"]} if member == "field" else {})
    assert normal([condition], ["lead.created.v1"], ())
    with pytest.raises(BadCondition):
        normal([condition], ["lead.created.v1"], {"email"})
