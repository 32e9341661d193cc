"""Leads that may be one customer, found by their keys."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import ValidationError

from crmkit.db.asof import Source, unsupported
from crmkit.db.listing import Entry
from crmkit.db.reading import Reading
from crmkit.db.writing import Memo
from crmkit.kernel.access import Scope, covers
from services.leads.matching.domain import DuplicateRule, Keys, Match, key_columns, keys_of, match
from services.leads.matching.schemas import LeadProbe, shown

_MOST = 20
_SAID = ("company", "phone", "email")
_COLUMNS = """id, company, contact_name, status, owner_id, team,
    phone_key, email_key, company_key"""
_THERE = "tenant_id = $1 and deleted_at is null and merged_into is null"
_SAME = f"""
  (select {_COLUMNS} from lead where {_THERE} and phone_key = probe.phone
   order by id limit {_MOST})
  union all
  (select {_COLUMNS} from lead where {_THERE} and email_key = probe.email
   order by id limit {_MOST})"""
_NEAR = f"""
  union all
  (select {_COLUMNS} from lead where {_THERE} and company_key = probe.company
   order by id limit {_MOST})
  union all
  (select {_COLUMNS} from lead where {_THERE} and company_key > probe.company
   order by company_key limit {_MOST})
  union all
  (select {_COLUMNS} from lead where {_THERE} and company_key < probe.company
   order by company_key desc limit {_MOST})
  union all
  (select {_COLUMNS} from lead where {_THERE} and company_tail > probe.tail
   order by company_tail limit {_MOST})
  union all
  (select {_COLUMNS} from lead where {_THERE} and company_tail < probe.tail
   order by company_tail desc limit {_MOST})"""
_PROBES = """
from unnest($2::text[], $3::text[], $4::text[], $5::text[])
  with ordinality probe (phone, email, company, tail, n)"""
FIND_CERTAIN = f"select n::int, l.* {_PROBES} cross join lateral ({_SAME}) l"
FIND_ALL = f"select n::int, l.* {_PROBES} cross join lateral ({_SAME}{_NEAR}) l"
"""A bounded number of leads for each probe: equal keys, and names that stand next to the company's
when they are sorted from their beginning or from their end (sorted neighbourhoods)."""

_WHOLE = f"{_COLUMNS}, {', '.join(_SAID[1:])}"
_FIND_THEN = FIND_ALL.replace(_COLUMNS, _WHOLE)
MOST_RENAMED = 10_000
_RENAMED = f"""
select {", ".join(f"l.{name.strip()}" for name in _WHOLE.split(","))}
from lead l join public.lead t on t.tenant_id = l.tenant_id and t.id = l.id
where t.tenant_id = $1 and t.updated_at > $2 and l.deleted_at is null and l.merged_into is null
  and (l.company, l.phone, l.email) is distinct from (t.company, t.phone, t.email)
