"""GraphQL documents by chance: hypothesis-graphql's, with what it leaves out put in."""

from collections.abc import Sequence
from random import Random
from typing import Any

from graphql import (
    REMOVE,
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse_type,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

_MOST_ALIASES = 8
_KNOWN = {
    "week": "2026-W02",
    "month": "2026-01",
    "period": "2026-01",
    "measure": "leads_created",
    "figure": "leads.created.value",
}
_FEDERATION = {"_entities", "_service"}


def scalars(ids: Sequence[str]) -> dict[str, st.SearchStrategy[Any]]:
    """What the scalars of every subgraph are written as; ids are of records there are."""
    days = st.sampled_from(["2026-11-15", "2026-01-01"])
    return {
        "UUID": st.sampled_from([*ids, "01900000-0000-7000-8000-000000000000"]).map(nodes.String),
        "DateTime": days.map(lambda day: nodes.String(f"{day}T00:00:00Z")),
        "Date": days.map(nodes.String),
        "JSON": st.sampled_from(["x", ""]).map(nodes.String),
        "_Any": st.just(nodes.String("x")),
    }


def roots(schema: GraphQLSchema) -> list[str]:
    """The fields of Query, without what only a gateway asks."""
    assert schema.query_type is not None
    return sorted(schema.query_type.fields.keys() - _FEDERATION)


@st.composite
def documents(draw: st.DrawFn, schema: GraphQLSchema, ids: Sequence[str]) -> str:
    """A query of one field, with aliases, fragments, directives and variables."""
    field = draw(st.sampled_from(roots(schema)))
    made: Any = draw(
        queries(
            schema,
            fields=[field],
            custom_scalars=scalars(ids),
            print_ast=lambda document: document,
            allow_x00=False,
        )
    )
    return print_ast(decorated(schema, made, draw(st.randoms(use_true_random=False))))


def changes(schema: GraphQLSchema, field: str, ids: Sequence[str]) -> st.SearchStrategy[Any]:
    """Mutations of one field."""
    return mutations(schema, fields=[field], custom_scalars=scalars(ids), allow_x00=False)


def decorated(schema: GraphQLSchema, document: DocumentNode, random: Random) -> DocumentNode:
    """The document with what chance puts into it."""
    info = TypeInfo(schema)
    decorator = _Decorator(info, random)
    made: DocumentNode = visit(document, TypeInfoVisitor(info, decorator))
    (operation,) = (d for d in made.definitions if isinstance(d, OperationDefinitionNode))
    declared = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=tuple(decorator.variables),
        selection_set=operation.selection_set,
    )
    return DocumentNode(definitions=(declared, *decorator.fragments))


class _Decorator(Visitor):
    def __init__(self, info: TypeInfo, random: Random) -> None:
        super().__init__()
        self.info = info
        self.random = random
        self.variables: list[VariableDefinitionNode] = []
        self.switches: set[str] = set()
        self.fragments: list[FragmentDefinitionNode] = []
        self.aliases = 0

    def leave_argument(self, node: ArgumentNode, *_: Any) -> Any:
        """Pages are small, most cursors and orders left out, most periods and figures some there
        are; some values become variables."""
        name = node.name.value
        if name in {"after", "sort", "asOf"} and self.random.random() < 0.9:
            return REMOVE
        if name == "first":
            node = ArgumentNode(
                name=node.name, value=IntValueNode(value=str(self.random.randint(1, 5)))
            )
        if (
            name in _KNOWN
            and isinstance(node.value, StringValueNode)
            and self.random.random() < 0.8
        ):
            node = ArgumentNode(name=node.name, value=StringValueNode(value=_KNOWN[name]))
        argument = self.info.get_argument()
        if (
            argument is None
            or self.random.random() < 0.5
            or not isinstance(node.value, IntValueNode | StringValueNode)
        ):
            return node
        variable = VariableNode(name=NameNode(value=f"v{len(self.variables)}"))
        self.variables.append(
            VariableDefinitionNode(
                variable=variable, type=parse_type(str(argument.type)), default_value=node.value
            )
        )
        return ArgumentNode(name=node.name, value=variable)

    def leave_field(self, node: FieldNode, *_: Any) -> FieldNode:
        alias = node.alias
        if alias is None and self.aliases < _MOST_ALIASES and self.random.random() < 0.2:
            self.aliases += 1
            alias = NameNode(value=f"a{self.aliases}")
        return FieldNode(
            name=node.name,
            alias=alias,
            arguments=node.arguments,
            selection_set=node.selection_set,
            directives=self._directives(),
        )

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        """Some of it moves into a fragment, with a name or without one."""
        parent = self.info.get_parent_type()
        if parent is None or len(node.selections) < 2 or self.random.random() < 0.6:
            return node
        at = self.random.randint(1, len(node.selections) - 1)
        kept, moved = node.selections[:at], SelectionSetNode(selections=node.selections[at:])
        if self.random.random() < 0.5:
            inline = InlineFragmentNode(selection_set=moved, directives=self._directives())
            return SelectionSetNode(selections=(*kept, inline))
        name = NameNode(value=f"F{len(self.fragments)}")
        condition = NamedTypeNode(name=NameNode(value=parent.name))
        self.fragments.append(
            FragmentDefinitionNode(name=name, type_condition=condition, selection_set=moved)
        )
        spread = FragmentSpreadNode(name=name, directives=self._directives())
        return SelectionSetNode(selections=(*kept, spread, *([spread] * self.random.randint(0, 1))))

    def _directives(self) -> tuple[DirectiveNode, ...]:
        if self.random.random() < 0.85:
            return ()
        name = self.random.choice(["skip", "include"])
        wanted = self.random.choice(["yes", "no"])
        if wanted not in self.switches:
            self.switches.add(wanted)
            self.variables.append(_boolean(wanted, wanted == "yes"))
        variable = VariableNode(name=NameNode(value=wanted))
        told = ArgumentNode(name=NameNode(value="if"), value=variable)
        return (DirectiveNode(name=NameNode(value=name), arguments=(told,)),)


def _boolean(name: str, value: bool) -> VariableDefinitionNode:
    return VariableDefinitionNode(
        variable=VariableNode(name=NameNode(value=name)),
        type=parse_type("Boolean!"),
        default_value=BooleanValueNode(value=value),
    )
