"""REST of contacts."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.custom_rest import custom_fields
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.jobs.rest import jobs_of
from crmkit.components.views.rest import views_of
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.contact import commands
from services.leads.contact.domain import ContactChannel, ContactRole
from services.leads.contact.models import Contact
from services.leads.contact.queries import CONTACT_FIELD_LIST, CONTACT_JOBS, CONTACT_VIEWS, CONTACTS
from services.leads.contact.schemas import ContactCreate, ContactRead, ContactUpdate, RateContact
from services.leads.view.commands import VIEWS

router = APIRouter(prefix="/v1/contacts", tags=["contacts"])
enums(router, {"role": ContactRole, "preferred_channel": ContactChannel})

custom_fields(router, commands.FIELDS, CONTACT_FIELD_LIST)
jobs_of(router, commands.JOBS, CONTACT_JOBS)
views_of(router, VIEWS, CONTACT_VIEWS)


@router.post("", status_code=201, response_model=ContactRead)
async def create_contact(new: ContactCreate, edge: Edge) -> Response:
    return edge.created(ContactRead, await edge.write(commands.create_contact, new))


@router.get("", response_model=Page[ContactRead], openapi_extra=CONTACTS.openapi())
async def list_contacts(edge: Edge) -> Response:
    found = await CONTACTS.find(edge.reading, edge.listing(CONTACTS))
    return edge.page(ContactRead, Contact, found)


@router.get("/{contact_id}", response_model=ContactRead)
async def get_contact(contact_id: UUID, edge: Edge) -> Response:
    return edge.shown(ContactRead, await edge.get(Contact, contact_id))


@router.patch("/{contact_id}", response_model=ContactRead)
async def update_contact(contact_id: UUID, patch: ContactUpdate, edge: Matched) -> Response:
    return edge.changed(ContactRead, await edge.write(commands.update_contact, contact_id, patch))


@router.post("/{contact_id}/rate", response_model=ContactRead)
async def rate_contact(contact_id: UUID, judged: RateContact, edge: Edge) -> Response:
    return edge.changed(ContactRead, await edge.write(commands.rate_contact, contact_id, judged))


@router.delete("/{contact_id}", status_code=204)
async def delete_contact(contact_id: UUID, edge: Edge) -> Response:
    await edge.write(commands.delete_contact, contact_id)
    return edge.gone()


@router.post("/{contact_id}/restore", response_model=ContactRead)
async def restore_contact(contact_id: UUID, edge: Edge) -> Response:
    return edge.changed(ContactRead, await edge.write(commands.restore_contact, contact_id))


history(router, Contact)
batch(
    router,
    ContactRead,
    create=(commands.create_contact, ContactCreate),
    update=(commands.update_contact, ContactUpdate),
    actions={"rate": (commands.rate_contact, RateContact)},
)
