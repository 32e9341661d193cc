"""Every line of bad input is in a table, in a test that is named, or left out for a reason."""

from pathlib import Path

import pytest

from tests.hostile import cases_graphql, cases_inbound, cases_requests
from tests.hostile.cases import Asked, Body, Document, Exchange, File, Value
from tests.hostile.cases_values import VALUES
from tests.hostile.lines import ELSEWHERE, LEFT, LINES

_ROOT = Path(__file__).parents[2]
_TABLES: list[Value | Body | File | Asked | Exchange | Document | cases_inbound.Delivery] = [
    *VALUES,
    *cases_requests.BODIES,
    *cases_requests.FILES,
    *cases_requests.LISTS,
    *cases_requests.HEADERS,
    *cases_requests.PATHS,
    *cases_graphql.TOO_MUCH,
    *cases_graphql.NONE,
    *cases_graphql.WAYS,
    *cases_inbound.DELIVERIES,
]


def _missing(lines: set[int]) -> set[int]:
    return LINES.keys() - lines - ELSEWHERE.keys() - LEFT.keys()


def test_every_line_is_tried_or_left_out_for_a_reason() -> None:
    assert _missing({case.line for case in _TABLES}) == set()
    assert {case.line for case in _TABLES} <= LINES.keys()


def test_a_line_nobody_tries_is_found() -> None:
    assert _missing({case.line for case in _TABLES if case.line != 29}) == {29}


def test_what_is_left_out_is_tried_nowhere() -> None:
    tried = {case.line for case in _TABLES} | ELSEWHERE.keys()
    assert not tried & LEFT.keys()


@pytest.mark.parametrize("line", ELSEWHERE)
def test_a_line_held_elsewhere_is_held_by_a_test_that_is_there(line: int) -> None:
    path, name = ELSEWHERE[line]
    assert name in (_ROOT / path).read_text(), LINES[line]


def test_no_two_values_are_one() -> None:
    names = [case.name for case in VALUES]
    assert len(names) == len(set(names))