limit $3
"""
"""Leads that had another name, phone or e-mail then: no event tells keys, so these are found by
none, and their keys are made anew."""


async def list_matches(
    reading: Reading, probes: Sequence[Keys], but: UUID | None = None
) -> list[list[dict[str, Any]]]:
    """For each probe who may be the same customer, the best first, as far as the caller is told."""
    records = await reading.fetch(FIND_ALL, reading.tenant_id, *_columns(probes))
    found = _each(probes, records)
    return [_shown(reading, probe, own, but) for probe, own in zip(probes, found, strict=True)]


async def list_certain(reading: Reading, probe: Keys) -> tuple[list[dict[str, Any]], bool]:
    """Who certainly is the same customer, as far as the caller is told; and whether anybody is."""
    if probe.phone is None and probe.email is None:
        return [], False
    records = await reading.fetch(FIND_CERTAIN, reading.tenant_id, *_columns([probe]))
    return _shown(reading, probe, records, None), bool(records)


async def prepare_certain(reading: Reading, rows: Sequence[Mapping[str, Any]]) -> Memo:
    """What `list_certain` will read for those of a batch's rows that want no duplicate, by one
    statement; a row that will be refused anyway is left to itself."""
    probes = list(dict.fromkeys(keys for keys in map(_wanted, rows) if keys is not None))
    if not probes:
        return {}
    records = await reading.fetch(FIND_CERTAIN, reading.tenant_id, *_columns(probes))
    found = _each(probes, records)
    memo: Memo = {}
    for probe, own in zip(probes, found, strict=True):
        told = asyncio.get_running_loop().create_future()
        told.set_result(own)
        memo[(FIND_CERTAIN, reading.tenant_id, *map(tuple, _columns([probe])))] = told
    return memo


async def list_matches_then(
    reading: Reading, then: datetime, lead: Any, leads: Source
) -> list[dict[str, Any]]:
    """Who might have been the same customer as a lead of that instant; `leads` is their table.

    Invalid `as_of.unsupported` where more than 10,000 leads were called something else then. Names
    that are merely alike are those that stand beside the company's among the names of today.
    """
    probe = keys_of(lead.company, lead.phone, lead.email)
    given = (reading.tenant_id, *_columns([probe]))
    found = await reading.fetch(_FIND_THEN, *given, of=(leads,))
    renamed = await reading.fetch(_RENAMED, reading.tenant_id, then, MOST_RENAMED + 1, of=(leads,))
    if len(renamed) > MOST_RENAMED:
        raise unsupported("among leads that were renamed since by the thousands, a duplicate")
    records = [dict(record) | _keyed(record) for record in (*found, *renamed)]
    return _shown(reading, probe, records, lead.id)


def _keyed(record: asyncpg.Record) -> dict[str, str | None]:
    return key_columns(keys_of(*(record[name] for name in _SAID)))


def _wanted(row: Mapping[str, Any]) -> Keys | None:
    if row.get("duplicates") not in (DuplicateRule.REFUSE, DuplicateRule.OVERRIDE):
        return None
    try:
        keys = LeadProbe.model_validate({n: row[n] for n in _SAID if n in row}).keys()
    except ValidationError:
        return None
    return keys if keys.phone or keys.email else None


def _columns(probes: Sequence[Keys]) -> list[list[str | None]]:
    return [[getattr(keys, name) for keys in probes] for name in _PROBE]


def _each(probes: Sequence[Keys], records: Sequence[asyncpg.Record]) -> list[list[asyncpg.Record]]:
    """The records of each probe."""
    found: list[list[asyncpg.Record]] = [[] for _ in probes]
    for record in records:
        found[record["n"] - 1].append(record)
    return found


def _shown(
    reading: Reading, probe: Keys, records: Sequence[Entry], but: UUID | None
) -> list[dict[str, Any]]:
    found: dict[UUID, Match] = {}
    for record in records:
        alike = match(probe, _keys(record), record)
        if alike is not None and record["id"] != but:
            found[record["id"]] = alike
    return shown(_told(reading, [*found.values()]))


def _told(reading: Reading, found: list[Match]) -> list[tuple[Match, bool]]:
    """The best 20 of those the caller is told of, and whether they may read each."""
    actor, policy = reading.actor, reading.policy
    seen = policy.demand(actor, "lead", "read")
    told: Scope = max(seen, policy.scope(actor, "lead_match", "read"))
    best = sorted(found, key=lambda each: (-each.score, each.row["id"]))
    mine = [each for each in best if covers(told, actor, _Whose(each.row))]
    return [(each, covers(seen, actor, _Whose(each.row))) for each in mine[:_MOST]]


class _Whose:
    """A record as the policy looks at one."""

    def __init__(self, record: Entry) -> None:
        self.owner_id, self.team = record["owner_id"], record["team"]


def _keys(record: Entry) -> Keys:
    return Keys(record["phone_key"], record["email_key"], record["company_key"] or None)


_PROBE = ("phone", "email", "company", "tail")
