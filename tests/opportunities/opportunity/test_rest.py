import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.opportunities.conftest import Open

YUAN = {"amount": "1200.50", "currency": "CNY"}
EURO = {"amount": "99.00", "currency": "EUR"}


async def act(caller: Caller, deal: dict[str, Any], action: str, **body: Any) -> Response:
    return await caller.post(f"/v1/opportunities/{deal['id']}/{action}", json=body)


async def change(caller: Caller, deal: dict[str, Any], **fields: Any) -> Response:
    headers = {"if-match": f'"{deal["version"]}"'}
    return await caller.patch(f"/v1/opportunities/{deal['id']}", json=fields, headers=headers)


async def names(caller: Caller, query: str) -> list[str]:
    answer = await caller.get(f"/v1/opportunities?{query}")
    assert answer.status_code == 200, answer.text
    return [deal["name"] for deal in answer.json()["items"]]


def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def hire(house: House, tenant: UUID, team: str, region: str) -> str:
    """Somebody identity has told of."""
    member = ids.new()
    database = await house.system("opportunities")
    async with database.system() as connection:
        await connection.execute(
            "insert into directory_member (tenant_id, id, version, name, team, region, active)"
            " values ($1, $2, 1, '王芳', $3, $4, true)",
            tenant,
            member,
            team,
            region,
        )
    return str(member)


async def test_a_deal_is_opened_for_the_caller_in_the_first_stage(
    seller: Caller, open_deal: Open
) -> None:
    deal = await open_deal(seller)
    assert deal["owner_id"] == str(seller.actor.member_id)
    assert deal["team"] == "cn/east/shanghai-1"
    assert (deal["status"], deal["stage"], deal["probability"]) == ("open", "qualification", 10)
    assert (deal["amount"], deal["source"], deal["product"]) == (YUAN, "direct", "")
    assert deal["opened_at"] == deal["created_at"]
    shown = await seller.get(f"/v1/opportunities/{deal['id']}")
    assert (shown.json(), shown.headers["etag"]) == (deal, '"1"')
    assert await seller.emitted(deal["id"]) == ["opportunity.created.v1"]


async def test_owner_team_and_region_are_those_of_the_directory(
    house: House, tenant: UUID, director: Caller, open_deal: Open
) -> None:
    member = await hire(house, tenant, "cn/south/shenzhen-2", "south")
    deal = await open_deal(director, owner_id=member)
    assert (deal["owner_id"], deal["team"], deal["region"]) == (
        member,
        "cn/south/shenzhen-2",
        "south",
    )
    assert (await open_deal(director, owner_id=member, region="north"))["region"] == "north"


async def test_a_deal_is_about_an_account_leads_has_told_of(
    seller: Caller, account_id: UUID, open_deal: Open
) -> None:
    deal = await open_deal(seller, account_id=str(account_id))
    assert deal["account_id"] == str(account_id)
    assert refusal(await change(seller, deal, account_id=str(ids.new()))) == (
        422,
        "account.unknown",
    )
    assert (await change(seller, deal, account_id=None)).json()["account_id"] is None


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("account_id", "account.unknown"),
        ("product_id", "product.unknown"),
        ("pipeline_id", "pipeline.unknown"),
        ("owner_id", "owner.unknown"),
    ],
)
async def test_a_deal_names_only_what_is_known(director: Caller, field: str, code: str) -> None:
    body = {"name": "x", "amount": YUAN, field: str(ids.new())}
    answer = await director.post("/v1/opportunities", json=body)
    assert refusal(answer) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": {"amount": "-1.00", "currency": "CNY"}},
        {"amount": {"amount": "1.00", "currency": "KWD"}},
        {"amount": None},
        {"name": ""},
        {"stage": "handshake"},
        {"expected_close_on": "2026-02-30"},
        {"probability": 90},
    ],
)
async def test_what_makes_no_deal_is_refused(seller: Caller, fields: Any) -> None:
    answer = await seller.post("/v1/opportunities", json={"name": "x", "amount": YUAN} | fields)
    assert answer.status_code == 422


async def test_probability_follows_the_stage(seller: Caller, open_deal: Open) -> None:
    deal = await open_deal(seller, stage="analysis")
    seen = [deal["probability"]]
    for stage in ("negotiation", "qualification", "proposal"):
        seen.append((await act(seller, deal, "stage", stage=stage)).json()["probability"])
    assert seen == [25, 75, 10, 50]
    assert (await seller.emitted(deal["id"]))[1:] == ["opportunity.stage_changed.v1"] * 3


async def test_a_deal_moves_only_to_another_stage_of_its_pipeline(
    seller: Caller, open_deal: Open
) -> None:
    deal = await open_deal(seller)
    assert refusal(await act(seller, deal, "stage", stage="handshake")) == (422, "stage.unknown")
    assert refusal(await act(seller, deal, "stage", stage="qualification")) == (
        409,
        "opportunity.stage_same",
    )


