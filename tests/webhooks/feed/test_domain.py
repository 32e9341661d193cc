import pytest

from services.webhooks.feed.domain import Selection, select, unknown_patterns

TOLD = {"lead.created.v1": "lead", "opportunity.won.v1": "opportunity"}


@pytest.mark.parametrize(
    ("patterns", "selection"),
    [
        (["*"], Selection((), ())),
        (["*", "lead.*"], Selection((), ())),
        (["lead.*"], Selection((), ("lead",))),
        (["lead.created.v1"], Selection(("lead.created.v1",), ())),
        (
            ["lead.*", "opportunity.won.v1"],
            Selection(("opportunity.won.v1",), ("lead",)),
        ),
    ],
)
def test_patterns_make_a_selection(patterns: list[str], selection: Selection) -> None:
    assert select(patterns) == selection


def test_patterns_that_select_nothing_are_named() -> None:
    assert unknown_patterns(["*", "lead.*", "lead.created.v1"], TOLD) == []
    assert unknown_patterns(["leads.*", "lead.created", ".*", ""], TOLD) == [
        "",
        ".*",
        "lead.created",
        "leads.*",
    ]
