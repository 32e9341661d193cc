"""How OpenAPI says that the label of a period looks, beside the periods there are."""

import re
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.fields import label_schema
from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain, parse_period, period_of

days = st.dates(date(1971, 1, 1), date(2198, 12, 1))


@given(day=days, grain=st.sampled_from(Grain))
def test_every_label_is_as_its_description_says(day: date, grain: Grain) -> None:
    label = period_of(day, grain).label
    fitting = [each for each in Grain if re.search(label_schema(each)["pattern"], label)]
    assert fitting == [grain]


@given(label=st.from_regex(label_schema(*Grain)["pattern"], fullmatch=True))
def test_what_looks_like_a_label_and_is_none_is_refused_as_such(label: str) -> None:
    with suppress(Invalid):
        assert parse_period(label).label == label


@pytest.mark.parametrize("label", ["2026", "2026-13", "2026-W54", "2026-Q5", "26-03", "2026-3"])
def test_what_does_not_look_like_one_is_none(label: str) -> None:
    assert not re.search(label_schema(*Grain)["pattern"], label)
    with pytest.raises(Invalid):
        parse_period(label)


def test_an_example_is_a_period() -> None:
    examples = label_schema(*Grain)["examples"]
    assert [parse_period(each).label for each in examples] == examples
