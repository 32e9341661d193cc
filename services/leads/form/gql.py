"""GraphQL of forms. Nobody sends rows to a form by GraphQL, which asks everybody for a token."""

from typing import Any, Self
from uuid import UUID

import strawberry

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
from services.leads.form import commands, models
from services.leads.form.queries import FAILURES, FORMS
from services.leads.form.schemas import (
    CaptureFailureRead,
    CaptureFormCreate,
    CaptureFormRead,
    CaptureFormUpdate,
    RotateCaptureForm,
)


@output(CaptureFormRead, models.CaptureForm)
class CaptureForm(Output):
    """表单 a form by which anybody who holds its key sends us leads."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@output(CaptureFormRead)
class CaptureFormKey(Output):
    """A form with its key, which is shown this once."""

    key: str | None

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made)["key"] = vars(source).get("key")
        return made


@output(CaptureFailureRead, models.CaptureFailure)
class CaptureFailure(Output):
    """A row that a form sent and that became no lead."""

    @strawberry.field
    async def form(self, info: Info) -> CaptureForm | None:
        return await info.context.one(CaptureForm, models.CaptureForm, vars(self)["form_id"])


@input_of(CaptureFormCreate)
class CaptureFormCreateInput: ...


@input_of(CaptureFormUpdate)
class CaptureFormUpdateInput: ...


@input_of(RotateCaptureForm)
class RotateCaptureFormInput: ...


@filter_of(FORMS)
class CaptureFormFilter: ...


@filter_of(FAILURES)
class CaptureFailureFilter: ...


extend(CaptureForm, failures=below(CaptureFailure, CaptureFailureFilter, FAILURES, "form_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def capture_form(self, info: Info, id: UUID) -> CaptureForm | None:
        return await info.context.one(CaptureForm, models.CaptureForm, id)

    @strawberry.field
    async def capture_forms(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: CaptureFormFilter | None = None,
        sort: str | None = None,
    ) -> Connection[CaptureForm]:
        return await info.context.page(CaptureForm, FORMS, first, after, filter, sort)

    @strawberry.field
    async def capture_failure(self, info: Info, id: UUID) -> CaptureFailure | None:
        return await info.context.one(CaptureFailure, models.CaptureFailure, id)

    @strawberry.field
    async def capture_failures(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: CaptureFailureFilter | None = None,
        sort: str | None = None,
    ) -> Connection[CaptureFailure]:
        return await info.context.page(CaptureFailure, FAILURES, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_capture_form(
        self, info: Info, input: CaptureFormCreateInput, idempotency_key: str | None = None
    ) -> CaptureFormKey | Problem:
        return await info.context.change(
            CaptureFormKey,
            commands.create_form,
            checked(CaptureFormCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_capture_form(
        self, info: Info, id: UUID, expected_version: int, input: CaptureFormUpdateInput
    ) -> CaptureForm | Problem:
        return await info.context.change(
            CaptureForm,
            commands.update_form,
            id,
            checked(CaptureFormUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def rotate_capture_form(
        self, info: Info, id: UUID, input: RotateCaptureFormInput
    ) -> CaptureFormKey | Problem:
        how = checked(RotateCaptureForm, input)
        return await info.context.change(CaptureFormKey, commands.rotate_form, id, how)

    @strawberry.mutation
    async def revoke_capture_form(self, info: Info, id: UUID) -> CaptureForm | Problem:
        return await info.context.change(CaptureForm, commands.revoke_form, id)
