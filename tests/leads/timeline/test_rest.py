from typing import Any

import pytest

from crmkit.db.reading import Reading
from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.leads.timeline import queries
from services.leads.timeline.domain import TimelineKind
from tests.leads.samples import HISTORY, INTENT, made, new_account, new_contact, new_lead

MONTHS = [f"2026-0{month}-01T00:00:00Z" for month in range(1, 10)]


async def lead_of(caller: Caller, account: dict[str, Any], when: str) -> dict[str, Any]:
    body = {"company": "Lead", "source": "web"}
    lead = await made(caller, "/v1/leads", body, occurred_at=when)
    path = f"/v1/leads/{lead['id']}"
    await made(caller, f"{path}/qualify", INTENT, occurred_at=when)
    return await made(caller, f"{path}/convert", {"account_id": account["id"]}, occurred_at=when)


async def call(caller: Caller, account: dict[str, Any], when: str) -> dict[str, Any]:
    body = {"kind": "call", "subject": "First call", "account_id": account["id"]}
    return await made(caller, "/v1/activities/log", body, occurred_at=when)


async def diligence(caller: Caller, account: dict[str, Any], when: str) -> dict[str, Any]:
    body = {"account_id": account["id"], "reason": "Credit"}
    return await made(caller, "/v1/due-diligence", body, occurred_at=when)


async def life(caller: Caller) -> dict[str, Any]:
    """An account of which there is something of each kind to tell."""
    body = {"name": "Acme", "lifecycle": "customer"}
    account = await made(caller, "/v1/accounts", body, occurred_at=MONTHS[0])
    await lead_of(caller, account, MONTHS[1])
    await call(caller, account, MONTHS[2])
    await diligence(caller, account, MONTHS[3])
    why = {"reason": "Closed"}
    await made(caller, f"/v1/accounts/{account['id']}/lose", why, occurred_at=MONTHS[4])
    await new_contact(caller, account)
    return account


async def told(caller: Caller, account: dict[str, Any], **asked: Any) -> list[dict[str, Any]]:
    answer = await caller.get(f"/v1/accounts/{account['id']}/timeline", params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_all_that_happened_with_an_account_is_one_list(director: Caller) -> None:
    account = await life(director)
    await lead_of(director, await new_account(director), MONTHS[1])
    planned = {"kind": "visit", "subject": "Later", "due_at": MONTHS[8]}
    await made(director, "/v1/activities", planned | {"account_id": account["id"]})
    entries = await told(director, account)
    assert [(e["kind"], e["title"], e["status"]) for e in entries] == [
        ("contact", "王静", None),
        ("account", None, None),
        ("due_diligence", "Credit", "requested"),
        ("activity", "First call", "call"),
        ("lead", "Lead", "converted"),
        ("account", None, None),
    ]
    assert [entry["at"] for entry in entries[1:]] == [MONTHS[n] for n in (4, 3, 2, 1, 0)]
    lost, opened = entries[1], entries[5]
    assert (lost["type"], lost["actor"]) == ("account.lifecycle_changed.v1", director.actor.name)
    assert lost["changed"]["lifecycle"] == ["customer", "lost"]
    assert (opened["type"], opened["changed"]) == ("account.created.v1", {})


async def test_each_kind_is_told_alone(director: Caller) -> None:
    account = await life(director)
    for kind, count in zip(TimelineKind, (2, 1, 1, 1, 1), strict=True):
        entries = await told(director, account, kind=kind.value)
        assert [entry["kind"] for entry in entries] == [kind.value] * count
    refused = await director.get(f"/v1/accounts/{account['id']}/timeline?kind=deal")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "field.enum")


@pytest.mark.parametrize("limit", [1, 2, 4])
async def test_pages_make_one_whole_list(director: Caller, limit: int) -> None:
    account = await new_account(director)
    for _ in range(3):  # at one instant, so that the ids decide
        await call(director, account, MONTHS[2])
        await diligence_and_cancel(director, account)
    whole, paged = await told(director, account), []
    link = f"/v1/accounts/{account['id']}/timeline?limit={limit}"
    while link:
        answer = await director.get(link)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= limit
        paged += answer.json()["items"]
        link = answer.links.get("next", {}).get("url", "")
    assert paged == whole
    assert len(whole) == 7


async def diligence_and_cancel(caller: Caller, account: dict[str, Any]) -> None:
    asked = await diligence(caller, account, MONTHS[2])
    await made(caller, f"/v1/due-diligence/{asked['id']}/cancel", {})


