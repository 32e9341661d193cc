import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from crmkit.db.executor import Call
from crmkit.events.identity import TenantCreated, TenantState
from crmkit.kernel import ids
from crmkit.kernel.actor import system
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.opportunities.pipeline.consumers import create_standard_pipeline
from services.opportunities.pipeline.domain import standard_id
from tests.opportunities.conftest import Open

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
STAGES = [
    {"code": "first_call", "name": "初访", "probability": 5},
    {"code": "trial", "name": "试用", "probability": 60},
]


async def draw_up(caller: Caller, **fields: Any) -> Response:
    body = {"name": "渠道流程", "stages": STAGES} | fields
    return await caller.post("/v1/pipelines", json=body)


async def change(caller: Caller, pipeline: dict[str, Any], **fields: Any) -> Response:
    return await caller.patch(
        f"/v1/pipelines/{pipeline['id']}",
        json=fields,
        headers={"if-match": f'"{pipeline["version"]}"'},
    )


def tenant_created(tenant: UUID) -> TenantCreated:
    state = TenantState(tenant, "华东", "Asia/Shanghai", "CNY", 1)
    return TenantCreated(ids.new(), tenant, tenant, 1, NOW, NOW, "system", None, None, state, {})


async def hear_of_tenant(house: House, tenant: UUID) -> None:
    executor = await house.executor("opportunities")
    event = tenant_created(tenant)
    call = Call(system(tenant))
    await executor.write(call, create_standard_pipeline.act, event)


async def test_a_pipeline_keeps_its_stages_in_order(director: Caller) -> None:
    answer = await draw_up(director)
    assert answer.status_code == 201
    pipeline = answer.json()
    assert pipeline["stages"] == STAGES
    assert pipeline["is_default"] is False
    shown = await director.get(answer.headers["location"])
    assert shown.json() == pipeline
    assert await director.emitted(pipeline["id"]) == ["pipeline.created.v1"]


@pytest.mark.parametrize(
    "stages",
    [
        [],
        [STAGES[0]] * 2,
        [{"code": f"s{n}", "name": "n", "probability": 1} for n in range(21)],
        [{"code": "a", "name": "A", "probability": 101}],
        [{"code": "A b", "name": "A", "probability": 1}],
        [{"code": "a", "name": "", "probability": 1}],
        [{"code": "a", "name": "A"}],
    ],
)
async def test_stages_that_make_no_pipeline_are_refused(director: Caller, stages: Any) -> None:
    assert (await draw_up(director, stages=stages)).status_code == 422
    pipeline = (await draw_up(director)).json()
    assert (await change(director, pipeline, stages=stages)).status_code == 422


async def test_a_tenant_has_one_default_pipeline(director: Caller) -> None:
    first = (await draw_up(director, is_default=True)).json()
    refused = await draw_up(director, is_default=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "pipeline.default_exists")
    other = (await draw_up(director)).json()
    assert (await change(director, other, is_default=True)).status_code == 409
    assert (await change(director, first, is_default=False)).status_code == 200
    assert (await change(director, other, is_default=True)).json()["is_default"] is True


