"""Dashboards as Grafana would read them; `test_metrics` looks at what they ask for."""

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deploy.files import DEPLOY
from tests.deploy.schemas import DASHBOARD

GRAFANA = DEPLOY / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in FILES}
Plant = Callable[[dict[str, Any]], object]


def flaws(dashboard: dict[str, Any]) -> list[str]:
    """What Grafana would not show as it is meant, by the schema and by what the parts say."""
    found = [
        each.message for each in jsonschema.Draft202012Validator(DASHBOARD).iter_errors(dashboard)
    ]
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(set(ids)) < len(ids):
        found.append("two panels have one id")
    places = [cell for panel in dashboard["panels"] for cell in cells(panel["gridPos"])]
    if len(set(places)) < len(places) or any(x >= 24 for x, _ in places):
        found.append("panels lie upon each other, or beside the grid")
    for panel in dashboard["panels"]:
        letters = [target.get("refId") for target in panel["targets"]]
        if len(set(letters)) < len(letters):
            found.append("two queries have one letter")
    named = {each["name"] for each in dashboard["templating"]["list"]}
    asked = "$service" in json.dumps(dashboard["panels"])
    if named != ({"service"} if asked else set()):
        found.append("a variable is asked for that is not there, or is there for nothing")
    return found


def cells(place: dict[str, int]) -> list[tuple[int, int]]:
    return [
        (x, y)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_has_what_grafana_needs(name: str) -> None:
    assert flaws(DASHBOARDS[name]) == []


@pytest.mark.parametrize(
    "plant",
    [
        lambda d: d.pop("title"),
        lambda d: d.update(pannels=[]),
        lambda d: d["panels"][0].pop("datasource"),
        lambda d: d["panels"][0].update(type="graph"),
        lambda d: d["panels"][0]["gridPos"].update(w=13),
        lambda d: d["panels"][1].update(id=1),
        lambda d: d["panels"][0]["targets"][0].update(datasource={"type": "loki", "uid": "x"}),
        lambda d: d["panels"][0]["targets"].append(d["panels"][0]["targets"][0]),
        lambda d: d["panels"][0]["targets"].clear(),
        lambda d: d["templating"]["list"].clear(),
    ],
)
def test_a_planted_flaw_is_found(plant: Plant) -> None:
    spoilt = copy.deepcopy(DASHBOARDS["api"])
    plant(spoilt)
    assert flaws(spoilt) != []


def test_dashboards_have_ids_of_their_own_and_are_provisioned_with_their_source() -> None:
    assert len({each["uid"] for each in DASHBOARDS.values()}) == len(DASHBOARDS) > 3
    text = {path.name: path.read_text() for path in (GRAFANA / "provisioning").rglob("*.yaml")}
    provided = {key: one for each in text.values() for key, one in yaml.safe_load(each).items()}
    (source,) = provided["datasources"]
    assert (source["type"], source["uid"]) == ("prometheus", "prometheus")
    (provider,) = provided["providers"]
    compose = (DEPLOY / "compose.yaml").read_text()
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in compose
