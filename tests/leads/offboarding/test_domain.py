from itertools import product

import pytest

from crmkit.db.rows import plan
from crmkit.fields import Patch
from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.service import services
from services.leads.offboarding.commands import _MOVES
from services.leads.offboarding.domain import (
    AT_ONCE,
    LIFECYCLE,
    Holding,
    LeadsTo,
    OffboardingState,
    OffboardingTrigger,
    at_once,
    course,
    demand_way,
)
from services.leads.offboarding.queries import STOCKS

WHO, NEXT, POOL = ids.new(), ids.new(), ids.new()
MOVES = {
    (OffboardingState.OPEN, OffboardingState.RUNNING),
    (OffboardingState.OPEN, OffboardingState.CANCELLED),
    (OffboardingState.RUNNING, OffboardingState.DONE),
    (OffboardingState.RUNNING, OffboardingState.CANCELLED),
}


@pytest.mark.parametrize(("current", "target"), sorted(product(OffboardingState, OffboardingState)))
def test_it_is_started_before_it_is_done_and_what_is_over_stays_over(
    current: OffboardingState, target: OffboardingState
) -> None:
    if (current, target) in MOVES:
        assert LIFECYCLE.move(current, target) is target
        return
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"


@pytest.mark.parametrize("code", [*OffboardingState, *OffboardingTrigger, *LeadsTo, *Holding])
def test_every_code_has_a_label_in_both_languages(code: Labelled) -> None:
    assert code.zh
    assert code.en
    assert code.zh != code.en


def test_every_kind_of_holding_is_found_moved_and_gone_through_once() -> None:
    assert sorted(course(NEXT)) == sorted(Holding)
    assert set(STOCKS) == set(Holding) == set(_MOVES)


def test_each_stock_has_the_place_that_off_boardings_under_way_know_it_by() -> None:
    places = {stock.place: plan(stock.cls).table for each in STOCKS.values() for stock in each}
    assert sum(map(len, STOCKS.values())) == len(places)
    given = """pool_member lead_job account_job contact_job activity_job visit_job lead lead account
    follow_up_plan activity enquiry channel_partner campaign capture_form inbound_endpoint
    site_checklist feedback_job feedback"""
    assert places == dict(enumerate(given.split()))


def test_all_that_is_handed_over_by_hand_is_handed_over_here() -> None:
    (leads,) = services(["leads"])
    by_hand = {
        module.__name__.split(".")[-2]
        for module in leads.furniture("schemas")
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Patch) and "owner_id" in each.model_fields
    }
    here = {stock.cls.__module__.split(".")[-2] for stocks in STOCKS.values() for stock in stocks}
    assert {"lead", "account", "site"} <= by_hand <= here


def test_places_in_pools_end_before_a_rule_could_give_their_leads_back() -> None:
    for successor in (None, NEXT):
        assert course(successor).index(Holding.SEAT) < course(successor).index(Holding.LEAD)


def test_without_a_successor_leads_go_alone() -> None:
    gone = {Holding.SEAT, Holding.JOB, Holding.LEAD, Holding.POOL_LEAD}
    assert set(course(None)) == gone


@pytest.mark.parametrize(
    ("holding", "leads_to", "most"),
    [
        (Holding.ACCOUNT, LeadsTo.RULES, AT_ONCE),
        (Holding.LEAD, LeadsTo.SUCCESSOR, AT_ONCE),
        (Holding.POOL_LEAD, LeadsTo.SUCCESSOR, 1),
        (Holding.LEAD, LeadsTo.RULES, 1),
        (Holding.POOL_LEAD, LeadsTo.RULES, 1),
        (Holding.LEAD, LeadsTo.POOL, AT_ONCE),
        (Holding.POOL_LEAD, LeadsTo.POOL, AT_ONCE),
    ],
)
def test_leads_whose_getters_are_counted_go_one_by_one(
    holding: Holding, leads_to: LeadsTo, most: int
) -> None:
    assert at_once(holding, leads_to) == most


@pytest.mark.parametrize(
    ("leads_to", "successor", "pool", "code", "told"),
    [
        (LeadsTo.SUCCESSOR, NEXT, None, "", ""),
        (LeadsTo.POOL, None, POOL, "", ""),
        (LeadsTo.POOL, NEXT, POOL, "", ""),
        (LeadsTo.RULES, None, None, "", ""),
        (LeadsTo.SUCCESSOR, None, None, "offboarding.nobody", "say who"),
        (LeadsTo.RULES, WHO, None, "offboarding.nobody", "name another"),
        (LeadsTo.POOL, NEXT, None, "offboarding.pool", "say which pool"),
        (LeadsTo.SUCCESSOR, NEXT, POOL, "offboarding.pool", "only where"),
    ],
)
def test_it_is_said_who_gets_the_leads(
    leads_to: LeadsTo, successor: object, pool: object, code: str, told: str
) -> None:
    if not code:
        demand_way(leads_to, WHO, successor, pool)  # type: ignore[arg-type]  # ids or none
        return
    with pytest.raises(Invalid) as refused:
        demand_way(leads_to, WHO, successor, pool)  # type: ignore[arg-type]  # ids or none
    assert refused.value.code == code
    assert told in refused.value.detail
