"""REST of contracts."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.contracts.contract import commands
from services.contracts.contract.domain import ContractStatus
from services.contracts.contract.models import Contract
from services.contracts.contract.queries import CONTRACTS
from services.contracts.contract.schemas import ContractCreate, ContractRead, ContractUpdate

router = APIRouter(prefix="/v1/contracts", tags=["contracts"])
enums(router, {"status": ContractStatus})


@router.post("", status_code=201, response_model=ContractRead)
async def draft_contract(new: ContractCreate, edge: Edge) -> Response:
    return edge.created(ContractRead, await edge.write(commands.draft_contract, new))


@router.get("", response_model=Page[ContractRead], openapi_extra=CONTRACTS.openapi())
async def list_contracts(edge: Edge) -> Response:
    found = await CONTRACTS.find(edge.reading, edge.listing(CONTRACTS))
    return edge.page(ContractRead, Contract, found)


@router.get("/{contract_id}", response_model=ContractRead)
async def get_contract(contract_id: UUID, edge: Edge) -> Response:
    return edge.shown(ContractRead, await edge.get(Contract, contract_id))


@router.patch("/{contract_id}", response_model=ContractRead)
async def update_contract(contract_id: UUID, patch: ContractUpdate, edge: Matched) -> Response:
    return edge.changed(
        ContractRead, await edge.write(commands.update_contract, contract_id, patch)
    )


history(router, Contract)
