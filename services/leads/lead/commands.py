"""Every change of a lead."""

from typing import Any
from uuid import UUID

from crmkit.components.batch import Bulk
from crmkit.components.custom import FieldCommands
from crmkit.components.directory import Owner, owner, zone
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.leads import (
    LeadConverted,
    LeadCreated,
    LeadDeleted,
    LeadDisqualified,
    LeadFieldCreated,
    LeadFieldDeleted,
    LeadFieldUpdated,
    LeadJobEnded,
    LeadJobProgressed,
    LeadJobRequested,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadUpdated,
    LeadWorked,
)
from crmkit.events.leads_lifecycle import LeadResponseOverdue
from crmkit.fields import MoneyIn, Strict, given
from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.phones import e164
from crmkit.kernel.worktime import WorkWeek
from services.leads.account import commands as accounts
from services.leads.account.models import Account
from services.leads.account.queries import standing_id
from services.leads.account.schemas import AccountCreate
from services.leads.campaign.models import Campaign
from services.leads.contact.commands import add_contact
from services.leads.contact.models import Contact
from services.leads.contact.schemas import ContactCreate
from services.leads.lead.domain import (
    LIFECYCLE,
    OPEN,
    LeadStatus,
    Question,
    demand_apart,
    demand_editable,
    demand_four,
    demand_given_up,
    demand_had,
    demand_joinable,
    demand_joined,
    demand_one_currency,
    demand_order,
    demand_person,
    demand_theirs,
    demand_with,
    is_overdue,
    is_same_deal,
    response_due,
)
from services.leads.lead.models import DealCopy, Lead, LeadField, LeadJob, LeadJobPart
from services.leads.lead.queries import LEAD_FIELDS, LEADS, find_known, get_deal, list_merged_in
from services.leads.lead.schemas import (
    CALLED,
    ConvertLead,
    DisqualifyLead,
    LeadCreate,
    LeadRead,
    LeadUpdate,
    QualifyLead,
)
from services.leads.matching import queries as matches
from services.leads.matching.commands import single_out
from services.leads.matching.domain import (
    UNGUARDED,
    key_columns,
    keys_changed,
    keys_of,
)
from services.leads.partner.commands import expect_channel_partner
from services.leads.pool.commands import receive, take_up
from services.leads.source.commands import expect_source
from services.leads.terms.queries import get_terms

FIELDS = FieldCommands(
    LeadField,
    created=LeadFieldCreated,
    updated=LeadFieldUpdated,
    deleted=LeadFieldDeleted,
)


async def create_lead(tx: Tx, new: LeadCreate, whose: Owner | None = None) -> Lead:
    """Take a lead in, for its owner or the caller; `whose` where that was decided before.

    Conflict `lead.duplicate` where the caller wants none that is a lead already.
    """
    await expect_channel_partner(tx, new.channel_partner_id)
    who = whose or await owner(tx, new.owner_id)
    await expect_source(tx, new.source)
    await _expect_origin(tx, new.campaign_id, new.referrer_id)
    _demand_one_currency(new, None)
    keys = keys_of(new.company, new.phone, new.email)
    values = given(
        new,
        owner_id=who.owner_id,
        region=new.region or who.region,
        custom=await LEAD_FIELDS.written(tx, new.custom),
    )
    del values["duplicates"]
    return tx.create(
        Lead,
        LeadCreated,
        **values,
        **key_columns(keys),
        **await single_out(tx, keys, new.duplicates),
        team=who.team,
        status=LeadStatus.NEW,
        received_at=tx.occurred_at,
        first_response_due_at=response_due(
            tx.occurred_at, tx.now, await zone(tx), (await get_terms(tx)).response
        ),
    )


async def update_lead(tx: Tx, lead_id: UUID, patch: LeadUpdate) -> Lead:
    """Change facts of a lead that is not converted; a new owner brings their team.

    One of a pool goes to its members alone, and to nobody who holds as many as they may: Invalid
    `pool.not_member`, Conflict `pool.holding_cap`.
    """
    lead = await tx.take(Lead, lead_id)
    await expect_channel_partner(tx, patch.channel_partner_id)
    _demand_one_currency(patch, lead)
    values: dict[str, Any] = given(patch)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team}
        if lead.status in OPEN:
            values |= await receive(tx, lead, who.owner_id)
    if "source" in values and patch.source != lead.source:
        await expect_source(tx, patch.source)
    await _expect_origin(tx, patch.campaign_id, patch.referrer_id)
    if "custom" in values:
        values["custom"] = await LEAD_FIELDS.written(tx, patch.custom, lead.custom)
    changed = tx.update(lead, LeadUpdated, **values, **keys_changed(lead, values))
    if changed is not lead:
        demand_editable(lead.status, lead.merged_into)
    return changed


