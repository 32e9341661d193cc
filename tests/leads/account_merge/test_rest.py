import asyncio
from functools import wraps
from typing import Any
from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractCompleted
from crmkit.kernel import ids
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from services.leads.account.consumers import make_customer
from services.leads.account.models import Account
from services.leads.account_merge.commands import merge_accounts
from services.leads.account_merge.schemas import MergeAccounts
from services.leads.followup.consumers import follow_signed
from services.leads.survey.consumers import ask_after_completion
from tests.leads.account.test_lifecycle import MAY, contract_signed
from tests.leads.contract_samples import a_contract
from tests.leads.intel.test_intel import NEWS
from tests.leads.samples import (
    hear,
    hire,
    made,
    new_account,
    new_contact,
    new_lead,
    qualified_lead,
)

ASKING: dict[str, dict[str, Any]] = {
    "follow-up": {"steps": [{"after_days": 3, "kind": "call", "subject": "How is it?"}]},
    "survey": {"questions": [{"key": "service", "text": "How was it?", "kind": "scale5"}]},
}
"""What a template of a kind says."""

QUESTIONS = [{"key": "all", "text": "How was it?", "kind": "scale5"}]


async def merged(
    caller: Caller, target: dict[str, Any], *sources: dict[str, Any], **more: Any
) -> dict[str, Any]:
    body = {"sources": [source["id"] for source in sources], **more}
    return await made(caller, f"/v1/accounts/{target['id']}/merge", body)


async def refused(
    caller: Caller, target: dict[str, Any], *sources: str, **more: Any
) -> tuple[int, str]:
    body = {"sources": list(sources), **more}
    answer = await caller.post(f"/v1/accounts/{target['id']}/merge", json=body)
    return answer.status_code, answer.json()["code"]


async def belongings(caller: Caller, account: dict[str, Any]) -> dict[str, int]:
    """How many records of each kind an account has."""
    counts = {}
    for plural, column in (
        ("contacts", "account_id"),
        ("leads", "account_id"),
        ("activities", "account_id"),
        ("leads", "referrer_id"),
        ("due-diligence", "account_id"),
        ("channel-partners", "account_id"),
        ("follow-ups", "account_id"),
        ("surveys", "account_id"),
        ("market-intel", "account_id"),
        ("accounts", "parent_id"),
    ):
        answer = await caller.get(f"/v1/{plural}?{column}={account['id']}&count=exact")
        name = "referred" if column == "referrer_id" else plural
        counts[name] = answer.json()["total"]
    return counts


async def furnished(caller: Caller, **fields: Any) -> dict[str, Any]:
    """An account with one record of each kind."""
    account = await new_account(caller, **fields)
    about = {"account_id": account["id"]}
    await new_contact(caller, account, is_primary=True)
    lead = await qualified_lead(caller)
    await made(caller, f"/v1/leads/{lead['id']}/convert", about)
    await new_lead(caller, referrer_id=account["id"])
    await made(caller, "/v1/activities/log", {"kind": "call", "subject": "Hello"} | about)
    await made(caller, "/v1/due-diligence", about)
    await made(caller, "/v1/channel-partners", {"name": "Agent", "kind": "agent"} | about)
    for kind, more in ASKING.items():
        template = await made(caller, f"/v1/{kind}-templates", {"name": f"{ids.new()}"} | more)
        await made(caller, f"/v1/{kind}s", {"template_id": template["id"]} | about)
    await made(caller, "/v1/market-intel", NEWS | about)
    await new_account(caller, name="Below", parent_id=account["id"])
    return account


async def test_all_that_sources_had_is_the_targets(director: Caller) -> None:
    target, one, two = [await furnished(director, name=name) for name in ("A", "B", "C")]
    after = await merged(director, target, one, two)
    assert (after["id"], after["name"]) == (target["id"], "A")
    assert await belongings(director, target) == {
        "contacts": 3,
        "leads": 3,
        "referred": 3,
        "activities": 3,
        "due-diligence": 3,
        "channel-partners": 3,
        "follow-ups": 3,
        "surveys": 3,
        "market-intel": 3,
        "accounts": 3,
    }
    primary = f"/v1/contacts?account_id={target['id']}&is_primary=true"
    assert len((await director.get(primary)).json()["items"]) == 1
    open_ = f"/v1/due-diligence?account_id={target['id']}&status=requested"
    assert len((await director.get(open_)).json()["items"]) == 1
    for source in (one, two):
        assert set((await belongings(director, source)).values()) == {0}
        assert (await director.emitted(source["id"]))[-1] == "account.merged.v1"
    assert len((await director.get("/v1/accounts?q=A")).json()["items"]) == 1


async def test_a_lead_that_is_the_accounts_and_was_referred_by_it_moves_once(
    director: Caller,
) -> None:
    target, one, two = [await new_account(director, name=name) for name in "ABC"]
    lead = await qualified_lead(director, referrer_id=two["id"])
    await made(director, f"/v1/leads/{lead['id']}/convert", {"account_id": one["id"]})
    told = len(await director.emitted(lead["id"]))
    await merged(director, target, one, two)
    now = (await director.get(f"/v1/leads/{lead['id']}")).json()
    assert (now["account_id"], now["referrer_id"]) == (target["id"], target["id"])
    assert len(await director.emitted(lead["id"])) == told + 1


