"""Variables coerced by a plan made once for each operation.

What does not fit raises, whatever it is: then graphql-core's own way is taken, which says why.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

Coerce = Callable[[Any], Any]


class Misfit(Exception):
    """A value that only graphql-core can judge."""


class Variables:
    """Those of one operation."""

    def __init__(self, schema: GraphQLSchema, nodes: Iterable[VariableDefinitionNode]) -> None:
        signatures = (get_variable_signature(schema, node) for node in nodes)
        known = [each for each in signatures if isinstance(each, GraphQLVariableSignature)]
        self._known = [(each, coercer(each.type)) for each in known]

    def values(self, given: Mapping[str, Any]) -> VariableValues:
        """What graphql-core's `get_variable_values` finds."""
        sources, coerced = {}, {}
        for signature, coerce in self._known:
            name = signature.name
            if name in given:
                sources[name] = VariableValueSource(signature, given[name])
                coerced[name] = coerce(given[name])
                continue
            sources[name] = VariableValueSource(signature)
            default = coerce_default_value(signature)
            if default is not Undefined:
                coerced[name] = default
            elif isinstance(signature.type, GraphQLNonNull):
                raise Misfit
        return VariableValues(sources, coerced)


def coercer(kind: Any) -> Coerce:
    """How a value from JSON becomes one of this type."""
    required = isinstance(kind, GraphQLNonNull)
    bare = _bare(kind.of_type if required else kind)

    def coerce(value: Any) -> Any:
        if value is not None:
            return bare(value)
        if required:
            raise Misfit
        return None

    return coerce


def _bare(kind: Any) -> Coerce:
    if isinstance(kind, GraphQLInputObjectType):
        return _object(kind)
    if not isinstance(kind, GraphQLList):
        leaf: Coerce = kind.coerce_input_value
        return leaf
    item = coercer(kind.of_type)

    def each(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Misfit
        return [*map(item, value)]

    return each


def _object(kind: GraphQLInputObjectType) -> Coerce:
    fields = {n: (f.out_name or n, coercer(f.type)) for n, f in kind.fields.items()}
    needed = frozenset(n for n, f in kind.fields.items() if is_required_input_field(f))
    usual = {f.out_name or n: coerce_default_value(f) for n, f in kind.fields.items()}
    blank = {name: value for name, value in usual.items() if value is not Undefined}

    def members(value: Any) -> Any:
        if kind.is_one_of or not isinstance(value, dict) or not needed <= value.keys():
            raise Misfit
        made = blank.copy()
        for name, given in value.items():
            out_name, coerce = fields[name]
            made[out_name] = coerce(given)
        return kind.out_type(made)

    return members