async def put_lead(
    tx: Tx, system: str, external_id: str, sent: LeadCreate, whose: Owner | None = None
) -> Lead:
    """Create the lead of that id in another system, or change what was sent of the one there is.

    What went into another lead is changed there. Of several that come at once one creates.
    Conflict `lead.deleted` where it was put away.
    """
    named = {"external_system": system, "external_id": external_id}
    for name, value in named.items():
        if getattr(sent, name) not in (None, value):
            raise Invalid.field(name, "external.differs", "the address names another lead")
    known = await find_known(tx, system, external_id)
    if known is None:
        tx.contested.add("lead_external_key")
        return await create_lead(tx, sent.model_copy(update=named), whose)
    if known.deleted_at is not None:
        raise Conflict("it was deleted: restore it first", code="lead.deleted")
    fields = sent.model_fields_set & LeadUpdate.model_fields.keys()
    patch = LeadUpdate.model_construct(fields, **{name: getattr(sent, name) for name in fields})
    return await refresh_lead(tx, known.id, patch)


async def refresh_lead(tx: Tx, lead_id: UUID, patch: LeadUpdate) -> Lead:
    """Change a lead that another system knows, or the one that it went into."""
    lead = await tx.find(Lead, id=lead_id)
    while lead is not None and lead.merged_into is not None:
        lead_id = lead.merged_into
        lead = await tx.find(Lead, id=lead_id)
    return await update_lead(tx, lead_id, patch)


async def work_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Begin to work on a new lead."""
    lead = await tx.take(Lead, lead_id)
    demand_given_up(lead.status, reopens=False)
    status = LIFECYCLE.move(lead.status, LeadStatus.WORKING)
    return tx.update(lead, LeadWorked, status=status, **await responded(tx, lead))


async def qualify_lead(tx: Tx, lead_id: UUID, found: QualifyLead) -> Lead:
    """Confirm need, intent and budget, and the four questions where they are asked."""
    lead = await tx.take(Lead, lead_id)
    status = LIFECYCLE.move(lead.status, LeadStatus.QUALIFIED)
    tx.follow(lead.received_at)
    demand_order(lead.received_at, tx.occurred_at)
    _demand_one_currency(found, lead)
    values = given(found)
    demand_four({name: values.get(name, getattr(lead, name)) for name in Question})
    values |= await responded(tx, lead)
    return tx.update(lead, LeadQualified, status=status, qualified_at=tx.occurred_at, **values)


async def disqualify_lead(tx: Tx, lead_id: UUID, why: DisqualifyLead) -> Lead:
    """Give a lead up, with the reason."""
    lead = await tx.take(Lead, lead_id)
    status = LIFECYCLE.move(lead.status, LeadStatus.DISQUALIFIED)
    tx.follow(lead.received_at)
    demand_order(lead.received_at, tx.occurred_at)
    return tx.update(
        lead,
        LeadDisqualified,
        status=status,
        disqualified_at=tx.occurred_at,
        disqualified_reason=why.reason,
        **await responded(tx, lead),
    )


async def reopen_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Work on a lead again that was given up; it is not qualified any more, and one that was
    claimed is protected as if it were claimed now."""
    lead = await tx.take(Lead, lead_id)
    demand_given_up(lead.status, reopens=True)
    return tx.update(
        lead,
        LeadReopened,
        **await take_up(tx, lead),
        status=LIFECYCLE.move(lead.status, LeadStatus.WORKING),
        qualified_at=None,
        disqualified_at=None,
        disqualified_reason="",
    )


async def convert_lead(tx: Tx, lead_id: UUID, deal: ConvertLead) -> Lead:
    """Hand a qualified lead over to opportunities, once.

    The account is the one named, or a new one; the contact only where one is asked for; the
    opportunity, unless none is wanted or an open one is named, opens under the id that the answer
    carries as soon as opportunities hears of it. Who asks for the same deal again is answered with
    it.
    """
    lead = await tx.take(Lead, lead_id, "convert")
    demand_joined(deal.opportunity_id is not None, deal.opportunity, deal.opportunity_name)
    if lead.status is LeadStatus.CONVERTED and _is_deal_of(lead, deal):
        return lead
    demand_person(lead.erased_at)
    status = LIFECYCLE.move(lead.status, LeadStatus.CONVERTED)
    demand_had(lead.owner_id, lead.pool_id)
    tx.follow(lead.received_at)
    demand_order(lead.received_at, tx.occurred_at)
    joined = await get_deal(tx, deal.opportunity_id) if deal.opportunity_id is not None else None
    account, contact = await _party(tx, lead, deal, joined)
    return tx.update(
        lead,
        LeadConverted,
        status=status,
        converted_at=tx.occurred_at,
        account_id=account.id,
        contact_id=contact.id if contact is not None else None,
        **_deal(lead, deal),
    )


def _deal(lead: Lead, deal: ConvertLead) -> dict[str, Any]:
    """The deal of a lead: one that is there, a new one or none. One that is there has its name."""
    opens = deal.opportunity and deal.opportunity_id is None
    return {
        "opportunity_id": ids.new() if opens else deal.opportunity_id,
        "opportunity_name": (deal.opportunity_name or lead.company) if opens else "",
    }


