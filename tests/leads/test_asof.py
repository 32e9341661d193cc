"""Leads and what hangs on them, as of an instant."""

from datetime import datetime
from typing import Any

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.samples import hire

_NEW = {"company": "Acme", "contact_name": "Wang", "source": "web"}
LONG_AGO = "2026-01-01T00:00:00Z"


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


async def _instant(caller: Caller, row_id: str, version: int) -> str:
    """When that version of a record was recorded."""
    async with caller.executor.database.lend(caller.actor.tenant_id) as connection:
        found: datetime = await connection.fetchval(
            "select recorded_at from event where aggregate_id = $1 and version = $2",
            row_id,
            version,
        )
    return _text(found)


async def _patched(caller: Caller, path: str, version: int, **change: Any) -> None:
    done = await caller.patch(path, json=change, headers={"if-match": f'"{version}"'})
    assert done.status_code == 200, done.text


async def _told(caller: Caller, *names: str, **more: Any) -> str:
    """A lead that has had these names, one after the other."""
    lead = (await caller.post("/v1/leads", json=_NEW | {"company": names[0]} | more)).json()
    for version, name in enumerate(names[1:], 1):
        await _patched(caller, f"/v1/leads/{lead['id']}", version, company=name)
    return str(lead["id"])


@pytest.fixture
async def rep(login: Login) -> Caller:
    return await login("leads", "sales_rep")


async def test_each_version_is_shown_from_its_instant_to_the_next(rep: Caller) -> None:
    names = ("Acme", "Beta", "Gamma")
    lead = await _told(rep, *names)
    for version, name in enumerate(names, 1):
        then = await _instant(rep, lead, version)
        shown = (await rep.get(f"/v1/leads/{lead}?as_of={then}")).json()
        assert (shown["company"], shown["version"], shown["updated_at"]) == (name, version, then)
        listed = (await rep.get(f"/v1/leads?as_of={then}&count=exact")).json()
        assert listed["items"] == [shown]
        assert listed["total"] == 1
        told = (await rep.get(f"/v1/leads/{lead}/history?as_of={then}")).json()["items"]
        assert [entry["version"] for entry in told] == list(range(version, 0, -1))


async def test_what_was_not_there_yet_is_not_found(rep: Caller) -> None:
    lead = await _told(rep, "Acme")
    assert (await rep.get(f"/v1/leads/{lead}?as_of={LONG_AGO}")).status_code == 404
    assert (await rep.get(f"/v1/leads/{lead}/history?as_of={LONG_AGO}")).status_code == 404
    assert (await rep.get(f"/v1/leads?as_of={LONG_AGO}")).json()["items"] == []


async def test_the_past_of_another_tenant_is_as_unknown_as_its_present(
    login: Login, rep: Caller
) -> None:
    lead = await _told(rep, "Acme", "Beta")
    then = await _instant(rep, lead, 1)
    stranger = await login("leads", "admin", tenant=ids.new())
    for path in (f"/v1/leads/{lead}", f"/v1/leads/{lead}/history"):
        assert (await rep.get(f"{path}?as_of={then}")).status_code == 200
        assert (await stranger.get(f"{path}?as_of={then}")).status_code == 404
    assert (await stranger.get(f"/v1/leads?as_of={then}")).json()["items"] == []


async def test_the_past_has_no_etag_and_is_never_not_modified(rep: Caller) -> None:
    lead = await _told(rep, "Acme", "Beta")
    then = await _instant(rep, lead, 1)
    for version in (1, 2):
        answer = await rep.get(
            f"/v1/leads/{lead}?as_of={then}", headers={"if-none-match": f'"{version}"'}
        )
        assert answer.status_code == 200
        assert "etag" not in answer.headers
        assert answer.json()["company"] == "Acme"
    fields = await rep.get(f"/v1/leads/{lead}?as_of={then}&fields=company")
    assert fields.json() == {"company": "Acme"}


async def test_what_is_deleted_now_was_there_then(rep: Caller) -> None:
    lead = await _told(rep, "Acme")
    await rep.delete(f"/v1/leads/{lead}", headers={"if-match": '"1"'})
    there, gone = await _instant(rep, lead, 1), await _instant(rep, lead, 2)
    assert (await rep.get(f"/v1/leads/{lead}?as_of={there}")).status_code == 200
    assert (await rep.get(f"/v1/leads/{lead}?as_of={gone}")).status_code == 404
    assert len((await rep.get(f"/v1/leads?as_of={there}")).json()["items"]) == 1
    assert (await rep.get(f"/v1/leads?as_of={gone}")).json()["items"] == []


async def test_filters_and_search_look_at_what_was_then(rep: Caller) -> None:
    lead = await _told(rep, "Acme", "Beta")
    then = await _instant(rep, lead, 1)
    for asked, found in (("q=acme", 1), ("q=beta", 0), ("status=new", 1), ("status=won", None)):
        answer = await rep.get(f"/v1/leads?{asked}&as_of={then}")
        if found is None:
            assert answer.status_code == 400
        else:
            assert len(answer.json()["items"]) == found, asked


