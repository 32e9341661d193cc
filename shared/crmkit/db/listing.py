"""Lists: declared once a room, checked strictly, read by one keyset statement (`paging`)."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from difflib import get_close_matches
from functools import cached_property, partial
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from crmkit.db.asof import Source
from crmkit.db.cursors import packed, unpacked
from crmkit.db.extending import Custom, Searching, Segments, Views
from crmkit.db.kinds import KINDS, LONGEST_TEXT, MOST_VALUES, SEARCH, WHOLE, Kind, kind_of
from crmkit.db.paging import SCOPE_ARGUMENTS, Form, Sort, Where, count_sql, page_sql
from crmkit.db.parameters import (
    CUSTOM_SAYS,
    SEGMENT,
    VIEW,
    VIEWED,
    Parameter,
    described,
    document,
    refuse,
    rendered,
)
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.kernel.own import CUSTOM

USUAL_PAGE, LARGEST_PAGE, _LARGEST_CONNECTION = 50, 200, 100
_MOST_SORTS, _CHECK_BYTES = 2, 8
_COUNTS = ("exact", "estimated")
_COMPARISONS = {"": "=", "_gte": ">=", "_gt": ">", "_lte": "<=", "_lt": "<"}
_CUSTOM = Parameter("custom", "in", KINDS[str])


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked question: filters by name of parameter (those that take several hold tuples)."""

    filters: tuple[tuple[str, Any], ...]
    sort: Sort
    limit: int
    cursor: str | None
    count: str | None
    view: UUID | None = None
    ordered: bool = True
    """False: where the view says how, that is the order."""

    fields: tuple[str, ...] = ()
    within: tuple[tuple[str, Any], ...] | None = None
    """What its segment asks besides, as filters; no part of what a cursor is good for."""

    @property
    def asked(self) -> tuple[tuple[str, Any], ...]:
        """All that is asked of each record."""
        if self.within is None:
            return self.filters
        return (*(each for each in self.filters if each[0] != SEGMENT), *self.within)


Entry = asyncpg.Record | Mapping[str, Any]
"""One line of a list: a record as it was read, or what was made of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page; `total` only where it was asked for, `fields` where a view chooses some."""

    records: Sequence[Entry]
    next_cursor: str | None
    total: int | None
    mark: Callable[[Any], str]
    fields: tuple[str, ...] = ()

    @property
    def cursors(self) -> list[str]:
        """The cursor after each record (for GraphQL edges)."""
        return [self.mark(record) for record in self.records]


class Question(NamedTuple):
    """How a caller may ask for a page: the statement's form, and what its placeholders hold."""

    form: Form
    filtering: tuple[Any, ...]
    place: tuple[Any, ...]


