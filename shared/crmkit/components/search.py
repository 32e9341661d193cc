"""检索 lists searched by what is in their records' texts, however many there are.

What is asked of a record is plain SQL over its own columns (`condition`), so a search finds what is
there now, in the list's order, and nothing that the caller's list would not show. Which records are
worth asking is found out in three steps: the first ones of the list, where a word that many have is
found at once; of a word that few have, the records that have all keys of it (`search_key`, by
`kernel.grams`); of one that many have, the next of them along the list's order, by sketches of
their keys. What an index finds of it all has to be fetched and sorted, what is walked along has to
be passed: so it is counted first, about, which of them costs less. Records that have no keys yet
(`search_due`) are asked as well, the newest 2,000 of them: `search_keeper` gives keys to them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import asyncpg

from crmkit.db.kinds import LONGEST_TEXT, SEARCH, Kind
from crmkit.db.listing import Listing, Question, Wanted
from crmkit.db.paging import SCOPE_ARGUMENTS, Form, page_sql
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.fields import clean
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.grams import PHONE_SIGNS, SKETCHED, asked_keys, kept_keys, sketch, words_of

PROBED, PROBED_OWN, FEW, _MOST_DUE = 250, 2000, 2000, 2000
MANY = 5000
"""To fetch and sort more is dearer than to walk along whatever lies before the first ones."""

_STEPS = (250, 5000)
_PATTERNS = "((select array_agg(lower(p)) from unnest({0}::text[]) p)::text[])"
_ABOUT = "select crm.about_keyed($1::int[], $2::bit(512))"
_FOUND = f"""
select crm.{{}} as found, array(
  select id from search_due where tenant_id = $1 and aggregate = $2
  order by id desc limit {_MOST_DUE}
) as due
"""
"""One look for both: whoever changes a record in between takes it from the one to the other."""

_ALL = _FOUND.format("keyed($3::int[], $4, null, false, null, null)")
_SORTED = _FOUND.format("keyed($3::int[], $4, $5, $6, $7, $8)")
_WALKED = _FOUND.format("walked($3::int[], $9::bit(512), $2, $4, $5, $6, $7, $8)")
_WITHIN = "id = any({0}::uuid[])"


def _patterns(text: str) -> list[str]:
    """Every word for LIKE, in which nothing is special."""
    if not 1 <= len(text := clean(text).strip()) <= LONGEST_TEXT or not (words := words_of(text)):
        raise ValueError("too short or too long")
    return ["%" + re.sub(r"([%_\\])", r"\\\1", word) + "%" for word in words]


def _word(pattern: str) -> str:
    return re.sub(r"\\(.)", r"\1", pattern[1:-1])


_WORDS = replace(
    SEARCH,
    convert=_patterns,
    searches="contain each word of this text, in any case and width, of a number its digits",
)


@dataclass(frozen=True, slots=True)
class Search:
    """How a list is searched; `phones` are numbers, of which digits count alone.

    `placed_at` and `named` are columns by which the list can be sorted, an instant and a text that
    are never null. Changes of these and of what is searched are marked by triggers.
    """

    phones: Collection[str] = ()
    placed_at: str | None = None
    named: str | None = None
    kind: Kind = field(default=_WORDS, init=False)

    def condition(self, columns: Collection[str]) -> str:
        """Every word is in one of the columns; whatever case, width or form it is written in."""
        text = f"concat_ws(chr(10), {', '.join(map(self.said, columns))})"
        whole = f"lower(normalize({text}, nfkc)) like all {_PATTERNS}"
        return (
            f"(lower({text}) like all {_PATTERNS} or ({text} is not nfkc normalized and {whole}))"
        )

    def said(self, column: str) -> str:
        return f"translate({column}, '{PHONE_SIGNS}', '')" if column in self.phones else column

    @property
    def places(self) -> Mapping[str | None, str]:
        """The columns that are kept beside the keys, by those they are of."""
        return {self.placed_at: "placed_at", self.named: "named"}

    async def find(
        self, listing: Listing, reading: Reading, wanted: Wanted, asked: Question
    ) -> tuple[Sequence[asyncpg.Record], Question]:
        """The page, and the question to count by.

        As of an instant, and for callers from whom one of the columns is hidden, the list is
        walked: how long it takes and what is counted must not tell what hidden columns hold.
        """
        size = wanted.limit + 1
        hidden = reading.policy.masks(reading.actor, plan(listing.cls).table)
        if reading.as_of is not None or not hidden.isdisjoint(listing.search):
            return await listing.page(reading, asked, size), asked
        seeking = _Seeking(self, listing, reading, asked)
        found = await seeking.first(size)
        if found is None and seeking.keys:
            found, asked = await seeking.keyed(wanted, size)
        if found is None:
            found = await listing.page(reading, asked, size)
        return found, asked


class _Seeking:
    """One search."""

    def __init__(self, search: Search, listing: Listing, reading: Reading, asked: Question) -> None:
        self._search, self._listing, self._reading = search, listing, reading
        self._asked = asked
        self._condition, self._said, self._rest = _apart(asked, search.condition(listing.search))
        self._table = plan(listing.cls).table
        words = [_word(said) for said in self._said]
        self.keys = asked_keys(reading.tenant_id, self._table, words)
        bits = sketch(kept_keys(reading.tenant_id, self._table, words))
        self._sketch = asyncpg.BitString.frombytes(bits, SKETCHED)

    async def first(self, size: int) -> list[asyncpg.Record] | None:
        """The page, where the first records of the list that would be there without a search fill
        it, or are all there are.

        Of whom a team shows some, so many are looked at, and not so many found: no index leads to
        these, and before the first there may be any number that the caller does not see. An index
        leads to one's own, of which few have more than are looked at.
        """
        rest, scope, who = _walked(self._rest)
        most = PROBED_OWN if rest.form.scope is Scope.OWN else PROBED
        given = (*rest.filtering, *rest.place, most, self._said, size + 1, *who)
        sql = _probe(self._listing, rest.form, most, scope, self._condition)
        records = await self._reading.fetch(sql, *given, of=(self._listing.cls,))
        found = [each for each in records if each["nth"] < most]
        whole = len(found) == len(records) or len(found) >= size
        return found[:size] if whole else None

    async def keyed(
        self, wanted: Wanted, size: int
    ) -> tuple[list[asyncpg.Record] | None, Question]:
        """The page, as far as keys help, and the question that counts as many."""
        ((about,),) = await self._reading.fetch(_ABOUT, self.keys, self._sketch)
        place = None if len(wanted.sort) > 1 else self._search.places.get(wanted.sort[0][0])
        if about <= MANY and (place is None or wanted.count == "exact"):
            found, due = await self._candidates(_ALL, FEW + 1)
            if len(found) <= FEW:
                few = _within(self._asked, [*found, *due])
                exactly = few if wanted.count == "exact" else self._asked
                return await self._listing.page(self._reading, few, size), exactly
        if place is None:
            return None, self._asked
        for most in _STEPS:
            found, due = await self._following(place, wanted.sort[0][1], most, about > MANY)
            page = await self._page(found, due, most, size)
            if page is not None:
                return page, self._asked
        return None, self._asked

    async def _following(
        self, place: str, descends: bool, most: int, many: bool
    ) -> tuple[list[UUID], list[UUID]]:
        """The next candidates in order, and those that have no keys yet."""
        value, after = self._asked.place or (None, None)
        text = value.isoformat() if isinstance(value, datetime) else value
        if many:
            return await self._candidates(_WALKED, most, place, descends, text, after, self._sketch)
        return await self._candidates(_SORTED, most, place, descends, text, after)

    async def _candidates(self, sql: str, *given: object) -> tuple[list[UUID], list[UUID]]:
        who = (self._reading.tenant_id, self._table, self.keys)
        ((found, due),) = await self._reading.fetch(sql, *who, *given)
        return found, due

    async def _page(
        self, ids: Sequence[UUID], due: Sequence[UUID], most: int, size: int
    ) -> list[asyncpg.Record] | None:
        """What the next candidates hold; None where it takes more of them."""
        page = await self._listing.page(self._reading, _within(self._asked, [*ids, *due]), size)
        if len(ids) < most:
            return page
        known = set(ids)
        while page and page[-1]["id"] not in known:  # a candidate not asked yet may come before it
            page.pop()
        return page if len(page) == size else None


def _apart(asked: Question, condition: str) -> tuple[str, list[str], Question]:
    """The search's condition, its value, and the question without it."""
    conditions = asked.form.conditions
    at = conditions.index(condition)
    after = sum("{0}" in each for each in conditions[at:])
    value = asked.filtering[len(asked.filtering) - after]
    values = list(asked.filtering)
    del values[len(values) - after]
    others = (*conditions[:at], *conditions[at + 1 :])
    form = asked.form._replace(conditions=others)
    return condition, value, asked._replace(form=form, filtering=tuple(values))


