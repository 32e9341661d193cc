"""REST of merging accounts."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.web.edge import Edge
from services.leads.account.schemas import AccountRead
from services.leads.account_merge.commands import merge_accounts
from services.leads.account_merge.schemas import MergeAccounts

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])


@router.post("/{account_id}/merge", response_model=AccountRead)
async def merge_account(account_id: UUID, wanted: MergeAccounts, edge: Edge) -> Response:
    """Make other accounts part of this one, with their contacts, leads, activities, due diligence,
    partners and the accounts below them. Whoever asks for one of them is told `merged_into`."""
    if wanted.dry_run:
        would_be = await edge.rehearse(merge_accounts, account_id, wanted)
        masks = edge.reading.policy.masks(edge.actor, "account")
        return edge.plain(AccountRead.of(would_be, masks))
    return edge.changed(AccountRead, await edge.write(merge_accounts, account_id, wanted))
