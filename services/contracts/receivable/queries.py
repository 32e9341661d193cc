"""Every list of instalments and receipts."""

from uuid import UUID

from crmkit.db.listing import Found, Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.kernel.errors import NotFound
from services.contracts.contract.models import Contract
from services.contracts.receivable.domain import InstalmentStatus
from services.contracts.receivable.models import Instalment, Receipt

INSTALMENTS = Listing(
    Instalment,
    filters=(
        "contract_id",
        "status",
        "due_on",
        "owner_id",
        "team",
        "region",
        "currency",
        "amount",
        "paid_at",
        "updated_at",
    ),
    sorts=("due_on", "sequence", "updated_at"),
    default="due_on",
)
RECEIPTS = Listing(
    Receipt,
    filters=(
        "contract_id",
        "instalment_id",
        "owner_id",
        "team",
        "region",
        "product",
        "source",
        "currency",
        "amount",
        "received_at",
        "reference",
        "updated_at",
    ),
    sorts=("received_at", "updated_at"),
    default="-received_at",
    search=("reference",),
)

_LONGEST_PLAN = 100
_STANDING = [status for status in InstalmentStatus if status is not InstalmentStatus.CANCELLED]
_PLAN = """
where tenant_id = $1 and contract_id = $2 and status <> 'cancelled' order by sequence
"""
_CONTRACT = "select contract_id from instalment where tenant_id = $1 and id = $2"


async def list_plan(reading: Reading, contract_id: UUID) -> list[Instalment]:
    """What the contract asks for, in order; the caller has been let at the contract."""
    sql = plan(Instalment).select + _PLAN
    found = await reading.fetch(sql, reading.tenant_id, contract_id, of=(Instalment,))
    return [row(Instalment, record) for record in found]


async def find_plan(reading: Reading, contract_id: UUID) -> Found:
    """What the contract asks for, in order, as one page."""
    filters = {"contract_id": contract_id, "status": _STANDING}
    wanted = INSTALMENTS.wanted(filters, "sequence", _LONGEST_PLAN, None)
    return await INSTALMENTS.find(reading, wanted)


async def get_contract_of(reading: Reading, instalment_id: UUID) -> Contract:
    """The contract that asks for the payment; NotFound where there is no such instalment."""
    found = await reading.fetch(_CONTRACT, reading.tenant_id, instalment_id, of=(Instalment,))
    if not found:
        raise NotFound("no such instalment", code="instalment.not_found")
    return await reading.get(Contract, found[0]["contract_id"])
