"""Every list of contracts."""

from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.contracts.contract.models import AccountCopy, Contract

CONTRACTS = Listing(
    Contract,
    filters=(
        "status",
        "number",
        "account_id",
        "opportunity_id",
        "owner_id",
        "team",
        "region",
        "product",
        "source",
        "currency",
        "amount",
        "drafted_at",
        "signed_at",
        "completed_at",
        "updated_at",
    ),
    sorts=("drafted_at", "signed_at", "updated_at", "number"),
    default="-drafted_at",
    search=("title", "number"),
)


async def list_of_account(reading: Reading, account_id: UUID) -> list[Contract]:
    """All contracts with an account, whoever has them."""
    sql = f"{plan(Contract).select} where tenant_id = $1 and account_id = $2"
    found = await reading.fetch(sql, reading.tenant_id, account_id)
    return [row(Contract, each) for each in found]


async def tier_of(reading: Reading, account_id: UUID | None) -> str:
    """How an account is looked after, as far as leads has told by now; "" where it has not."""
    account = await reading.find(AccountCopy, id=account_id) if account_id else None
    return account.tier if account else ""
