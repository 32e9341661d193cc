"""Who a lead becomes: the contact at the account of its deal."""

from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_account, new_contact, qualified_lead

WANG = {"contact_name": "王静", "phone": "138 0013 8000", "email": "wang@hengling.cn"}


async def converted(caller: Caller, lead: dict[str, Any], **deal: Any) -> dict[str, Any]:
    return await made(caller, f"/v1/leads/{lead['id']}/convert", deal)


async def refused(caller: Caller, lead: dict[str, Any], **deal: Any) -> tuple[int, str]:
    answer = await caller.post(f"/v1/leads/{lead['id']}/convert", json=deal)
    return answer.status_code, answer.json()["code"]


async def contacts(caller: Caller, lead: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/v1/contacts?account_id={lead['account_id']}"
    found: list[dict[str, Any]] = (await caller.get(path)).json()["items"]
    return found


async def test_a_leads_contact_becomes_the_first_of_the_new_account(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await converted(seller, await qualified_lead(seller, **WANG), contact=True)
    (contact,) = await contacts(seller, lead)
    assert lead["contact_id"] == contact["id"]
    told = {name: contact[name] for name in ("name", "phone", "email", "is_primary")}
    assert told == {
        "name": "王静",
        "phone": "+8613800138000",
        "email": "wang@hengling.cn",
        "is_primary": True,
    }
    assert await seller.emitted(contact["id"]) == ["contact.created.v1"]
    (last, *_) = (await seller.get(f"/v1/leads/{lead['id']}/history")).json()["items"]
    assert last["state"]["contact_id"] == contact["id"]


async def test_who_asks_for_no_contact_gets_none(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await converted(seller, await qualified_lead(seller, **WANG))
    assert (lead["contact_id"], await contacts(seller, lead)) == (None, [])


async def test_a_lead_without_a_contact_becomes_an_account_without_one(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await converted(seller, await qualified_lead(seller), contact=True)
    assert (lead["contact_id"], await contacts(seller, lead)) == (None, [])
    assert (await converted(seller, lead, contact=True))["version"] == lead["version"]


async def test_what_is_no_number_stays_with_the_lead(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await qualified_lead(seller, **WANG | {"phone": "1-380"})
    (contact,) = await contacts(seller, await converted(seller, lead, contact=True))
    assert (contact["name"], contact["phone"]) == ("王静", None)


async def test_a_contact_joins_those_of_an_account_that_is_there(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await new_account(seller, country="US")
    await new_contact(seller, account, is_primary=True)
    lead = await qualified_lead(seller, **WANG | {"phone": "(202) 555-0143"})
    lead = await converted(seller, lead, account_id=account["id"], contact=True)
    ours = {each["id"]: each for each in await contacts(seller, lead)}
    assert len(ours) == 2
    added = ours[lead["contact_id"]]
    assert (added["phone"], added["is_primary"]) == ("+12025550143", False)


async def test_a_contact_that_is_named_names_the_account(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await new_account(seller)
    contact = await new_contact(seller, account)
    named = {"contact_id": contact["id"], "contact": True}
    lead = await converted(seller, await qualified_lead(seller, **WANG), **named)
    assert (lead["account_id"], lead["contact_id"]) == (account["id"], contact["id"])
    assert len(await contacts(seller, lead)) == 1


async def test_a_contact_is_there_for_the_caller_and_at_the_account(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    account, elsewhere = await new_account(seller), await new_account(seller)
    mine = await new_contact(seller, elsewhere)
    theirs = await new_contact(other, await new_account(other))
    lead = await qualified_lead(seller, **WANG)
    for unseen in (theirs["id"], str(ids.new())):
        assert await refused(seller, lead, contact_id=unseen) == (404, "contact.not_found")
    wrong = {"account_id": account["id"], "contact_id": mine["id"]}
    assert await refused(seller, lead, **wrong) == (422, "lead.contact_elsewhere")


async def test_nobody_is_added_to_an_account_of_somebody_else(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    account, lead = await new_account(other), await qualified_lead(seller, **WANG)
    about = {"account_id": account["id"]}
    assert await refused(seller, lead, **about, contact=True) == (403, "forbidden")
    assert (await converted(seller, lead, **about))["account_id"] == account["id"]


@pytest.mark.parametrize(
    ("first", "again", "is_same"),
    [(True, True, True), (True, False, True), (False, False, True), (False, True, False)],
)
async def test_the_same_contact_is_answered_again_and_one_too_late_refused(
    login: Login, first: bool, again: bool, is_same: bool
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await converted(seller, await qualified_lead(seller, **WANG), contact=first)
    if is_same:
        assert await converted(seller, lead, contact=again) == lead
    else:
        assert await refused(seller, lead, contact=again) == (409, "lifecycle.illegal")
    other = {"contact_id": str(ids.new())}
    assert await refused(seller, lead, **other) == (409, "lifecycle.illegal")
    assert len(await contacts(seller, lead)) == int(first)


async def test_graphql_shows_who_a_lead_became(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await qualified_lead(seller, **WANG)
    convert = """
    mutation ($id: UUID!) {
      convertLead(id: $id, input: {contact: true}) {
        ... on Lead { contactId contact { name isPrimary account { name } } }
      }
    }
    """
    answer = (await seller.graphql("leads", convert, id=lead["id"]))["data"]["convertLead"]
    who = {"name": "王静", "isPrimary": True, "account": {"name": "Acme"}}
    assert answer["contact"] == who
    assert answer["contactId"]
