"""What comes in and goes out."""

from uuid import UUID

from crmkit.fields import Instant, Note, Strict
from crmkit.web.answers import Read
from services.leads.lead.domain import Intent, LeadStatus
from services.leads.pool.domain import ReturnReason


class PutIntoPool(Strict):
    """Where a lead goes that nobody has time for."""

    pool_id: UUID
    note: Note = ""


class GiveBack(Strict):
    """Why somebody gives a lead back; another reason is said in words."""

    reason: ReturnReason
    note: Note = ""


class TakeBack(Strict):
    note: Note = ""


class Allocate(Strict):
    member_id: UUID


class PoolLeadRead(Read):
    """A lead that lies in a pool; who it is about and how to reach them is null where the pool's
    rules keep it back until somebody has claimed it."""

    id: UUID
    version: int
    company: str
    contact_name: str | None
    phone: str | None
    email: str | None
    source: str
    status: LeadStatus
    intent: Intent | None
    need: str
    product: str
    region: str
    pool_id: UUID
    received_at: Instant
    released_at: Instant | None
    released_reason: str
    created_at: Instant
    updated_at: Instant


class LeadCustodyRead(Read):
    """Who has a lead of a pool and for how long, without anything about whom to call."""

    id: UUID
    version: int
    company: str
    status: LeadStatus
    pool_id: UUID | None
    owner_id: UUID
    claimed_at: Instant | None
    recycle_at: Instant | None
    protected: bool
    released_by: UUID | None
    released_at: Instant | None
    released_reason: str
    released_note: str
    rule_id: UUID | None
    strategy: str
    created_at: Instant
    updated_at: Instant
