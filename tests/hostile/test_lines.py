"""Each line of bad input is in a table, or in a named test, for every door it can come to."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import cases_graphql, cases_inbound, cases_requests
from tests.hostile.cases_doors import ERRANDS, KNOCKS, TOKENS
from tests.hostile.cases_requests import VERSIONS
from tests.hostile.cases_values import VALUES
from tests.hostile.lines import (
    ALL,
    ASKED,
    BY_TOKEN,
    DOORS,
    ELSEWHERE,
    FILES,
    GRAPHQL,
    INBOUND,
    LINES,
    REST,
)
from tests.hostile.test_inbound import is_sent_here

_ROOT = Path(__file__).parents[2]
Place = tuple[int, str]


def _tried() -> Iterator[Place]:
    """Line and door of each case of the tables, as their tests have them come in."""
    for value in VALUES:
        yield from ((value.line, door) for door in ASKED)
        if value.cell:
            yield value.line, FILES
        if is_sent_here(value):
            yield value.line, INBOUND
    yield from ((body.line, door) for body in cases_requests.BODIES for door in ALL)
    yield from ((file.line, FILES) for file in cases_requests.FILES)
    for asked in cases_requests.LISTS:
        yield asked.line, REST
        if asked.arguments:
            yield asked.line, GRAPHQL
    for exchange in (*cases_requests.HEADERS, *cases_requests.PATHS):
        yield exchange.line, REST
    yield from ((36, REST) for _ in VERSIONS)
    for graphql in (cases_graphql.TOO_MUCH, cases_graphql.NONE, cases_graphql.WAYS):
        yield from ((case.line, GRAPHQL) for case in graphql)
    yield from ((case.line, INBOUND) for case in cases_inbound.DELIVERIES)
    yield from ((knock.line, door) for knock in KNOCKS for door in knock.doors)
    yield from ((token.line, door) for token in TOKENS for door in BY_TOKEN)
    yield from ((errand.line, errand.door) for errand in ERRANDS)


TRIED = Counter(_tried())
WANTED = {(line, door) for line, doors in DOORS.items() for door in doors}


def _missing(tried: set[Place]) -> set[Place]:
    return WANTED - tried - ELSEWHERE.keys()


def test_every_line_is_tried_at_every_door_where_it_makes_sense() -> None:
    assert DOORS.keys() == LINES.keys()
    assert _missing(set(TRIED)) == set()
    assert {line for line, _ in TRIED} <= LINES.keys()


@pytest.mark.parametrize("place", [(29, FILES), (1, INBOUND), (41, GRAPHQL), (34, REST)])
def test_a_line_nobody_tries_at_a_door_is_found(place: Place) -> None:
    assert _missing(set(TRIED) - {place}) == {place}


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_line_held_elsewhere_is_held_by_a_test_that_is_there(place: Place) -> None:
    path, name = ELSEWHERE[place]
    assert name in (_ROOT / path).read_text(), LINES[place[0]]


def test_no_two_values_are_one() -> None:
    names = [case.name for case in VALUES]
    assert len(names) == len(set(names))
