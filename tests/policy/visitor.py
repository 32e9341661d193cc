"""One caller, trying every way in, and noting where the answer is not what the tables say."""

import json
from collections.abc import Collection
from functools import cache
from typing import Any

from crmkit.kernel import ids
from crmkit.kernel.access import Policy, Scope
from crmkit.service import services
from crmkit.testing.house import Caller
from tests.policy.exhibit import NEEDLE, Exhibit, Write
from tests.policy.exhibits import EXHIBITS
from tests.policy.model import hidden_fields, may, reach, sees, untold
from tests.policy.seeds import Stance, stances

Seeded = list[tuple[Stance, dict[str, Any]]]
_WRONG_VERSION = {"if-match": '"99"'}
"""Refused after the policy has been asked, so that nothing changes while all look."""


@cache
def policy_of(service: str) -> Policy:
    (found,) = services([service])
    return found.policy


class Visitor:
    """One caller trying every way to the records of one aggregate."""

    def __init__(self, aggregate: str, caller: Caller, roles: tuple[str, ...]) -> None:
        self.aggregate = aggregate
        self.exhibit: Exhibit = EXHIBITS[aggregate]
        self.policy = policy_of(self.exhibit.service)
        self.caller = caller
        self.roles = roles
        self.hidden = hidden_fields(self.policy, aggregate, roles)
        self.wrong: list[str] = []

    async def look(self, ours: Seeded, theirs: Seeded) -> None:
        for stance, row in ours:
            await self._try_record(row, stance.name, self._sees(stance))
            await self._try_writes(row, stance)
        for stance, row in theirs:
            await self._try_record(row, f"{stance.name}, of another tenant", False)
            await self._try_writes(row, None)
        await self._try_graphql(ours, theirs)
        await self._try_lists({str(row["id"]) for stance, row in ours if self._sees(stance)})

    def _sees(self, stance: Stance) -> bool:
        return sees(self.policy, self.aggregate, self.roles, stance)

    def _expect(self, what: str, expected: Any, found: Any) -> None:
        if expected != found:
            who = "+".join(self.roles) or "nobody"
            self.wrong.append(f"{who}: {what}: expected {expected}, found {found}")

    async def _try_record(self, row: dict[str, Any], name: str, seen: bool) -> None:
        path = f"{self.exhibit.path}/{row['id']}"
        got = await self.caller.get(path)
        self._expect(f"get {name}", 200 if seen else 404, got.status_code)
        if seen and got.status_code == 200:
            self._expect_masks(f"get {name}", got.json())
        if self.exhibit.history:
            told = await self.caller.get(f"{path}/history")
            self._expect(f"history of {name}", 200 if seen else 404, told.status_code)
            if seen and told.status_code == 200:
                self._expect_history(name, told.json()["items"])

    async def _try_writes(self, row: dict[str, Any], stance: Stance | None) -> None:
        for write in self.exhibit.writes:
            if stance is None and "{id}" not in write.path:
                continue
            answer = await self.caller.client.request(
                write.method,
                write.path.format(**row),
                json=None if write.method == "DELETE" else write.body,
                headers=_WRONG_VERSION,
            )
            expected = self._refusals(write, stance)
            what = f"{write.method} {write.path} {stance.name if stance else 'of another tenant'}"
            found = answer.status_code
            self._expect(what, expected, expected if found in expected else found)

    def _refusals(self, write: Write, stance: Stance | None) -> tuple[int, ...]:
        if stance is None or not self._sees(stance):
            return write.hidden
        allowed = may(self.policy, self.aggregate, self.roles, write.action, stance)
        return (412,) if allowed else (403,)

    async def _try_lists(self, expected: set[str]) -> None:
        readable = reach(self.policy, self.aggregate, self.roles, "read") is not Scope.NONE
        queries = ["limit=200&count=exact", *([f"q={NEEDLE}"] if self.exhibit.search else [])]
        for query in queries:
            answer = await self.caller.get(f"{self.exhibit.path}?{query}")
            self._expect(f"list ?{query}", 200 if readable else 403, answer.status_code)
            if answer.status_code == 200:
                items = answer.json()["items"]
                self._expect(f"list ?{query}", expected, {item["id"] for item in items})
                self._expect("total", len(expected), answer.json().get("total", len(expected)))
                for item in items:
                    self._expect_masks("list", item)
        await self._try_connection(readable, expected)

    async def _try_connection(self, readable: bool, expected: set[str]) -> None:
        query = f"{{ {self.exhibit.many}(first: 50) {{ nodes {{ {self._selection()} }} }} }}"
        answer = await self.caller.graphql(self.exhibit.service, query)
        found = (answer.get("data") or {}).get(self.exhibit.many)
        self._expect("GraphQL list", readable, found is not None)
        if found is not None:
            self._expect("GraphQL list", expected, {node["id"] for node in found["nodes"]})
            for node in found["nodes"]:
                self._expect_masks("GraphQL list", self._as_rest(node))
        else:
            codes = [error["extensions"]["code"] for error in answer["errors"]]
            self._expect("GraphQL list", ["forbidden"], codes)

    async def create(self) -> None:
        if self.exhibit.new is None:
            return
        body = json.dumps(self.exhibit.new).replace("{fresh}", str(ids.new()))
        answer = await self.caller.post(
            self.exhibit.path, content=body, headers={"content-type": "application/json"}
        )
        least = stances(self.exhibit.cls)[0].least
        able = reach(self.policy, self.aggregate, self.roles, "create").value >= least.value
        self._expect("create", 201 if able else 403, answer.status_code)
        if answer.status_code == 201:
            self._expect_masks("create", answer.json())

    async def _try_graphql(self, ours: Seeded, theirs: Seeded) -> None:
        """All records in one document, so that they are loaded together."""
        rows = {str(row["id"]): self._sees(stance) for stance, row in ours}
        rows |= {str(row["id"]): False for _, row in theirs}
        asked = (
            f'n{n}: {self.exhibit.one}(id: "{row_id}") {{ {self._selection()} }}'
            for n, row_id in enumerate(rows)
        )
        answer = await self.caller.graphql(self.exhibit.service, f"{{ {' '.join(asked)} }}")
        self._expect("GraphQL errors", None, answer.get("errors"))
        nodes = [*(answer.get("data") or {}).values()]
        found = [node and node["id"] for node in nodes]
        self._expect("GraphQL", [i if seen else None for i, seen in rows.items()], found)
        for node in filter(None, nodes):
            self._expect_masks("GraphQL", self._as_rest(node))

    def _selection(self) -> str:
        return " ".join(("id", *self.exhibit.masked.values()))

    def _as_rest(self, node: dict[str, Any]) -> dict[str, Any]:
        return {name: node[field.split()[0]] for name, field in self.exhibit.masked.items()}

    def _expect_masks(self, where: str, record: dict[str, Any], more: Collection[str] = ()) -> None:
        hidden = self.hidden.union(more)
        for name in self.exhibit.masked:
            self._expect(f"{where}: {name} hidden", name in hidden, record[name] is None)

    def _expect_history(self, name: str, entries: list[dict[str, Any]]) -> None:
        self._expect(f"history of {name}: entries", 1, len(entries))
        private = untold(self.aggregate)
        for entry in entries:
            self._expect_masks(f"history of {name}", entry["state"], private)
            changed = self.exhibit.masked.keys() & entry["changed"].keys()
            told = self.exhibit.masked.keys() - self.hidden - private
            self._expect(f"history of {name}: changes", told, changed)