async def _party(
    tx: Tx, lead: Lead, deal: ConvertLead, joined: DealCopy | None
) -> tuple[Account, Contact | None]:
    """Whose deal it is, and with whom there; Forbidden where the lead's contact is to be added to
    an account that the caller may not change."""
    contact = await tx.get(Contact, deal.contact_id) if deal.contact_id is not None else None
    if contact is not None:
        demand_theirs(contact.account_id, deal.account_id)
        tx.expect(contact)
    named = contact.account_id if contact is not None else deal.account_id
    if joined is not None:
        demand_joinable(joined.status)
        whose = await standing_id(tx, joined.account_id)
        demand_with(whose, named)
        named = named or whose
    account = await accounts.account_for(
        tx,
        named,
        AccountCreate(name=lead.company, owner_id=lead.owner_id),
    )
    if contact is None and deal.contact and lead.contact_name:
        tx.policy.check(tx.actor, "account", "write", account)
        contact = await add_contact(
            tx,
            account,
            ContactCreate(
                account_id=account.id,
                name=lead.contact_name,
                email=lead.email,
                phone=e164(lead.phone or "", account.country),
                is_primary=named is None,
            ),
        )
    return account, contact


async def mark_overdue(tx: Tx, lead_id: UUID) -> Lead:
    """Tell, once, that nobody answered a lead in time."""
    lead = await tx.take(Lead, lead_id)
    late = lead.merged_into is None and is_overdue(
        lead.first_response_due_at, lead.first_responded_at, lead.response_overdue_at, tx.now
    )
    return tx.update(lead, LeadResponseOverdue, response_overdue_at=tx.now) if late else lead


async def delete_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Put a lead away, with those that went into it; one that went into another stays, for the
    merge may be undone."""
    lead = await tx.take(Lead, lead_id)
    demand_apart(lead.status, lead.merged_into)
    for each in await list_merged_in(tx, lead):
        tx.update(each, LeadDeleted, deleted_at=tx.now)
    return tx.update(lead, LeadDeleted, deleted_at=tx.now, **UNGUARDED)


async def restore_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Bring a deleted lead back within 30 days, with those that went into it; one of these comes
    with the lead that it went into, which Conflict `lead.merged` names."""
    lead = await tx.take_deleted(Lead, lead_id)
    demand_apart(lead.status, lead.merged_into)
    for each in await list_merged_in(tx, lead):
        tx.update(each, LeadRestored, deleted_at=None)
    clocks = await take_up(tx, lead) if lead.status in OPEN else {}
    return tx.update(lead, LeadRestored, deleted_at=None, **clocks)


async def _expect_origin(tx: Tx, campaign_id: UUID | None, referrer_id: UUID | None) -> None:
    """NotFound where the campaign or the account that referred them is not there for the caller."""
    if campaign_id is not None:
        await tx.get(Campaign, campaign_id)
    if referrer_id is not None:
        tx.expect(await tx.get(Account, referrer_id))


async def responded(tx: Tx, lead: Lead) -> dict[str, Any]:
    """What changes with the first answer to a lead: when it was, and after how much business time
    where the clock ran."""
    if lead.first_responded_at is not None:
        return {}
    minutes = None
    if lead.first_response_due_at is not None:
        minutes = WorkWeek(await zone(tx)).minutes(lead.received_at, tx.occurred_at)
    return {"first_responded_at": tx.occurred_at, "first_response_minutes": minutes}


def _demand_one_currency(sent: Strict, lead: Lead | None) -> None:
    """Invalid where what is sent and what stays of the lead are of two currencies."""
    amounts = {name: getattr(sent, name) for name in ("budget", "expected_price")}
    told = [each.currency for each in amounts.values() if isinstance(each, MoneyIn)]
    stays = lead is not None and any(
        name not in sent.model_fields_set and getattr(lead, name) is not None for name in amounts
    )
    demand_one_currency([*told, lead.currency if lead is not None and stays else None])


def _is_deal_of(lead: Lead, deal: ConvertLead) -> bool:
    if deal.opportunity is (lead.opportunity_id is None):
        return False
    if deal.contact and lead.contact_name and lead.contact_id is None:
        return False
    named = ("account_id", "contact_id", "opportunity_id", "opportunity_name")
    opened = {name: getattr(lead, name) for name in named}
    return is_same_deal(opened, deal.model_dump(include={*opened}))


JOBS = Jobs(
    JobCommands(
        LeadJob,
        Lead,
        requested=LeadJobRequested,
        progressed=LeadJobProgressed,
        ended=LeadJobEnded,
    ),
    LeadJobPart,
    LeadRead,
    LEADS,
    LEAD_FIELDS,
    Bulk((create_lead, LeadCreate), (refresh_lead, LeadUpdate), {}, matches.prepare_certain),
    delete_lead,
    CALLED,
)
