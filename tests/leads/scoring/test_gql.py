from typing import Any

from crmkit.testing.plugin import Login
from tests.leads.samples import new_lead
from tests.leads.scoring.samples import FAIR, MODEL

RULE = "... on ScoringRule { id version name points test values activityKinds active }"
COLUMN = "columns { field kind levels { level weight } }"
MADE = f"... on ScoreModel {{ id status {COLUMN} backtest {{ auc }} }}"
SCORE = "query($id: UUID!) { leadScore(id: $id) { score grade points factors { source points } } }"


def camel(body: dict[str, Any]) -> dict[str, Any]:
    """The body as GraphQL spells it: names of fields in camel case, enums in capitals."""
    spelt: dict[str, Any] = {}
    for name, value in body.items():
        first, *rest = name.split("_")
        told = value.upper() if name in {"kind", "test"} else value
        if isinstance(value, dict):
            told = camel(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            told = [camel(each) for each in value]
        spelt[first + "".join(map(str.capitalize, rest))] = told
    return spelt


async def test_rules_are_written_and_read_by_graphql(login: Login) -> None:
    director = await login("leads", "sales_director")
    create = (
        f"mutation($r: ScoringRuleCreateInput!) {{ createScoringRule(input: $r) {{ {RULE} }} }}"
    )
    made = (await director.graphql("leads", create, r=camel(FAIR)))["data"]["createScoringRule"]
    assert (made["points"], made["test"], made["values"]) == (40, "ANY_OF", ["fair", "expo"])
    update = (
        "mutation($id: UUID!) { updateScoringRule(id: $id, expectedVersion: 1,"
        f" input: {{points: 60}}) {{ {RULE} }} }}"
    )
    changed = await director.graphql("leads", update, id=made["id"])
    assert changed["data"]["updateScoringRule"]["points"] == 60
    lead = await new_lead(director, source="fair")
    found = (await director.graphql("leads", SCORE, id=lead["id"]))["data"]["leadScore"]
    assert found == {
        "score": 60,
        "grade": "B",
        "points": "60.0000",
        "factors": [{"source": "RULE", "points": "60.0"}],
    }
    delete = f"mutation($id: UUID!) {{ deleteScoringRule(id: $id) {{ {RULE} }} }}"
    await director.graphql("leads", delete, id=made["id"])
    rules = "{ scoringRules(filter: {kind: [FACT]}) { edges { node { id } } } }"
    assert (await director.graphql("leads", rules))["data"]["scoringRules"]["edges"] == []


async def test_models_are_drafted_activated_and_retired_by_graphql(login: Login) -> None:
    director = await login("leads", "sales_director")
    draft = f"mutation($m: ScoreModelDraftInput!) {{ draftScoreModel(input: $m) {{ {MADE} }} }}"
    answer = await director.graphql("leads", draft, m=camel(MODEL))
    model = answer["data"]["draftScoreModel"]
    assert (model["status"], model["backtest"]) == ("DRAFT", {"auc": "0.84"})
    assert model["columns"] == [
        {
            "field": "source",
            "kind": "VALUE",
            "levels": [{"level": "fair", "weight": "1"}, {"level": "*", "weight": "-1"}],
        }
    ]
    for action, status in (("activate", "ACTIVE"), ("retire", "RETIRED")):
        change = f"mutation($id: UUID!) {{ {action}ScoreModel(id: $id) {{ {MADE} }} }}"
        changed = await director.graphql("leads", change, id=model["id"])
        assert changed["data"][f"{action}ScoreModel"]["status"] == status
    one = f"query($id: UUID!) {{ scoreModel(id: $id) {{ {MADE} }} }}"
    shown = await director.graphql("leads", one, id=model["id"])
    assert shown["data"]["scoreModel"]["columns"] == model["columns"]
    listed = "{ scoreModels(filter: {status: [RETIRED]}) { edges { node { id status } } } }"
    edges = (await director.graphql("leads", listed))["data"]["scoreModels"]["edges"]
    assert edges == [{"node": {"id": model["id"], "status": "RETIRED"}}]


async def test_a_leads_own_score_is_a_field_of_it(login: Login) -> None:
    director = await login("leads", "sales_director")
    lead = await new_lead(director)
    query = "query($id: UUID!) { lead(id: $id) { score grade scoredAt } }"
    shown = (await director.graphql("leads", query, id=lead["id"]))["data"]["lead"]
    assert shown == {"score": None, "grade": None, "scoredAt": None}
