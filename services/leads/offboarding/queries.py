"""Every list of off-boardings, and what somebody has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from crmkit.components.directory import Owner
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from services.leads.account.models import Account, AccountJob
from services.leads.activity.models import Activity, ActivityJob
from services.leads.campaign.models import Campaign
from services.leads.contact.models import ContactJob
from services.leads.feedback.models import Feedback, FeedbackJob
from services.leads.followup.models import FollowUpPlan
from services.leads.form.models import CaptureForm
from services.leads.inbound.models import InboundEndpoint
from services.leads.lead.models import IS_OPEN, Lead, LeadJob
from services.leads.offboarding.domain import Holding
from services.leads.offboarding.models import Offboarding
from services.leads.partner.models import ChannelPartner
from services.leads.pool.models import PoolMember
from services.leads.reception.models import Enquiry, VisitJob
from services.leads.site.models import SiteChecklist

OFFBOARDINGS = Listing(
    Offboarding,
    filters=(
        "state",
        "trigger",
        "owner_id",
        "team",
        "successor_id",
        "pool_id",
        "created_at",
        "updated_at",
    ),
    sorts=("created_at", "updated_at"),
    default="-created_at",
)


@dataclass(frozen=True, slots=True)
class Stock:
    """Records of one kind that somebody has: whose they are by `column`, as far as `held`.

    `place` is how an off-boarding under way knows which stock it has come to: each has its own, and
    none is given again, so that one that was begun by an older release goes on where it was.
    """

    place: int
    cls: type[Record]
    held: str
    column: str = "owner_id"


_JOB = "state in ('waiting', 'running', 'undoing') and caller = 'member'"
_WITHOUT_LEAD = f"""(lead_id is null or not exists (
  select from lead l where l.tenant_id = t.tenant_id and l.id = t.lead_id
    and l.owner_id = t.owner_id and {IS_OPEN}))"""
STOCKS: Mapping[Holding, Sequence[Stock]] = {
    Holding.SEAT: (Stock(0, PoolMember, "active", "member_id"),),
    Holding.JOB: (
        Stock(1, LeadJob, _JOB),
        Stock(2, AccountJob, _JOB),
        Stock(3, ContactJob, _JOB),
        Stock(4, ActivityJob, _JOB),
        Stock(5, VisitJob, _JOB),
        Stock(17, FeedbackJob, _JOB),
    ),
    Holding.LEAD: (Stock(6, Lead, f"pool_id is null and {IS_OPEN}"),),
    Holding.POOL_LEAD: (Stock(7, Lead, f"pool_id is not null and {IS_OPEN}"),),
    Holding.ACCOUNT: (Stock(8, Account, "deleted_at is null"),),
    Holding.FOLLOW_UP: (Stock(9, FollowUpPlan, f"status = 'running' and {_WITHOUT_LEAD}"),),
    Holding.ACTIVITY: (
        Stock(
            10,
            Activity,
            f"done_at is null and status = 'planned' and deleted_at is null and {_WITHOUT_LEAD}",
        ),
    ),
    Holding.ENQUIRY: (Stock(11, Enquiry, "status = 'open'"),),
    Holding.CHANNEL_PARTNER: (Stock(12, ChannelPartner, "status <> 'ended'"),),
    Holding.CAMPAIGN: (Stock(13, Campaign, "status not in ('ended', 'cancelled')"),),
    Holding.CAPTURE_FORM: (Stock(14, CaptureForm, "revoked_at is null"),),
    Holding.INBOUND_ENDPOINT: (Stock(15, InboundEndpoint, "revoked_at is null"),),
    Holding.SITE_CHECKLIST: (
        Stock(16, SiteChecklist, "(ready_at is null or campaign_id is null)"),
    ),
    Holding.FEEDBACK: (Stock(18, Feedback, "status = 'accepted'", "assignee_id"),),
}
"""Contacts go with their accounts, plans and activities with their leads: not by themselves. A
check list of no campaign is of every day, so it goes although the site is ready."""

_MEMBER = "select team, region from directory_member where tenant_id = $1 and id = $2"
_UNFINISHED = f"""{plan(Offboarding).select}
where tenant_id = $1 and owner_id = $2 and state in ('open', 'running')
"""
_COUNTS = "select " + ", ".join(
    " + ".join(
        f"(select count(*) from {plan(stock.cls).table} t"
        f" where tenant_id = $1 and {stock.column} = $2 and {stock.held})"
        for stock in stocks
    )
    + f" as {holding.value}"
    for holding, stocks in STOCKS.items()
)
_SOME = {
    stock: f"select id from {plan(stock.cls).table} t where tenant_id = $1"
    f" and {stock.column} = $2 and {stock.held} and id > $3 order by id limit $4"
    for stocks in STOCKS.values()
    for stock in stocks
}
_FIRST = UUID(int=0)


async def find_leaver(reading: Reading, member_id: UUID) -> Owner | None:
    """Somebody the directory knows, whether they still work here or not."""
    found = await reading.fetch(_MEMBER, reading.tenant_id, member_id)
    return Owner(member_id, found[0]["team"], found[0]["region"]) if found else None


async def find_unfinished(reading: Reading, member_id: UUID) -> Offboarding | None:
    """Somebody's off-boarding that is not over, of which there is one at most."""
    found = await reading.fetch(_UNFINISHED, reading.tenant_id, member_id)
    return row(Offboarding, found[0]) if found else None


async def count_holdings(reading: Reading, member_id: UUID) -> dict[str, int]:
    """What somebody has, by its kind, and of these only kinds that they have."""
    (found,) = await reading.fetch(_COUNTS, reading.tenant_id, member_id)
    return {name: count for name, count in found.items() if count}


async def list_some(
    reading: Reading, stock: Stock, member_id: UUID, mark: UUID | None, most: int
) -> list[UUID]:
    """The next records of a stock, by their ids."""
    sql = _SOME[stock]
    found = await reading.fetch(sql, reading.tenant_id, member_id, mark or _FIRST, most)
    return [each["id"] for each in found]
