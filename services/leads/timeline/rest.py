"""REST of timelines."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.leads.account.models import Account
from services.leads.timeline.domain import TimelineKind
from services.leads.timeline.queries import find_timeline
from services.leads.timeline.schemas import TimelineEntryRead

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])


@router.get("/{account_id}/timeline", response_model=Page[TimelineEntryRead])
async def get_account_timeline(
    account_id: UUID,
    edge: Edge,
    kind: TimelineKind | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Leads, activities, contacts, due diligence and changes of the account, newest first."""
    await edge.get(Account, account_id)
    found = await find_timeline(edge.reading, account_id, kind, limit, cursor)
    return edge.page(TimelineEntryRead, Account, found)
