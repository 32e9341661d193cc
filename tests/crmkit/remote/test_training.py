"""Models of leads that are made up, so that what they should say is known."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from crmkit.kernel import clock, ids
from crmkit.kernel.levels import KINDS, Column, Model, value_of
from crmkit.remote.logistic import sigmoid
from crmkit.remote.training import Example, Trained, Untrainable, examples_of, train

FIELDS = ("source", "custom.size")
NOW = clock.now()


def a_lead(chance: random.Random) -> Example:
    """Of a fair three in four buy, of the web one; every ten of size are worth a little more."""
    source, size = chance.choice(["fair", "web"]), chance.randrange(100)
    likely = (0.65 if source == "fair" else 0.15) + size / 500
    custom: dict[str, Any] = {"size": str(size), "stage": None}
    bought = chance.random() < likely
    custom["stage"] = "signed" if bought else "talking"
    return Example({"source": source, "custom": custom, "email": None}, bought)


@pytest.fixture(scope="module")
def leads() -> list[Example]:
    chance = random.Random(3)  # noqa: S311 - the same leads each time
    return [a_lead(chance) for _ in range(1500)]


@pytest.fixture(scope="module")
def model(leads: list[Example]) -> Trained:
    return train(leads, FIELDS)


def test_a_model_finds_what_matters_and_says_how_well(model: Trained) -> None:
    assert (model.backtest.trained_on, model.backtest.rows) == (1050, 450)
    assert 0.70 < model.backtest.auc < 0.85
    assert model.backtest.brier < model.backtest.base_brier - 0.03
    assert model.backtest.ece < 0.1
    assert not model.leaks
    source, size = model.columns
    weights = {each["level"]: float(each["weight"]) for each in source["levels"]}
    assert weights["fair"] > 0 > weights["web"]
    assert (source["kind"], size["kind"], len(size["edges"])) == ("value", "band", 9)
    bands = [float(each["weight"]) for each in size["levels"] if each["level"].isdigit()]
    assert bands[-1] > bands[0]


def test_the_same_leads_give_the_same_model_to_the_letter(
    leads: list[Example], model: Trained
) -> None:
    assert train(leads, FIELDS).document("a") == model.document("a")


def test_whoever_applies_a_model_gets_what_whoever_trained_it_meant(
    leads: list[Example], model: Trained
) -> None:
    told = model.document("a")
    columns = tuple(
        Column(
            each["field"],
            KINDS[each["kind"]],
            tuple(map(Decimal, each["edges"])),
            {level["level"]: Decimal(level["weight"]) for level in each["levels"]},
            Decimal(each["mean"]),
        )
        for each in told["columns"]
    )
    intercept, slope, shift = (Decimal(told[name]) for name in ("intercept", "slope", "shift"))
    applied = Model(ids.new(), intercept, slope, shift, columns)
    for lead in leads[:50]:
        worth = [each.weight(value_of(lead.values, each.field)) for each in columns]
        z = model.intercept + float(sum(worth))
        meant = sigmoid(model.slope * z + model.shift)
        assert float(applied.probability(sum(worth, Decimal()))) == pytest.approx(meant, abs=1e-5)
    for column in columns:
        mean = sum(column.weight(value_of(each.values, column.field)) for each in leads)
        assert float(mean) / len(leads) == pytest.approx(float(column.mean), abs=1e-5)


def test_a_field_that_knows_the_end_raises_the_alarm(leads: list[Example]) -> None:
    trained = train(leads, (*FIELDS, "custom.stage"))
    assert set(trained.alarms) == {"custom.stage"}
    assert trained.alarms["custom.stage"] > 0.99
    assert trained.leaks
    assert trained.document("a")["alarms"] == ["custom.stage"]


def test_fields_that_know_the_end_together_raise_it_too() -> None:
    chance = random.Random(5)  # noqa: S311 - the same leads each time
    leads = []
    for _ in range(600):
        votes = {f"v{n}": chance.random() < 0.5 for n in range(5)}
        leads.append(Example({"custom": votes}, sum(votes.values()) > 2))
    trained = train(leads, [f"custom.v{n}" for n in range(5)])
    assert not trained.alarms
    assert trained.backtest.auc > 0.9
    assert trained.leaks


@pytest.mark.parametrize(
    ("count", "fields", "why"),
    [(199, FIELDS, "200 at least"), (300, ("email",), "do not differ"), (300, (), "do not differ")],
)
def test_too_little_to_learn_from_is_said(
    leads: list[Example], count: int, fields: tuple[str, ...], why: str
) -> None:
    with pytest.raises(Untrainable, match=why):
        train(leads[:count], fields)


def test_leads_that_all_end_alike_teach_nothing(leads: list[Example]) -> None:
    lost = [Example(each.values, False) for each in leads[:300]]
    with pytest.raises(Untrainable, match="both outcomes"):
        train(lost, FIELDS)


def test_leads_whose_end_is_known_are_learnt_from_oldest_first() -> None:
    def lead(status: str, days: int) -> dict[str, Any]:
        received = (NOW - timedelta(days=days)).isoformat()
        return {"id": f"{status}{days}", "status": status, "received_at": received}

    leads = [lead(*each) for each in (("converted", 1), ("new", 5), ("disqualified", 9))]
    leads += [lead("new", 91), lead("merged", 200), lead("working", 300)]
    found = examples_of(leads, NOW, timedelta(days=90))
    assert [(each.values["id"], each.converted) for each in found] == [
        ("working300", False),
        ("new91", False),
        ("disqualified9", False),
        ("converted1", True),
    ]
