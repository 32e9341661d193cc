from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.samples import HISTORY, made, new_lead
from tests.leads.scoring.samples import (
    BACKTEST,
    CALLS,
    FAIR,
    MODEL,
    activated,
    new_model,
    new_rule,
    score_of,
)


async def test_a_score_is_answered_with_what_it_is_made_of(login: Login) -> None:
    director = await login("leads", "sales_director")
    await new_rule(director, **FAIR)
    await new_rule(director, name="No phone", points=-5, test="missing", field="phone")
    lead = await new_lead(director, source="fair")
    found = await score_of(director, lead)
    assert (found["lead_id"], found["score"], found["grade"]) == (lead["id"], 35, "c")
    assert (found["points"], found["probability"], found["model_id"]) == ("35.0000", None, None)
    assert found["factors"] == [
        {"source": "rule", "name": "Fair", "field": "source", "points": "40.0"},
        {"source": "rule", "name": "No phone", "field": "phone", "points": "-5.0"},
    ]
    other = await score_of(director, await new_lead(director, source="web", phone="13812345678"))
    assert (other["score"], other["grade"], other["factors"]) == (0, "d", [])


async def test_behaviour_counts_half_as_much_after_its_half_life(login: Login) -> None:
    director = await login("leads", "sales_director", scopes=[HISTORY])
    await new_rule(director, **CALLS)
    lead = await made(
        director,
        "/v1/leads",
        {"company": "Acme", "source": "web"},
        occurred_at=(clock.now() - timedelta(days=40)).isoformat(),
    )
    for days, outcome in ((14, "interested"), (7, "interested"), (3, "not_reached")):
        call = {"kind": "call", "subject": "x", "lead_id": lead["id"], "outcome_code": outcome}
        when = (clock.now() - timedelta(days=days)).isoformat()
        await made(director, "/v1/activities/log", call, occurred_at=when)
    found = await score_of(director, lead)
    assert found["score"] == 15
    assert found["factors"][0]["points"] == "15.0"


async def test_where_nothing_scores_a_lead_has_no_score(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    found = await score_of(seller, await new_lead(seller))
    assert (found["score"], found["grade"], found["points"], found["factors"]) == (
        None,
        None,
        None,
        [],
    )


async def test_only_who_sees_the_lead_is_told_its_score(login: Login) -> None:
    director = await login("leads", "sales_director")
    lead = await new_lead(director)
    for role in ("sales_rep", "partner"):
        stranger = await login("leads", role)
        answer = await stranger.get(f"/v1/leads/{lead['id']}/score")
        assert (answer.status_code, answer.json()["code"]) == (404, "lead.not_found")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"points": 0}, "/points"),
        ({"field": "status"}, "/field"),
        ({"test": None}, "/test"),
        ({"test": "at_least"}, "/values"),
        ({"values": []}, "/values"),
        ({"test": "given"}, "/values"),
        ({"half_life_days": 7}, "/kind"),
        ({"kind": "activity", "activity_kinds": ["call"]}, "/kind"),
    ],
)
async def test_a_rule_that_cannot_be_asked_is_refused(
    login: Login, wrong: dict[str, Any], named: str
) -> None:
    director = await login("leads", "sales_director")
    answer = await director.post("/v1/scoring-rules", json=FAIR | wrong)
    assert answer.status_code == 422
    assert answer.json()["code"] == "scoring_rule.unfit"
    assert named in {fault["pointer"] for fault in answer.json()["errors"]}