async def test_of_two_defaults_drawn_up_at_once_one_is_refused(director: Caller) -> None:
    answers = await asyncio.gather(*(draw_up(director, is_default=True) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_what_is_remembered_of_a_pipeline_decides_nothing_that_is_not_so(
    director: Caller, open_deal: Open
) -> None:
    pipeline = (await draw_up(director, is_default=True)).json()
    deals = [await open_deal(director) for _ in range(3)]

    async def redraw(*codes: str) -> None:
        nonlocal pipeline
        stages = [{"code": code, "name": code, "probability": 7} for code in codes]
        answer = await change(director, pipeline, stages=stages)
        assert answer.status_code == 200
        pipeline = answer.json()

    async def move(deal: dict[str, Any], stage: str, **headers: str) -> int:
        path = f"/v1/opportunities/{deal['id']}/stage"
        answer = await director.post(path, json={"stage": stage}, headers=headers)
        return answer.status_code

    assert await move(deals[0], "trial") == 200
    await redraw("first_call", "signed")
    assert await move(deals[0], "signed") == 200
    await redraw("first_call", "paid")
    assert await move(deals[1], "signed") == 422
    await redraw("first_call", "paid", "used")
    assert await move(deals[2], "paid", **{"if-match": '"1"'}) == 200
    await redraw("first_call", "kept")
    rows = [{"data": {"name": "一号线", "amount": deals[0]["amount"]}}]
    answer = await director.post("/v1/opportunities/batch", json={"rows": rows, "atomic": True})
    assert answer.status_code == 200, answer.text


async def test_deals_open_in_the_default_pipeline(director: Caller, open_deal: Open) -> None:
    pipeline = (await draw_up(director, is_default=True)).json()
    deal = await open_deal(director)
    assert (deal["pipeline_id"], deal["stage"], deal["probability"]) == (
        pipeline["id"],
        "first_call",
        5,
    )


async def test_a_tenant_without_a_pipeline_opens_deals_in_the_standard_one(
    seller: Caller, tenant: UUID, open_deal: Open
) -> None:
    deals = await asyncio.gather(*(open_deal(seller) for _ in range(4)))
    assert {deal["pipeline_id"] for deal in deals} == {str(standard_id(tenant))}
    assert {(deal["stage"], deal["probability"]) for deal in deals} == {("qualification", 10)}
    again = await open_deal(seller, pipeline_id=str(standard_id(tenant)), stage="proposal")
    assert again["probability"] == 50


async def test_a_new_tenant_is_given_the_standard_pipeline_once(
    house: House, tenant: UUID, seller: Caller, open_deal: Open
) -> None:
    before = await open_deal(seller)
    await hear_of_tenant(house, tenant)
    await hear_of_tenant(house, tenant)
    (pipeline,) = (await seller.get("/v1/pipelines")).json()["items"]
    assert pipeline["id"] == before["pipeline_id"]
    assert pipeline["is_default"] is True
    assert pipeline["name"] == "标准销售流程"
    assert [stage["code"] for stage in pipeline["stages"]] == [
        "qualification",
        "analysis",
        "proposal",
        "negotiation",
    ]


async def test_the_standard_pipeline_is_no_second_default(
    house: House, tenant: UUID, director: Caller
) -> None:
    await draw_up(director, is_default=True)
    await hear_of_tenant(house, tenant)
    shown = await director.get(f"/v1/pipelines/{standard_id(tenant)}")
    assert shown.json()["is_default"] is False


async def test_deals_follow_the_standard_pipeline_a_tenant_has_changed(
    house: House, tenant: UUID, director: Caller, open_deal: Open
) -> None:
    await hear_of_tenant(house, tenant)
    standard = (await director.get(f"/v1/pipelines/{standard_id(tenant)}")).json()
    changed = await change(director, standard, stages=STAGES, is_default=False)
    assert changed.status_code == 200
    deal = await open_deal(director)
    assert (deal["pipeline_id"], deal["stage"]) == (standard["id"], "first_call")


async def test_a_change_names_the_version_it_changes(director: Caller) -> None:
    pipeline = (await draw_up(director)).json()
    url = f"/v1/pipelines/{pipeline['id']}"
    assert (await director.patch(url, json={"name": "x"})).status_code == 428
    assert (await change(director, pipeline, name="直销")).json()["version"] == 2
    assert (await change(director, pipeline, name="直销二")).status_code == 412


async def test_the_history_of_a_pipeline_tells_what_changed(director: Caller) -> None:
    pipeline = (await draw_up(director)).json()
    await change(director, pipeline, stages=STAGES[:1])
    history = (await director.get(f"/v1/pipelines/{pipeline['id']}/history")).json()["items"]
    assert [entry["type"] for entry in history] == ["pipeline.updated.v1", "pipeline.created.v1"]
    assert history[0]["changed"] == {"stages": [STAGES, STAGES[:1]]}


async def test_sellers_see_pipelines_and_cannot_change_them(
    director: Caller, seller: Caller
) -> None:
    pipeline = (await draw_up(director)).json()
    assert (await seller.get(f"/v1/pipelines/{pipeline['id']}")).status_code == 200
    assert (await draw_up(seller)).status_code == 403
    assert (await change(seller, pipeline, name="x")).status_code == 403


async def test_another_tenants_pipeline_is_unknown(director: Caller, login: Login) -> None:
    pipeline = (await draw_up(director)).json()
    stranger = await login("opportunities", "admin", tenant=ids.new())
    assert (await stranger.get(f"/v1/pipelines/{pipeline['id']}")).status_code == 404
    body = {
        "name": "x",
        "amount": {"amount": "1", "currency": "CNY"},
        "pipeline_id": pipeline["id"],
    }
    refused = await stranger.post("/v1/opportunities", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "pipeline.unknown")


async def test_stages_are_objects_in_graphql(director: Caller) -> None:
    answer = await director.graphql(
        "opportunities",
        "mutation($input: PipelineCreateInput!) { createPipeline(input: $input) {"
        " ... on Pipeline { name stages { code name probability } } ... on Problem { code } } }",
        input={"name": "渠道", "stages": STAGES},
    )
    assert answer["data"]["createPipeline"] == {"name": "渠道", "stages": STAGES}
    listed = await director.graphql(
        "opportunities", "{ pipelines(first: 5) { nodes { stages { probability } } } }"
    )
    (node,) = listed["data"]["pipelines"]["nodes"]
    assert node["stages"] == [{"probability": 5}, {"probability": 60}]
