"""What tests of scores begin with."""

from typing import Any

from crmkit.testing.house import Caller
from tests.leads.samples import made

FAIR: dict[str, Any] = {
    "name": "Fair",
    "kind": "fact",
    "points": 40,
    "field": "source",
    "test": "any_of",
    "values": ["fair", "expo"],
}
CALLS: dict[str, Any] = {
    "name": "Calls",
    "kind": "activity",
    "points": 20,
    "activity_kinds": ["call"],
    "outcomes": ["interested"],
    "half_life_days": 7,
    "most": 10,
}
BACKTEST: dict[str, Any] = {
    "trained_on": 700,
    "rows": 300,
    "converted": 120,
    "auc": "0.84",
    "brier": "0.15",
    "ece": "0.03",
    "base_brier": "0.24",
}
MODEL: dict[str, Any] = {
    "name": "First",
    "intercept": "0",
    "columns": [
        {
            "field": "source",
            "kind": "value",
            "levels": [{"level": "fair", "weight": "1"}, {"level": "*", "weight": "-1"}],
            "mean": "0",
        }
    ],
    "backtest": BACKTEST,
}


async def new_rule(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, "/v1/scoring-rules", {"kind": "fact", **fields})


async def new_model(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, "/v1/score-models", MODEL | fields)


async def activated(caller: Caller, model: dict[str, Any]) -> dict[str, Any]:
    return await made(caller, f"/v1/score-models/{model['id']}/activate", {})


async def score_of(caller: Caller, lead: dict[str, Any]) -> dict[str, Any]:
    answer = await caller.get(f"/v1/leads/{lead['id']}/score")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown
