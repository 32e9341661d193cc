"""REST of accounts."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.custom_rest import custom_fields
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.jobs.rest import jobs_of
from crmkit.components.views.rest import views_of
from crmkit.kernel.errors import NotFound
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.account import commands
from services.leads.account.domain import AccountGrade, AccountLifecycle, AccountTier
from services.leads.account.models import Account
from services.leads.account.queries import (
    ACCOUNT_FIELD_LIST,
    ACCOUNT_JOBS,
    ACCOUNT_VIEWS,
    ACCOUNTS,
    demand_unmerged,
    find_tree,
)
from services.leads.account.schemas import (
    AccountCreate,
    AccountNode,
    AccountRead,
    AccountTree,
    AccountUpdate,
    LoseAccount,
)
from services.leads.view.commands import VIEWS

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])
enums(router, {"grade": AccountGrade, "tier": AccountTier, "lifecycle": AccountLifecycle})

custom_fields(router, commands.FIELDS, ACCOUNT_FIELD_LIST)
jobs_of(router, commands.JOBS, ACCOUNT_JOBS)
views_of(router, VIEWS, ACCOUNT_VIEWS)


@router.post("", status_code=201, response_model=AccountRead)
async def create_account(new: AccountCreate, edge: Edge) -> Response:
    return edge.created(AccountRead, await edge.write(commands.create_account, new))


@router.get("", response_model=Page[AccountRead], openapi_extra=ACCOUNTS.openapi())
async def list_accounts(edge: Edge) -> Response:
    return edge.page(
        AccountRead, Account, await ACCOUNTS.find(edge.reading, edge.listing(ACCOUNTS))
    )


@router.get("/{account_id}", response_model=AccountRead)
async def get_account(account_id: UUID, edge: Edge) -> Response:
    try:
        return edge.shown(AccountRead, await edge.get(Account, account_id))
    except NotFound:
        await demand_unmerged(edge.reading, account_id)
        raise


@router.patch("/{account_id}", response_model=AccountRead)
async def update_account(account_id: UUID, patch: AccountUpdate, edge: Matched) -> Response:
    return edge.changed(AccountRead, await edge.write(commands.update_account, account_id, patch))


@router.get("/{account_id}/tree", response_model=AccountTree)
async def get_account_tree(account_id: UUID, edge: Edge) -> Response:
    await edge.get(Account, account_id)
    nodes, truncated = await find_tree(edge.reading, account_id)
    return edge.plain({"items": [*map(AccountNode.of, nodes)], "truncated": truncated})


@router.post("/{account_id}/lose", response_model=AccountRead)
async def lose_account(account_id: UUID, why: LoseAccount, edge: Edge) -> Response:
    return edge.changed(AccountRead, await edge.write(commands.lose_account, account_id, why))


@router.post("/{account_id}/win-back", response_model=AccountRead)
async def win_back_account(account_id: UUID, edge: Edge) -> Response:
    return edge.changed(AccountRead, await edge.write(commands.win_back_account, account_id))


@router.delete("/{account_id}", status_code=204)
async def delete_account(account_id: UUID, edge: Edge) -> Response:
    await edge.write(commands.delete_account, account_id)
    return edge.gone()


@router.post("/{account_id}/restore", response_model=AccountRead)
async def restore_account(account_id: UUID, edge: Edge) -> Response:
    return edge.changed(AccountRead, await edge.write(commands.restore_account, account_id))


history(router, Account)
batch(
    router,
    AccountRead,
    create=(commands.create_account, AccountCreate),
    update=(commands.update_account, AccountUpdate),
    actions={
        "lose": (commands.lose_account, LoseAccount),
        "win-back": (commands.win_back_account, None),
    },
)
