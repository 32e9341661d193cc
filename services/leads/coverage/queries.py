"""What coverage is counted from: accounts as their list finds them, and whether they have contacts.

A target is an account that the list's filters find, as far as the caller may see both it and the
contacts of whoever owns it. So an owner's figure is the same for all who are told it.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from crmkit.db.listing import Question, Wanted
from crmkit.db.paging import SCOPE_ARGUMENTS, Form, some_sql
from crmkit.db.parameters import described, refuse
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope
from services.leads.account.queries import ACCOUNTS
from services.leads.contact.models import Contact
from services.leads.coverage.domain import (
    KINDS,
    MOST_GROUPS,
    MOST_TARGETS,
    Coverage,
    CoverageBy,
    Covered,
    Group,
    demand_bounded,
)

_PAGING = ("sort", "limit", "cursor", "count")
"""What a list is asked besides whom it shows."""
_COLUMNS = {
    CoverageBy.OWNER: "owner_id",
    CoverageBy.TEAM: "team",
    CoverageBy.REGION: "region",
}


def parse(query: Iterable[tuple[str, str]]) -> tuple[CoverageBy, Wanted]:
    """What a query string asks: `by`, owners where it is not said, and the filters of accounts."""
    by, filters = CoverageBy.OWNER.value, []
    for name, text in query:
        if name in _PAGING:
            refuse(name, "no such parameter", "parameter.unknown")
        if name == "by":
            by = text
        else:
            filters.append((name, text))
    if by not in KINDS:
        refuse("by", f"one of {', '.join(KINDS)}")
    return KINDS[by], ACCOUNTS.parse(filters)


async def find_coverage(reading: Reading, wanted: Wanted, by: CoverageBy) -> Coverage:
    """Coverage of the accounts that are wanted; Conflict `coverage.too_many`, `segment.stale`,
    `view.stale`."""
    contacts = reading.policy.demand(reading.actor, "contact", "read")
    asked = await ACCOUNTS.question(reading, await ACCOUNTS.settled(reading, wanted))
    asked = _within(reading, asked, min(contacts, asked.form.scope))
    sources = (*ACCOUNTS.sources, Contact)
    found = await reading.fetch(
        _sql(asked.form, _COLUMNS[by]), *asked.filtering, MOST_TARGETS + 1, of=sources
    )
    whole, *groups = [Group(e["key"], Covered(e["targets"], e["covered"])) for e in found]
    demand_bounded(whole.of.targets)
    return Coverage(whole.of, groups[:MOST_GROUPS], len(groups) > MOST_GROUPS)


def openapi() -> dict[str, Any]:
    """What FastAPI's `openapi_extra` takes: the filters of accounts, and `by`; what is said of
    coverage says its endpoint."""
    documented = ACCOUNTS.openapi()
    del documented["description"]
    filters = [each for each in documented["parameters"] if each["name"] not in _PAGING]
    by = {"type": "string", "enum": [*KINDS], "default": CoverageBy.OWNER.value}
    told = described("by", by, "what the groups are; each filter is that of accounts")
    return documented | {"parameters": [told, *filters]}


def _within(reading: Reading, asked: Question, scope: Scope) -> Question:
    """The question as somebody of a narrower scope asks it."""
    values = asked.filtering[1 + SCOPE_ARGUMENTS[asked.form.scope] :]
    actor = reading.actor
    scoped = (actor.member_id, actor.team)[: SCOPE_ARGUMENTS[scope]]
    filtering = (actor.tenant_id, *scoped, *values)
    return asked._replace(form=asked.form._replace(scope=scope), filtering=filtering)


@lru_cache(maxsize=512)
def _sql(form: Form, column: str) -> str:
    """The whole first, then its groups, and one more than are told."""
    targets, _ = some_sql(ACCOUNTS, form.conditions, form.scope, (column, "id"))
    return f"""
select key, count(*) as targets, count(*) filter (where known) as covered
from (
  select t.{column}::text as key, exists (
    select from contact c
    where c.tenant_id = $1 and c.account_id = t.id and c.deleted_at is null
      and c.erased_at is null) as known
  from ({targets}) t
) target
group by rollup (key) order by grouping(key) desc, targets desc, key limit {MOST_GROUPS + 2}
"""
