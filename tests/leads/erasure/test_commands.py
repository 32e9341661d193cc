"""Who may erase somebody, what goes with them, and what they can be written of afterwards."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.events.leads_erasure import ErasureRecorded, ErasureState
from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.erasure.consumers import look_again
from services.leads.erasure.domain import MOST_RECORDS
from tests.leads.capture_samples import QUESTION
from tests.leads.erasure_samples import GROUND, a_lead_of, somebody
from tests.leads.inbound_samples import Sender, new_endpoint
from tests.leads.samples import hear, made, new_account, new_contact, new_lead, qualified_lead


@pytest.fixture
async def admin(login: Login) -> Caller:
    return await login("leads", "admin")


async def erased(caller: Caller, path: str) -> dict[str, Any]:
    return await made(caller, f"{path}/erase", GROUND)


async def shown(caller: Caller, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await caller.get(path)).json()
    return answer


async def test_a_lead_that_was_erased_tells_of_nobody(admin: Caller) -> None:
    lead = await new_lead(admin, contact_name="王静", email="jing@acme.example", need="Soon")
    path = f"/v1/leads/{lead['id']}"
    gone = await erased(admin, path)
    names = ("company", "contact_name", "email", "need", "source", "status", "version")
    assert [gone[name] for name in names] == ["", "", None, "", "web", "new", 2]
    assert gone["erased_at"] == gone["updated_at"]
    latest, first = (await shown(admin, f"{path}/history"))["items"]
    assert (latest["type"], latest["erased"]) == ("lead.erased.v1", False)
    assert latest["changed"] == {"erased_at": [None, gone["erased_at"]]}
    assert (first["erased"], first["state"]["email"], first["state"]["source"]) == (
        True,
        None,
        "web",
    )
    past = await shown(admin, f"{path}?as_of={lead['created_at']}")
    assert (past["version"], past["contact_name"], past["source"]) == (1, "", "web")
    found = (await shown(admin, "/v1/leads?q=王静"))["items"]
    assert found == []


async def test_messages_of_others_stay_whole_however_alike_their_names_are(
    admin: Caller, anybody: httpx.AsyncClient
) -> None:
    """Each is of somebody, in JSON with and without escapes, and became no lead."""
    sender = Sender(anybody, await new_endpoint(admin))
    for name in ("王静", "王静静", "Al", "Alan"):
        for plain in (True, False):
            said = {"data": {"people": [{"name": name}], "phone": "x"}}
            body = json.dumps(said, ensure_ascii=plain).encode()
            assert (await sender.send(body)).status_code == 422
    for name in ("王静", "Al"):
        lead = await new_lead(admin, contact_name=name)
        await erased(admin, f"/v1/leads/{lead['id']}")
    kept = [each["body"] for each in (await shown(admin, "/v1/inbound-messages"))["items"]]
    left = [json.loads(body)["data"]["people"][0]["name"] for body in kept if body]
    assert sorted(left) == ["Alan", "Alan", "王静静", "王静静"]


async def test_whoever_was_erased_is_erased_once(admin: Caller) -> None:
    lead = await new_lead(admin)
    path = f"/v1/leads/{lead['id']}"
    assert await erased(admin, path) == await erased(admin, path)
    (entry,) = (await shown(admin, "/v1/erasures"))["items"]
    assert entry["records"] == entry["events"] == 1
    call = {"kind": "call", "subject": "王静", "lead_id": lead["id"]}
    later = await made(admin, "/v1/activities/log", call)
    again = await erased(admin, path)
    assert again["version"] >= 2
    assert (await shown(admin, f"/v1/activities/{later['id']}"))["subject"] == ""
    assert len((await shown(admin, "/v1/erasures"))["items"]) == 2


@pytest.mark.parametrize("kind", ["lead", "account"])
async def test_what_came_in_while_somebody_was_erased_goes_at_a_second_look_and_nothing_later(
    house: House, admin: Caller, kind: str
) -> None:
    person = await (new_lead(admin) if kind == "lead" else new_account(admin))
    await erased(admin, f"/v1/{kind}s/{person['id']}")
    call = {"kind": "call", "subject": "王静", f"{kind}_id": person["id"]}
    path = f"/v1/activities/{(await made(admin, '/v1/activities/log', call))['id']}"
    (entry,) = (await shown(admin, "/v1/erasures"))["items"]
    for minutes, subject, entries in ((2, "王静", 1), (0, "", 2), (0, "", 2)):
        told = clock.now() - timedelta(minutes=minutes)
        await hear(house, look_again, recorded(admin, entry, told))
        assert (await shown(admin, path))["subject"] == subject
        assert len((await shown(admin, "/v1/erasures"))["items"]) == entries


def recorded(caller: Caller, entry: dict[str, Any], at: datetime) -> ErasureRecorded:
    kept = ("kind", "reason", "reference", "records", "events")
    known: dict[str, Any] = {name: entry[name] for name in kept}
    known |= {name: UUID(entry[name]) for name in ("id", "subject_id", "owner_id")}
    state = ErasureState(**known, team=entry["team"])
    tenant = caller.actor.tenant_id
    return ErasureRecorded(ids.new(), tenant, state.id, 1, at, at, "m", None, None, state, {})


@pytest.mark.parametrize("role", ["sales_director", "marketing", "auditor", "partner"])
async def test_only_administrators_erase(login: Login, admin: Caller, role: str) -> None:
    lead = await new_lead(admin)
    other = await login("leads", role)
    answer = await other.post(f"/v1/leads/{lead['id']}/erase", json=GROUND)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await shown(admin, f"/v1/leads/{lead['id']}"))["company"] == "Acme"
    status = (await other.get("/v1/erasures")).status_code
    assert status == (200 if role == "auditor" else 403)


async def test_an_erasure_has_a_ground_and_hits_the_version_it_names(admin: Caller) -> None:
    lead = await new_lead(admin)
    path = f"/v1/leads/{lead['id']}/erase"
    for body in ({}, {"reason": "spite", "reference": "1"}, {"reason": "request", "reference": ""}):
        assert (await admin.post(path, json=body)).status_code == 422
    stale = await admin.post(path, json=GROUND, headers={"if-match": '"7"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 1)
    right = await admin.post(path, json=GROUND, headers={"if-match": '"1"'})
    assert (right.status_code, right.headers["etag"]) == (200, '"2"')


async def test_the_register_says_who_erased_and_why_and_names_nobody(admin: Caller) -> None:
    lead = await new_lead(admin, contact_name="王静")
    await erased(admin, f"/v1/leads/{lead['id']}")
    (entry,) = (await shown(admin, f"/v1/erasures?subject_id={lead['id']}"))["items"]
    told = {name: entry[name] for name in ("kind", "subject_id", "reason", "reference")}
    assert told == {"kind": "lead", "subject_id": lead["id"], **GROUND}
    assert entry["owner_id"] == str(admin.actor.member_id)
    assert await shown(admin, f"/v1/erasures/{entry['id']}") == entry
    (born,) = (await shown(admin, f"/v1/erasures/{entry['id']}/history"))["items"]
    assert (born["type"], born["erased"]) == ("erasure.recorded.v1", False)
    assert "王静" not in str(born)


async def test_a_contact_goes_with_the_leads_that_became_them_and_those_with_them(
    admin: Caller,
) -> None:
    lead = await qualified_lead(admin, contact_name="王静", phone="13800138000")
    twin = await new_lead(admin, contact_name="王静")
    await made(admin, f"/v1/leads/{lead['id']}/merge", {"source_ids": [twin["id"]]})
    account = await new_account(admin)
    deal = {"account_id": account["id"], "contact": True}
    lead = await made(admin, f"/v1/leads/{lead['id']}/convert", deal)
    stranger = await new_contact(admin, account, name="李雷")
    gone = await erased(admin, f"/v1/contacts/{lead['contact_id']}")
    assert (gone["name"], gone["phone"]) == ("", None)
    for each in (lead, twin):
        assert (await shown(admin, f"/v1/leads/{each['id']}"))["contact_name"] == ""
    kept = await shown(admin, f"/v1/contacts/{stranger['id']}")
    assert (kept["name"], kept["erased_at"]) == ("李雷", None)
    assert (await shown(admin, f"/v1/accounts/{account['id']}"))["name"] == "Acme"
    unmerged = await admin.post(f"/v1/leads/{lead['id']}/unmerge")
    assert unmerged.status_code == 409


async def test_a_merge_that_was_erased_cannot_be_undone(admin: Caller) -> None:
    lead, twin = await new_lead(admin), await new_lead(admin)
    await made(admin, f"/v1/leads/{lead['id']}/merge", {"source_ids": [twin["id"]]})
    await erased(admin, f"/v1/leads/{twin['id']}")
    answer = await admin.post(f"/v1/leads/{lead['id']}/unmerge")
    assert (answer.status_code, answer.json()["code"]) == (409, "lead.merge_forgotten")


async def test_who_was_put_away_is_erased_as_well(admin: Caller) -> None:
    contact = await new_contact(admin, await new_account(admin))
    path = f"/v1/contacts/{contact['id']}"
    await admin.delete(path)
    assert (await erased(admin, path))["name"] == ""
    restored = await made(admin, f"{path}/restore", {})
    assert (restored["name"], restored["erased_at"] is not None) == ("", True)
    unknown = await admin.post(f"/v1/contacts/{ids.new()}/erase", json=GROUND)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "contact.not_found")


async def test_nothing_about_them_is_written_again(admin: Caller) -> None:
    lead = await new_lead(admin)
    path = f"/v1/leads/{lead['id']}"
    await erased(admin, path)
    named = await admin.patch(path, json={"contact_name": "王静"}, headers={"if-match": '"2"'})
    assert (named.status_code, named.json()["code"]) == (409, "lead.erased")
    owner = {"owner_id": str(admin.actor.member_id), "product": "S5"}
    moved = await admin.patch(path, json=owner, headers={"if-match": '"2"'})
    assert (moved.status_code, moved.json()["product"]) == (200, "S5")
    reason = await admin.post(f"{path}/disqualify", json={"reason": "王静 is gone"})
    assert reason.json()["code"] == "lead.erased"


async def test_a_retry_of_what_they_wrote_is_answered_without_them(admin: Caller) -> None:
    body = {"company": "Acme", "source": "web", "contact_name": "王静"}
    headers = {"idempotency-key": "first"}
    lead = (await admin.post("/v1/leads", json=body, headers=headers)).json()
    await erased(admin, f"/v1/leads/{lead['id']}")
    again = await admin.post("/v1/leads", json=body, headers=headers)
    assert (again.status_code, again.json()["id"], again.json()["contact_name"]) == (
        201,
        lead["id"],
        "",
    )


async def test_a_number_that_was_erased_is_nobodys(admin: Caller) -> None:
    first = await made(admin, "/v1/enquiries", QUESTION)
    await erased(admin, f"/v1/leads/{first['lead_id']}")
    second = await made(admin, "/v1/enquiries", QUESTION)
    assert second["lead_id"] != first["lead_id"]


async def test_the_account_that_conversion_named_after_them_goes_with_them(admin: Caller) -> None:
    lead = await qualified_lead(admin, company="王静", contact_name="王静", phone="13800138000")
    lead = await made(admin, f"/v1/leads/{lead['id']}/convert", {"contact": True})
    path = f"/v1/accounts/{lead['account_id']}"
    told = {"kind": "call", "subject": "王静", "account_id": lead["account_id"]}
    call = await made(admin, "/v1/activities/log", told)
    await erased(admin, f"/v1/contacts/{lead['contact_id']}")
    account = await shown(admin, path)
    assert (account["name"], account["erased_at"] is not None) == ("", True)
    assert (await shown(admin, f"/v1/activities/{call['id']}"))["subject"] == ""
    assert (await shown(admin, f"{path}/history"))["items"][-1]["state"]["name"] == ""
    named = await admin.patch(
        path, json={"name": "王静"}, headers={"if-match": f'"{account["version"]}"'}
    )
    assert (named.status_code, named.json()["code"]) == (409, "account.erased")
    (*_, told_last) = await admin.emitted(UUID(lead["id"]))
    assert told_last == "lead.erased.v1"
    latest = (await shown(admin, f"/v1/leads/{lead['id']}/history"))["items"][0]
    assert latest["state"]["deal_erased"] is True


async def test_an_account_where_other_people_are_is_none_of_a_persons(admin: Caller) -> None:
    """Somebody has written down the company for whom to call there."""
    lead = await qualified_lead(admin, contact_name="Acme")
    lead = await made(admin, f"/v1/leads/{lead['id']}/convert", {"contact": True})
    path = f"/v1/accounts/{lead['account_id']}"
    await new_contact(admin, {"id": lead["account_id"]}, name="李雷")
    await erased(admin, f"/v1/leads/{lead['id']}")
    assert (await shown(admin, path))["name"] == "Acme"


async def test_a_company_that_somebody_gives_as_a_contacts_name_is_no_person(admin: Caller) -> None:
    account = await new_account(admin, name="Acme")
    contact = await new_contact(admin, account, name="Acme")
    await erased(admin, f"/v1/contacts/{contact['id']}")
    assert (await shown(admin, f"/v1/accounts/{account['id']}"))["name"] == "Acme"
    lead = await qualified_lead(admin, contact_name="Acme")  # of an account that was there before
    await made(admin, f"/v1/leads/{lead['id']}/convert", {"account_id": account["id"]})
    await erased(admin, f"/v1/leads/{lead['id']}")
    assert (await shown(admin, f"/v1/accounts/{account['id']}"))["name"] == "Acme"


async def test_who_was_erased_becomes_no_customer(admin: Caller) -> None:
    lead = await qualified_lead(admin, contact_name="王静")
    await erased(admin, f"/v1/leads/{lead['id']}")
    refused = await admin.post(f"/v1/leads/{lead['id']}/convert", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "lead.erased")


async def test_a_deal_under_their_name_is_told_of_and_any_other_is_not(admin: Caller) -> None:
    account = await new_account(admin)
    for company, is_theirs in (("王静", True), ("Acme", False)):
        lead = await qualified_lead(admin, company=company, contact_name="王静")
        deal = {"account_id": account["id"]}
        await made(admin, f"/v1/leads/{lead['id']}/convert", deal)
        await erased(admin, f"/v1/leads/{lead['id']}")
        latest = (await shown(admin, f"/v1/leads/{lead['id']}/history"))["items"][0]
        assert latest["state"]["deal_erased"] is is_theirs
    assert (await shown(admin, f"/v1/accounts/{account['id']}"))["name"] == "Acme"


async def test_an_account_that_is_a_person_is_erased_with_all_that_is_theirs(
    admin: Caller,
) -> None:
    account = await new_account(admin, name="静静工作室")
    contact = await new_contact(admin, account, name="王静")
    lead = await qualified_lead(admin, contact_name="小王")
    await made(admin, f"/v1/leads/{lead['id']}/convert", {"account_id": account["id"]})
    gone = await erased(admin, f"/v1/accounts/{account['id']}")
    assert (gone["name"], gone["erased_at"]) == ("", gone["updated_at"])
    assert (await shown(admin, f"/v1/contacts/{contact['id']}"))["name"] == ""
    assert (await shown(admin, f"/v1/leads/{lead['id']}"))["contact_name"] == ""
    (entry,) = (await shown(admin, f"/v1/erasures?subject_id={account['id']}"))["items"]
    assert (entry["kind"], entry["records"]) == ("account", 3)


async def test_graphql_erases_as_rest_does(admin: Caller) -> None:
    lead = await a_lead_of(admin, somebody())
    contact = await new_contact(admin, await new_account(admin))
    account = await new_account(admin)
    for name, each in (("Lead", lead), ("Contact", contact), ("Account", account)):
        query = f"""mutation($id: UUID!, $of: Int!) {{ erase{name}(id: $id, expectedVersion: $of,
          input: {{reason: REQUEST, reference: "1"}}) {{
            ... on {name} {{ id erasedAt }} ... on Problem {{ code }} }} }}"""
        stale = await admin.graphql("leads", query, id=each["id"], of=99)
        assert stale["data"][f"erase{name}"] == {"code": "stale"}
        answer = await admin.graphql("leads", query, id=each["id"], of=each["version"])
        assert answer["data"][f"erase{name}"]["erasedAt"] is not None
    query = '{ erasures(sort: "created_at") { edges { node { kind reason records } } } }'
    answer = await admin.graphql("leads", query)
    found = answer["data"]["erasures"]["edges"]
    assert [each["node"]["kind"] for each in found] == ["LEAD", "CONTACT", "ACCOUNT"]


async def test_more_than_can_be_erased_at_once_is_refused_whole(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await new_lead(admin)
    for _ in range(2):
        await made(admin, "/v1/activities/log", _call(lead))
    monkeypatch.setattr("services.leads.erasure.domain.MOST_RECORDS", 2)
    assert MOST_RECORDS > 2
    answer = await admin.post(f"/v1/leads/{lead['id']}/erase", json=GROUND)
    assert (answer.status_code, answer.json()["code"]) == (409, "erasure.too_large")
    monkeypatch.setattr("services.leads.erasure.domain.MOST_RECORDS", 2000)
    monkeypatch.setattr("crmkit.db.erasing.MOST_EVENTS", 2)
    answer = await admin.post(f"/v1/leads/{lead['id']}/erase", json=GROUND)
    assert answer.json()["code"] == "erasure.too_large"
    assert await admin.emitted(UUID(lead["id"])) == ["lead.created.v1", "lead.worked.v1"]


def _call(lead: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "call", "subject": "x", "lead_id": lead["id"]}
