"""REST of what is owed; signing and voiding a contract are here, for they decide what is."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page, etag
from crmkit.web.edge import Edge
from services.contracts.contract.commands import draft_contract
from services.contracts.contract.schemas import ContractCreate, ContractRead
from services.contracts.receivable import commands, queries
from services.contracts.receivable.domain import InstalmentStatus
from services.contracts.receivable.models import Instalment, Receipt
from services.contracts.receivable.queries import INSTALMENTS, RECEIPTS
from services.contracts.receivable.schemas import (
    InstalmentPlan,
    InstalmentRead,
    ReceiptRead,
    RecordReceipt,
    SignContract,
    VoidContract,
)

contracts = APIRouter(prefix="/v1/contracts", tags=["contracts"])
instalments = APIRouter(prefix="/v1/instalments", tags=["instalments"])
receipts = APIRouter(prefix="/v1/receipts", tags=["receipts"])
enums(instalments, {"status": InstalmentStatus})

AS_DRAFTED = SignContract()


@contracts.post("/{contract_id}/sign", response_model=ContractRead)
async def sign_contract(
    contract_id: UUID, edge: Edge, terms: SignContract = AS_DRAFTED
) -> Response:
    return edge.changed(ContractRead, await edge.write(commands.sign_contract, contract_id, terms))


@contracts.post("/{contract_id}/void", response_model=ContractRead)
async def void_contract(contract_id: UUID, why: VoidContract, edge: Edge) -> Response:
    return edge.changed(ContractRead, await edge.write(commands.void_contract, contract_id, why))


@contracts.put("/{contract_id}/instalments", response_model=Page[InstalmentRead])
async def plan_instalments(contract_id: UUID, wanted: InstalmentPlan, edge: Edge) -> Response:
    """The ETag of the answer, and `If-Match`, are those of the contract."""
    contract = await edge.write(commands.plan_instalments, contract_id, wanted)
    found = await queries.find_plan(edge.reading, contract_id)
    answer = edge.page(InstalmentRead, Instalment, found)
    answer.headers["etag"] = etag(contract.version)
    return answer


@instalments.get("", response_model=Page[InstalmentRead], openapi_extra=INSTALMENTS.openapi())
async def list_instalments(edge: Edge) -> Response:
    found = await INSTALMENTS.find(edge.reading, edge.listing(INSTALMENTS))
    return edge.page(InstalmentRead, Instalment, found)


@instalments.get("/{instalment_id}", response_model=InstalmentRead)
async def get_instalment(instalment_id: UUID, edge: Edge) -> Response:
    return edge.shown(InstalmentRead, await edge.get(Instalment, instalment_id))


@instalments.post("/{instalment_id}/receipts", status_code=201, response_model=ReceiptRead)
async def record_receipt(instalment_id: UUID, money: RecordReceipt, edge: Edge) -> Response:
    receipt = await edge.write(commands.record_receipt, instalment_id, money)
    answer = edge.created(ReceiptRead, receipt)
    answer.headers["location"] = f"/v1/receipts/{receipt.id}"
    return answer


@receipts.get("", response_model=Page[ReceiptRead], openapi_extra=RECEIPTS.openapi())
async def list_receipts(edge: Edge) -> Response:
    found = await RECEIPTS.find(edge.reading, edge.listing(RECEIPTS))
    return edge.page(ReceiptRead, Receipt, found)


@receipts.get("/{receipt_id}", response_model=ReceiptRead)
async def get_receipt(receipt_id: UUID, edge: Edge) -> Response:
    return edge.shown(ReceiptRead, await edge.get(Receipt, receipt_id))


history(instalments, Instalment)
history(receipts, Receipt)
batch(
    contracts,
    ContractRead,
    create=(draft_contract, ContractCreate),
    actions={
        "sign": (commands.sign_contract, SignContract),
        "void": (commands.void_contract, VoidContract),
    },
)
router = APIRouter(routes=[*contracts.routes, *instalments.routes, *receipts.routes])
