"""Imports and exports of opportunities: the same component, another room, and GraphQL."""

import json
from typing import Any

import pytest

from crmkit.components.jobs.runner import JobRunner
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.opportunities.opportunity.commands import JOBS
from services.opportunities.pipeline import queries

IMPORTS = "/v1/opportunities/imports"
FILE = "商机名称,金额,币种,预计成交日期\n一号线,1200.00,CNY,2026年12月1日\n二号线,x,CNY,\n".encode()
SHOW = "... on OpportunityJob { id kind state total done } ... on Problem { code }"


async def run_all(house: House, caller: Caller) -> None:
    runner, system = JobRunner(JOBS), await house.system("opportunities")
    while await runner(caller.executor, system):
        pass
    runner.close()


async def bring(caller: Caller) -> dict[str, Any]:
    answer = await caller.post(IMPORTS, content=FILE, headers={"content-type": "text/csv"})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_deals_come_from_a_file_and_go_into_one(house: House, login: Login) -> None:
    seller = await login("opportunities", "sales_rep")
    job = await bring(seller)
    await run_all(house, seller)
    done = (await seller.get(f"{IMPORTS}/{job['id']}")).json()
    assert (done["state"], done["created"], done["refused"]) == ("done", 1, 1)
    (deal,) = (await seller.get("/v1/opportunities")).json()["items"]
    assert (deal["name"], deal["expected_close_on"]) == ("一号线", "2026-12-01")
    assert deal["amount"] == {"amount": "1200.00", "currency": "CNY"}
    wanted = {"columns": ["name", "amount"], "filter": {"status": "open"}}
    made = (await seller.post("/v1/opportunities/exports", json=wanted)).json()
    await run_all(house, seller)
    file = await seller.get(f"/v1/opportunities/exports/{made['id']}/file")
    text = file.content.decode("utf-8-sig")
    assert text.splitlines()[1] == "一号线,1200.00,CNY"


async def test_no_row_is_refused_for_what_the_worker_remembers_of_a_pipeline(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_REMEMBER_SECONDS", 60)
    director = await login("opportunities", "sales_director")
    stage = {"code": "first_call", "name": "初访", "probability": 5}
    drawn = {"name": "渠道流程", "stages": [stage], "is_default": True}
    path = f"/v1/pipelines/{(await director.post('/v1/pipelines', json=drawn)).json()['id']}"
    for version in (1, 2):
        job = await bring(director)
        await run_all(house, director)
        done = (await director.get(f"{IMPORTS}/{job['id']}")).json()
        assert (done["created"], done["refused"]) == (1, 1)
        match = {"if-match": f'"{version}"'}
        answer = await director.patch(path, json={"name": f"{version}"}, headers=match)
        assert answer.status_code == 200


async def test_graphql_exports_shows_cancels_and_undoes(house: House, login: Login) -> None:
    seller = await login("opportunities", "sales_rep")
    job = await bring(seller)
    await run_all(house, seller)
    undo = f"mutation ($id: UUID!) {{ undoOpportunityImport(id: $id) {{ {SHOW} }} }}"
    answer = await seller.graphql("opportunities", undo, id=job["id"])
    assert answer["data"]["undoOpportunityImport"]["state"] == "UNDOING"
    await run_all(house, seller)
    assert (await seller.get("/v1/opportunities")).json()["items"] == []
    export = f"""mutation ($input: OpportunityExportInput!) {{
      exportOpportunities(input: $input) {{ {SHOW} }}
    }}"""
    wrong = {"columns": ["colour"]}
    refused = await seller.graphql("opportunities", export, input=wrong)
    assert refused["data"]["exportOpportunities"] == {"code": "columns.unknown"}
    given = {"filter": {"status": "open"}, "format": "xlsx"}
    made = await seller.graphql("opportunities", export, input=given)
    shown = made["data"]["exportOpportunities"]
    assert (shown["kind"], shown["state"]) == ("EXPORT", "WAITING")
    cancel = f"mutation ($id: UUID!) {{ cancelOpportunityJob(id: $id) {{ {SHOW} }} }}"
    for expected in ({"state": "CANCELLED"}, {"code": "job.ended"}):
        answer = await seller.graphql("opportunities", cancel, id=shown["id"])
        assert expected.items() <= answer["data"]["cancelOpportunityJob"].items()
    ask = "{ opportunityJobs(filter: {kind: [IMPORT]}) { nodes { kind state undone options } } }"
    (found,) = (await seller.graphql("opportunities", ask))["data"]["opportunityJobs"]["nodes"]
    assert (found["state"], found["undone"]) == ("UNDONE", 1)
    assert found["options"]["mapping"]["商机名称"] == "name"


async def test_who_may_only_read_deals_exports_them_and_brings_none(
    house: House, login: Login
) -> None:
    finance, admin = await login("opportunities", "finance"), await login("opportunities", "admin")
    answer = await finance.post(IMPORTS, content=FILE, headers={"content-type": "text/csv"})
    assert answer.status_code == 403
    await bring(admin)
    await run_all(house, admin)
    made = await finance.post("/v1/opportunities/exports", json={"columns": ["name"]})
    await run_all(house, finance)
    file = await finance.get(f"/v1/opportunities/exports/{made.json()['id']}/file")
    assert file.content.decode("utf-8-sig").split() == ["name", "一号线"]
    assert json.loads((await finance.get("/v1/opportunities/imports")).content)["items"] == []
