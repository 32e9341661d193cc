from typing import Any

import pytest

from crmkit.kernel.errors import Invalid
from crmkit.kernel.questions import (
    Asked,
    Codes,
    Judge,
    demand_answers,
    one_of,
    some_of,
    truth,
    whole,
    words,
)

CODES = Codes("missing", "unknown", "unfit")


@pytest.mark.parametrize(
    ("judge", "right", "wrong"),
    [
        (whole(1, 5), [1, 5], [0, 6, True, "3", 2.0, None]),
        (words(3), ["x", "xyz"], ["", "  ", "wxyz", "x\x00", 1, ["x"], None]),
        (one_of(["a", "b"]), ["a", "b"], ["c", "", None, ["a"], 1]),
        (some_of(["a", "b"]), [["a"], ["b", "a"]], [[], ["c"], ["a", "a"], "a", [["a"]], {}]),
        (truth(), [True, False], [0, 1, "yes", None]),
    ],
    ids=["whole", "words", "one", "some", "truth"],
)
def test_a_judge_knows_what_an_answer_is(judge: Judge, right: list[Any], wrong: list[Any]) -> None:
    assert [judge.fits(answer) for answer in right] == [True] * len(right)
    assert [judge.fits(answer) for answer in wrong] == [False] * len(wrong)


def test_each_wrong_answer_is_told_with_what_would_be_one() -> None:
    asked = {"a": Asked(whole(1, 5), required=True), "b": Asked(truth(), required=False)}
    demand_answers(asked, {"a": 1}, CODES)
    with pytest.raises(Invalid) as refused:
        demand_answers(asked, {"c/d~": 1, "b": 0}, CODES)
    assert [(fault.pointer, fault.code, fault.message) for fault in refused.value.faults] == [
        ("/answers/c~1d~0", "unknown", "nobody asked that"),
        ("/answers/a", "missing", "this has to be answered"),
        ("/answers/b", "unfit", "true or false"),
    ]
    assert refused.value.code == "unknown"


def test_of_answers_without_number_a_hundred_are_told_and_none_in_full() -> None:
    with pytest.raises(Invalid) as refused:
        demand_answers({}, {f"{n}{'x' * 99}": 1 for n in range(1000)}, CODES)
    assert len(refused.value.faults) == 100
    assert {len(fault.pointer) for fault in refused.value.faults} == {len("/answers/") + 64}
