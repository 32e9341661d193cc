"""A walk through a list, while others write, meets each record that stays put exactly once."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from crmkit.db.listing import Listing
from crmkit.testing.house import House
from tests.hostile.conftest import Size
from tests.hostile.machines import Story, demand_wrong, play

_PATH = "/v1/leads"
_QUERY = """query($first: Int!, $after: String, $sort: String) {
  leads(first: $first, after: $after, sort: $sort) {
    nodes { id } pageInfo { hasNextPage endCursor } } }"""
orders = st.sampled_from(
    ["-received_at", "received_at", "company", "-company", "-company,received_at"]
)


@dataclass
class Walk:
    """What must be met, and what has been met so far."""

    sort: str
    limit: int
    by_graphql: bool
    expected: set[str]
    met: Counter[str] = field(default_factory=Counter)
    cursor: str | None = None
    over: bool = False


class Pages(Story):
    def __init__(self) -> None:
        super().__init__()
        self.admin = self.caller("leads", "admin")
        self.leads: dict[str, int] = {}
        self.moved: set[str] = set()
        self.walks: list[Walk] = []
        self.create_some(["a", "b", "b", "c"])

    @rule(companies=st.lists(st.sampled_from("abcd"), min_size=1, max_size=6))
    def create_some(self, companies: list[str]) -> None:
        """By one statement, so that many share their instant."""
        rows = [{"data": {"company": company, "source": "web"}} for company in companies]
        answer = self.wait(self.admin.post(f"{_PATH}/batch", json={"rows": rows}))
        for row in answer.json()["rows"]:
            assert row["status"] == 201
            self.leads[row["id"]] = 1

    @precondition(lambda self: self.leads)
    @rule(data=st.data(), company=st.sampled_from("abcd"))
    def rename_one(self, data: st.DataObject, company: str) -> None:
        """Where the walk is by name, it may meet this one again, or not at all."""
        found = data.draw(st.sampled_from(sorted(self.leads)))
        headers = {"if-match": f'"{self.leads[found]}"'}
        sent = self.admin.patch(f"{_PATH}/{found}", json={"company": company}, headers=headers)
        self.leads[found] = self.wait(sent).json()["version"]
        for walk in self.walks:
            if "company" in walk.sort:
                walk.expected.discard(found)
                self.moved.add(found)

    @precondition(lambda self: self.leads)
    @rule(data=st.data())
    def delete_one(self, data: st.DataObject) -> None:
        found = data.draw(st.sampled_from(sorted(self.leads)))
        assert self.wait(self.admin.delete(f"{_PATH}/{found}")).status_code == 204
        del self.leads[found]
        for walk in self.walks:
            walk.expected.discard(found)

    @precondition(lambda self: len(self.walks) < 3)
    @rule(sort=orders, limit=st.integers(1, 5), by_graphql=st.booleans())
    def begin(self, sort: str, limit: int, by_graphql: bool) -> None:
        self.walks.append(Walk(sort, limit, by_graphql, set(self.leads)))

    @precondition(lambda self: self.walks)
    @rule(data=st.data(), pages=st.integers(1, 4))
    def go_on(self, data: st.DataObject, pages: int) -> None:
        walk = data.draw(st.sampled_from(self.walks))
        for _ in range(pages):
            if not walk.over:
                page = self._by_graphql(walk) if walk.by_graphql else self._by_rest(walk)
                walk.met.update(page)
                walk.over = walk.cursor is None
        if walk.over:
            self._finish(walk)

    def _by_rest(self, walk: Walk) -> list[str]:
        asked = {"sort": walk.sort, "limit": str(walk.limit)}
        asked |= {"cursor": walk.cursor} if walk.cursor else {}
        body = self.wait(self.admin.get(_PATH, params=asked)).json()
        walk.cursor = body["next_cursor"]
        return [item["id"] for item in body["items"]]

    def _by_graphql(self, walk: Walk) -> list[str]:
        variables: dict[str, Any] = {"first": walk.limit, "after": walk.cursor, "sort": walk.sort}
        page = self.wait(self.admin.graphql("leads", _QUERY, **variables))["data"]["leads"]
        info = page["pageInfo"]
        walk.cursor = info["endCursor"] if info["hasNextPage"] else None
        return [node["id"] for node in page["nodes"]]

    def _finish(self, walk: Walk) -> None:
        self.walks.remove(walk)
        assert walk.expected <= walk.met.keys()

    @invariant()
    def nothing_that_stays_put_is_met_twice(self) -> None:
        for walk in self.walks:
            twice = {found for found, times in walk.met.items() if times > 1}
            assert twice <= self.moved

    def end(self) -> None:
        for walk in [*self.walks]:
            while not walk.over:
                walk.met.update(
                    self._by_rest(walk) if not walk.by_graphql else self._by_graphql(walk)
                )
                walk.over = walk.cursor is None
                self.nothing_that_stays_put_is_met_twice()
            self._finish(walk)


@pytest.mark.slow
async def test_a_walk_meets_what_stays_put_exactly_once(house: House, size: Size) -> None:
    await play(Pages, house, size.settings(30, 20))


async def test_a_cursor_that_stands_too_late_misses_what_is_alike(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a page that begins one record too late."""
    place = Listing._place

    def late(self: Listing, *args: Any) -> list[Any]:
        *values, last = place(self, *args)
        return [*values, type(last)(int=(1 << 128) - 1)]

    monkeypatch.setattr(Listing, "_place", late)
    await demand_wrong(Pages, house)
