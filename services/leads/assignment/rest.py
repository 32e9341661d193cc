"""REST of who is given leads, and who is away."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.assignment import commands, queries
from services.leads.assignment.domain import Facts, Standing, Strategy
from services.leads.assignment.models import Absence, AssignmentRule
from services.leads.assignment.queries import ABSENCES, ASSIGNMENT_RULES
from services.leads.assignment.schemas import (
    AbsenceCreate,
    AbsenceRead,
    AbsenceUpdate,
    AssignmentRuleCreate,
    AssignmentRuleRead,
    AssignmentRuleUpdate,
    SimulateAssignment,
    Simulation,
)
from services.leads.claim.schemas import LeadCustodyRead

rules = APIRouter(prefix="/v1/assignment-rules", tags=["assignment"])
absences = APIRouter(prefix="/v1/absences", tags=["assignment"])
leads = APIRouter(prefix="/v1/leads", tags=["assignment"])
enums(rules, {"strategy": Strategy, "standing": Standing})


@rules.post("", status_code=201, response_model=AssignmentRuleRead)
async def create_assignment_rule(new: AssignmentRuleCreate, edge: Edge) -> Response:
    made = await edge.write(commands.create_assignment_rule, new)
    return edge.created(AssignmentRuleRead, made)


@rules.post("/simulate", response_model=Simulation)
async def simulate_assignment(lead: SimulateAssignment, edge: Edge) -> Response:
    """Who would get such a lead now, and why; nothing is written."""
    facts = Facts(lead.source, lead.region, lead.product, lead.segment_ids)
    found = await queries.simulate(edge.reading, facts)
    return edge.plain(found.model_dump())


@rules.get("", response_model=Page[AssignmentRuleRead], openapi_extra=ASSIGNMENT_RULES.openapi())
async def list_assignment_rules(edge: Edge) -> Response:
    found = await ASSIGNMENT_RULES.find(edge.reading, edge.listing(ASSIGNMENT_RULES))
    return edge.page(AssignmentRuleRead, AssignmentRule, found)


@rules.get("/{rule_id}", response_model=AssignmentRuleRead)
async def get_assignment_rule(rule_id: UUID, edge: Edge) -> Response:
    return edge.shown(AssignmentRuleRead, await edge.get(AssignmentRule, rule_id))


@rules.patch("/{rule_id}", response_model=AssignmentRuleRead)
async def update_assignment_rule(
    rule_id: UUID, patch: AssignmentRuleUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_assignment_rule, rule_id, patch)
    return edge.changed(AssignmentRuleRead, changed)


@absences.post("", status_code=201, response_model=AbsenceRead)
async def create_absence(new: AbsenceCreate, edge: Edge) -> Response:
    return edge.created(AbsenceRead, await edge.write(commands.create_absence, new))


@absences.get("", response_model=Page[AbsenceRead], openapi_extra=ABSENCES.openapi())
async def list_absences(edge: Edge) -> Response:
    found = await ABSENCES.find(edge.reading, edge.listing(ABSENCES))
    return edge.page(AbsenceRead, Absence, found)


@absences.get("/{absence_id}", response_model=AbsenceRead)
async def get_absence(absence_id: UUID, edge: Edge) -> Response:
    return edge.shown(AbsenceRead, await edge.get(Absence, absence_id))


@absences.patch("/{absence_id}", response_model=AbsenceRead)
async def update_absence(absence_id: UUID, patch: AbsenceUpdate, edge: Matched) -> Response:
    return edge.changed(AbsenceRead, await edge.write(commands.update_absence, absence_id, patch))


@absences.delete("/{absence_id}", status_code=204)
async def delete_absence(absence_id: UUID, edge: Edge) -> Response:
    await edge.write(commands.delete_absence, absence_id)
    return edge.gone()


@leads.post("/{lead_id}/assign", response_model=LeadCustodyRead)
async def assign_lead(lead_id: UUID, edge: Edge) -> Response:
    """Gives the lead to whom the rules give it; 409 `assignment.no_rule` where none is for it."""
    return edge.changed(LeadCustodyRead, await edge.write(commands.assign_lead, lead_id))


history(rules, AssignmentRule)
history(absences, Absence)
router = APIRouter(routes=[*rules.routes, *absences.routes, *leads.routes])
