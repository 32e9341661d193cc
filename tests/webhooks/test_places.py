from uuid import UUID

import pytest

from services.webhooks.delivery.domain import TIMEOUT, Answer
from services.webhooks.places import MOST_EXTRA, QUICK_MS, Places

ONE, *OTHERS = [UUID(int=n) for n in range(5)]
QUICK = Answer(204, "", QUICK_MS)


def earned(*answers: Answer) -> int:
    places = Places()
    for answer in answers:
        places.note(ONE, answer)
    assert places.total == places.extra.get(ONE, 0)
    return places.total


def test_each_quick_answer_earns_a_place_up_to_the_most() -> None:
    assert earned() == 0
    assert earned(QUICK, QUICK) == 2
    assert earned(*[QUICK] * (MOST_EXTRA + 5)) == MOST_EXTRA


@pytest.mark.parametrize(
    "answer",
    [
        Answer(204, "", QUICK_MS + 1),
        Answer(500, "status 500", 1),
        Answer(None, TIMEOUT, 1),
        Answer(None, "blocked_address", 1, final=True),
    ],
)
def test_a_slow_answer_or_a_failure_takes_all_of_them_away(answer: Answer) -> None:
    assert earned(QUICK, QUICK, answer) == 0
    assert earned(QUICK, answer, QUICK) == 1


def test_only_the_four_that_answered_last_have_any() -> None:
    places = Places()
    for endpoint_id in (ONE, *OTHERS[:3], ONE, OTHERS[3]):
        places.note(endpoint_id, QUICK)
    assert places.extra == {OTHERS[1]: 1, OTHERS[2]: 1, ONE: 2, OTHERS[3]: 1}