async def test_rules_are_changed_switched_off_and_taken_away(login: Login) -> None:
    director = await login("leads", "sales_director")
    rule = await new_rule(director, **FAIR)
    path, lead = f"/v1/scoring-rules/{rule['id']}", await new_lead(director, source="fair")
    twin = await director.post("/v1/scoring-rules", json=FAIR)
    assert (twin.status_code, twin.json()["code"]) == (409, "scoring_rule.exists")
    changed = await director.patch(path, json={"points": 80}, headers={"if-match": '"1"'})
    assert (changed.json()["points"], (await score_of(director, lead))["grade"]) == (80, "a")
    unfit = await director.patch(path, json={"values": []}, headers={"if-match": '"2"'})
    assert unfit.json()["code"] == "scoring_rule.unfit"
    await director.patch(path, json={"active": False}, headers={"if-match": '"2"'})
    assert (await score_of(director, lead))["score"] is None
    assert (await director.get("/v1/scoring-rules?active=false")).json()["items"][0]["version"] == 3
    assert (await director.delete(path)).status_code == 204
    assert (await director.get(path)).status_code == 404
    assert (await new_rule(director, **FAIR))["name"] == "Fair"
    assert await director.emitted(rule["id"]) == [
        "scoring_rule.created.v1",
        *["scoring_rule.updated.v1"] * 2,
        "scoring_rule.deleted.v1",
    ]


async def test_there_are_at_most_a_hundred_rules(login: Login, house: House, tenant: UUID) -> None:
    director = await login("leads", "sales_director")
    rule = await new_rule(director, **FAIR)
    columns = "tenant_id, version, created_at, updated_at, name, rank, active, points, kind, field"
    columns += ", test, values, activity_kinds, outcomes, half_life_days, most"
    rest = columns.removeprefix("tenant_id, ").replace("name", "name || n")
    async with (await house.system("leads")).system() as connection:
        await connection.execute(
            f"insert into scoring_rule (id, position, {columns})"
            f" select gen_random_uuid(), n, tenant_id, {rest}"
            " from scoring_rule, generate_series(0, 99) n"
            " where tenant_id = $1 and id = $2 and n <> position",
            tenant,
            UUID(rule["id"]),
        )
    answer = await director.post("/v1/scoring-rules", json=FAIR | {"name": "One more"})
    assert (answer.status_code, answer.json()["code"]) == (409, "scoring_rule.too_many")
    assert (await director.delete(f"/v1/scoring-rules/{rule['id']}")).status_code == 204
    await new_rule(director, **FAIR | {"name": "One more"})


