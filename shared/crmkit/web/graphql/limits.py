"""What an operation may ask for, counted with fragments expanded, before anything is resolved.

Depth counts levels of fields. Cost counts objects: a field with a selection costs one, plus what is
in it as often as `first` says (a list without `first`: ten times; entities: as many as are named).
A fragment is measured once however often it is spread, so that the count takes no longer than the
document is long.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

MAX_DEPTH = 8
MAX_ALIASES = 15
MAX_ROOT_FIELDS = 10
MAX_FIELDS = 200
"""Fields of one selection set: validation compares those of one name pair by pair."""
MAX_TOKENS = 1000
MAX_COST = 1000
MAX_PAGE = 100
MAX_LENGTH = 50_000
"""Characters of a document; the cache of documents may have to keep its own size times as many."""
_MAX_NESTING = 64
_USUAL_LIST = 10
_ENTITIES = "_entities"
_INTROSPECTION = ("__schema", "__type")


class Size(NamedTuple):
    """What a selection set comes to; `fields` are those of its own level."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    cost: int = 0


def exceeded(what: str) -> GraphQLError:
    message = f"the operation exceeds a limit: {what}"
    return GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED"})


def check(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None
) -> bool:
    """Whether the cost rests on variables; raises `exceeded` where an operation is too large,
    which it is for any variables where there are none yet."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    varies = False
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            given = None if variables is None else _defaults(operation) | dict(variables)
            measure = Measure(schema, fragments, given)
            root = schema.get_root_type(operation.operation)
            _compare(measure.selections(operation.selection_set, root, 0))
            varies = varies or measure.varies
    return varies


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }


def _compare(size: Size) -> None:
    names = ("depth", "aliases", "root fields", "cost")
    limits = (MAX_DEPTH, MAX_ALIASES, MAX_ROOT_FIELDS, MAX_COST)
    for name, found, limit in zip(names, size, limits, strict=True):
        if found > limit:
            raise exceeded(f"{name}, at most {limit}")


@dataclass(slots=True)
class Measure:
    """The walk over one operation; a document that is not valid is measured as far as it goes."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any] | None
    varies: bool = False
    known: dict[str, Size | None] = field(default_factory=dict)

    def selections(
        self, node: SelectionSetNode, parent: GraphQLNamedType | None, nesting: int
    ) -> Size:
        if nesting > _MAX_NESTING:
            raise exceeded(f"nesting, at most {_MAX_NESTING}")
        depth = aliases = fields = cost = 0
        for selection in node.selections:
            size = self._selection(selection, parent, nesting + 1)
            depth = max(depth, size.depth)
            aliases += size.aliases
            fields += size.fields
            cost += size.cost
        if fields > MAX_FIELDS:
            raise exceeded(f"fields of one object, at most {MAX_FIELDS}")
        return Size(depth, aliases, fields, cost)

    def _selection(
        self, node: SelectionNode, parent: GraphQLNamedType | None, nesting: int
    ) -> Size:
        if isinstance(node, FieldNode):
            return self._field(node, parent, nesting)
        if isinstance(node, FragmentSpreadNode):
            return self._spread(node.name.value, nesting)
        if isinstance(node, InlineFragmentNode):
            on = node.type_condition
            inner = self.schema.get_type(on.name.value) if on else parent
            return self.selections(node.selection_set, inner, nesting)
        return Size()

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, nesting: int) -> Size:
        alias = 1 if node.alias else 0
        if node.selection_set is None:
            return Size(1, alias, 1, 0)
        if node.name.value in _INTROSPECTION:
            inner = self.selections(node.selection_set, None, nesting)
            return Size(1, alias + inner.aliases, 1, 0)
        definition = getattr(parent, "fields", {}).get(node.name.value)
        kind = get_named_type(definition.type) if definition else None
        inner = self.selections(node.selection_set, kind, nesting)
        cost = 1 + self._times(node, definition, parent) * inner.cost
        return Size(1 + inner.depth, alias + inner.aliases, 1, cost)

    def _spread(self, name: str, nesting: int) -> Size:
        fragment = self.fragments.get(name)
        if fragment is None:
            return Size()
        if name not in self.known:
            self.known[name] = None
            on = self.schema.get_type(fragment.type_condition.name.value)
            self.known[name] = self.selections(fragment.selection_set, on, nesting)
        size = self.known[name]
        if size is None:
            raise exceeded("a fragment spreads itself")
        return size

    def _times(
        self, node: FieldNode, definition: GraphQLField | None, parent: GraphQLNamedType | None
    ) -> int:
        if definition is None:
            return 1
        if node.name.value == _ENTITIES:
            return self._named(next((a.value for a in node.arguments or ()), None))
        if "first" in definition.args:
            given = next((a.value for a in node.arguments or () if a.name.value == "first"), None)
            return self._page(given, definition.args["first"].default_value)
        of_a_page = "pageInfo" in getattr(parent, "fields", {})
        many = is_list_type(get_nullable_type(definition.type)) and not of_a_page
        return _USUAL_LIST if many else 1

    def _named(self, given: ValueNode | None) -> int:
        """How many entities a gateway asks for at once."""
        if isinstance(given, ListValueNode):
            return max(len(given.values), 1)
        if isinstance(given, VariableNode):
            self.varies = True
            named = (self.variables or {}).get(given.name.value)
            return max(len(named), 1) if isinstance(named, list) else 1
        return 1

    def _page(self, given: ValueNode | None, usual: Any) -> int:
        """As often as it will be run: 100.0 is coerced to 100, and what is not said is the usual.
        What no page can be wanted by is refused later; until then it is as dear as can be."""
        wanted: Any = usual
        if isinstance(given, IntValueNode):
            wanted = int(given.value)
        elif isinstance(given, VariableNode):
            self.varies = True
            if self.variables is None:
                return 1
            wanted = self.variables.get(given.name.value, usual)
        if not isinstance(wanted, int | float):
            return MAX_PAGE
        if wanted > MAX_PAGE:
            raise exceeded(f"first, at most {MAX_PAGE}")
        return max(int(wanted), 1)
