"""From a lead to a deal that is won. Takes CRM_URL and CRM_TOKEN, and prints the deal."""

import json
import os
import uuid
from http import HTTPStatus

from dealstream_client import AuthenticatedClient
from dealstream_client.api.leads import convert_lead, create_lead, qualify_lead
from dealstream_client.api.opportunities import get_opportunity, win_opportunity
from dealstream_client.models import (
    ConvertLead,
    Intent,
    LeadCreate,
    LeadRead,
    MoneyIn,
    OpportunityRead,
    QualifyLead,
    WinOpportunity,
)

with AuthenticatedClient(os.environ["CRM_URL"], os.environ["CRM_TOKEN"]) as api:
    new = LeadCreate(
        company="宁波明禾电子",
        contact_name="李磊",
        source="python",
        budget=MoneyIn(amount="192000.00", currency="CNY"),
    )
    lead = create_lead.sync(client=api, body=new, idempotency_key=str(uuid.uuid4()))
    assert isinstance(lead, LeadRead), lead
    qualify_lead.sync(lead.id, client=api, body=QualifyLead(intent=Intent.A))
    lead = convert_lead.sync(lead.id, client=api, body=ConvertLead())
    assert isinstance(lead, LeadRead), lead
    assert lead.opportunity_id is not None
    found = get_opportunity.sync_detailed(lead.opportunity_id, client=api, prefer="wait=5")
    assert found.status_code is HTTPStatus.OK, found
    won = win_opportunity.sync(
        lead.opportunity_id,
        client=api,
        body=WinOpportunity(amount=MoneyIn(amount="188000.00", currency="CNY")),
    )
    assert isinstance(won, OpportunityRead), won
    print(json.dumps({"id": str(won.id), "status": won.status, "amount": won.amount.to_dict()}))
