"""Every change of the registers of visitors and of questions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.leads_components import VisitJobEnded, VisitJobProgressed, VisitJobRequested
from crmkit.events.leads_reception import (
    EnquiryAnswered,
    EnquiryRegistered,
    EnquiryUpdated,
    LeadRegistered,
    VisitRegistered,
    VisitUpdated,
)
from crmkit.fields import MoneyIn, given
from services.leads.campaign.models import Campaign
from services.leads.lead.commands import create_lead
from services.leads.lead.domain import OPEN, LeadStatus, is_pooled
from services.leads.lead.models import Lead
from services.leads.lead.schemas import LeadCreate
from services.leads.pool.commands import may_receive
from services.leads.reception.domain import (
    LIFECYCLE,
    EnquiryStatus,
    Ownership,
    demand_open,
    demand_order,
    kept_at,
    ownership,
    visitor_key,
)
from services.leads.reception.models import Enquiry, Visit, VisitJob, VisitJobPart
from services.leads.reception.queries import VISITS, find_first, find_lead
from services.leads.reception.schemas import (
    AnswerEnquiry,
    EnquiryUpdate,
    RegisterEnquiry,
    RegisterVisit,
    VisitRead,
    VisitUpdate,
)
from services.leads.terms.queries import get_terms


async def register_visit(tx: Tx, new: RegisterVisit) -> Visit:
    """来访登记 write down who came. The number tells whether they are known: the first registration
    decides whose customer they are, and protects that."""
    who = await owner(tx, new.owner_id)
    first = await find_first(tx, new.phone)
    lead = await _lead(tx, new, who.owner_id, budget=new.budget, company=new.company)
    lead = await _register(tx, lead, who.owner_id)
    return tx.create(
        Visit,
        VisitRegistered,
        **given(new, owner_id=who.owner_id),
        team=who.team,
        region=who.region,
        visited_at=tx.occurred_at,
        first_phone=None if first else visitor_key(new.phone),
        is_first=first is None,
        lead_id=lead.id,
        lead_owner_id=lead.owner_id,
        ownership_protected_until=lead.ownership_protected_until,
    )


async def update_visit(tx: Tx, visit_id: UUID, patch: VisitUpdate) -> Visit:
    """Correct what was written down of a visit."""
    return tx.update(await tx.take(Visit, visit_id), VisitUpdated, **given(patch))


async def register_enquiry(tx: Tx, new: RegisterEnquiry) -> Enquiry:
    """电话咨询登记 write down what somebody asked, and until when they should have an answer."""
    who = await owner(tx, new.owner_id)
    lead = await _lead(tx, new, who.owner_id, need=new.question)
    values = given(new, owner_id=who.owner_id)
    within = timedelta(minutes=values.pop("answer_within"))
    return tx.create(
        Enquiry,
        EnquiryRegistered,
        **values,
        team=who.team,
        region=who.region,
        status=EnquiryStatus.OPEN,
        received_at=tx.occurred_at,
        answer_by=tx.occurred_at + within,
        lead_id=lead.id,
    )


async def update_enquiry(tx: Tx, enquiry_id: UUID, patch: EnquiryUpdate) -> Enquiry:
    """Change an open question, or hand it to somebody else."""
    enquiry = await tx.take(Enquiry, enquiry_id)
    demand_open(enquiry.status)
    values: dict[str, Any] = given(patch)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team, "region": who.region}
    return tx.update(enquiry, EnquiryUpdated, **values)


async def answer_enquiry(tx: Tx, enquiry_id: UUID, said: AnswerEnquiry) -> Enquiry:
    """客户回复 write down what they were answered."""
    enquiry = await tx.take(Enquiry, enquiry_id)
    status = LIFECYCLE.move(enquiry.status, EnquiryStatus.ANSWERED)
    tx.follow(enquiry.received_at)
    demand_order(enquiry.received_at, tx.occurred_at)
    return tx.update(
        enquiry,
        EnquiryAnswered,
        status=status,
        answered_at=tx.occurred_at,
        kept_at=kept_at(tx.occurred_at, enquiry.answer_by),
        answer=said.answer,
    )


async def _lead(
    tx: Tx,
    new: RegisterVisit | RegisterEnquiry,
    owner_id: UUID,
    *,
    company: str = "",
    need: str = "",
    budget: MoneyIn | None = None,
) -> Lead:
    """The lead of that number, or a new one of who received them."""
    if new.campaign_id is not None:
        await tx.get(Campaign, new.campaign_id)
    known = await find_lead(tx, new.phone)
    if known is not None:
        tx.expect(known)
        return known
    lead = LeadCreate(
        company=company or new.name,
        contact_name=new.name,
        phone=new.phone,
        source=new.source,
        campaign_id=new.campaign_id,
        product=new.product,
        need=need,
        budget=budget,
        owner_id=owner_id,
    )
    return await create_lead(tx, lead)


async def _register(tx: Tx, lead: Lead, comes_to: UUID) -> Lead:
    """Give the lead to whose it is by now; one that went on to an opportunity stays as it is, and
    so does one that lies in a pool: it is claimed there, within the pool's rules. By these also an
    open one that was claimed stays with whoever has it where who receives them may hold no more."""
    if lead.status is LeadStatus.CONVERTED or is_pooled(lead.owner_id, lead.pool_id):
        return lead
    protected = (await get_terms(tx)).protected
    until = lead.ownership_protected_until
    standing = Ownership(lead.owner_id, until) if until else None
    if standing is None and lead.owner_id != comes_to:
        standing = ownership(None, lead.owner_id, tx.occurred_at, protected)
    now = ownership(standing, comes_to, tx.occurred_at, protected)
    team = lead.team
    if lead.status in OPEN and not await may_receive(tx, lead, now.owner_id):
        return lead
    if now.owner_id != lead.owner_id:
        team = (await owner(tx, now.owner_id)).team
    return tx.update(
        lead,
        LeadRegistered,
        owner_id=now.owner_id,
        team=team,
        ownership_protected_until=now.until,
    )


JOBS = Jobs(
    JobCommands(
        VisitJob,
        Visit,
        requested=VisitJobRequested,
        progressed=VisitJobProgressed,
        ended=VisitJobEnded,
    ),
    VisitJobPart,
    VisitRead,
    VISITS,
)
