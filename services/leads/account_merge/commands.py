"""How several accounts become one, with all that belongs to them, in one statement."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from crmkit.db.executor import locking
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.envelope import Event
from crmkit.events.leads import (
    AccountLifecycleChanged,
    AccountMerged,
    AccountUpdated,
    ActivityUpdated,
    LeadUpdated,
)
from crmkit.events.leads_accounts import (
    ChannelPartnerUpdated,
    ContactUpdated,
    DueDiligenceCancelled,
    DueDiligenceMoved,
)
from crmkit.events.leads_intel import MarketIntelUpdated
from crmkit.events.leads_plans import FollowUpMoved
from crmkit.events.leads_surveys import SurveyMoved
from services.leads.account.domain import demand_no_cycle
from services.leads.account.models import Account
from services.leads.account_merge.domain import (
    MOST_MOVED,
    demand_few,
    demand_known,
    demand_others,
    earliest,
    furthest,
)
from services.leads.account_merge.queries import find_belongings
from services.leads.account_merge.schemas import MergeAccounts
from services.leads.activity.models import Activity
from services.leads.contact.models import Contact
from services.leads.due_diligence.domain import DueDiligenceStatus
from services.leads.due_diligence.models import DueDiligence
from services.leads.followup.models import FollowUpPlan
from services.leads.intel.models import MarketIntel
from services.leads.lead.models import Lead
from services.leads.partner.models import ChannelPartner
from services.leads.survey.models import Survey

_WITH = {"annual_revenue": ("annual_revenue", "currency"), "owner_id": ("owner_id", "team")}
"""Columns that go together."""


class _Move(NamedTuple):
    """Records that belong to accounts by these columns, and the event that tells of a new one."""

    cls: type[Record]
    event: type[Event[Any]]
    columns: tuple[str, ...] = ("account_id",)


_PLAIN = (
    _Move(Lead, LeadUpdated, ("account_id", "referrer_id")),
    _Move(Activity, ActivityUpdated),
    _Move(ChannelPartner, ChannelPartnerUpdated),
    _Move(FollowUpPlan, FollowUpMoved),
    _Move(Survey, SurveyMoved),
    _Move(MarketIntel, MarketIntelUpdated),
    _Move(Account, AccountUpdated, ("parent_id",)),
)
"""What moves as it is; the accounts below come to stand below the one that is left."""

MOVES = frozenset(
    {
        *((each.cls, column) for each in _PLAIN for column in each.columns),
        (Contact, "account_id"),
        (DueDiligence, "account_id"),
    }
)
"""The columns that name the account that is left, once a merge is done."""


@locking
async def merge_accounts(tx: Tx, account_id: UUID, wanted: MergeAccounts) -> Account:
    """合并客户 make others part of an account; they are put away, and answer which one it is.

    Conflict `account.cycle` where one of them stands above it. What is added to one of them
    meanwhile waits for the merge, and is told of it.
    """
    target = await tx.take(Account, account_id, "merge")
    demand_others(target.id, wanted.sources)
    demand_known(wanted.fields.values(), {target.id, *wanted.sources})
    sources = [await tx.take(Account, source, "merge") for source in wanted.sources]
    await _demand_below_none(tx, target, wanted.sources)
    after = _combine(tx, target, sources, wanted)
    moved = await _move_contacts(tx, after, wanted.sources)
    moved += await _move_due_diligence(tx, target.id, wanted.sources)
    for what in _PLAIN:
        moved += await _move(tx, target.id, wanted.sources, what)
    demand_few(moved)
    for source in sources:
        tx.update(source, AccountMerged, merged_into=target.id, deleted_at=tx.now)
    return after


def _combine(tx: Tx, target: Account, sources: Sequence[Account], wanted: MergeAccounts) -> Account:
    """The account with the values that were chosen, as far along as the furthest of all."""
    known = {each.id: each for each in (target, *sources)}
    values: dict[str, Any] = {
        column: getattr(known[chosen], column)
        for name, chosen in wanted.fields.items()
        for column in _WITH.get(name, (name,))
    }
    values["customer_since"] = earliest(each.customer_since for each in known.values())
    after = tx.update(target, AccountUpdated, **values)
    state = furthest(each.lifecycle for each in known.values())
    if state is not target.lifecycle:
        first = next(each for each in sources if each.lifecycle is state)
        since = {"lifecycle_at": first.lifecycle_at, "lost_reason": first.lost_reason}
        after = tx.update(after, AccountLifecycleChanged, lifecycle=state, **since)
    if after is target:
        tx.expect(target)
    return after


async def _demand_below_none(tx: Tx, target: Account, sources: Sequence[UUID]) -> None:
    above = await tx.above(Account, target.id, "parent_id")
    for source in sources:
        demand_no_cycle(source, [each.id for each in above])
    for each in above:
        if each.id != target.id:
            tx.expect(each)


async def _move_contacts(tx: Tx, target: Account, sources: Sequence[UUID]) -> int:
    """To the account and its owner; the first primary contact there is stays the primary one."""
    found = await find_belongings(tx, Contact, "account_id", sources, MOST_MOVED + 1)
    whose = {"account_id": target.id, "owner_id": target.owner_id, "team": target.team}
    free = await tx.find(Contact, account_id=target.id, is_primary=True) is None
    for contact in sorted(found, key=lambda each: sources.index(each.account_id)):
        tx.update(contact, ContactUpdated, **whose, is_primary=contact.is_primary and free)
        free = free and not contact.is_primary
    return len(found)


async def _move_due_diligence(tx: Tx, target: UUID, sources: Sequence[UUID]) -> int:
    """One at a time is open for an account: the others are cancelled."""
    found = await find_belongings(tx, DueDiligence, "account_id", sources, MOST_MOVED + 1)
    asked = DueDiligenceStatus.REQUESTED
    free = await tx.find(DueDiligence, account_id=target, status=asked) is None
    for each in sorted(found, key=lambda each: each.requested_at):
        if each.status is asked and not free:
            cancelled = {"status": DueDiligenceStatus.CANCELLED, "cancelled_at": tx.occurred_at}
            tx.update(each, DueDiligenceCancelled, account_id=target, **cancelled)
            continue
        tx.update(each, DueDiligenceMoved, account_id=target)
        free = free and each.status is not asked
    return len(found)


async def _move(tx: Tx, target: UUID, sources: Sequence[UUID], what: _Move) -> int:
    cls, event, columns = what
    found: dict[UUID, Record] = {}
    for column in columns:
        belonging = await find_belongings(tx, cls, column, sources, MOST_MOVED + 1)
        found |= {each.id: each for each in belonging if each.id not in sources}
    for each in found.values():
        tx.update(each, event, **{c: target for c in columns if vars(each)[c] in sources})
    return len(found)
