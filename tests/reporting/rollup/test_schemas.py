"""Which questions are answered, and how the others are refused."""

from datetime import date
from uuid import UUID

import pytest

from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain
from services.reporting.fact.statements import SHAPES
from services.reporting.rollup.domain import FIGURES, MEASURES, OF_CAMPAIGNS, Unit
from services.reporting.rollup.schemas import BY, FILTERS, checked, parameters, parse

ASKED = {"measure": "leads_created", "grain": "week", "from": "2026-01-01", "to": "2026-12-31"}


def ask(**instead: str) -> list[tuple[str, str]]:
    return list((ASKED | {name.rstrip("_"): text for name, text in instead.items()}).items())


def refused(query: list[tuple[str, str]]) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        parse(query)
    return caught.value.code, caught.value.faults[0].pointer


def test_a_question_is_read_in_full() -> None:
    wanted = parse(ask(by="region,owner", team="cn/east,cn/west", owner_id=str(UUID(int=7))))
    assert wanted.figure is FIGURES["leads_created"]
    assert wanted.grain is Grain.WEEK
    assert (wanted.first, wanted.last) == (date(2026, 1, 1), date(2026, 12, 31))
    assert wanted.by == ("region", "owner")
    assert wanted.filters == (("owner_id", (UUID(int=7),)), ("team", ("cn/east", "cn/west")))


@pytest.mark.parametrize("name", list(ASKED))
def test_what_is_missing_is_named(name: str) -> None:
    rest = [(n, text) for n, text in ask() if n != name]
    assert refused(rest) == ("parameter.invalid", f"/{name}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("measure", "leads"),
        ("measure", ""),
        ("grain", "year"),
        ("grain", "WEEK"),
        ("by", "region,region"),
        ("by", "owner_id"),
        ("by", ""),
        ("by", "region,"),
        ("by", "currency"),
        ("from", "2026-02-30"),
        ("from", "2026-1-1"),
        ("from", "20260101"),
        ("from", "1969-12-31"),
        ("from", "２０２６-01-01"),
        ("to", "2025-12-31"),
        ("to", "9999-12-31"),
        ("owner_id", "7"),
        ("owner_id", "00000000000000000000000000000007"),
        ("region", "\x00"),
        ("region", "x" * 201),
        ("region", ",".join("x" * 201)),
        ("team", "\u202e"),
    ],
)
def test_what_makes_no_sense_is_named(name: str, text: str) -> None:
    query = [(n, t) for n, t in ask() if n != name] + [(name, text)]
    assert refused(query) == ("parameter.invalid", f"/{name}")


@pytest.mark.parametrize("text", ["leads_creatd", ""])
def test_of_a_measure_that_nobody_knows_those_there_are_are_told(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse([(n, t) for n, t in ask() if n != "measure"] + [("measure", text)])
    (fault,) = caught.value.faults
    assert fault.message == f"measure: one of {', '.join(FIGURES)}"


def test_a_day_that_is_missing_is_told_to_be() -> None:
    with pytest.raises(Invalid) as caught:
        parse([(n, t) for n, t in ask() if n != "from"])
    assert caught.value.faults[0].message == "from: missing"


def test_a_parameter_nobody_knows_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(Invalid, match="did you mean region") as caught:
        parse(ask(regoin="East"))
    assert caught.value.code == "parameter.unknown"


def test_a_parameter_given_twice_is_refused() -> None:
    assert refused([*ask(), ("grain", "day")]) == ("parameter.invalid", "/grain")


def test_a_filter_of_no_values_is_refused_and_not_taken_for_no_filter() -> None:
    with pytest.raises(Invalid):
        checked(ASKED, [], {"region": []})


@pytest.mark.parametrize(
    ("grain", "last", "allowed"),
    [
        ("day", "2028-03-10", True),
        ("day", "2028-03-11", False),
        ("week", "2046-01-15", True),
        ("week", "2046-01-16", False),
        ("quarter", "2046-01-16", False),
    ],
)
def test_a_span_is_bounded(grain: str, last: str, allowed: bool) -> None:
    query = ask(grain=grain, to=last)
    if allowed:
        parse(query)
    else:
        assert refused(query) == ("parameter.invalid", "/to")


def test_every_parameter_is_documented_and_every_documented_one_is_read() -> None:
    documented = {parameter["name"] for parameter in parameters()["parameters"]}
    assert documented == {*ASKED, "by", *FILTERS}
    required = {p["name"] for p in parameters()["parameters"] if p["required"]}
    assert required == set(ASKED)


def test_every_figure_rests_on_a_measure_and_amounts_on_one_that_has_amounts() -> None:
    measures = {measure.name: measure for measure in MEASURES}
    for name, figure in FIGURES.items():
        measure = measures[figure.measure]
        assert name == figure.name
        assert figure.unit is Unit.COUNT or measure.amount
        assert figure.zh
        assert figure.en
    assert set(measures) == {figure.measure for figure in FIGURES.values()}
    assert set(BY.values()) == set(FILTERS) - {"currency"}


def test_what_can_be_cut_by_campaign_is_what_knows_one() -> None:
    knowing = {shape.table for shape in SHAPES if "campaign_id" in shape.staged}
    assert knowing == OF_CAMPAIGNS
