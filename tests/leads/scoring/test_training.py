"""A model on its way: from leads of the API, or of a real data set, to the scores it gives."""

import csv
import gzip
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from rich.console import Console

from crmkit.kernel import clock
from crmkit.remote.api import Api, Refused
from crmkit.remote.commands import MAPPINGS
from crmkit.remote.mapping import Known, body, load
from crmkit.remote.scoring import as_they_came, fetch_leads, train_score
from crmkit.remote.training import DEFAULT_FIELDS, Example, train
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.data_sets import data_set
from tests.leads.samples import HISTORY, made, new_lead
from tests.leads.scoring.samples import activated, score_of

EARLY = (
    *("lead_source", "no_email", "no_call", "visits", "seconds_on_site", "pages_per_visit"),
    *("country", "heard_from", "search", "newspaper", "recommended", "wants_copy"),
)
"""What the form and the site knew before anybody was called."""

LATE = ("tags", "quality", "last_activity")
PATIENCE = timedelta(days=90)


@pytest.fixture(scope="module")
def courses() -> list[Example]:
    """The leads of the data set as the API shows them after an import, oldest first."""
    path = data_set("x-education-leads") / "leads.csv.gz"
    source = load(MAPPINGS / "x-education-leads.toml")
    file = source.files[0]
    fields = {name: rule for name, rule in file.fields.items() if name in DEFAULT_FIELDS}
    custom = {name: file.custom[name] for name in (*EARLY, *LATE)}
    file = replace(file, fields=fields, custom=custom, occurred_at=None, then=())
    known = Known(ZoneInfo("UTC"))
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: int(row["Lead Number"]))
    shown = ((body(file, source.system, row, known)["data"], row) for row in rows)
    return [Example({"custom": {}, **data}, row["Converted"] == "1") for data, row in shown]


def test_real_leads_are_ranked_and_calibrated_by_what_was_known_before_contact(
    courses: list[Example],
) -> None:
    own = [f"custom.{name}" for name in EARLY]
    trained = train(courses, (*DEFAULT_FIELDS, *own))
    told = trained.backtest
    assert (told.trained_on, told.rows, told.converted) == (6468, 2772, 1107)
    assert told.auc >= 0.83
    assert told.brier <= 0.160
    assert told.ece <= 0.05
    assert not trained.leaks


def test_the_usual_fields_of_real_leads_never_know_the_end(courses: list[Example]) -> None:
    trained = train(courses)
    assert 0.6 < trained.backtest.auc <= 0.90
    assert not trained.leaks


def test_what_was_written_after_contact_raises_the_alarm(courses: list[Example]) -> None:
    trained = train(courses, (*DEFAULT_FIELDS, *(f"custom.{name}" for name in LATE)))
    assert trained.backtest.auc > 0.90
    assert set(trained.alarms) == {"custom.tags", "custom.quality"}


@pytest.fixture
async def seller(login: Login) -> Caller:
    """A director with 240 leads of a year ago, of which those from fairs were mostly converted."""
    director = await login("leads", "sales_director", scopes=[HISTORY])
    field = {"key": "fate", "kind": "text", "label_zh": "结局", "label_en": "Fate"}
    admin = await login("leads", "admin")
    await made(admin, "/v1/leads/custom-fields", field)
    rows: list[dict[str, Any]] = []
    for n in range(240):
        fair, bought = n % 2 == 0, n % 20 in {0, 2, 4, 6, 8, 10, 12, 1, 3}
        when = (clock.now() - timedelta(days=365, minutes=-n)).isoformat()
        row: dict[str, Any] = {
            "data": {
                "company": f"Acme {n}",
                "source": "fair" if fair else "web",
                "custom": {"fate": "won" if bought else "lost"},
            },
            "occurred_at": when,
        }
        if bought:
            deal = {"opportunity": False}
            row["then"] = [
                {"action": "qualify", "data": {"intent": "a"}, "occurred_at": when},
                {"action": "convert", "data": deal, "occurred_at": when},
            ]
        rows.append(row)
    for first in range(0, 240, 120):
        answer = await made(
            director, "/v1/leads/batch", {"rows": rows[first : first + 120], "atomic": False}
        )
        assert {each["status"] for each in answer["rows"]} == {201}
    return director


async def api_of(caller: Caller) -> Api:
    """The house as the command line reaches it, for this caller."""
    api = Api("http://test", "")
    await api.http.aclose()
    transport, headers = caller.client._transport, dict(caller.client.headers)
    api.http = httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)
    return api


async def trained(caller: Caller, *also: str, keep: bool = True) -> str:
    """What `crm score train` prints."""
    api = await api_of(caller)
    said = io.StringIO()
    console = Console(file=said, width=120)
    await train_score("Fairs", [*also], PATIENCE, 1000, console, keep=keep, api=api)
    return said.getvalue()


async def test_a_model_is_trained_drafted_and_scores_leads(seller: Caller) -> None:
    assert "draft" not in await trained(seller, keep=False)
    printed = await trained(seller)
    (model,) = (await seller.get("/v1/score-models")).json()["items"]
    assert f"draft {model['id']}" in printed
    assert (model["status"], model["alarms"]) == ("draft", [])
    assert (model["backtest"]["trained_on"], model["backtest"]["rows"]) == (168, 72)
    await activated(seller, model)
    fair, web = [
        await score_of(seller, await new_lead(seller, source=source)) for source in ("fair", "web")
    ]
    assert fair["score"] > 50 > web["score"]
    assert fair["factors"][0]["field"] == "source"


async def test_a_field_that_knows_the_end_is_named_and_nothing_is_kept(seller: Caller) -> None:
    with pytest.raises(Refused, match=r"custom\.fate \(AUC 1\.00\)"):
        await trained(seller, "custom.fate")
    assert (await seller.get("/v1/score-models")).json()["items"] == []


async def test_leads_are_learnt_from_as_they_came(login: Login) -> None:
    """More of them than one operation asks for; one that was never changed is as it came."""
    director = await login("leads", "sales_director")
    leads = [await new_lead(director, source="fair") for _ in range(12)]
    for lead in leads[1:]:
        told = {"product": "外圆磨床", "source": "won"}
        path, match = f"/v1/leads/{lead['id']}", {"if-match": '"1"'}
        assert (await director.patch(path, json=told, headers=match)).is_success
    async with await api_of(director) as api:
        shown = await fetch_leads(api, 100)
        came = await as_they_came(api, [Example(lead, lead["version"] > 1) for lead in shown])
    assert sorted(lead["source"] for lead in shown) == ["fair", *["won"] * 11]
    assert sum(each.converted for each in came) == 11
    assert {each.values["source"] for each in came} == {"fair"}
    assert {each.values["product"] for each in came} == {leads[0]["product"]}


async def test_without_leads_there_is_nothing_to_learn_from(login: Login) -> None:
    director = await login("leads", "sales_director")
    with pytest.raises(Refused, match="0 leads whose end is known"):
        await trained(director)