async def test_a_won_deal_is_certain_and_carries_what_was_agreed(
    seller: Caller, open_deal: Open
) -> None:
    deal = await open_deal(seller)
    won = (await act(seller, deal, "win", amount=EURO)).json()
    assert (won["status"], won["probability"], won["amount"]) == ("won", 100, EURO)
    assert won["won_at"] == won["updated_at"]
    assert won["stage"] == "qualification"
    assert await seller.emitted(deal["id"]) == ["opportunity.created.v1", "opportunity.won.v1"]


async def test_a_deal_won_without_an_amount_keeps_its_own(seller: Caller, open_deal: Open) -> None:
    deal = await open_deal(seller)
    assert (await act(seller, deal, "win")).json()["amount"] == YUAN


async def test_a_lost_deal_is_hopeless_and_says_why(seller: Caller, open_deal: Open) -> None:
    deal = await open_deal(seller)
    assert (await act(seller, deal, "lose", reason="")).status_code == 422
    lost = (await act(seller, deal, "lose", reason="价格")).json()
    assert (lost["status"], lost["probability"], lost["lost_reason"]) == ("lost", 0, "价格")
    assert lost["lost_at"] == lost["updated_at"]


@pytest.mark.parametrize(("close", "body"), [("win", {}), ("lose", {"reason": "x"})])
async def test_a_closed_deal_is_history_until_it_is_reopened(
    seller: Caller, open_deal: Open, close: str, body: dict[str, str]
) -> None:
    deal = await open_deal(seller, stage="proposal")
    deal = (await act(seller, deal, close, **body)).json()
    assert refusal(await act(seller, deal, "stage", stage="analysis"))[1] == "opportunity.closed"
    assert refusal(await act(seller, deal, "win"))[1] == "lifecycle.illegal"
    assert refusal(await act(seller, deal, "lose", reason="y"))[1] == "lifecycle.illegal"
    assert refusal(await change(seller, deal, name="y"))[1] == "opportunity.closed"
    assert (await change(seller, deal, name=deal["name"])).json() == deal
    again = (await act(seller, deal, "reopen")).json()
    assert (again["status"], again["stage"], again["probability"]) == ("open", "proposal", 50)
    assert (again["won_at"], again["lost_at"], again["lost_reason"]) == (None, None, "")
    assert refusal(await act(seller, deal, "reopen"))[1] == "lifecycle.illegal"


async def test_a_deal_whose_stage_fell_away_is_reopened_in_the_first(
    director: Caller, open_deal: Open
) -> None:
    stages = [{"code": code, "name": code, "probability": 30} for code in ("call", "trial")]
    answer = await director.post("/v1/pipelines", json={"name": "x", "stages": stages})
    pipeline = answer.json()
    deal = await open_deal(director, pipeline_id=pipeline["id"], stage="trial")
    await act(director, deal, "lose", reason="x")
    await director.patch(
        f"/v1/pipelines/{pipeline['id']}",
        json={"stages": stages[:1]},
        headers={"if-match": '"1"'},
    )
    assert (await act(director, deal, "reopen")).json()["stage"] == "call"


async def test_an_open_deal_changes_amount_currency_and_day(
    seller: Caller, open_deal: Open
) -> None:
    deal = await open_deal(seller, expected_close_on="2026-12-31")
    deal = (await change(seller, deal, amount=EURO)).json()
    assert (deal["amount"], deal["expected_close_on"]) == (EURO, "2026-12-31")
    deal = (await change(seller, deal, expected_close_on=None, name="三台")).json()
    assert (deal["expected_close_on"], deal["name"], deal["version"]) == (None, "三台", 3)
    assert (await change(seller, deal, amount=None)).status_code == 422


async def test_a_new_owner_brings_their_team(
    house: House, tenant: UUID, director: Caller, open_deal: Open
) -> None:
    deal = await open_deal(director)
    member = await hire(house, tenant, "cn/west", "west")
    deal = (await change(director, deal, owner_id=member)).json()
    assert (deal["owner_id"], deal["team"], deal["region"]) == (member, "cn/west", "")


async def test_a_product_is_put_into_an_open_deal_and_taken_out(
    director: Caller, open_deal: Open
) -> None:
    answer = await director.post("/v1/products", json={"name": "磨床", "code": "m1"})
    deal = await open_deal(director)
    deal = (await change(director, deal, product_id=answer.json()["id"])).json()
    assert deal["product"] == "磨床"
    deal = (await change(director, deal, product_id=None)).json()
    assert (deal["product_id"], deal["product"]) == (None, "")


