"""All that happened with an account, as one list: one statement, a range of an index for each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import msgspec

from crmkit.db.asof import EVENTS, Source
from crmkit.db.cursors import packed, unpacked
from crmkit.db.listing import Found
from crmkit.db.parameters import refuse
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.kernel.access import Scope, scope_sql
from services.leads.account.models import Account
from services.leads.activity.models import Activity
from services.leads.contact.models import Contact
from services.leads.due_diligence.models import DueDiligence
from services.leads.lead.models import Lead
from services.leads.timeline.domain import TimelineKind

_CHECK_BYTES = 8
_END = ("9999-01-01T00:00:00Z", str(UUID(int=2**128 - 1)))


@dataclass(frozen=True, slots=True)
class Branch:
    """Records of an account: by which column they are dated, and what is told of them."""

    cls: type[Record]
    at: str
    title: str
    status: str


@dataclass(frozen=True, slots=True)
class Part:
    """A branch as one caller sees it."""

    kind: TimelineKind
    scope: Scope
    title: str
    status: str


BRANCHES = {
    TimelineKind.LEAD: Branch(Lead, "received_at", "company", "status"),
    TimelineKind.ACTIVITY: Branch(Activity, "done_at", "subject", "kind"),
    TimelineKind.CONTACT: Branch(Contact, "created_at", "name", "role"),
    TimelineKind.DUE_DILIGENCE: Branch(DueDiligence, "requested_at", "reason", "status"),
}
_CHANGES = """
select occurred_at as at, 'account' as kind, id, null::text as title, null::text as status,
  null::uuid as owner_id, type, actor, data
from event where tenant_id = $1 and aggregate_id = $2 and aggregate = 'account'
  and (occurred_at, id) < ($5::timestamptz, $6::uuid)
order by occurred_at desc, id desc limit $7
"""
_WHOLE = """
with asker (member, team) as (values ($3::uuid, $4::text))
select * from (({parts})) timeline order by at desc, id desc limit $7
"""


async def find_timeline(
    reading: Reading,
    account_id: UUID,
    kind: TimelineKind | None,
    limit: int,
    cursor: str | None,
) -> Found:
    """A page of what the caller may see, newest first; the caller has been let at the account.

    Invalid `cursor.invalid`.
    """
    mark = partial(_mark, reading.realm, account_id, kind)
    at, last = _END if cursor is None else _place(mark, cursor)
    asked = (reading.tenant_id, account_id, reading.actor.member_id, reading.actor.team)
    sources: list[Source] = [*(branch.cls for branch in BRANCHES.values()), EVENTS]
    found = await reading.fetch(
        _sql(tuple(_parts(reading, kind)), kind in {None, TimelineKind.ACCOUNT}),
        *asked,
        datetime.fromisoformat(at),
        UUID(last),
        limit + 1,
        of=sources,
    )
    masks = reading.policy.masks(reading.actor, plan(Account).table)
    shown = [_entry(record, masks) for record in found[:limit]]
    return Found(shown, mark(shown[-1]) if len(found) > limit else None, None, mark)


def _parts(reading: Reading, kind: TimelineKind | None) -> list[Part]:
    """What the caller may read of each kind that is asked for."""
    parts = []
    for each, branch in BRANCHES.items():
        table = plan(branch.cls).table
        scope = reading.policy.scope(reading.actor, table, "read")
        masks = reading.policy.masks(reading.actor, table)
        title, status = (
            "null::text" if name in masks else name for name in (branch.title, branch.status)
        )
        if scope is not Scope.NONE and kind in {None, each}:
            parts.append(Part(each, scope, title, status))
    return parts


@lru_cache(maxsize=256)
def _sql(parts: tuple[Part, ...], with_changes: bool) -> str:
    pieces = [_records(part) for part in parts]
    pieces += [_CHANGES] if with_changes else []
    return _WHOLE.format(parts=") union all (".join(pieces or [_NOTHING]))


_NOTHING = _CHANGES.replace("tenant_id = $1", "false and tenant_id = $1")


def _records(part: Part) -> str:
    branch = BRANCHES[part.kind]
    known = plan(branch.cls)
    mine = scope_sql(part.scope, "(select member from asker)", "(select team from asker)")
    there = " and deleted_at is null" if known.soft else ""
    return f"""
select {branch.at} as at, '{part.kind.value}' as kind, id, {part.title} as title,
  {part.status} as status, owner_id, null::text as type, null::text as actor, null::json as data
from {known.table} where tenant_id = $1 and account_id = $2{there} and {mine}
  and ({branch.at}, id) < ($5::timestamptz, $6::uuid)
order by {branch.at} desc, id desc limit $7
"""


def _entry(record: Any, masks: frozenset[str]) -> dict[str, Any]:
    entry = dict(record)
    data = entry.pop("data")
    told = msgspec.json.decode(data) if data else None
    changed = told.get("changed", {}) if told else None
    entry["changed"] = changed and {n: v for n, v in changed.items() if n not in masks}
    return entry


def _mark(realm: str, account_id: UUID, kind: TimelineKind | None, entry: Any) -> str:
    """The cursor that stands at an entry, good for this account and kind alone."""
    body = msgspec.json.encode([entry["at"], str(entry["id"])])
    return packed(_digest(realm, account_id, kind, body) + body)


def _digest(realm: str, account_id: UUID, kind: TimelineKind | None, body: bytes) -> bytes:
    asked = repr(("timeline", realm, str(account_id), kind and kind.value, body))
    return hashlib.blake2b(asked.encode(), digest_size=_CHECK_BYTES).digest()


def _place(mark: Any, cursor: str) -> Sequence[str]:
    """Instant and id that a cursor stands at: it must be the one that would be given there."""
    try:
        at, last = msgspec.json.decode(unpacked(cursor)[_CHECK_BYTES:], type=tuple[str, str])
        if mark({"at": datetime.fromisoformat(at), "id": UUID(last)}) != cursor:
            raise ValueError("a cursor of another list")
    except (ValueError, msgspec.MsgspecError):
        refuse("cursor", "not a cursor of this timeline", "cursor.invalid")
    return at, last
