"""Customers answer by a link: once, until it ends, and it tells nobody whom it is about."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from crmkit.kernel import clock, ids
from crmkit.kernel.keys import hash_of, new_key, whose
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.survey.domain import MARK
from tests.leads.samples import made, new_account
from tests.leads.survey.test_rest import SURVEYS, a_template, asked, boss_of
from tests.stored import stored

SAID = {"answers": {"service": 5, "words": "非常满意"}}
OTHER = {"answers": {"service": 1}}


async def linked(caller: Caller, **how: Any) -> dict[str, Any]:
    """A survey that was planned for today, with its link."""
    account = await new_account(caller, name="苏州恒岭")
    survey = await asked(caller, await a_template(caller), account_id=account["id"])
    return await made(caller, f"{SURVEYS}/{survey['id']}/link", how)


def url(survey: dict[str, Any]) -> str:
    return f"/v1/survey-answers/{survey['token']}"


async def test_whoever_has_the_link_is_asked_and_answers_once(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    boss = await boss_of(login)
    survey = await linked(boss)
    page = await anybody.get(url(survey))
    assert page.json() == {"questions": survey["questions"], "until": survey["link_until"]}
    assert page.headers["cache-control"] == "no-store"
    taken = await anybody.post(url(survey), json=SAID)
    assert (taken.status_code, taken.json()) == (202, {"accepted": True})
    done = (await boss.get(f"{SURVEYS}/{survey['id']}")).json()
    assert (done["status"], done["answers"], done["score"]) == ("answered", SAID["answers"], "5.00")
    twice = await anybody.post(url(survey), json=OTHER)
    assert (twice.status_code, twice.json()["code"]) == (409, "lifecycle.illegal")
    closed = await anybody.get(url(survey))
    assert (closed.status_code, closed.json()["code"]) == (409, "survey.closed")
    assert (await boss.get(f"{SURVEYS}/{survey['id']}")).json() == done
    history = (await boss.get(f"{SURVEYS}/{survey['id']}/history")).json()["items"]
    assert (history[0]["type"], history[0]["actor"]) == (
        "survey.answered.v1",
        f"survey:{survey['id']}",
    )


async def test_of_many_answers_at_once_one_counts(login: Login, anybody: httpx.AsyncClient) -> None:
    boss = await boss_of(login)
    survey = await linked(boss)
    answers = await asyncio.gather(
        *(anybody.post(url(survey), json={"answers": {"service": n % 5 + 1}}) for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 5
    first = next(n for n, answer in enumerate(answers) if answer.status_code == 202)
    done = (await boss.get(f"{SURVEYS}/{survey['id']}")).json()
    assert done["answers"] == {"service": first % 5 + 1}


async def test_an_answer_that_is_sent_again_under_its_key_is_taken_still(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    boss = await boss_of(login)
    survey = await linked(boss)
    key = {"idempotency-key": "one"}
    for _ in range(2):
        assert (await anybody.post(url(survey), json=SAID, headers=key)).status_code == 202
    other = await anybody.post(url(survey), json=OTHER, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")
    assert survey["token"] not in await stored(boss, "idempotency")


async def test_a_link_is_shown_once_and_kept_as_a_hash(login: Login) -> None:
    boss = await boss_of(login)
    survey = await linked(boss, valid_days=3)
    token = survey.pop("token")
    assert whose(token, MARK) == (boss.actor.tenant_id, UUID(survey["id"]))
    left = datetime.fromisoformat(survey["link_until"]) - clock.now()
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    assert (await boss.get(f"{SURVEYS}/{survey['id']}")).json() == survey
    history = await boss.get(f"{SURVEYS}/{survey['id']}/history")
    assert history.json()["items"][0]["type"] == "survey.linked.v1"
    assert hash_of(token) not in history.text
    assert hash_of(token) in await stored(boss, "survey")
    for table in ("survey", "event"):
        assert token not in await stored(boss, table)


async def test_every_token_that_opens_nothing_is_refused_in_one_voice(
    login: Login, house: House, anybody: httpx.AsyncClient
) -> None:
    boss = await boss_of(login)
    survey = await linked(boss)
    before = survey["token"]
    survey |= await made(boss, f"{SURVEYS}/{survey['id']}/link", {"valid_days": 1})
    unlinked = await asked(boss, await a_template(boss))
    ours = boss.actor.tenant_id
    wrong = {
        "made before": before,
        "guessed": new_key(ours, UUID(survey["id"]), MARK),
        "of one without a link": new_key(ours, UUID(unlinked["id"]), MARK),
        "of another tenant": new_key(ids.new(), UUID(survey["id"]), MARK),
        "a form's": new_key(ours, UUID(survey["id"]), "crm_form_"),
        "cut short": survey["token"][:-1],
        "nothing like it": "x",
    }
    answers = [await anybody.get(url({"token": token})) for token in wrong.values()]
    answers += [await anybody.post(url({"token": each}), json=SAID) for each in wrong.values()]
    async with (await house.system("leads")).system() as connection:
        ended = "update survey set link_until = $1 where id = $2"
        await connection.execute(ended, clock.now(), UUID(survey["id"]))
    answers += [await anybody.get(url(survey)), await anybody.post(url(survey), json=SAID)]
    told = {(a.status_code, a.json()["code"], a.json()["detail"]) for a in answers}
    assert told == {(404, "survey.unlinked", "no such survey")}
    past = await anybody.get(f"{url({'token': before})}?as_of={survey['created_at']}")
    assert (past.status_code, past.json()["code"]) == (400, "as_of.unsupported")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"answers":{"service":6}}', 422, "survey.answers"),
        (b'{"answers":{"words":"x"}}', 422, "survey.answers"),
        (b'{"answers":{"service":5,"account_id":"x"}}', 422, "survey.answers"),
        (b'{"answers":{"service":5},"score":5}', 422, "field.unknown"),
        (b'{"answers":{"service":1.5}}', 422, "field.int_type"),
        (b'{"answers":{"service":5,"words":"a\\u0000"}}', 422, "field.int_type"),
        (b'{"answers":{"service":5,"words":"' + b"x" * 16_384 + b'"}}', 413, "body.too_large"),
        (b"{", 400, "body.malformed"),
    ],
)
async def test_an_answer_that_does_not_fit_leaves_the_link_open(
    login: Login, anybody: httpx.AsyncClient, content: bytes, status: int, code: str
) -> None:
    survey = await linked(await boss_of(login))
    headers = {"content-type": "application/json"}
    answer = await anybody.post(url(survey), content=content, headers=headers)
    first = (answer.json().get("errors") or [answer.json()])[0]
    assert (answer.status_code, first["code"]) == (status, code)
    assert (await anybody.get(url(survey))).status_code == 200


async def test_pages_of_any_origin_may_ask_and_answer(
    login: Login, anybody: httpx.AsyncClient
) -> None:
    survey = await linked(await boss_of(login))
    shop = {"origin": "https://shop.example"}
    asked_first = await anybody.options(url(survey), headers=shop)
    assert asked_first.headers["access-control-allow-methods"] == "GET, POST"
    nothing = {"token": "x"}
    answers = {
        "preflight": asked_first,
        "asked": await anybody.get(url(survey), headers=shop),
        "wrong": await anybody.post(url(survey), json={"answers": {}}, headers=shop),
        "unfit": await anybody.post(url(survey), json={"said": 1}, headers=shop),
        "malformed": await anybody.post(url(survey), content=b"{", headers=shop),
        "too large": await anybody.post(url(survey), content=b" " * 16_385, headers=shop),
        "taken": await anybody.post(url(survey), json=SAID, headers=shop),
        "closed": await anybody.get(url(survey), headers=shop),
        "unlinked": await anybody.get(url(nothing), headers=shop),
        "no preflight": await anybody.options(url(nothing), headers=shop),
        "no method": await anybody.delete(url(survey), headers=shop),
    }
    statuses = [204, 200, 422, 422, 415, 413, 202, 409, 404, 404, 405]
    assert [answer.status_code for answer in answers.values()] == statuses
    for name, answer in answers.items():
        assert answer.headers.get_list("access-control-allow-origin") == ["*"], name
        assert answer.headers.get_list("cache-control") == ["no-store"], name


async def test_a_survey_that_is_over_gets_no_link(login: Login, anybody: httpx.AsyncClient) -> None:
    boss = await boss_of(login)
    survey = await linked(boss)
    await made(boss, f"{SURVEYS}/{survey['id']}/cancel", {})
    again = await boss.post(f"{SURVEYS}/{survey['id']}/link", json={})
    assert (again.status_code, again.json()["code"]) == (409, "survey.closed")
    assert (await anybody.get(url(survey))).json()["code"] == "survey.closed"


async def test_a_link_is_made_by_graphql_too(login: Login, anybody: httpx.AsyncClient) -> None:
    boss = await boss_of(login)
    survey = await asked(boss, await a_template(boss))
    link = """mutation ($id: UUID!) { made: linkSurvey(id: $id, input: {validDays: 2}) {
      ... on SurveyLink { token linkUntil questions { key } } } }"""
    shown = (await boss.graphql("leads", link, id=survey["id"]))["data"]["made"]
    assert [each["key"] for each in shown["questions"]] == ["service", "words"]
    assert (await anybody.get(url(shown))).status_code == 200
    ask = "query ($id: UUID!) { survey(id: $id) { linkUntil } }"
    told = await boss.graphql("leads", ask, id=survey["id"])
    assert told["data"]["survey"] == {"linkUntil": shown["linkUntil"]}
