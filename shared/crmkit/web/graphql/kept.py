"""Operations kept ready: what strawberry and graphql-core make anew for each request is made once.

An executor that has run is copied, as graphql-core itself does for each event of a subscription.
What is refused before it runs goes strawberry's own way, which says why.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any, Self, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.executor import CollectedErrors
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from crmkit.web.graphql.fast import FastExecutor
from crmkit.web.graphql.variables import Variables

_NOTHING = VariableValues({}, {})
_RUN = (OperationType.QUERY, OperationType.MUTATION)


class Kept:
    """One operation of a document without directives, so that its fields depend on no variable."""

    def __init__(self, executor: FastExecutor) -> None:
        operation, schema = executor.operation, executor.schema
        self.blank = executor
        self._variables = Variables(schema, operation.variable_definitions or ())
        self._serially = operation.operation is OperationType.MUTATION
        self._root = root = cast("GraphQLObjectType", schema.get_root_type(operation.operation))
        executor.variable_values = _NOTHING
        collected = collect_fields(schema, executor.fragments, _NOTHING, root, operation)
        self._fields = collected.grouped_field_set

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        name: str | None,
        given: Mapping[str, Any],
    ) -> Self | None:
        """None where these variables do not fit, or where it is a subscription."""
        executor = FastExecutor.build(
            schema,
            document,
            raw_variable_values=given,
            operation_name=name,
            is_awaitable=optimized_is_awaitable,
        )
        fits = isinstance(executor, FastExecutor) and executor.operation.operation in _RUN
        return cls(executor) if fits else None

    def executor(self, given: Mapping[str, Any], context: object) -> FastExecutor | None:
        """One for these variables; None where they do not fit."""
        try:
            values = self._variables.values(given)
        except Exception:  # whatever it is, the ordinary way meets it again
            return None
        made = copy(self.blank)
        made.variable_values = values
        made.context_value = context
        made.collected_errors = CollectedErrors()
        return made

    async def run(self, executor: FastExecutor) -> ExecutionResult:
        """As `Executor.execute_operation` does."""
        data: Any = None
        try:
            data = executor.execute_collected_root_fields(
                self._root, None, self._fields, self._serially, ()
            )
            if executor.is_awaitable(data):
                data = await data
        except GraphQLError as error:
            executor.collected_errors.add(error, None)
            data = None
        return cast("ExecutionResult", executor.build_response(data))
