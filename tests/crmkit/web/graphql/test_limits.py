from typing import Any

import pytest

from tests.crmkit.web.graphql.shop import ITEM_ID, Ask, StandInEdge

ITEM = f'item(id: "{ITEM_ID}")'


def nested(levels: int) -> str:
    return f"{{ {ITEM} {'{ again ' * (levels - 2)} {{ id }} {'}' * (levels - 2)} }}"


def aliased(count: int) -> str:
    inner = " ".join(f"a{n}: name" for n in range(count))
    return f"{{ {ITEM} {{ {inner} }} }}"


def roots(count: int) -> str:
    return f"{{ {'one ' * count} }}"


def tokens(count: int) -> str:
    """All but the texts of the list are 17 tokens."""
    texts = '"x" ' * (count - 17)
    return f"mutation {{ change(input: {{ tags: [{texts}] }}) {{ __typename }} }}"


def wide(count: int) -> str:
    return f"{{ {ITEM} {{ {'id ' * count} }} }}"


def costly(first: str) -> str:
    """1 + 100 x (1 for nodes + 1 for owner + 1 + `first` for parts)."""
    parts = f"parts(first: {first}) {{ nodes {{ id }} }}"
    return f"{{ items(first: 100) {{ nodes {{ owner {{ id }} {parts} }} }} }}"


def introspecting(count: int) -> str:
    inner = " ".join(f"a{n}: types {{ name }}" for n in range(count))
    return f"{{ __schema {{ {inner} }} }}"


def page(first: int) -> str:
    return f"{{ items(first: {first}) {{ nodes {{ id }} }} }}"


def fanned(levels: int) -> str:
    """Each fragment spreads the next one twice, with an alias at the end: 2 ** levels of them."""
    spreads = " ".join(
        f"fragment F{n} on Item {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)
    )
    return f"{{ {ITEM} {{ ...F0 }} }} {spreads} fragment F{levels} on Item {{ x: name }}"


async def refused(ask: Ask, edge: StandInEdge, query: str, **variables: Any) -> None:
    status, answer = await ask(query, **variables)
    assert status == 400
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "LIMIT_EXCEEDED"}]
    assert "data" not in answer
    assert edge.resolved == []


@pytest.mark.parametrize(
    "query",
    [
        nested(8),
        aliased(15),
        roots(10),
        tokens(1000),
        costly("6"),
        page(100),
        fanned(3),
        wide(200),
    ],
    ids=[
        "depth",
        "aliases",
        "roots",
        "tokens",
        "cost",
        "page",
        "fragments",
        "width",
    ],
)
async def test_what_reaches_a_limit_is_answered(ask: Ask, query: str) -> None:
    status, answer = await ask(query)
    assert (status, answer.get("errors")) == (200, None)


@pytest.mark.parametrize(
    "query",
    [
        nested(9),
        aliased(16),
        introspecting(16),
        roots(11),
        tokens(1001),
        costly("7"),
        page(101),
        fanned(4),
        fanned(60),
        wide(201),
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ one " + "@skip(if: true) " * 1000 + "}",
        "{ " + "one " * 10_000 + "}",
        "{ one " * 250 + "}" * 250,
        "{ ...on Query " * 70 + "{ one }" + "}" * 70,
        "#" * 60_000 + "\n{ one }",
    ],
    ids=[
        "depth",
        "aliases",
        "introspection",
        "roots",
        "tokens",
        "cost",
        "page",
        "fragments",
        "fragment_bomb",
        "width",
        "fragment_cycle",
        "directives",
        "duplicates",
        "nested_sets",
        "nested_fragments",
        "length",
    ],
)
async def test_what_exceeds_a_limit_is_refused_before_anything_is_resolved(
    ask: Ask, edge: StandInEdge, query: str
) -> None:
    await refused(ask, edge, query)


async def test_a_page_asked_for_by_variable_counts_as_what_it_is(
    ask: Ask, edge: StandInEdge
) -> None:
    query = f"query Q($n: Int! = 6) {costly('$n')}"
    assert (await ask(query))[0] == 200
    assert (await ask(query, n=6))[0] == 200
    edge.resolved.clear()
    await refused(ask, edge, query, n=7)
    await refused(ask, edge, query, n=101)
    await refused(ask, edge, query, n=7.0)


async def test_a_variable_that_is_not_given_counts_as_what_is_run_without_it(
    ask: Ask, edge: StandInEdge
) -> None:
    query = f"query Q($n: Int) {costly('$n')}"
    await refused(ask, edge, query)
    status, answer = await ask(query, n=6)
    assert (status, answer.get("errors")) == (200, None)


async def test_a_list_without_pages_counts_ten_times(ask: Ask, edge: StandInEdge) -> None:
    query = "{{ items(first: {}) {{ nodes {{ loose {{ again {{ id }} }} }} }} }}"
    assert (await ask(query.format(83)))[0] == 200
    edge.resolved.clear()
    await refused(ask, edge, query.format(84))


async def test_aliases_in_a_fragment_spread_often_count_each_time(
    ask: Ask, edge: StandInEdge
) -> None:
    fragment = "fragment F on Item { a: name b: name }"
    assert (await ask(f"{{ {ITEM} {{ {'...F ' * 7} }} }} {fragment}"))[0] == 200
    edge.resolved.clear()
    await refused(ask, edge, f"{{ {ITEM} {{ {'...F ' * 8} }} }} {fragment}")
