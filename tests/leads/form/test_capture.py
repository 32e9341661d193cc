"""What anybody may send to a form, and what nobody should."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.house import house as put_together
from crmkit.kernel import ids
from crmkit.kernel.keys import new_key
from crmkit.testing.house import Caller, House, lifespan
from crmkit.testing.plugin import Login
from services.leads.form.domain import MARK, keepable
from tests.leads.capture_samples import drafted, new_form
from tests.leads.samples import hire, leads_of, made
from tests.stored import stored

ROW = {"company": "Acme", "contact_name": "Wang Jing", "email": "wang@example.com"}
SHOP = "https://shop.example"


def url(form: dict[str, Any]) -> str:
    return f"/v1/capture/{form['key']}"


async def failures_of(caller: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await caller.get("/v1/capture-failures")).json()["items"]
    return found


async def test_a_row_becomes_a_lead_of_the_forms_owner(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    campaign = await drafted(marketing)
    form = await new_form(marketing, campaign_id=campaign["id"], product="S5")
    answer = await anybody.post(url(form), json=ROW)
    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    (lead,) = await leads_of(marketing)
    assert (lead["company"], lead["email"], lead["source"]) == (
        "Acme",
        "wang@example.com",
        "website",
    )
    assert (lead["campaign_id"], lead["product"]) == (campaign["id"], "S5")
    assert (lead["owner_id"], lead["team"]) == (form["owner_id"], form["team"])
    (born,) = (await marketing.get(f"/v1/leads/{lead['id']}/history")).json()["items"]
    assert born["actor"] == f"form:{form['id']}"
    assert form["key"] not in answer.text + str(answer.headers)


async def test_rows_go_on_to_the_team_of_an_owner_who_has_left(
    login: Login, house: House, tenant: UUID, anybody: httpx.AsyncClient
) -> None:
    director = await login("leads", "sales_director")
    owner = await hire(house, tenant, "cn/west", "Sichuan")
    form = await new_form(director, owner_id=str(owner))
    async with (await house.system("leads")).system() as connection:
        await connection.execute("update directory_member set active = false where id = $1", owner)
    assert (await anybody.post(url(form), json=ROW)).status_code == 202
    (lead,) = await leads_of(director)
    assert (lead["owner_id"], lead["team"], lead["region"]) == (str(owner), "cn/west", "Sichuan")


async def test_a_person_without_a_company_is_their_own(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    await anybody.post(url(form), json={"contact_name": "王静", "company": ""})
    assert [lead["company"] for lead in await leads_of(marketing)] == ["王静"]


async def test_a_row_sent_twice_under_one_key_is_one_lead(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing, daily_cap=1)
    key = {"idempotency-key": "one"}
    first = await anybody.post(url(form), json=ROW, headers=key)
    rotated = await made(marketing, f"/v1/capture-forms/{form['id']}/rotate", {})
    twin = await anybody.post(url(rotated), json=ROW, headers=key)
    assert (first.status_code, twin.status_code) == (202, 202)
    assert twin.headers["idempotency-replayed"] == "true"
    other = await anybody.post(url(form), json=ROW | {"company": "B"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")
    assert len(await leads_of(marketing)) == 1
    assert form["key"] not in await stored(marketing, "idempotency")


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"email": "nobody"}, "/email", "field.value_error"),
        ({"company": ["Acme"]}, "/company", "field.string_type"),
        ({"company": "x" * 201}, "/company", "field.string_too_long"),
        ({"phone": 13}, "/phone", "field.string_type"),
        ({"need": None}, "/need", "field.string_type"),
        ({"owner_id": str(ids.new())}, "/owner_id", "capture.field"),
        ({"source": "mine"}, "/source", "capture.field"),
        ({"budget": {"amount": "1.00", "currency": "CNY"}}, "/budget", "capture.field"),
        ({"custom": {"seats": 1}}, "/custom/seats", "capture.field"),
        ({"custom": "seats"}, "/custom", "field.dict_type"),
    ],
)
async def test_a_row_that_is_refused_is_kept_with_its_reason(
    login: Login, anybody: httpx.AsyncClient, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    answer = await anybody.post(url(form), json=ROW | wrong)
    assert answer.status_code == 422
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert faults == [(pointer, code)]
    assert form["key"] not in answer.text
    (failure,) = await failures_of(marketing)
    assert (failure["form_id"], failure["code"]) == (form["id"], answer.json()["code"])
    assert failure["sent"] == ROW | wrong
    assert failure["faults"] == answer.json()["errors"]
    assert await leads_of(marketing) == []
    told = (await marketing.get(f"/v1/capture-failures/{failure['id']}/history")).json()
    assert told["items"][0]["state"]["sent"] is None


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"company": "Ac\0me"}, 422),
        ({"sou\0rce": {"a": ["\0", 1]}}, 422),
        ({"custom": {"sea\0ts": 1}}, 422),
        ({"website": "\0"}, 202),
    ],
)
async def test_what_no_text_holds_is_refused_and_kept_all_the_same(
    login: Login, anybody: httpx.AsyncClient, wrong: dict[str, Any], status: int
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    assert (await anybody.post(url(form), json=ROW | wrong)).status_code == status
    (failure,) = await failures_of(marketing)
    assert failure["sent"] == keepable(ROW | wrong)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"[]", "application/json", 422),
        (b'"row"', "application/json", 422),
        (b"{", "application/json", 400),
        (b'{"a":1,"a":2}', "application/json", 400),
        (b'{"company":"\\ud800"}', "application/json", 400),
        (b"", "application/json", 422),
        (b"company=Acme", "application/x-www-form-urlencoded", 415),
        (b'{"company":"' + b"x" * 16 * 1024 + b'"}', "application/json", 413),
    ],
)
async def test_what_is_no_row_is_refused_and_not_kept(
    login: Login, anybody: httpx.AsyncClient, content: bytes, kind: str, status: int
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    answer = await anybody.post(url(form), content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert await failures_of(marketing) == []
    assert await leads_of(marketing) == []


async def test_every_key_that_opens_nothing_is_refused_in_one_voice(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    other = await login("leads", "marketing", tenant=ids.new())
    theirs = await new_form(other)
    ended = await new_form(marketing)
    await made(marketing, f"/v1/capture-forms/{ended['id']}/revoke", {})
    old = await new_form(marketing)
    await made(marketing, f"/v1/capture-forms/{old['id']}/rotate", {"overlap_hours": 0})
    ours, its = marketing.actor.tenant_id, UUID(theirs["id"])
    wrong = {
        "revoked": ended["key"],
        "rotated": old["key"],
        "guessed": new_key(ours, UUID(form["id"]), MARK),
        "of no form": new_key(ours, ids.new(), MARK),
        "their form as ours": new_key(ours, its, MARK),
        "an API key": new_key(ours, UUID(form["id"])),
        "cut short": form["key"][:-1],
        "nothing like it": "x",
    }
    answers = [await anybody.post(f"/v1/capture/{key}", json=ROW) for key in wrong.values()]
    told = {(a.status_code, a.json()["code"], a.json()["detail"]) for a in answers}
    assert told == {(404, "capture.unknown", "no such form")}
    assert await leads_of(marketing) == await leads_of(other) == []
    assert await failures_of(marketing) == []


async def test_the_key_of_one_tenant_writes_to_that_tenant_alone(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    other = await login("leads", "marketing", tenant=ids.new())
    theirs = await new_form(other)
    token = marketing.client.headers["authorization"]
    answer = await anybody.post(url(theirs), json=ROW, headers={"authorization": token})
    assert answer.status_code == 202
    assert await leads_of(marketing) == []
    assert len(await leads_of(other)) == 1


async def test_the_key_of_a_form_is_no_token(login: Login, anybody: httpx.AsyncClient) -> None:
    form = await new_form(await login("leads", "marketing"))
    bearer = {"authorization": f"Bearer {form['key']}"}
    assert (await anybody.get("/v1/leads", headers=bearer)).status_code == 401
    assert (await anybody.get(url(form))).status_code == 405


async def test_both_keys_open_a_form_while_a_rotation_overlaps(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    rotated = await made(marketing, f"/v1/capture-forms/{form['id']}/rotate", {})
    for each in (form, rotated):
        assert (await anybody.post(url(each), json=ROW)).status_code == 202


async def test_of_many_rows_at_once_exactly_the_cap_become_leads(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing, daily_cap=7)
    rows = [ROW | {"company": f"Company {n}"} for n in range(20)]
    answers = await asyncio.gather(*(anybody.post(url(form), json=row) for row in rows))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [202] * 7 + [429] * 13
    full = next(answer for answer in answers if answer.status_code == 429)
    assert full.json()["code"] == "capture.cap"
    assert 1 <= int(full.headers["retry-after"]) <= 86_400
    assert len(await leads_of(marketing)) == 7
    assert {failure["code"] for failure in await failures_of(marketing)} == {"capture.cap"}
    await marketing.patch(
        f"/v1/capture-forms/{form['id']}", json={"daily_cap": 8}, headers={"if-match": '"1"'}
    )
    assert (await anybody.post(url(form), json=ROW)).status_code == 202
    assert (await anybody.post(url(form), json=ROW)).status_code == 429


async def test_a_row_that_is_no_lead_takes_no_place(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing, daily_cap=1)
    for _ in range(3):
        assert (await anybody.post(url(form), json={"email": "x"})).status_code == 422
    assert (await anybody.post(url(form), json=ROW)).status_code == 202


async def test_of_refused_rows_so_many_are_kept_a_day(
    login: Login, anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.leads.form.rest.MOST_FAILURES", 2)
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    for _ in range(4):
        assert (await anybody.post(url(form), json={"email": "x"})).status_code == 422
    assert len(await failures_of(marketing)) == 2


async def test_a_robot_is_answered_like_anybody_and_makes_no_lead(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing, honeypot="homepage")
    trapped = await anybody.post(url(form), json=ROW | {"homepage": "http://spam.example"})
    assert (trapped.status_code, trapped.json()) == (202, {"accepted": True})
    assert await leads_of(marketing) == []
    assert [failure["code"] for failure in await failures_of(marketing)] == ["capture.honeypot"]
    empty = await anybody.post(url(form), json=ROW | {"homepage": ""})
    assert empty.status_code == 202
    assert len(await leads_of(marketing)) == 1


async def test_a_page_sends_from_the_origins_a_form_names(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing, origins=[SHOP])
    shop, evil = {"origin": SHOP}, {"origin": "https://evil.example"}
    asked = await anybody.options(url(form), headers=shop)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == SHOP
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert (await anybody.options(url(form), headers=evil)).status_code == 403
    taken = await anybody.post(url(form), json=ROW, headers=shop)
    assert (taken.status_code, taken.headers["access-control-allow-origin"]) == (202, SHOP)
    wrong = await anybody.post(url(form), json={"email": "x"}, headers=shop)
    assert (wrong.status_code, wrong.headers["access-control-allow-origin"]) == (422, SHOP)
    refused = await anybody.post(url(form), json=ROW, headers=evil)
    assert (refused.status_code, refused.json()["code"]) == (403, "capture.origin")
    assert "access-control-allow-origin" not in refused.headers
    assert (await anybody.options("/v1/capture/x", headers=shop)).status_code == 404


async def test_nobody_says_when_a_row_was_sent_but_we(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    form = await new_form(await login("leads", "marketing"))
    then = {"occurred-at": "2026-03-02T09:00:00Z"}
    answer = await anybody.post(url(form), json=ROW, headers=then)
    assert (answer.status_code, answer.json()["code"]) == (403, "history.forbidden")


async def test_who_guesses_keys_too_often_is_not_listened_to(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_RATE_FAILURES", "1")
    await house.executor("leads")
    app = put_together([house.service("leads")], house.settings("leads"))
    async with lifespan(app), _client(app) as client:
        answers = [await client.post("/v1/capture/x", json=ROW) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [404] * 10 + [429]


async def test_a_form_sends_no_oftener_than_any_caller(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await new_form(await login("leads", "marketing"))
    monkeypatch.setenv("CRM_RATE_WRITE", "1")
    app = put_together([house.service("leads")], house.settings("leads"))
    async with lifespan(app), _client(app) as client:
        answers = [await client.post(url(form), json=ROW) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[-1].json()["code"] == "rate.limited"


def _client(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_row_that_becomes_no_lead_takes_no_place_of_the_day(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    director = await login("leads", "sales_director")
    form = await new_form(director, daily_cap=1, fields=["company", "custom.seats"])
    field = {"key": "seats", "kind": "number", "label_zh": "座位", "label_en": "Seats"}
    await made(await login("leads", "admin"), "/v1/leads/custom-fields", field)
    wrong = {"company": "Acme", "custom": {"seats": "many"}}
    for _ in "12":
        refused = await anybody.post(url(form), json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "custom.invalid")
    right = {"company": "Acme", "custom": {"seats": "4"}}
    assert (await anybody.post(url(form), json=right)).status_code == 202
    late = await anybody.post(url(form), json=right)
    assert (late.status_code, late.json()["code"]) == (429, "capture.cap")