async def test_a_cursor_is_good_for_its_own_timeline_alone(director: Caller) -> None:
    account, other = await life(director), await life(director)
    path = f"/v1/accounts/{account['id']}/timeline"
    cursor = (await director.get(f"{path}?limit=1")).json()["next_cursor"]
    assert len(await told(director, account, cursor=cursor)) == 5
    elsewhere = f"/v1/accounts/{other['id']}/timeline"
    for asked in (
        f"{elsewhere}?cursor={cursor}",
        f"{path}?kind=lead&cursor={cursor}",
        f"{path}?cursor={cursor}&as_of={clock.now().isoformat().replace('+00:00', 'Z')}",
        f"{path}?cursor=x",
        f"{path}?cursor=",
        f"{path}?cursor={cursor[:-4]}AAAA",
    ):
        refused = await director.get(asked)
        assert (refused.status_code, refused.json()["code"]) == (400, "cursor.invalid"), asked


async def test_everybody_is_told_what_they_may_see(login: Login, director: Caller) -> None:
    account = await life(director)
    seller, auditor = await login("leads", "sales_rep"), await login("leads", "auditor")
    finance, partner = await login("leads", "finance"), await login("leads", "partner")
    await call(await login("leads", "sales_rep", scopes=[HISTORY]), account, MONTHS[5])
    mine = await made(
        seller, "/v1/activities/log", {"kind": "demo", "subject": "x", "account_id": account["id"]}
    )
    entries = await told(seller, account)
    assert [entry["kind"] for entry in entries] == ["account", "activity", "account", "account"]
    assert entries[1]["id"] == mine["id"]
    assert len(await told(auditor, account)) == 9
    assert {entry["kind"] for entry in await told(finance, account)} == {
        "account",
        "contact",
        "due_diligence",
    }
    assert await told(finance, account, kind="lead") == []
    stranger = await login("leads", "admin", tenant=ids.new())
    for nobody in (partner, stranger):
        answer = await nobody.get(f"/v1/accounts/{account['id']}/timeline")
        assert (answer.status_code, answer.json()["code"]) == (404, "account.not_found")


async def test_a_change_of_what_one_does_not_see_is_not_told(
    login: Login, director: Caller
) -> None:
    account, seller = await new_account(director), await login("leads", "sales_rep")
    change = {"annual_revenue": {"amount": "5.00", "currency": "CNY"}, "industry": "steel"}
    path = f"/v1/accounts/{account['id']}"
    await director.patch(path, json=change, headers={"if-match": '"1"'})
    for caller, hidden in ((director, False), (seller, True)):
        newest = (await told(caller, account))[0]
        assert newest["changed"]["industry"] == ["", "steel"]
        assert ("annual_revenue" in newest["changed"]) is not hidden


async def test_a_timeline_is_read_as_of_an_instant(director: Caller) -> None:
    account = await life(director)
    contact = await new_contact(director, account, name="Old name")
    then = clock.now().isoformat().replace("+00:00", "Z")
    before = await told(director, account)
    path = f"/v1/contacts/{contact['id']}"
    await director.patch(path, json={"name": "New name"}, headers={"if-match": '"1"'})
    await call(director, account, MONTHS[6])
    assert await told(director, account) != before
    assert await told(director, account, as_of=then) == before


async def test_what_is_put_away_is_not_told(director: Caller) -> None:
    account = await new_account(director)
    contact = await new_contact(director, account)
    assert len(await told(director, account)) == 2
    await director.delete(f"/v1/contacts/{contact['id']}")
    assert [entry["kind"] for entry in await told(director, account)] == ["account"]


@pytest.mark.parametrize("kind", queries.BRANCHES)
def test_each_kind_is_a_range_of_an_index(kind: TimelineKind) -> None:
    branch = queries.BRANCHES[kind]
    indexes: Any = branch.cls.__table__.indexes  # type: ignore[attr-defined]  # SQLModel sets it
    columns = [[column.name for column in index.columns] for index in indexes]
    assert ["tenant_id", "account_id", branch.at, "id"] in columns


async def test_no_table_is_scanned_for_a_timeline(director: Caller) -> None:
    parts = tuple(queries._parts(director_reading(director), None))
    sql = f"explain {queries._sql(parts, True)}"
    given = (director.actor.tenant_id, ids.new(), director.actor.member_id, "", clock.now())
    async with director.executor.database.lend(director.actor.tenant_id) as connection:
        lines = [row[0] for row in await connection.fetch(sql, *given, ids.new(), 51)]
    assert [line for line in lines if "Seq Scan" in line] == []
    assert sum("Index Scan" in line for line in lines) > len(queries.BRANCHES)


def director_reading(caller: Caller) -> Any:
    executor = caller.executor
    return Reading(executor.database, executor.policy, caller.actor, clock.now())


async def test_a_lead_that_is_not_the_accounts_is_not_told(director: Caller) -> None:
    account = await new_account(director)
    await new_lead(director)
    assert [entry["kind"] for entry in await told(director, account)] == ["account"]
