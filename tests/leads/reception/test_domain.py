from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from crmkit.kernel.errors import Conflict
from services.leads.reception.domain import (
    EnquiryStatus,
    Ownership,
    demand_open,
    demand_order,
    kept_at,
    ownership,
    visitor_key,
)

LI, WANG = UUID(int=1), UUID(int=2)
MARCH = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
PROTECTED = timedelta(days=7)


@pytest.mark.parametrize(
    "written",
    ["13800000001", "138 0000 0001", "138-0000-0001", "+86 138 0000 0001", "008613800000001"],
)
def test_one_number_is_one_however_it_is_written(written: str) -> None:
    assert visitor_key(written) == "+8613800000001"


@pytest.mark.parametrize(
    ("written", "key"),
    [("+49 30 1234567", "+49301234567"), ("000-0000-0000", "00000000000"), ("1-380", "1380")],
)
def test_a_number_has_its_country_and_what_is_none_its_digits(written: str, key: str) -> None:
    assert visitor_key(written) == key


def test_the_first_registration_wins() -> None:
    first = ownership(None, LI, MARCH, PROTECTED)
    assert first == Ownership(LI, MARCH + PROTECTED)
    assert ownership(first, WANG, MARCH + DAY, PROTECTED) == first
    assert ownership(first, WANG, first.until - timedelta(seconds=1), PROTECTED) == first


def test_who_comes_again_to_the_same_consultant_is_theirs_for_longer() -> None:
    first = ownership(None, LI, MARCH, PROTECTED)
    assert ownership(first, LI, MARCH + DAY, PROTECTED) == Ownership(LI, MARCH + DAY + PROTECTED)
    assert ownership(first, LI, MARCH - DAY, PROTECTED) == first


def test_once_the_protection_is_over_they_belong_to_who_receives_them() -> None:
    first = ownership(None, LI, MARCH, PROTECTED)
    assert ownership(first, WANG, first.until, PROTECTED) == Ownership(
        WANG, first.until + PROTECTED
    )


def test_an_answer_is_in_time_up_to_its_term() -> None:
    assert kept_at(MARCH, MARCH) == MARCH
    assert kept_at(MARCH + timedelta(seconds=1), MARCH) is None


def test_a_question_is_answered_once_and_after_it_was_asked() -> None:
    demand_open(EnquiryStatus.OPEN)
    demand_order(MARCH, MARCH)
    with pytest.raises(Conflict) as refused:
        demand_open(EnquiryStatus.ANSWERED)
    assert refused.value.code == "enquiry.answered"
    with pytest.raises(Conflict) as refused:
        demand_order(MARCH, MARCH - DAY)
    assert refused.value.code == "enquiry.before_received"
