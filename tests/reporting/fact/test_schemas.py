"""How the states of others fill facts."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from crmkit.events.contracts import ContractState, ReceiptState
from crmkit.events.leads import AccountState, ActivityState, LeadState
from crmkit.events.leads_campaigns import CampaignCostState
from crmkit.events.leads_reception import EnquiryState, VisitState
from crmkit.events.leads_surveys import SurveyState
from crmkit.events.opportunities import OpportunityState
from crmkit.kernel import ids
from services.reporting.fact import schemas
from services.reporting.fact.statements import SHAPES, TOLD, Shape
from tests.reporting.conftest import OWNER, wire

TENANT = ids.new()
THEN = datetime(2026, 1, 2, tzinfo=UTC)


def shape_of(aggregate: str) -> Shape:
    return next(shape for shape in SHAPES if shape.aggregate == aggregate)


def filled(aggregate: str, **state: Any) -> dict[str, Any]:
    """The one row an event makes, by column."""
    shape = shape_of(aggregate)
    arrays = shape.arrays([wire(TENANT, aggregate, OWNER, 3, **state)])
    names = (*shape.types, *TOLD)
    return {name: array[0] for name, array in zip(names, arrays, strict=True)}


@pytest.mark.parametrize(
    ("read", "published"),
    [
        (schemas.Lead, LeadState),
        (schemas.Activity, ActivityState),
        (schemas.Opportunity, OpportunityState),
        (schemas.Contract, ContractState),
        (schemas.Receipt, ReceiptState),
        (schemas.Survey, SurveyState),
        (schemas.Account, AccountState),
        (schemas.CampaignCost, CampaignCostState),
        (schemas.Visit, VisitState),
        (schemas.Enquiry, EnquiryState),
    ],
)
def test_what_is_read_is_published_in_the_same_type(
    read: type[msgspec.Struct], published: type[msgspec.Struct]
) -> None:
    told = {field.name: field.type for field in msgspec.structs.fields(published)}
    for field in msgspec.structs.fields(read):
        assert told[field.name] == field.type


def test_a_fact_has_the_key_the_version_and_the_dimensions() -> None:
    row = filled("opportunity", won_at=THEN, amount="12.30", region="西部")
    assert (row["tenant_id"], row["id"], row["version"]) == (TENANT, OWNER, 3)
    assert (row["region"], row["product"], row["currency"]) == ("西部", "GTX", "USD")
    assert (row["amount"], row["won_at"], row["lost_at"]) == (Decimal("12.30"), THEN, None)


def test_a_dimension_a_record_does_not_know_is_empty() -> None:
    row = filled("activity", kind="visit")
    assert (row["kind"], row["source"], row["product"], row["currency"]) == ("visit", "", "", "")


def test_the_currency_of_a_leads_budget_stays_out() -> None:
    assert filled("lead", budget="5.00", currency="USD")["currency"] == ""


def test_flags_are_up_where_there_is_an_instant() -> None:
    assert filled("lead")["deleted"] is False
    assert filled("lead", deleted_at=THEN)["deleted"] is True
    assert filled("contract", voided_at=THEN)["voided"] is True
    assert filled("contract")["voided"] is False
    assert filled("receipt")["deleted"] is False


@pytest.mark.parametrize(
    ("aggregate", "state"),
    [("receipt", {"amount": None}), ("lead", {"owner_id": "nobody"}), ("activity", {"kind": 1})],
)
def test_a_state_that_does_not_fit_is_refused(aggregate: str, state: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        filled(aggregate, **state)
