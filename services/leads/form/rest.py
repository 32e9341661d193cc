"""REST of forms; `/v1/capture` is what anybody may send to, so it has no GraphQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from crmkit.components.day_counts import today
from crmkit.components.directory import Owner
from crmkit.components.history import history
from crmkit.db.executor import Call
from crmkit.kernel.errors import CrmError, Unavailable
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, EdgeContext, Matched
from crmkit.web.public import Door, Open, admit, call_by, preflight, public, refused
from services.leads.form import commands, queries
from services.leads.form.domain import (
    MARK,
    MOST_FAILURES,
    demand_known,
    demand_origin,
    demand_place,
    is_named,
    keepable,
)
from services.leads.form.models import CaptureFailure, CaptureForm
from services.leads.form.queries import FAILURES, FORMS
from services.leads.form.schemas import (
    Captured,
    CaptureFailureRead,
    CaptureFormCreate,
    CaptureFormKeyRead,
    CaptureFormRead,
    CaptureFormUpdate,
    RotateCaptureForm,
)
from services.leads.lead.commands import create_lead
from services.leads.lead.schemas import LeadCreate

forms = APIRouter(prefix="/v1/capture-forms", tags=["forms"])
failures = APIRouter(prefix="/v1/capture-failures", tags=["forms"])
capture = APIRouter(prefix="/v1/capture", tags=["forms"])
_TAKEN = (CrmError, RequestValidationError)
_DOOR = Door(MARK, "form", queries.find_open, "capture.unknown", "no such form")
FormKey = Annotated[str, Path(description="The key of a form, as it was shown when it was made.")]


@forms.post("", status_code=201, response_model=CaptureFormKeyRead)
async def create_form(new: CaptureFormCreate, edge: Edge) -> Response:
    return edge.created(CaptureFormKeyRead, await edge.write(commands.create_form, new))


@forms.get("", response_model=Page[CaptureFormRead], openapi_extra=FORMS.openapi())
async def list_forms(edge: Edge) -> Response:
    found = await FORMS.find(edge.reading, edge.listing(FORMS))
    return edge.page(CaptureFormRead, CaptureForm, found)


@forms.get("/{form_id}", response_model=CaptureFormRead)
async def get_form(form_id: UUID, edge: Edge) -> Response:
    return edge.shown(CaptureFormRead, await edge.get(CaptureForm, form_id))


@forms.patch("/{form_id}", response_model=CaptureFormRead)
async def update_form(form_id: UUID, patch: CaptureFormUpdate, edge: Matched) -> Response:
    return edge.changed(CaptureFormRead, await edge.write(commands.update_form, form_id, patch))


@forms.post("/{form_id}/rotate", response_model=CaptureFormKeyRead)
async def rotate_form(form_id: UUID, how: RotateCaptureForm, edge: Edge) -> Response:
    return edge.changed(CaptureFormKeyRead, await edge.write(commands.rotate_form, form_id, how))


@forms.post("/{form_id}/revoke", response_model=CaptureFormRead)
async def revoke_form(form_id: UUID, edge: Edge) -> Response:
    return edge.changed(CaptureFormRead, await edge.write(commands.revoke_form, form_id))


@failures.get("", response_model=Page[CaptureFailureRead], openapi_extra=FAILURES.openapi())
async def list_failures(edge: Edge) -> Response:
    found = await FAILURES.find(edge.reading, edge.listing(FAILURES))
    return edge.page(CaptureFailureRead, CaptureFailure, found)


@failures.get("/{failure_id}", response_model=CaptureFailureRead)
async def get_failure(failure_id: UUID, edge: Edge) -> Response:
    return edge.shown(CaptureFailureRead, await edge.get(CaptureFailure, failure_id))


@capture.post("/{form_key}", status_code=202, response_model=Captured)
@public
async def capture_lead(form_key: FormKey, sent: dict[str, Any], request: Open) -> Response:
    """Send one row of a form. It becomes a lead, with the form's source, campaign and owner. What
    is refused is kept for who owns the form; the form takes so many rows a day and no more (429
    `capture.cap`)."""
    visit = await _visit(request, form_key)
    try:
        replayed = await _take(visit, sent)
    except Unavailable:
        raise
    except _TAKEN as error:
        return await _refused(visit, error, sent)
    headers = visit.headers | ({"idempotency-replayed": "true"} if replayed else {})
    answer = visit.edge.plain({"accepted": True}, 202)
    answer.headers.update(headers)
    return answer


@capture.options("/{form_key}", include_in_schema=False)
@public
async def may_capture(form_key: FormKey, request: Open) -> Response:
    """Whether a page may send: what browsers ask before they do."""
    visit = await _visit(request, form_key)
    demand_origin(visit.form.origins, visit.origin)
    return preflight("POST", visit.headers)


@dataclass(frozen=True, slots=True)
class _Visit:
    """Somebody who holds the key of a form."""

    edge: EdgeContext
    form: CaptureForm

    @property
    def origin(self) -> str | None:
        return self.edge.request.headers.get("origin")

    @property
    def headers(self) -> dict[str, str]:
        """What lets a browser show the answer to the page that asked."""
        if self.origin is None or not is_named(self.form.origins, self.origin):
            return {}
        return {"access-control-allow-origin": self.origin, "vary": "origin"}


async def _visit(request: Request, key: str) -> _Visit:
    edge, form = await _DOOR.open(request, key)
    admit(request.scope, edge.actor)
    return _Visit(edge, form)


async def _take(visit: _Visit, sent: Mapping[str, Any]) -> bool:
    """Make a lead of a row; whether that had been done before, under the same key."""
    edge, form = visit.edge, visit.form
    demand_origin(form.origins, visit.origin)
    call = await call_by(edge, f"POST /v1/capture/{form.id}")
    if await edge.executor.earlier(call, create_lead) is not None:
        return True
    if sent.get(form.honeypot):
        await _keep(visit, {"code": "capture.honeypot"}, sent)
        return False
    row = {name: value for name, value in sent.items() if name != form.honeypot}
    demand_known(form.fields, row)
    new = _lead(form, row)
    day, left = await today(edge.reading)
    demand_place(await queries.take_place(edge.reading, form, day), left)
    try:
        await edge.run(call, create_lead, new, Owner(form.owner_id, form.team, form.region))
    except CrmError as error:
        if not isinstance(error, Unavailable):  # it may have been written all the same
            await queries.return_place(edge.reading, form, day)
        raise
    if edge.replayed:
        await queries.return_place(edge.reading, form, day)
    return edge.replayed


def _lead(form: CaptureForm, row: Mapping[str, Any]) -> LeadCreate:
    """The lead that a row becomes; who names no company is their own."""
    values = {
        **row,
        "company": row.get("company") or row.get("contact_name"),
        "product": row.get("product") or form.product,
        "source": form.source,
        "campaign_id": form.campaign_id,
    }
    try:
        return LeadCreate.model_validate(values)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from error


async def _refused(visit: _Visit, error: Exception, sent: Mapping[str, Any]) -> Response:
    """The problem, with what lets the page read it, once the row is kept."""
    answer = refused(visit.edge.request, error, visit.headers)
    await _keep(visit, msgspec.json.decode(answer.body), sent)
    return answer


async def _keep(visit: _Visit, problem: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """Keep a refused row, as far as the day's are not too many."""
    edge, form = visit.edge, visit.form
    day, _ = await today(edge.reading)
    if await queries.take_refusal(edge.reading, form, day, MOST_FAILURES) is not None:
        call = Call(edge.actor, traceparent=edge.request.scope.get("traceparent"))
        await edge.run(call, commands.note_failure, form, keepable(problem), keepable(sent))


history(forms, CaptureForm)
history(failures, CaptureFailure)
router = APIRouter(routes=[*forms.routes, *failures.routes, *capture.routes])
