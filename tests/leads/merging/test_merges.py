"""线索合并 several leads become one, and several again."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.kernel import clock, ids
from crmkit.kernel.actor import system
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.followup.commands import advance_follow_up
from tests.leads.capture_samples import QUESTION, VISIT
from tests.leads.followup.test_rest import PLANS, STEPS, a_template
from tests.leads.pool_samples import claimed, new_pool, pooled_lead, refusal, seller_of
from tests.leads.questionnaire.test_rest import drawn_up
from tests.leads.samples import HISTORY, made, new_lead, qualified_lead

BUDGET = {"amount": "9.00", "currency": "CNY"}
ABOUT = ("activities", "enquiries", "follow-ups", "visitor-surveys", "visits")
NOT_TOLD = {"version", "updated_at", "merged_from"}


async def merged(caller: Caller, target: Any, *sources: Any, **more: Any) -> dict[str, Any]:
    body = {"source_ids": [each["id"] for each in sources], **more}
    return await made(caller, f"/v1/leads/{target['id']}/merge", body)


async def shown(caller: Caller, lead: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await caller.get(f"/v1/leads/{lead['id']}")).json()
    return found


async def called(caller: Caller, lead: Any) -> dict[str, Any]:
    call = {"kind": "call", "subject": "Hello", "lead_id": lead["id"]}
    return await made(caller, "/v1/activities/log", call)


async def about(caller: Caller, lead: Any) -> set[str]:
    found = (await caller.get(f"/v1/activities?lead_id={lead['id']}")).json()["items"]
    return {each["id"] for each in found}


async def counted(caller: Caller, lead: Any) -> dict[str, int]:
    """How many records of each kind are about a lead."""
    counts = {}
    for plural in ABOUT:
        answer = await caller.get(f"/v1/{plural}?lead_id={lead['id']}&count=exact")
        counts[plural] = answer.json()["total"]
    return counts


async def test_leads_go_into_one_with_what_was_done_about_them(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target = await new_lead(seller, contact_name="Li")
    one = await new_lead(seller, company="ACME", phone="13800138000", budget=BUDGET)
    two = await new_lead(seller, company="Acme Inc", need="a line", phone="13900139000")
    calls = {(await called(seller, one))["id"], (await called(seller, two))["id"]}
    choices = [{"field": "company", "lead_id": two["id"]}]
    now = await merged(seller, target, one, two, field_choices=choices)
    assert (now["company"], now["contact_name"], now["phone"]) == ("Acme Inc", "Li", "13800138000")
    assert (now["need"], now["budget"], now["status"]) == ("a line", BUDGET, "new")
    assert now["merged_from"] == [one["id"], two["id"]]
    assert now == await shown(seller, target)
    assert await about(seller, target) == calls
    for source in (one, two):
        gone = await shown(seller, source)
        assert (gone["status"], gone["merged_into"]) == ("merged", target["id"])
        assert (await seller.emitted(source["id"]))[-1] == "lead.absorbed.v1"
    assert (await seller.emitted(target["id"]))[-1] == "lead.merged.v1"


async def test_a_dry_run_shows_the_lead_that_would_be_and_writes_nothing(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target, source = await new_lead(seller), await new_lead(seller, need="a line")
    would = await merged(seller, target, source, dry_run=True)
    assert would["need"] == "a line"
    assert await shown(seller, target) == target
    assert await shown(seller, source) == source
    assert (await merged(seller, target, source))["need"] == would["need"]


async def test_an_undone_merge_leaves_all_as_it_was(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target, source = await new_lead(seller), await qualified_lead(seller, phone="13800138000")
    before = [await shown(seller, each) for each in (target, source)]
    call = await called(seller, source)
    await merged(seller, target, source)
    await made(seller, f"/v1/leads/{target['id']}/unmerge", {})
    after = [await shown(seller, each) for each in (target, source)]
    for was, now in zip(before, after, strict=True):
        same = {name: now[name] for name in was if name not in NOT_TOLD}
        assert same == {name: value for name, value in was.items() if name not in NOT_TOLD}
    assert await about(seller, source) == {call["id"]}
    assert (await seller.emitted(target["id"]))[-1] == "lead.unmerged.v1"
    assert (await seller.emitted(source["id"]))[-1] == "lead.released.v1"


async def test_all_that_is_about_a_lead_goes_with_it_and_comes_back(login: Login) -> None:
    director = await login("leads", "sales_director")
    target, source = await new_lead(director), await new_lead(director, phone=VISIT["phone"])
    visit = await made(director, "/v1/visits", VISIT)
    await made(director, "/v1/enquiries", QUESTION | {"phone": VISIT["phone"]})
    sheet = await drawn_up(director)
    answers = {"questionnaire_id": sheet["id"], "answers": {"heard": "电视"}}
    await made(director, "/v1/visitor-surveys", answers | {"lead_id": source["id"]})
    await called(director, source)
    template = await a_template(director)
    await made(director, PLANS, {"template_id": template["id"], "lead_id": source["id"]})
    assert visit["lead_id"] == source["id"]
    assert await counted(director, source) == dict.fromkeys(ABOUT, 1)
    await merged(director, target, source)
    assert await counted(director, source) == dict.fromkeys(ABOUT, 0)
    assert await counted(director, target) == dict.fromkeys(ABOUT, 1)
    again = await made(director, "/v1/visits", VISIT)
    assert (again["lead_id"], again["is_first"]) == (target["id"], False)
    await made(director, f"/v1/leads/{target['id']}/unmerge", {})
    assert await counted(director, source) == dict.fromkeys(ABOUT, 1)
    assert await counted(director, target) == dict.fromkeys(ABOUT, 0) | {"visits": 1}


async def test_one_follow_up_by_a_template_runs_on_when_leads_become_one(login: Login) -> None:
    director = await login("leads", "sales_director")
    target, source = await new_lead(director), await new_lead(director)
    template = await a_template(director, steps=[STEPS[0] | {"after_days": 0}])
    plans = {}
    for lead in (target, source):
        wanted = {"template_id": template["id"], "lead_id": lead["id"]}
        plans[lead["id"]] = (await made(director, PLANS, wanted))["id"]
    call = Call(system(director.actor.tenant_id))
    await director.executor.write(call, advance_follow_up, UUID(plans[source["id"]]))
    await merged(director, target, source)

    async def standing(lead: Any) -> tuple[Any, ...]:
        plan = (await director.get(f"{PLANS}/{plans[lead['id']]}")).json()
        return plan["status"], plan["stop_reason"], plan["lead_id"]

    assert await standing(target) == ("running", None, target["id"])
    assert await standing(source) == ("stopped", "lead_closed", target["id"])
    (step,) = (await director.get(f"/v1/activities?lead_id={target['id']}")).json()["items"]
    assert step["status"] == "cancelled"
    await made(director, f"/v1/leads/{target['id']}/unmerge", {})
    assert await standing(source) == ("running", None, source["id"])
    (back,) = (await director.get(f"/v1/activities?lead_id={source['id']}")).json()["items"]
    assert (back["id"], back["status"]) == (step["id"], "planned")
    emitted = await director.emitted(plans[source["id"]])
    assert emitted[-2:] == ["follow_up_plan.stopped.v1", "follow_up_plan.moved.v1"]


async def test_what_somebody_stopped_after_a_merge_stays_stopped_when_it_is_undone(
    login: Login,
) -> None:
    director = await login("leads", "sales_director")
    target, source = await new_lead(director), await new_lead(director)
    wanted = {"template_id": (await a_template(director))["id"], "lead_id": source["id"]}
    plan = f"{PLANS}/{(await made(director, PLANS, wanted))['id']}"
    await merged(director, target, source)
    await made(director, f"{plan}/stop", {})
    await made(director, f"/v1/leads/{target['id']}/unmerge", {})
    left = (await director.get(plan)).json()
    assert (left["status"], left["lead_id"]) == ("stopped", source["id"])


async def test_steps_that_were_planned_after_a_merge_come_back_with_their_follow_up(
    login: Login,
) -> None:
    director = await login("leads", "sales_director")
    target, source = await new_lead(director), await new_lead(director)
    template = await a_template(director, steps=[STEPS[0] | {"after_days": 0}])
    wanted = {"template_id": template["id"], "lead_id": source["id"]}
    plan = await made(director, PLANS, wanted)
    await merged(director, target, source)
    call = Call(system(director.actor.tenant_id))
    await director.executor.write(call, advance_follow_up, UUID(plan["id"]))
    (step,) = (await director.get(f"/v1/activities?lead_id={target['id']}")).json()["items"]
    await made(director, f"/v1/leads/{target['id']}/unmerge", {})
    assert await about(director, source) == {step["id"]}
    stopped = await made(director, f"{PLANS}/{plan['id']}/stop", {})
    (left,) = (await director.get(f"/v1/activities?lead_id={source['id']}")).json()["items"]
    assert (stopped["lead_id"], left["status"]) == (source["id"], "cancelled")


async def test_leads_that_went_into_another_are_put_away_and_come_back_with_it(
    login: Login,
) -> None:
    seller = await login("leads", "sales_rep")
    target, source, first = [await new_lead(seller) for _ in range(3)]
    await merged(seller, source, first)
    await merged(seller, target, source)
    assert (await seller.delete(f"/v1/leads/{target['id']}")).status_code == 204
    for gone in (target, source, first):
        assert (await seller.get(f"/v1/leads/{gone['id']}")).status_code == 404
    alone = await seller.post(f"/v1/leads/{source['id']}/restore")
    assert (alone.status_code, alone.json()["code"]) == (409, "lead.merged")
    assert alone.json()["merged_into"] == target["id"]
    await made(seller, f"/v1/leads/{target['id']}/restore", {})
    assert [(await shown(seller, each))["status"] for each in (source, first)] == ["merged"] * 2
    assert (await seller.emitted(first["id"]))[-2:] == ["lead.deleted.v1", "lead.restored.v1"]
    await made(seller, f"/v1/leads/{target['id']}/unmerge", {})
    assert (await shown(seller, source))["status"] == "new"


async def test_a_claimed_lead_whose_time_ran_out_in_a_merge_is_protected_anew(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant, HISTORY)
    pool_id = await new_pool(director, member)
    source, target = {"id": await pooled_lead(director, pool_id)}, await new_lead(director)
    long_ago = (clock.now() - timedelta(days=30)).isoformat()
    await made(member, f"/v1/leads/{source['id']}/claim", {}, occurred_at=long_ago)
    await merged(director, target, source)
    await made(director, f"/v1/leads/{target['id']}/unmerge", {})
    assert (await shown(director, source))["recycle_at"] > clock.now().isoformat()


async def test_nobody_is_followed_up_or_asked_as_a_lead_that_went_into_another(
    login: Login,
) -> None:
    director = await login("leads", "sales_director")
    target, source = await new_lead(director), await new_lead(director)
    template, sheet = await a_template(director), await drawn_up(director)
    await merged(director, target, source)
    lead = {"lead_id": source["id"]}
    refused = [
        await director.post(PLANS, json=lead | {"template_id": template["id"]}),
        await director.post(
            "/v1/visitor-surveys",
            json=lead | {"questionnaire_id": sheet["id"], "answers": {"heard": "电视"}},
        ),
    ]
    assert [each.json()["code"] for each in refused] == ["lead.merged"] * 2


async def test_what_was_changed_after_a_merge_stays_when_it_is_undone(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target = await new_lead(seller)
    source = await new_lead(seller, need="a line", phone="13800138000")
    now = await merged(seller, target, source)
    path, version = f"/v1/leads/{target['id']}", {"if-match": f'"{now["version"]}"'}
    await seller.patch(path, json={"need": "two lines"}, headers=version)
    late = await called(seller, target)
    undone = await made(seller, f"{path}/unmerge", {})
    assert (undone["need"], undone["phone"]) == ("two lines", None)
    assert await about(seller, target) == {late["id"]}


async def test_merges_are_undone_from_the_last_one_back(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target, one, two = [await new_lead(seller, company=f"Acme {n}") for n in range(3)]
    await merged(seller, target, one)
    await merged(seller, target, two)
    path = f"/v1/leads/{target['id']}/unmerge"
    assert (await made(seller, path, {}))["merged_from"] == [one["id"]]
    assert [(await shown(seller, each))["status"] for each in (one, two)] == ["merged", "new"]
    assert (await made(seller, path, {}))["merged_from"] == []
    none = await seller.post(path)
    assert (none.status_code, none.json()["code"]) == (409, "lead.not_merged")


async def test_a_lead_that_went_into_another_takes_no_part_in_anything(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target, source, third = [await new_lead(seller) for _ in range(3)]
    await merged(seller, target, source)
    path = f"/v1/leads/{source['id']}"
    call = {"kind": "call", "subject": "Hello", "lead_id": source["id"]}
    plan = call | {"due_at": "2026-12-01T00:00:00Z"}
    refused = [
        await seller.patch(path, json={"need": "x"}, headers={"if-match": '"2"'}),
        await seller.delete(path),
        await seller.post(f"{path}/merge", json={"source_ids": [third["id"]]}),
        await seller.post(f"{path}/unmerge"),
        await seller.post(f"/v1/leads/{third['id']}/merge", json={"source_ids": [source["id"]]}),
        await seller.post("/v1/activities/log", json=call),
        await seller.post("/v1/activities", json=plan),
    ]
    assert [answer.json()["code"] for answer in refused] == ["lead.merged"] * 7
    assert {answer.json()["merged_into"] for answer in refused} == {target["id"]}
    for action in ("work", "reopen"):
        assert (await seller.post(f"{path}/{action}")).json()["code"] == "lifecycle.illegal"


async def test_a_converted_lead_is_not_merged(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead, other = await qualified_lead(seller), await new_lead(seller)
    await made(seller, f"/v1/leads/{lead['id']}/convert", {})
    for target, source in ((lead, other), (other, lead)):
        body = {"source_ids": [source["id"]]}
        refused = await seller.post(f"/v1/leads/{target['id']}/merge", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "lead.closed")


async def test_one_source_that_cannot_go_keeps_all_where_they_are(login: Login) -> None:
    mine, colleague = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    target, source = await new_lead(mine), await new_lead(mine)
    theirs = await new_lead(colleague)
    for other, code in ((theirs["id"], "lead.not_found"), (str(ids.new()), "lead.not_found")):
        body = {"source_ids": [source["id"], other]}
        refused = await mine.post(f"/v1/leads/{target['id']}/merge", json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, code)
    assert await shown(mine, source) == source
    assert await shown(mine, target) == target


async def test_of_two_merges_of_one_lead_at_once_one_has_it(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    one, two, source = [await new_lead(seller) for _ in range(3)]
    body = {"source_ids": [source["id"]]}
    paths = [f"/v1/leads/{target['id']}/merge" for target in (one, two)]
    answers = await asyncio.gather(*(seller.post(path, json=body) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await seller.emitted(source["id"])).count("lead.absorbed.v1") == 1


async def test_a_call_that_is_logged_during_a_merge_is_lost_nowhere(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target, source = await new_lead(seller), await new_lead(seller)
    call = {"kind": "call", "subject": "Hello", "lead_id": source["id"]}
    body = {"source_ids": [source["id"]]}
    answers = await asyncio.gather(
        seller.post(f"/v1/leads/{target['id']}/merge", json=body),
        *(seller.post("/v1/activities/log", json=call) for _ in range(6)),
    )
    logged = {answer.json()["id"] for answer in answers[1:] if answer.status_code == 201}
    assert answers[0].status_code == 200
    assert await about(seller, target) == logged
    assert await about(seller, source) == set()


async def test_a_merged_lead_is_nobodys_duplicate_and_is_listed_by_where_it_went(
    login: Login,
) -> None:
    seller = await login("leads", "sales_rep")
    target, source = [await new_lead(seller, phone="13800138000") for _ in range(2)]
    await merged(seller, target, source)
    found = (await seller.get(f"/v1/leads/{target['id']}/duplicates")).json()["items"]
    assert found == []
    listed = (await seller.get(f"/v1/leads?merged_into={target['id']}")).json()["items"]
    assert [each["id"] for each in listed] == [source["id"]]


async def test_a_lead_is_found_by_the_number_it_took(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target, source = await new_lead(seller), await new_lead(seller, phone="13800138000")
    await merged(seller, target, source)
    asked = {"leads": [{"phone": "13800138000"}]}

    async def found() -> list[str]:
        answer = await seller.post("/v1/leads/duplicates", json=asked)
        return [each["lead_id"] for each in answer.json()["items"][0]["items"]]

    assert await found() == [target["id"]]
    await made(seller, f"/v1/leads/{target['id']}/unmerge", {})
    assert await found() == [source["id"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"source_ids": []}, "field.too_short"),
        ({"source_ids": ["one"]}, "merge.itself"),
        ({"source_ids": ["two", "two"]}, "merge.itself"),
        (
            {"source_ids": ["two"], "field_choices": [{"field": "need", "lead_id": "three"}]},
            "merge.choice",
        ),
        (
            {"source_ids": ["two"], "field_choices": [{"field": "status", "lead_id": "two"}]},
            "field.enum",
        ),
    ],
)
async def test_a_merge_that_makes_no_sense_is_refused(
    login: Login, body: dict[str, Any], code: str
) -> None:
    seller = await login("leads", "sales_rep")
    leads = [await new_lead(seller) for _ in range(3)]
    text = json.dumps(body)
    for name, lead in zip(("one", "two", "three"), leads, strict=True):
        text = text.replace(f'"{name}"', json.dumps(lead["id"]))
    answer = await seller.post(
        f"/v1/leads/{leads[0]['id']}/merge",
        content=text,
        headers={"content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_graphql_merges_and_undoes(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    target, source = await new_lead(seller), await new_lead(seller, need="a line")
    merge = """
    mutation ($id: UUID!, $input: MergeLeadsInput!) {
      mergeLeads(id: $id, input: $input) {
        ... on Lead { need mergedFrom }
        ... on Problem { code }
      }
    }
    """
    undo = "mutation ($id: UUID!) { unmergeLeads(id: $id) { ... on Lead { need mergedFrom } } }"
    choice = {"field": "NEED", "leadId": source["id"]}
    wanted = {"sourceIds": [source["id"]], "fieldChoices": [choice], "dryRun": True}
    took = {"need": "a line", "mergedFrom": [source["id"]]}
    for dry in (True, False):
        given = wanted | {"dryRun": dry}
        answer = await seller.graphql("leads", merge, id=target["id"], input=given)
        assert answer["data"]["mergeLeads"] == took
    again = await seller.graphql("leads", merge, id=target["id"], input=wanted)
    assert again["data"]["mergeLeads"] == {"code": "lead.merged"}
    answer = await seller.graphql("leads", undo, id=target["id"])
    assert answer["data"]["unmergeLeads"] == {"need": "", "mergedFrom": []}


async def test_who_is_chosen_for_a_merged_lead_has_it_by_the_rules_of_their_pool(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member)
    held = await pooled_lead(director, pool_id)
    clocks = ("owner_id", "team", "pool_id", "claimed_at", "recycle_at", "protected")
    kept = {name: value for name, value in (await claimed(member, held)).items() if name in clocks}
    lying = {"id": await pooled_lead(director, pool_id)}
    free = await new_lead(director)
    choice = [{"field": "owner", "lead_id": held}]
    for target in (free, lying):
        before = await shown(director, target)
        after = await merged(director, target, {"id": held}, field_choices=choice)
        assert {name: after[name] for name in clocks} == kept
        undone = await made(director, f"/v1/leads/{target['id']}/unmerge", {})
        assert {name: undone[name] for name in clocks} == {name: before[name] for name in clocks}
    choice = [{"field": "owner", "lead_id": lying["id"]}]
    after = await merged(director, free, lying, field_choices=choice)
    assert (after["owner_id"], after["pool_id"]) == (pool_id, pool_id)
    assert (await claimed(member, free["id"]))["owner_id"] == kept["owner_id"]


async def test_neither_a_merge_nor_its_undoing_is_a_way_around_a_cap(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    member = await seller_of(house, login, tenant)
    pool_id = await new_pool(director, member, holding_cap=2)
    given_up, one, two = [
        {"id": await pooled_lead(director, pool_id, company=f"Acme {n}")} for n in range(3)
    ]
    await claimed(member, given_up["id"])
    await made(member, f"/v1/leads/{given_up['id']}/disqualify", {"reason": "gone"})
    for lead in (one, two):
        await claimed(member, lead["id"])
    free = await new_lead(director)
    choice = [{"field": "owner", "lead_id": given_up["id"]}]
    body = {"source_ids": [given_up["id"]], "field_choices": choice}
    full = (409, "pool.holding_cap")
    assert await refusal(director, f"/v1/leads/{free['id']}/merge", body) == full
    await merged(director, one, two)
    third = {"id": await pooled_lead(director, pool_id, company="Acme 4")}
    await claimed(member, third["id"])
    assert await refusal(director, f"/v1/leads/{one['id']}/unmerge", {}) == full
    await made(member, f"/v1/leads/{third['id']}/give-back", {"reason": "no_time"})
    await made(director, f"/v1/leads/{one['id']}/unmerge", {})
    assert (await shown(director, two))["status"] == "new"