async def test_history_is_written_at_the_day_it_happened(director: Caller, open_deal: Open) -> None:
    opened, closed = "2025-03-02T01:30:00Z", "2025-05-09T08:00:00Z"
    answer = await director.post(
        "/v1/opportunities",
        json={"name": "x", "amount": YUAN, "imported": True},
        headers={"occurred-at": opened},
    )
    deal = answer.json()
    assert (deal["opened_at"], deal["imported"]) == (opened, True)
    url = f"/v1/opportunities/{deal['id']}/win"
    early = await director.post(url, json={}, headers={"occurred-at": "2025-03-02T01:29:59Z"})
    assert refusal(early) == (409, "opportunity.before_opened")
    won = await director.post(url, json={}, headers={"occurred-at": closed})
    assert won.json()["won_at"] == closed


async def test_only_who_may_write_history_marks_a_deal_as_imported(seller: Caller) -> None:
    body = {"name": "x", "amount": YUAN, "imported": True}
    answer = await seller.post("/v1/opportunities", json=body)
    assert refusal(answer) == (403, "history.forbidden")


async def test_a_deleted_deal_is_gone_until_it_is_restored(seller: Caller, open_deal: Open) -> None:
    deal = await open_deal(seller)
    url = f"/v1/opportunities/{deal['id']}"
    assert (await seller.delete(url)).status_code == 204
    assert (await seller.get(url)).status_code == 404
    assert await names(seller, "") == []
    assert (await seller.post(f"{url}/restore")).json()["version"] == 3
    assert (await seller.get(url)).status_code == 200
    assert (await seller.post(f"{url}/restore")).status_code == 404


async def test_two_who_close_a_deal_at_once_do_not_both_succeed(
    seller: Caller, open_deal: Open
) -> None:
    deal = await open_deal(seller)
    answers = await asyncio.gather(
        act(seller, deal, "win"), act(seller, deal, "lose", reason="x"), act(seller, deal, "win")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_deals_are_listed_by_what_people_ask_for(director: Caller, open_deal: Open) -> None:
    await open_deal(director, name="a", stage="proposal", expected_close_on="2026-12-01")
    await open_deal(director, name="b", amount={"amount": "5000", "currency": "CNY"})
    third = await open_deal(director, name="c", source="fair", expected_close_on="2026-11-30")
    await act(director, third, "win")
    assert await names(director, "") == ["c", "b", "a"]
    assert await names(director, "status=open&sort=opened_at") == ["a", "b"]
    assert await names(director, "stage=proposal") == ["a"]
    assert await names(director, "source=fair,direct&sort=-amount") == ["b", "c", "a"]
    assert await names(director, "amount_gte=5000") == ["b"]
    assert await names(director, "expected_close_on_lt=2026-12-01") == ["c"]
    assert await names(director, "won_at_null=false") == ["c"]
    assert await names(director, "q=B") == ["b"]
    assert await names(director, "sort=expected_close_on") == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("role", "team", "seen"),
    [
        ("sales_manager", "cn/east", 200),
        ("sales_manager", "cn/west", 404),
        ("sales_rep", "cn/east/shanghai-1", 404),
        ("sales_director", "", 200),
        ("marketing", "", 200),
        ("finance", "", 200),
        ("delivery", "", 200),
        ("auditor", "", 200),
        ("partner", "cn/east/shanghai-1", 404),
    ],
)
async def test_a_deal_is_seen_by_whom_it_concerns(
    seller: Caller, login: Login, open_deal: Open, role: str, team: str, seen: int
) -> None:
    deal = await open_deal(seller)
    reader = await login("opportunities", role, team=team)
    assert (await reader.get(f"/v1/opportunities/{deal['id']}")).status_code == seen
    listed = await reader.get("/v1/opportunities")
    items = listed.json().get("items", [])
    assert bool(items) is (seen == 200)


@pytest.mark.parametrize("role", ["marketing", "finance", "delivery", "auditor"])
async def test_readers_cannot_change_a_deal(
    seller: Caller, login: Login, open_deal: Open, role: str
) -> None:
    deal = await open_deal(seller)
    reader = await login("opportunities", role)
    assert refusal(await act(reader, deal, "win")) == (403, "forbidden")
    assert refusal(await change(reader, deal, name="x")) == (403, "forbidden")


async def test_the_history_of_a_deal_tells_each_step(seller: Caller, open_deal: Open) -> None:
    deal = await open_deal(seller)
    await act(seller, deal, "stage", stage="proposal")
    history = (await seller.get(f"/v1/opportunities/{deal['id']}/history")).json()["items"]
    assert [entry["version"] for entry in history] == [2, 1]
    assert history[0]["changed"] == {
        "stage": ["qualification", "proposal"],
        "probability": [10, 50],
    }


async def test_statuses_are_labelled(seller: Caller) -> None:
    labels = (await seller.get("/v1/opportunities/enums")).json()["status"]
    assert {"code": "won", "zh": "赢单", "en": "Won"} in labels


async def test_a_key_opens_one_deal(seller: Caller) -> None:
    async def post() -> Response:
        return await seller.post(
            "/v1/opportunities",
            json={"name": "x", "amount": YUAN},
            headers={"idempotency-key": "k1"},
        )

    first, second = await post(), await post()
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await names(seller, "")) == 1
