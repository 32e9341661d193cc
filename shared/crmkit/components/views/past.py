"""What a view's history tells whom: of each event, those who were shown the view as it left it."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from crmkit.components.views.models import View
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.kernel.access import covers


def since_it_is_shared(
    reading: Reading, view: View, entries: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The newest entries, back to where the view was not shown to the reader, of which no word is
    told, not even what it became; Forbidden for whoever may not read its list."""
    reading.policy.demand(reading.actor, view.resource, "read")
    scope = reading.policy.scope(reading.actor, plan(type(view)).table, "read")

    def is_shown(state: Mapping[str, Any]) -> bool:
        owned = {"owner_id": UUID(state["owner_id"])}
        return covers(scope, reading.actor, SimpleNamespace(**{**state, **owned}))

    told = list(takewhile(lambda entry: is_shown(entry["state"]), entries))
    for entry in told:
        before = {name: pair[0] for name, pair in entry["changed"].items()}
        if not is_shown(entry["state"] | before):
            entry["changed"] = {}
    return told
