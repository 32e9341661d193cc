"""GraphQL of timelines."""

from typing import Any
from uuid import UUID

import strawberry

from crmkit.db.parameters import refuse
from crmkit.web.graphql import Connection, Info, Output, connection, extend, output
from services.leads.account.gql import Account
from services.leads.activity import models as activity_models
from services.leads.activity.gql import Activity
from services.leads.contact import models as contact_models
from services.leads.contact.gql import Contact
from services.leads.lead import models as lead_models
from services.leads.lead.gql import Lead
from services.leads.timeline.domain import TimelineKind
from services.leads.timeline.queries import find_timeline
from services.leads.timeline.schemas import TimelineEntryRead

_USUAL, _MOST = 20, 100


@output(TimelineEntryRead)
class TimelineEntry(Output):
    """客户动态 something that happened with an account; of a record of ours, with the record."""

    @strawberry.field
    async def lead(self, info: Info) -> Lead | None:
        lead_id = _of(self, TimelineKind.LEAD)
        return await info.context.one(Lead, lead_models.Lead, lead_id)

    @strawberry.field
    async def activity(self, info: Info) -> Activity | None:
        activity_id = _of(self, TimelineKind.ACTIVITY)
        return await info.context.one(Activity, activity_models.Activity, activity_id)

    @strawberry.field
    async def contact(self, info: Info) -> Contact | None:
        contact_id = _of(self, TimelineKind.CONTACT)
        return await info.context.one(Contact, contact_models.Contact, contact_id)


def _of(entry: TimelineEntry, kind: TimelineKind) -> UUID | None:
    """The record's id, where the entry is of that kind."""
    shown = vars(entry)
    record_id: UUID = shown["id"]
    return record_id if shown["kind"] == kind else None


async def timeline(
    self: Any,
    info: Info,
    first: int = _USUAL,
    after: str | None = None,
    kind: TimelineKind | None = None,
) -> Connection[TimelineEntry]:
    if not 1 <= first <= _MOST:
        refuse("first", f"a whole number from 1 to {_MOST}")
    found = await find_timeline(info.context.reading, self.id, kind, first, after)
    return connection(found, TimelineEntry.of)


extend(Account, timeline=strawberry.field(resolver=timeline))
