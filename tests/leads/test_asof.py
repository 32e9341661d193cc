"""Leads and what hangs on them, as of an instant."""

from datetime import datetime
from typing import Any

from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login

_NEW = {"company": "Acme", "contact_name": "Wang", "source": "web"}


async def _instant(caller: Caller, row_id: str, version: int) -> str:
    """When that version of a record was recorded."""
    async with caller.executor.database.lend(caller.actor.tenant_id) as connection:
        found: datetime = await connection.fetchval(
            "select recorded_at from event where aggregate_id = $1 and version = $2",
            row_id,
            version,
        )
    return found.isoformat().replace("+00:00", "Z")


async def _told(login: Login, *changes: dict[str, Any]) -> tuple[Caller, str]:
    """A lead that was changed so many times, and who did it."""
    caller = await login("leads", "sales_rep")
    lead = (await caller.post("/v1/leads", json=_NEW)).json()
    for version, change in enumerate(changes, 1):
        done = await caller.patch(
            f"/v1/leads/{lead['id']}", json=change, headers={"if-match": f'"{version}"'}
        )
        assert done.status_code == 200, done.text
    return caller, lead["id"]


async def test_each_version_is_shown_from_its_instant_to_the_next(login: Login) -> None:
    names = ("Acme", "Beta", "Gamma")
    caller, lead = await _told(login, *({"company": name} for name in names[1:]))
    for version, name in enumerate(names, 1):
        then = await _instant(caller, lead, version)
        shown = (await caller.get(f"/v1/leads/{lead}?as_of={then}")).json()
        assert (shown["company"], shown["version"], shown["updated_at"]) == (name, version, then)
        listed = (await caller.get(f"/v1/leads?as_of={then}&count=exact")).json()
        assert listed["items"] == [shown]
        assert listed["total"] == 1


async def test_what_was_not_there_yet_is_not_found(login: Login) -> None:
    caller, lead = await _told(login)
    before = "2026-01-01T00:00:00Z"
    assert (await caller.get(f"/v1/leads/{lead}?as_of={before}")).status_code == 404
    assert (await caller.get(f"/v1/leads?as_of={before}")).json()["items"] == []
