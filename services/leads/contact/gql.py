"""GraphQL of contacts."""

from uuid import UUID

import strawberry

from crmkit.components.custom_gql import custom_fields
from crmkit.components.jobs.gql import jobs_of
from crmkit.components.views.gql import views_of
from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    below,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from services.leads.account import models as account_models
from services.leads.account.gql import Account
from services.leads.contact import commands, models
from services.leads.contact.queries import CONTACT_FIELD_LIST, CONTACT_JOBS, CONTACT_VIEWS, CONTACTS
from services.leads.contact.schemas import ContactCreate, ContactRead, ContactUpdate, RateContact
from services.leads.view.commands import VIEWS
from services.leads.view.gql import TYPES


@output(ContactRead, models.Contact)
class Contact(Output):
    """联系人 somebody at an account."""

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        account_id: UUID = vars(self)["account_id"]
        return await info.context.one(Account, account_models.Account, account_id)

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(ContactCreate)
class ContactCreateInput: ...


@input_of(ContactUpdate)
class ContactUpdateInput: ...


@input_of(RateContact)
class RateContactInput: ...


@filter_of(CONTACTS)
class ContactFilter: ...


extend(Account, contacts=below(Contact, ContactFilter, CONTACTS, "account_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def contact(self, info: Info, id: UUID) -> Contact | None:
        return await info.context.one(Contact, models.Contact, id)

    @strawberry.field
    async def contacts(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ContactFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Contact]:
        return await info.context.page(Contact, CONTACTS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_contact(
        self, info: Info, input: ContactCreateInput, idempotency_key: str | None = None
    ) -> Contact | Problem:
        return await info.context.change(
            Contact,
            commands.create_contact,
            checked(ContactCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_contact(
        self, info: Info, id: UUID, expected_version: int, input: ContactUpdateInput
    ) -> Contact | Problem:
        return await info.context.change(
            Contact,
            commands.update_contact,
            id,
            checked(ContactUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def rate_contact(
        self, info: Info, id: UUID, input: RateContactInput
    ) -> Contact | Problem:
        judged = checked(RateContact, input)
        return await info.context.change(Contact, commands.rate_contact, id, judged)

    @strawberry.mutation
    async def delete_contact(self, info: Info, id: UUID) -> Contact | Problem:
        return await info.context.change(Contact, commands.delete_contact, id)

    @strawberry.mutation
    async def restore_contact(self, info: Info, id: UUID) -> Contact | Problem:
        return await info.context.change(Contact, commands.restore_contact, id)


custom_fields(Query, Mutation, commands.FIELDS, CONTACT_FIELD_LIST, "contacts")
jobs_of(Query, Mutation, commands.JOBS, CONTACT_JOBS, "contacts")
views_of(Query, Mutation, TYPES, VIEWS, CONTACT_VIEWS)
