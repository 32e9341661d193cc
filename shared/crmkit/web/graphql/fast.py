"""graphql-core's executor, with a short way for objects of plain attributes."""

from collections.abc import Awaitable, Iterable
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path
from graphql.type import GraphQLResolveInfo
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from crmkit.web.graphql.connections import Rows
from crmkit.web.graphql.plans import (
    Completion,
    Part,
    Plan,
    Whole,
    attribute,
    completion,
    flat_plan,
    items,
    leaf,
    leaf_part,
)

_KNOWN = (list, tuple, Rows)
_NODE = "node"


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        manager = self.middleware_manager
        self._direct = manager is None or not manager.middlewares
        self._plans: dict[int, tuple[GroupedFieldSet, Plan]] = {}
        self._home = self
        """Whose plans they are: a copy is one request's, whose context no plan may keep."""

    @classmethod
    def build(cls, *args: Any, **kwargs: Any) -> Any:
        return super().build(*args, **{**kwargs, "hide_suggestions": True})

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        plan = self._plan(parent_type, grouped_field_set)
        made = None
        if self._direct and position_context is None and plan.reads:
            made = _read(plan, source_value)
        fields = grouped_field_set if made is None else plan.rest
        if made is not None and not fields:
            return made
        found = super().execute_fields(parent_type, source_value, path, fields, position_context)
        if made is None:
            return found
        if self.is_awaitable(found):
            return _joined(made, found)
        made.update(found)  # type: ignore[arg-type]  # graphql-core's own union
        return made

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        if self._direct and position_context is None and type(items) in _KNOWN:
            complete = self._list_completion(item_type, field_details_list)
            made = _converted(complete, items) if complete else None
            if made is not None:
                return made
        return super().complete_iterable_value(
            item_type, field_details_list, info, path, items, position_context
        )

    def _list_completion(
        self, item_type: GraphQLOutputType, details: FieldDetailsList
    ) -> Completion | None:
        if details[0].node.directives:
            return None
        complete = self._completion(item_type, details)
        return items(complete, self._whole(item_type, details)) if complete else None

    def _whole(self, item_type: GraphQLOutputType, details: FieldDetailsList) -> Whole:
        """Rows whose nodes are asked for nothing but columns are read off their records."""
        kind: Any = get_named_type(item_type)
        edges, *_ = self.collect_subfields(kind, details)
        alone = len(edges) == 1 and next(iter(edges.items()))

        def read(rows: Rows[Any]) -> list[Any] | None:
            if rows.shows is None:
                return None
            if not rows.in_edges:
                return _records(self._plan(kind, edges), rows)
            if not alone or alone[1][0].node.name.value != _NODE:
                return None
            key, asked = alone
            inner: Any = get_named_type(kind.fields[_NODE].type)
            fields, *_ = self.collect_subfields(inner, asked)
            made = _records(self._plan(inner, fields), rows)
            return None if made is None else [{key: each} for each in made]

        return read

    def _plan(self, parent: GraphQLObjectType, fields: GroupedFieldSet) -> Plan:
        known = self._plans.get(id(fields))
        if known is None:
            known = self._plans[id(fields)] = (fields, self._home._planned(parent, fields))
        return known[1]

    def _planned(self, parent: GraphQLObjectType, fields: GroupedFieldSet) -> Plan:
        names = tuple((key, details[0].node.name.value) for key, details in fields.items())
        plan = flat_plan(parent, names)
        if plan is not None:
            return plan
        template: dict[str, Any] = {}
        plain: list[tuple[str, Part]] = []
        rest: GroupedFieldSet = {}
        for key, name in names:
            template[key] = parent.name if name == "__typename" else None
            part = leaf_part(parent, name) or self._object_part(parent, name, fields[key])
            if part is not None:
                plain.append((key, part))
            elif name != "__typename":
                rest[key] = fields[key]
        return Plan(template, plain, rest)

    def _object_part(
        self, parent: GraphQLObjectType, name: str, details: FieldDetailsList
    ) -> Part | None:
        definition = parent.fields.get(name)
        source = attribute(definition) if definition else None
        complete = self._completion(definition.type, details) if definition and source else None
        return (source, complete) if source and complete else None

    def _completion(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Completion | None:
        return completion(kind, lambda bare: self._bare(bare, details))

    def _bare(self, kind: Any, details: FieldDetailsList) -> Completion | None:
        if is_leaf_type(kind):
            return leaf(kind)
        if isinstance(kind, GraphQLList):
            return self._list_completion(kind.of_type, details)
        if not isinstance(kind, GraphQLObjectType) or kind.is_type_of:
            return None
        fields, deferred, _ = self.collect_subfields(kind, details)
        plan = self._plan(kind, fields)
        return None if deferred or plan.rest else plan.of_class


def _records(plan: Plan, rows: Rows[Any]) -> list[Any] | None:
    shows = rows.shows
    if shows is None or plan.rest or not shows.fields.issuperset(plan.names):
        return None
    return plan.read_records(rows.records)


def _read(plan: Plan, source: Any) -> dict[str, Any] | None:
    try:
        return plan.read(source)
    except Exception:  # whatever it is, the ordinary way meets it again
        return None


def _converted(complete: Completion, values: Any) -> list[Any] | None:
    try:
        convert = complete(type(values))
        made: list[Any] | None = convert(values) if convert else None
    except Exception:  # as above
        return None
    return made


async def _joined(made: dict[str, Any], rest: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    made.update(await rest)
    return made
