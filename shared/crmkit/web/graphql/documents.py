"""Documents, parsed, measured and validated once."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    ValidationRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from crmkit.web.graphql.kept import Kept
from crmkit.web.graphql.limits import MAX_LENGTH, MAX_TOKENS, check

_KEPT = 256
_MOST_ERRORS = 10


class NoIntrospection(ValidationRule):
    """Refuses what would describe the schema; gateways compose from the published files."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value in ("__schema", "__type", "_service"):
            self.report_error(GraphQLError("introspection is off", node))


OPEN_RULES: tuple[type[ASTValidationRule], ...] = (
    *specified_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
CLOSED_RULES: tuple[type[ASTValidationRule], ...] = (NoIntrospection, *OPEN_RULES)


class Prepared(NamedTuple):
    """`kept` is empty for ever where `@` stands in the text: perhaps of a directive."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    varies: bool
    names: tuple[str | None, ...]
    directed: bool
    kept: dict[str | None, Kept]


class Documents:
    """The documents seen lately, by their text; what exceeds a limit is not kept."""

    def __init__(self, schema: GraphQLSchema, rules: tuple[type[ASTValidationRule], ...]) -> None:
        self.schema = schema
        self.get: Callable[[str], Prepared] = lru_cache(_KEPT)(partial(self._prepare, rules))

    def _prepare(self, rules: tuple[type[ASTValidationRule], ...], query: str) -> Prepared:
        document = parse(query, max_tokens=MAX_TOKENS, max_source_length=MAX_LENGTH)
        varies = check(self.schema, document, None)
        errors = validate(
            self.schema, document, rules, max_errors=_MOST_ERRORS, hide_suggestions=True
        )
        operations = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        names = tuple(each.name.value if each.name else None for each in operations)
        return Prepared(document, tuple(errors), varies, names, "@" in query, {})

    def kept(self, query: str, name: str | None, given: Mapping[str, Any]) -> Kept | None:
        """The operation ready to run; None where it has to go strawberry's own way.

        Raises GraphQLError where it would be refused before it is looked at.
        """
        prepared = self.get(query)
        if prepared.errors or prepared.directed:
            return None
        if prepared.varies:
            check(self.schema, prepared.document, given)
        found = prepared.kept.get(name)
        if found is None:
            _choose(prepared.names, name)
            found = Kept.of(self.schema, prepared.document, name, given)
            if found is not None:
                prepared.kept[name] = found
        return found


class Preparation(SchemaExtension):
    """In place of strawberry's ParserCache and ValidationCache, which hash the whole tree."""

    def __init__(self, documents: Callable[[], Documents]) -> None:
        self.documents = documents

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        prepared = self.documents().get(context.query or "")
        context.graphql_document = prepared.document
        context.pre_execution_errors = list(prepared.errors)
        _choose(prepared.names, context._provided_operation_name)
        if prepared.varies and not prepared.errors:
            check(self.documents().schema, prepared.document, context.variables or {})
        yield


def _choose(names: tuple[str | None, ...], wanted: str | None) -> None:
    """Strawberry would run the first of several operations where none is named."""
    if wanted is None and len(names) > 1:
        raise GraphQLError("say which of the operations is meant with operationName")
    if wanted is not None and wanted not in names:
        raise GraphQLError("operationName names none of the operations")