async def test_rules_and_models_name_own_fields_that_are_there(login: Login) -> None:
    director = await login("leads", "admin")
    column = {**MODEL["columns"][0], "field": "custom.visits"}
    for path, body in (
        ("/v1/scoring-rules", FAIR | {"field": "custom.visits"}),
        ("/v1/score-models", MODEL | {"columns": [column]}),
    ):
        answer = await director.post(path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (
            422,
            "scoring.unknown_field",
        )
    field = {"key": "visits", "kind": "number", "label_zh": "访问次数", "label_en": "Visits"}
    await made(director, "/v1/leads/custom-fields", field)
    await new_rule(director, **FAIR | {"field": "custom.visits", "values": ["7"]})
    await made(director, "/v1/score-models", MODEL | {"columns": [column]})
    lead = await new_lead(director, custom={"visits": "7"})
    assert (await score_of(director, lead))["score"] == 40


async def test_a_model_scores_once_it_is_active_and_its_factors_are_told(login: Login) -> None:
    director = await login("leads", "sales_director")
    model = await new_model(director)
    lead = await new_lead(director, source="fair")
    assert (model["status"], (await score_of(director, lead))["score"]) == ("draft", None)
    active = await activated(director, model)
    assert (active["status"], active["version"]) == ("active", 2)
    found = await score_of(director, lead)
    assert (found["probability"], found["score"], found["grade"]) == ("0.7311", 73, "b")
    assert found["model_id"] == model["id"]
    assert found["factors"] == [
        {"source": "model", "name": "source", "field": "source", "points": "23.1"}
    ]
    await new_rule(director, **FAIR)
    found = await score_of(director, lead)
    assert (found["score"], found["points"]) == (57, "40.0000")


async def test_a_model_takes_the_place_of_the_one_before_and_gives_it_back(login: Login) -> None:
    director = await login("leads", "sales_director")
    first, second = await new_model(director), await new_model(director, intercept="-1")
    await activated(director, first)
    await activated(director, second)
    shown = (await director.get("/v1/score-models?sort=trained_at")).json()["items"]
    assert [each["status"] for each in shown] == ["retired", "active"]
    again = await director.post(f"/v1/score-models/{second['id']}/activate")
    assert (again.status_code, again.json()["code"]) == (409, "lifecycle.illegal")
    back = await activated(director, first)
    assert (back["status"], back["retired_at"]) == ("active", None)
    retired = await made(director, f"/v1/score-models/{first['id']}/retire", {})
    assert retired["status"] == "retired"
    lead = await new_lead(director)
    assert (await score_of(director, lead))["score"] is None


async def test_two_models_are_never_active_at_once(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    first, second = await new_model(director), await new_model(director)
    await activated(director, first)
    async with (await house.system("leads")).system() as connection:
        with pytest.raises(Exception, match="score_model_active_key"):
            await connection.execute(
                "update score_model set status = 'active' where tenant_id = $1 and id = $2",
                tenant,
                UUID(second["id"]),
            )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"backtest": BACKTEST | {"auc": "0.901"}}, "score_model.leaks"),
        ({"alarms": ["source"]}, "score_model.leaks"),
        ({"backtest": BACKTEST | {"brier": "0.239"}}, "score_model.no_signal"),
    ],
)
async def test_a_model_that_leaks_or_tells_nothing_is_not_activated(
    login: Login, wrong: dict[str, Any], code: str
) -> None:
    director = await login("leads", "sales_director")
    model = await new_model(director, **wrong)
    answer = await director.post(f"/v1/score-models/{model['id']}/activate")
    assert (answer.status_code, answer.json()["code"]) == (409, code)


@pytest.mark.parametrize("field", ["status", "intent", "need", "budget", "converted_at"])
async def test_a_model_of_what_is_found_out_by_working_on_a_lead_is_refused(
    login: Login, field: str
) -> None:
    director = await login("leads", "sales_director")
    column = {**MODEL["columns"][0], "field": field}
    answer = await director.post("/v1/score-models", json=MODEL | {"columns": [column]})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (
        422,
        "score_model.known_later",
    )


async def test_marketing_drafts_models_and_a_director_activates_them(login: Login) -> None:
    marketing = await login("leads", "marketing")
    model = await new_model(marketing)
    for action in ("activate", "retire"):
        refused = await marketing.post(f"/v1/score-models/{model['id']}/{action}")
        assert refused.status_code == 403
    await activated(await login("leads", "sales_director"), model)
    assert (await (await login("leads", "sales_rep")).get("/v1/score-models")).status_code == 403


async def test_a_score_is_told_as_it_was(login: Login) -> None:
    director = await login("leads", "sales_director")
    rule = await new_rule(director, **FAIR)
    lead = await new_lead(director, source="fair")
    before = clock.now().isoformat()
    path = f"/v1/scoring-rules/{rule['id']}"
    await director.patch(path, json={"points": 90}, headers={"if-match": '"1"'})
    then = await director.get(f"/v1/leads/{lead['id']}/score", params={"as_of": before})
    assert (then.status_code, then.json()["score"]) == (200, 40), then.text
    assert (await score_of(director, lead))["score"] == 90


async def test_tenants_have_rules_and_models_of_their_own(login: Login) -> None:
    director = await login("leads", "sales_director")
    rule, model = await new_rule(director, **FAIR), await new_model(director)
    stranger: Caller = await login("leads", "admin", tenant=ids.new())
    for path in (f"/v1/scoring-rules/{rule['id']}", f"/v1/score-models/{model['id']}"):
        assert (await stranger.get(path)).status_code == 404