@pytest.mark.parametrize("sort", ["company", "-company", "-received_at", "updated_at,-company"])
async def test_pages_of_the_past_make_one_whole_list(rep: Caller, sort: str) -> None:
    leads = [await _told(rep, f"A{n}") for n in range(7)]
    then = _text(clock.now())
    for n, lead in enumerate(leads[:4]):
        await _patched(rep, f"/v1/leads/{lead}", 1, company=f"Z{9 - n}")
    await _told(rep, "later")
    whole = (await rep.get(f"/v1/leads?sort={sort}&as_of={then}&count=exact")).json()
    assert whole["total"] == 7
    assert sorted(item["company"] for item in whole["items"]) == [f"A{n}" for n in range(7)]
    paged, link = [], f"/v1/leads?sort={sort}&as_of={then}&limit=3&count=estimated"
    while link:
        answer = await rep.get(link)
        assert answer.status_code == 200, answer.text
        paged += answer.json()["items"]
        link = answer.links.get("next", {}).get("url", "")
    assert paged == whole["items"]


async def test_a_cursor_is_good_for_its_own_instant_alone(rep: Caller) -> None:
    for n in range(3):
        await _told(rep, f"A{n}")
    then, later = _text(clock.now()), _text(clock.now())
    cursor = (await rep.get(f"/v1/leads?limit=1&as_of={then}")).json()["next_cursor"]
    assert (await rep.get(f"/v1/leads?as_of={then}&cursor={cursor}")).status_code == 200
    for other in ("", f"&as_of={later}"):
        answer = await rep.get(f"/v1/leads?cursor={cursor}{other}")
        assert answer.json()["code"] == "cursor.invalid"


async def test_who_may_see_a_record_is_asked_of_the_record_as_it_was(
    house: House, login: Login, rep: Caller
) -> None:
    hired = await hire(house, rep.actor.tenant_id, "cn/west", "West")
    other = await login("leads", "sales_rep", member=hired, team="cn/west")
    director = await login("leads", "sales_director")
    lead = await _told(rep, "Acme")
    given = {"owner_id": str(other.actor.member_id)}
    await _patched(director, f"/v1/leads/{lead}", 1, **given)
    before, after = await _instant(rep, lead, 1), await _instant(rep, lead, 2)
    for caller, seen in ((rep, (200, 404)), (other, (404, 200)), (director, (200, 200))):
        for then, status in zip((before, after), seen, strict=True):
            assert (await caller.get(f"/v1/leads/{lead}?as_of={then}")).status_code == status
            listed = (await caller.get(f"/v1/leads?as_of={then}")).json()["items"]
            assert len(listed) == (status == 200)


async def test_masked_fields_are_masked_in_the_past_too(login: Login) -> None:
    boss, rep = await login("leads", "sales_director"), await login("leads", "sales_rep")
    money = {"amount": "7.00", "currency": "CNY"}
    new = {"name": "Acme", "annual_revenue": money}
    account = (await boss.post("/v1/accounts", json=new)).json()
    await _patched(boss, f"/v1/accounts/{account['id']}", 1, region="east")
    then = await _instant(boss, account["id"], 1)
    path = f"/v1/accounts/{account['id']}?as_of={then}"
    assert (await boss.get(path)).json()["annual_revenue"] == money
    assert (await rep.get(path)).json()["annual_revenue"] is None
    hidden = await rep.get(f"/v1/accounts?annual_revenue_gte=1&as_of={then}")
    assert hidden.json()["code"] == "parameter.unknown"


async def test_a_whole_document_is_read_as_of_one_instant(login: Login) -> None:
    boss = await login("leads", "sales_director")
    account = (await boss.post("/v1/accounts", json={"name": "Old name"})).json()
    new = {"kind": "call", "subject": "First", "account_id": account["id"]}
    planned = await boss.post("/v1/activities", json=new | {"due_at": "2026-12-01T00:00:00Z"})
    call = planned.json()["id"]
    then = await _instant(boss, call, 1)
    await _patched(boss, f"/v1/activities/{call}", 1, subject="Second")
    await _patched(boss, f"/v1/accounts/{account['id']}", 1, name="New name")
    query = """query($id: UUID!) { activity(id: $id) { subject version account { name } }
        activities { nodes { subject account { name } } } }"""
    now = (await boss.graphql("leads", query, id=call))["data"]
    assert now["activity"] == {"subject": "Second", "version": 2, "account": {"name": "New name"}}
    boss.client.headers["as-of"] = then
    found = (await boss.graphql("leads", query, id=call))["data"]
    assert found["activity"] == {"subject": "First", "version": 1, "account": {"name": "Old name"}}
    assert found["activities"]["nodes"] == [{"subject": "First", "account": {"name": "Old name"}}]


async def test_what_an_older_event_does_not_tell_is_as_it_was_before_it_could(
    house: House, rep: Caller
) -> None:
    """`deleted_at` came into the state later; an event without it is of a record that was there."""
    lead = await _told(rep, "Acme")
    then = await _instant(rep, lead, 1)
    async with (await house.system("leads")).system() as connection:
        await connection.execute(
            "with older as (select (data::jsonb #- '{state,deleted_at}')::text as data"
            " from event where aggregate_id = $1)"
            " update event e set data = older.data::json,"
            " digest = sha256(e.salt || convert_to(older.data, 'UTF8'))"
            " from older where aggregate_id = $1",
            lead,
        )
    await rep.delete(f"/v1/leads/{lead}", headers={"if-match": '"1"'})
    assert (await rep.get(f"/v1/leads/{lead}")).status_code == 404
    shown = await rep.get(f"/v1/leads/{lead}?as_of={then}")
    assert shown.json()["company"] == "Acme"


async def test_a_record_that_was_never_there_is_not_waited_for(rep: Caller) -> None:
    answer = await rep.get(
        f"/v1/leads/{ids.new()}?as_of={LONG_AGO}", headers={"prefer": "wait=5"}, timeout=2
    )
    assert answer.status_code == 404
