"""What a request needed goes with it: nobody whom a process serves waits while cycles are looked
for among what others have left."""

import gc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from crmkit.garbage import leave_to_stand
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from crmkit.web.edge import EdgeContext
from crmkit.web.gate import _Exchange
from crmkit.web.graphql.connections import Rows
from crmkit.web.graphql.context import Context

_LEAD = {"company": "Acme", "source": "web"}
_OF_A_REQUEST = (_Exchange, EdgeContext, Context, Rows)


@pytest.fixture
def kept() -> Iterator[list[Any]]:
    """From now on the collector keeps what it finds, and looks at nothing that is there."""
    leave_to_stand()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


async def _ask(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await caller.post(path, json=body)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    assert "errors" not in told
    return told


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/leads", _LEAD),
        ("/graphql/leads", {"query": "{ lead(id: <id>) { company account { name } } }"}),
        ("/graphql/leads", {"query": "{ leads(first: 3) { edges { node { company } } } }"}),
        ("/graphql/leads", {"query": "{ leads(first: 3) { nodes { owner { id } } } }"}),
    ],
)
async def test_what_a_request_needed_goes_without_a_search(
    login: Login, kept: list[Any], path: str, body: dict[str, Any]
) -> None:
    caller = await login("leads", "admin")
    made = await _ask(caller, "/v1/leads", _LEAD)
    asked = {n: v.replace("<id>", f'"{made["id"]}"') for n, v in body.items()}
    await _ask(caller, path, asked)  # what is kept of a document is made with the first
    gc.collect()
    kept.clear()
    await _ask(caller, path, asked)
    gc.collect()
    left = Counter(type(each).__name__ for each in kept if isinstance(each, _OF_A_REQUEST))
    assert not left