async def test_what_became_part_of_another_answers_which(login: Login, director: Caller) -> None:
    first, second, third = [await new_account(director, name=name) for name in "ABC"]
    await merged(director, second, first)
    await merged(director, third, second)
    for gone in (first, second):
        answer = await director.get(f"/v1/accounts/{gone['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "account.merged")
        assert answer.json()["merged_into"] == third["id"]
        back = await director.post(f"/v1/accounts/{gone['id']}/restore")
        assert (back.status_code, back.json()["code"]) == (409, "account.merged")
    stranger = await login("leads", "admin", tenant=ids.new())
    for nobody in (stranger, await login("leads", "partner")):
        answer = await nobody.get(f"/v1/accounts/{first['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "account.not_found")
    await director.delete(f"/v1/accounts/{third['id']}")
    gone_for_good = await director.get(f"/v1/accounts/{first['id']}")
    assert gone_for_good.json()["code"] == "account.not_found"


async def test_values_are_chosen_field_by_field(
    house: House, director: Caller, tenant: UUID
) -> None:
    heir = await hire(house, tenant, "cn/west", "Sichuan")
    revenue = {"amount": "7.00", "currency": "EUR"}
    target = await new_account(director, name="Acme", industry="steel", grade="c")
    source = await new_account(
        director,
        name="ACME Ltd",
        industry="",
        grade="a",
        annual_revenue=revenue,
        owner_id=str(heir),
    )
    await new_contact(director, source)
    picked = ("name", "grade", "annual_revenue", "owner_id")
    fields = dict.fromkeys(picked, source["id"]) | {"industry": target["id"]}
    after = await merged(director, target, source, fields=fields)
    shown = (after["name"], after["grade"], after["annual_revenue"], after["industry"])
    assert shown == ("ACME Ltd", "a", revenue, "steel")
    assert (after["owner_id"], after["team"]) == (str(heir), "cn/west")
    (contact,) = (await director.get(f"/v1/contacts?account_id={target['id']}")).json()["items"]
    assert (contact["owner_id"], contact["team"]) == (str(heir), "cn/west")


async def test_an_account_is_as_far_along_as_the_furthest_of_them(director: Caller) -> None:
    target = await new_account(director)
    body = {"name": "Old", "lifecycle": "customer"}
    customer = await made(director, "/v1/accounts", body, occurred_at="2025-05-01T00:00:00Z")
    lost = await new_account(director, lifecycle="lost")
    after = await merged(director, target, lost, customer)
    assert (after["lifecycle"], after["customer_since"]) == ("customer", "2025-05-01T00:00:00Z")
    assert (await director.emitted(target["id"]))[-2:] == [
        "account.updated.v1",
        "account.lifecycle_changed.v1",
    ]


def still(account: dict[str, Any]) -> dict[str, Any]:
    """Without what a worker, that may hear of all this meanwhile, makes of it."""
    moved = {"version", "updated_at", "lifecycle", "lifecycle_at", "contacted_at"}
    return {name: value for name, value in account.items() if name not in moved}


async def test_a_rehearsal_writes_nothing_and_refuses_alike(director: Caller) -> None:
    target, source = await furnished(director), await furnished(director, name="Other")
    fields = {"name": source["id"]}
    path = f"/v1/accounts/{target['id']}"
    before = (await director.get(path)).json()
    would_be = await merged(director, target, source, fields=fields, dry_run=True)
    assert would_be["name"] == "Other"
    assert still((await director.get(path)).json()) == still(before)
    assert (await director.get(f"/v1/accounts/{source['id']}")).status_code == 200
    assert (await belongings(director, source))["contacts"] == 1
    wrong = await refused(director, target, target["id"], dry_run=True)
    assert wrong == (422, "account.merge_sources")
    after = await merged(director, target, source, fields=fields)
    assert still(after) == still(would_be)


async def test_a_merge_that_makes_no_sense_is_refused(
    director: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await new_account(director)
    shop = await new_account(director, parent_id=group["id"])
    other = await furnished(director)
    assert await refused(director, shop, group["id"]) == (409, "account.cycle")
    assert await refused(director, shop, str(ids.new())) == (404, "account.not_found")
    chosen = {"fields": {"name": group["id"]}}
    assert await refused(director, shop, other["id"], **chosen) == (422, "account.merge_fields")
    wrongs: list[dict[str, Any]] = [{"fields": {"currency": other["id"]}}, {"sources": []}]
    for wrong in wrongs:
        assert (await refused(director, shop, other["id"], **wrong))[0] == 422
    stale = await director.post(
        f"/v1/accounts/{shop['id']}/merge",
        json={"sources": [other["id"]]},
        headers={"if-match": '"7"'},
    )
    assert stale.status_code == 412
    monkeypatch.setattr("services.leads.account_merge.domain.MOST_MOVED", 5)
    assert await refused(director, shop, other["id"]) == (409, "account.merge_too_large")
    assert (await director.get(f"/v1/accounts/{other['id']}")).status_code == 200


async def test_only_who_may_change_all_of_them_merges_accounts(
    login: Login, director: Caller
) -> None:
    seller = await login("leads", "sales_rep")
    mine, also_mine, foreign = (
        await new_account(seller),
        await new_account(seller),
        await new_account(director),
    )
    assert await refused(seller, mine, foreign["id"]) == (403, "forbidden")
    assert await refused(seller, foreign, mine["id"]) == (403, "forbidden")
    hidden = {"annual_revenue": also_mine["id"]}
    assert await refused(seller, mine, also_mine["id"], fields=hidden) == (403, "field.masked")
    assert (await merged(seller, mine, also_mine))["id"] == mine["id"]


async def test_two_that_would_swallow_each_other_leave_one(director: Caller) -> None:
    one, two = await furnished(director), await furnished(director)
    answers = await asyncio.gather(
        director.post(f"/v1/accounts/{one['id']}/merge", json={"sources": [two["id"]]}),
        director.post(f"/v1/accounts/{two['id']}/merge", json={"sources": [one["id"]]}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    found = [await director.get(f"/v1/accounts/{each['id']}") for each in (one, two)]
    assert sorted(answer.status_code for answer in found) == [200, 404]


async def test_a_contract_signed_with_what_is_part_of_another_counts_there(
    house: House, director: Caller, tenant: UUID
) -> None:
    target, source = await new_account(director), await new_account(director)
    await merged(director, target, source)
    await hear(house, make_customer, contract_signed(tenant, source["id"], MAY))
    shown = (await director.get(f"/v1/accounts/{target['id']}")).json()
    assert shown["lifecycle"] == "customer"


async def test_graphql_merges_and_rehearses(director: Caller) -> None:
    target, source = await new_account(director), await new_account(director, name="Other")
    mutation = """
    mutation ($id: UUID!, $input: MergeAccountsInput!) {
      mergeAccounts(id: $id, input: $input) {
        ... on Account { id name version } ... on Problem { code }
      }
    }"""
    wanted = {"sources": [source["id"]], "fields": {"name": source["id"]}}
    expected = {"id": target["id"], "name": "Other", "version": 2}
    for more in ({"dryRun": True}, {"dryRun": True}, {}):
        answer = await director.graphql("leads", mutation, id=target["id"], input=wanted | more)
        assert answer["data"] == {"mergeAccounts": expected}
    again = await director.graphql("leads", mutation, id=target["id"], input=wanted)
    assert again["data"] == {"mergeAccounts": {"code": "account.not_found"}}
    query = "query ($id: UUID!) { account(id: $id) { name } }"
    gone = await director.graphql("leads", query, id=source["id"])
    assert gone["data"] == {"account": None}
    assert gone["errors"][0]["extensions"]["code"] == "account.merged"


async def test_a_contact_added_during_a_merge_is_left_behind_nowhere(
    house: House, director: Caller
) -> None:
    target, source = await new_account(director), await new_account(director)
    body = {"account_id": source["id"], "name": "王静"}
    adding: list[asyncio.Task[Any]] = []

    @wraps(merge_accounts)
    async def merge(tx: Tx, account_id: UUID, wanted: MergeAccounts) -> Account:
        after = await merge_accounts(tx, account_id, wanted)
        if not adding:
            adding.append(asyncio.create_task(director.post("/v1/contacts", json=body)))
            await until(written_or_waiting)
        return after

    async def written_or_waiting() -> bool:
        async with (await house.system("leads")).system() as witness:
            waits = "select exists (select from pg_locks where not granted)"
            return adding[0].done() or bool(await witness.fetchval(waits))

    wanted = MergeAccounts(sources=[UUID(source["id"])])
    await director.executor.write(Call(director.actor), merge, UUID(target["id"]), wanted)
    answer = await adding[0]
    assert (answer.status_code, answer.json()["code"]) == (404, "account.not_found")
    assert (await director.get(f"/v1/contacts?account_id={source['id']}")).json()["items"] == []


async def test_what_a_contract_begins_is_about_the_account_there_is_by_now(
    house: House, director: Caller, tenant: UUID
) -> None:
    target, source = await new_account(director), await new_account(director)
    steps = [{"after_days": 30, "kind": "call", "subject": "Hello"}]
    welcome = {"name": "Welcome", "trigger": "contract_signed", "steps": steps}
    await made(director, "/v1/follow-up-templates", welcome)
    asked = {"name": "How", "trigger": "contract_completed", "questions": QUESTIONS}
    await made(director, "/v1/survey-templates", asked)
    await merged(director, target, source)
    signed = a_contract(tenant, account_id=UUID(source["id"]))
    about = (ids.new(), tenant, signed.state.id, 4, signed.occurred_at, signed.recorded_at)
    completed = ContractCompleted(*about, "system", None, None, signed.state, {})
    await hear(house, follow_signed, signed)
    await hear(house, ask_after_completion, completed)
    for plural in ("follow-ups", "surveys"):
        (begun,) = (await director.get(f"/v1/{plural}")).json()["items"]
        assert begun["account_id"] == target["id"]