def _within(asked: Question, ids: Sequence[UUID]) -> Question:
    form = asked.form._replace(conditions=(*asked.form.conditions, _WITHIN))
    return asked._replace(form=form, filtering=(*asked.filtering, ids))


def _walked(asked: Question) -> tuple[Question, Scope, Sequence[object]]:
    """The question of what is walked along, and whose of it are found: scope and its arguments."""
    scope = asked.form.scope
    if scope is Scope.OWN:
        return asked, Scope.ALL, ()
    last = 1 + SCOPE_ARGUMENTS[scope]
    tenant, who, values = asked.filtering[0], asked.filtering[1:last], asked.filtering[last:]
    form = asked.form._replace(scope=Scope.ALL)
    return asked._replace(form=form, filtering=(tenant, *values)), scope, who


def _probe(listing: Listing, form: Form, most: int, scope: Scope, condition: str) -> str:
    """The first of the list that hold the condition, and the last one that was looked at."""
    page, number = page_sql(listing, form, most)
    seen = scope_sql(scope, f"${number + 3}::uuid", f"${number + 4}::text")
    ways = [*form.sort, ("id", form.sort[-1][1])]
    order = ", ".join(f"{name} desc" if descends else name for name, descends in ways)
    return f"""
select * from (
  select page.*, row_number() over (order by {order}) as nth from ({page}) page
) probed
where nth = ${number} or ({seen} and {condition.format(f"${number + 1}")})
order by {order} limit ${number + 2}
"""