@dataclass(eq=False)
class Listing:
    """What one table's list can be asked for; `columns` is what is selected, default all."""

    cls: type[Record]
    _: KW_ONLY
    filters: tuple[str, ...]
    sorts: tuple[str, ...]
    default: str
    search: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    custom: Custom | None = None
    views: Views | None = None
    searching: Searching | None = None
    segments: Segments | None = None

    def parse(self, query: Sequence[tuple[str, str]]) -> Wanted:
        """The question of a query string; Invalid `parameter.unknown` or `parameter.invalid`."""
        given: dict[str, str] = {}
        for name, value in query:
            if name in given:
                refuse(name, "given more than once")
            given[name] = value
        sort, limit = given.pop("sort", None), given.pop("limit", str(USUAL_PAGE))
        cursor, count = given.pop("cursor", None), given.pop("count", None)
        view = self._viewed(given)
        if not re.fullmatch("[0-9]{1,3}", limit) or not 1 <= int(limit) <= LARGEST_PAGE:
            refuse("limit", f"a whole number from 1 to {LARGEST_PAGE}")
        if count is not None and count not in _COUNTS:
            refuse("count", f"one of {', '.join(_COUNTS)}")
        filters = self._checked((n, text.split(",")) for n, text in given.items())
        order = self._sorted(sort)
        return Wanted(filters, order, int(limit), cursor, count, view, sort is not None)

    def wanted(
        self, filters: Mapping[str, Any], sort: str | None, limit: int, cursor: str | None
    ) -> Wanted:
        """The question of a GraphQL field (`first`, `after`); a filter that is None is left out."""
        if not 1 <= limit <= _LARGEST_CONNECTION:
            refuse("first", f"a whole number from 1 to {_LARGEST_CONNECTION}")
        flat = {n: v for n, v in filters.items() if n != "custom"}
        view = self._viewed(flat)
        custom = filters.get("custom") or {}
        if not isinstance(custom, dict):
            refuse("custom", "an object of custom fields and what they must hold")
        flat |= {CUSTOM + n: v for n, v in custom.items()}
        given = {n: v if isinstance(v, list | tuple) else [v] for n, v in flat.items()}
        texts = ((n, [rendered(v) for v in vs]) for n, vs in given.items() if vs != [None])
        checked, order = self._checked(texts), self._sorted(sort)
        return Wanted(checked, order, limit, cursor, None, view, sort is not None)

    async def find(self, reading: Reading, wanted: Wanted) -> Found:
        """The page, as far as the policy lets the caller see; Invalid `cursor.invalid`."""
        wanted = await self.settled(reading, wanted)
        asked = await self.question(reading, wanted)
        if self.searching and any(name == "q" for name, _ in wanted.filters):
            records, asked = await self.searching.find(self, reading, wanted, asked)
        else:
            records = await self.page(reading, asked, wanted.limit + 1)
        more = len(records) > wanted.limit
        total: Any = None
        if wanted.count is not None:
            conditions, scope = asked.form[:2]
            sql = count_sql(self, conditions, scope, wanted.count == "exact")
            known = not asked.place and not more
            [[total]] = (
                [[len(records)]]
                if known
                else await reading.fetch(sql, *asked.filtering, of=self.sources)
            )
        records = records[: wanted.limit]
        mark = partial(self.mark, wanted, reading.realm)
        if isinstance(total, str):
            total = msgspec.json.decode(total)[0]["Plan"]["Plan Rows"]
        following = mark(records[-1]) if more else None
        return Found(records, following, total, mark, wanted.fields)

    async def settled(self, reading: Reading, wanted: Wanted) -> Wanted:
        """What is wanted with what its saved view and its segment say; Conflict `view.stale`,
        `segment.stale`, NotFound."""
        if self.views:
            wanted = await self.views.applied(self, reading, wanted)
        return await self.segments.applied(self, reading, wanted) if self.segments else wanted

    async def page(self, reading: Reading, asked: Question, most: int) -> list[asyncpg.Record]:
        """The first records that a question finds."""
        known = LARGEST_PAGE + 1
        sql, _ = page_sql(self, asked.form, known if most <= known else None)
        return await reading.fetch(sql, *asked.filtering, *asked.place, most, of=self.sources)

    async def question(self, reading: Reading, wanted: Wanted) -> Question:
        """What is wanted, as far as the policy lets the caller ask; Forbidden, Invalid."""
        actor, table = reading.actor, plan(self.cls).table
        scope = reading.policy.demand(actor, table, "read")
        masks = reading.policy.masks(actor, table)
        self.keep_hidden(wanted, masks)
        conditions, values = self._conditions(wanted, masks)
        for condition, value in await self._of_custom(reading, wanted):
            conditions, values = (*conditions, condition), [*values, value]
        scoped = [actor.member_id, actor.team][: SCOPE_ARGUMENTS[scope]]
        place = [] if wanted.cursor is None else self._place(wanted, reading.realm)
        nulls = tuple(value is None for value in place) or None
        form = Form(conditions, scope, wanted.sort, nulls)
        known = tuple(value for value in place if value is not None)
        return Question(form, (actor.tenant_id, *scoped, *values), known)

    def openapi(self) -> dict[str, Any]:
        """What FastAPI's `openapi_extra` takes: every parameter, typed and described."""
        orders = [f"{sign}{name}" for name in self.sorts for sign in ("", "-")]
        order = {"type": "array", "items": {"enum": orders}, "uniqueItems": True}
        order |= {"minItems": 1, "maxItems": _MOST_SORTS}
        ordered = f"`-` descends; default {self.default}; a missing value counts as the greatest"
        page = WHOLE | {"minimum": 1, "maximum": LARGEST_PAGE, "default": USUAL_PAGE}
        counts = {"type": "string", "enum": list(_COUNTS)}
        documented = [document(name, known) for name, known in self.parameters.items()]
        documented.append(described("sort", order, ordered))
        documented.append(described("limit", page, "how many at most"))
        documented.append(described("cursor", {"type": "string"}, "`next_cursor` of a page"))
        documented.append(described("count", counts, "adds `total` to the answer"))
        documented += [described(*VIEW)] if self.views else []
        said = {"description": CUSTOM_SAYS} if self.custom else {}
        return said | {"parameters": documented} | (VIEWED if self.views else {})

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Every filter by the name it has in a query."""
        known: dict[str, Parameter] = {}
        for name in self.filters:
            kind = self.kinds[name]
            signs = _COMPARISONS if kind.ranged else {"": "in"}
            known |= {name + suffix: Parameter(name, sign, kind) for suffix, sign in signs.items()}
            if name in self.nullable:
                known[f"{name}_null"] = Parameter(name, "null", KINDS[bool])
        if self.search:
            kind = self.searching.kind if self.searching else SEARCH
            known["q"] = Parameter(", ".join(self.search), "q", kind)
        if self.segments:
            known[SEGMENT] = Parameter("id", "segment", KINDS[UUID])
        return known

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The tables that pages are read from."""
        return (self.cls, *([self.custom.past(self.cls)] if self.custom else []))

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        return {name: kind_of(self.cls, name) for name in {*self.filters, *self.sorts}}

    @cached_property
    def nullable(self) -> frozenset[str]:
        return frozenset(c.name for c in self.cls.__table__.columns if c.nullable)  # type: ignore[attr-defined]  # SQLModel sets it

    def _viewed(self, given: dict[str, Any]) -> UUID | None:
        """The view that is asked for, taken out of what is given."""
        said = given.pop("view", None) if self.views else None
        try:
            return None if said is None else KINDS[UUID].parse(str(said))
        except ValueError:
            refuse("view", f"must be {KINDS[UUID].says}")

    def _checked(self, given: Iterable[tuple[str, list[str]]]) -> tuple[tuple[str, Any], ...]:
        """Sorted, so that a cursor does not depend on the order in which filters are written."""
        return tuple(sorted((name, self._check(name, texts)) for name, texts in given))

    def _check(self, name: str, texts: list[str]) -> Any:
        known = _CUSTOM if self.custom and name.startswith(CUSTOM) else self.parameters.get(name)
        if known is None:
            near = get_close_matches(name[:LONGEST_TEXT], self.parameters, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            refuse(name, f"no such parameter{hint}", "parameter.unknown")
        several = known.operator == "in"
        if not 1 <= len(texts) <= MOST_VALUES or max(map(len, texts)) > LONGEST_TEXT:
            refuse(name, f"1 to {MOST_VALUES} values of at most {LONGEST_TEXT} characters")
        texts = texts if several else [",".join(texts)]
        try:
            values = tuple(known.kind.parse(text) for text in sorted(set(texts)))
        except (ValueError, OverflowError):
            refuse(name, f"must be {known.kind.says}")
        return values if several else values[0]

    def _sorted(self, sort: str | None) -> Sort:
        order = self.default if sort is None else sort
        names = [(n.removeprefix("-"), n.startswith("-")) for n in order.split(",")]
        columns = {name for name, _ in names}
        if not columns <= set(self.sorts) or not len(columns) == len(names) <= _MOST_SORTS:
            refuse("sort", f"at most {_MOST_SORTS} of {', '.join(self.sorts)}; `-` descends")
        return tuple(names)

    def keep_hidden(self, wanted: Wanted, masks: frozenset[str]) -> None:
        """A field the caller may not see can neither be probed by filters nor guessed by order."""
        for name, _ in wanted.filters:
            known = self.parameters.get(name, _CUSTOM)
            if masks.issuperset(known.column.split(", ")):
                refuse(name, "no such parameter", "parameter.unknown")
        if any(name in masks for name, _ in wanted.sort):
            refuse("sort", "no such field")

    def _conditions(self, wanted: Wanted, masks: frozenset[str]) -> tuple[Where, list[Any]]:
        known = [(self.parameters[n], v) for n, v in wanted.asked if n in self.parameters]
        conditions = tuple(self._condition(each, value, masks) for each, value in known)
        values = [value for each, value in known if each.operator != "null"]
        alone = (isinstance(value, tuple) and len(value) == 1 for value in values)
        return conditions, [v[0] if one else v for v, one in zip(values, alone, strict=True)]

    async def _of_custom(self, reading: Reading, wanted: Wanted) -> list[tuple[str, list[str]]]:
        asked = [(n, v) for n, v in wanted.asked if n not in self.parameters]
        if not asked or self.custom is None:
            return []
        return await self.custom.conditions(reading, asked)

    def _condition(self, known: Parameter, value: Any, masks: frozenset[str]) -> str:
        column = known.column
        if known.operator == "q":
            seen = [name for name in self.search if name not in masks]
            if self.searching:
                return self.searching.condition(seen)
            return f"({' or '.join(f'{name} ilike {{0}}::text' for name in seen)})"
        if known.operator == "null":
            return f"{column} is null" if value else f"{column} is not null"
        pg_type = plan(self.cls).types[column]
        if known.operator != "in":
            return f"{column} {known.operator} {{0}}::{pg_type}"
        return f"{column} = " + ("any({0}::%s[])" if len(value) != 1 else "{0}::%s") % pg_type

    def mark(self, wanted: Wanted, realm: str, record: asyncpg.Record) -> str:
        """The cursor that stands at a record."""
        values = [record[name] for name in (*(name for name, _ in wanted.sort), "id")]
        body = msgspec.json.encode([v if v is None else rendered(v) for v in values])
        return packed(self._digest(wanted, realm, body) + body)

    def _digest(self, wanted: Wanted, realm: str, body: bytes) -> bytes:
        """Tells our cursors from others; no secret, for a forged one shows nothing out of scope."""
        asked = repr((plan(self.cls).table, realm, wanted.sort, wanted.filters, body))
        return hashlib.blake2b(asked.encode(), digest_size=_CHECK_BYTES).digest()

    def _place(self, wanted: Wanted, realm: str) -> list[Any]:
        """The sort values and the id a cursor stands at."""
        try:
            raw = unpacked(wanted.cursor or "")
            body = raw[_CHECK_BYTES:]
            if raw[:_CHECK_BYTES] != self._digest(wanted, realm, body):
                raise ValueError("a cursor of another list")
            texts = msgspec.json.decode(body, type=list[str | None])
            if texts[-1] is None or "\0" in "".join(filter(None, texts)):
                raise ValueError("a cursor nobody gave")
            kinds = [*(self.kinds[name] for name, _ in wanted.sort), KINDS[UUID]]
            return [k.restore(t) for k, t in zip(kinds, texts, strict=True)]
        except (ValueError, ArithmeticError, msgspec.MsgspecError):
            refuse("cursor", "not a cursor of this list, order and filter", "cursor.invalid")
