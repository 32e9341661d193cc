from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from services.leads.campaign.domain import (
    APPROVED_WITH,
    LIFECYCLE,
    CampaignKind,
    CampaignStatus,
    Channel,
    demand_channel,
    demand_chargeable,
    demand_currency,
    demand_editable,
    demand_one_currency,
    demand_order,
    demand_period,
)

MOVES = {
    CampaignStatus.DRAFT: {CampaignStatus.APPROVED, CampaignStatus.CANCELLED},
    CampaignStatus.APPROVED: {
        CampaignStatus.DRAFT,
        CampaignStatus.RUNNING,
        CampaignStatus.CANCELLED,
    },
    CampaignStatus.RUNNING: {CampaignStatus.ENDED, CampaignStatus.CANCELLED},
    CampaignStatus.ENDED: set(),
    CampaignStatus.CANCELLED: set(),
}


@pytest.mark.parametrize("current", CampaignStatus)
@pytest.mark.parametrize("target", CampaignStatus)
def test_a_campaign_runs_only_once_it_was_approved(
    current: CampaignStatus, target: CampaignStatus
) -> None:
    if target in MOVES[current]:
        assert LIFECYCLE.move(current, target) is target
        return
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"


@pytest.mark.parametrize("status", CampaignStatus)
@pytest.mark.parametrize("field", [*sorted(APPROVED_WITH), "name", "ends_on"])
def test_what_was_approved_changes_in_a_draft_alone(status: CampaignStatus, field: str) -> None:
    code = None
    if status in {CampaignStatus.ENDED, CampaignStatus.CANCELLED}:
        code = "campaign.closed"
    elif status is not CampaignStatus.DRAFT and field in APPROVED_WITH:
        code = "campaign.approved"
    if code is None:
        demand_editable(status, {field})
        return
    demand_editable(status, set())
    with pytest.raises(Conflict) as refused:
        demand_editable(status, {field})
    assert refused.value.code == code


@pytest.mark.parametrize("kind", CampaignKind)
def test_an_advertisement_says_where_it_appears(kind: CampaignKind) -> None:
    demand_channel(kind, Channel.RADIO)
    if kind is not CampaignKind.ADVERTISEMENT:
        demand_channel(kind, None)
        return
    with pytest.raises(Invalid) as refused:
        demand_channel(kind, None)
    assert refused.value.code == "campaign.channel"


def test_a_campaign_does_not_end_before_it_starts() -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 2)
    for starts_on, ends_on in ((first, last), (first, first), (None, first), (first, None)):
        demand_period(starts_on, ends_on)
    with pytest.raises(Invalid) as refused:
        demand_period(last, first)
    assert refused.value.code == "campaign.period"


def test_a_step_does_not_come_before_the_one_that_led_to_it() -> None:
    then = datetime(2026, 3, 1, tzinfo=UTC)
    demand_order(then, then)
    demand_order(None, then)
    with pytest.raises(Conflict) as refused:
        demand_order(then, then - timedelta(seconds=1))
    assert refused.value.code == "campaign.before"


@pytest.mark.parametrize("status", CampaignStatus)
def test_nothing_is_spent_on_a_draft(status: CampaignStatus) -> None:
    if status is not CampaignStatus.DRAFT:
        demand_chargeable(status)
        return
    with pytest.raises(Conflict) as refused:
        demand_chargeable(status)
    assert refused.value.code == "campaign.not_approved"


def test_costs_are_in_the_currency_of_the_budget() -> None:
    demand_currency("CNY", "CNY")
    with pytest.raises(Invalid) as refused:
        demand_currency("CNY", "USD")
    assert refused.value.code == "campaign_cost.currency"


def test_what_has_cost_something_keeps_its_currency() -> None:
    demand_one_currency(Decimal("0.00"), "CNY", "USD")
    demand_one_currency(Decimal("0.01"), "CNY", "CNY")
    with pytest.raises(Conflict) as refused:
        demand_one_currency(Decimal("0.01"), "CNY", "USD")
    assert refused.value.code == "campaign.spent"
