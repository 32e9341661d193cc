"""What the tests of campaigns, sources, forms and reception begin with."""

from typing import Any

from crmkit.testing.house import Caller
from tests.leads.samples import made

FAIR = {
    "name": "Spring fair",
    "kind": "event",
    "source": "spring-fair",
    "budget": {"amount": "50000.00", "currency": "CNY"},
}
BOOTH = {"kind": "venue", "amount": {"amount": "1200.50", "currency": "CNY"}}
CONTACT_US = {
    "name": "Contact us",
    "source": "website",
    "fields": ["company", "contact_name", "email", "phone", "need"],
}
VISIT = {"name": "王静", "phone": "138 0000 0001", "site": "一号案场", "source": "walk-in"}
QUESTION = {"name": "李磊", "phone": "13900000002", "question": "Which sizes?", "source": "hotline"}


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def drafted(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, "/v1/campaigns", FAIR | fields)


async def approved(caller: Caller, **fields: Any) -> dict[str, Any]:
    """A campaign that may be spent on; the caller is a director."""
    campaign = await drafted(caller, **fields)
    return await made(caller, f"/v1/campaigns/{campaign['id']}/approve", {})


async def charged(caller: Caller, campaign: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return await made(caller, f"/v1/campaigns/{campaign['id']}/costs", BOOTH | fields)


async def new_form(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, "/v1/capture-forms", CONTACT_US | fields)
