"""One subgraph from the queries and mutations of a service's rooms."""

import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import strawberry
from graphql import GraphQLError, GraphQLUnionType
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.tools import merge_types
from strawberry.types.execution import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from crmkit.web.graphql.documents import CLOSED_RULES, OPEN_RULES, Documents, Preparation
from crmkit.web.graphql.entities import Entity, find_entity
from crmkit.web.graphql.fast import FastExecutor
from crmkit.web.graphql.problems import Refusals, answered
from crmkit.web.graphql.scalars import SCALARS

_ALLOWED = (OperationType.QUERY, OperationType.MUTATION)


class Subgraph(strawberry.federation.Schema):
    """A schema whose errors all leave with a code, and masked where nobody foresaw them."""

    documents: Documents

    async def answer(
        self, query: str, given: Mapping[str, Any], context: object, name: str | None
    ) -> ExecutionResult:
        """As `execute` does, of queries and mutations; those that were seen lately are kept."""
        try:
            kept = self.documents.kept(query, name, given)
        except GraphQLError as error:
            return ExecutionResult(data=None, errors=[answered(error)])
        executor = kept.executor(given, context) if kept else None
        if kept is None or executor is None:
            return await self.execute(
                query,
                variable_values=dict(given),
                context_value=context,
                operation_name=name,
                allowed_operation_types=_ALLOWED,
            )
        try:
            result = await kept.run(executor)
        except Exception as error:
            unforeseen = GraphQLError(str(error), original_error=error)
            return ExecutionResult(data=None, errors=[answered(unforeseen)])
        errors = [answered(error) for error in result.errors or ()]
        return ExecutionResult(data=result.data, errors=errors or None)

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002 - strawberry's signature
    ) -> None:
        errors[:] = [answered(error) for error in errors]

    async def stream(self, query: str | None, *args: Any, **options: Any) -> StreamResult:
        """Of subscriptions only: what is answered once is asked for by HTTP."""
        options["allowed_operation_types"] = (OperationType.SUBSCRIPTION,)
        return await super().stream(query, *args, **options)

    def entities_resolver(
        self, info: strawberry.Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """What each representation stands for; strawberry's own takes keys of any type."""
        found = [find_entity(self.entities, info.context, each) for each in representations]
        return cast("list[FederationAny]", found)

    @cached_property
    def entities(self) -> dict[str, type[Entity]]:
        """The classes that `_entities` can answer, by name."""
        union = self._schema.get_type("_Entity")
        members = union.types if isinstance(union, GraphQLUnionType) else ()
        known: dict[str, Any] = dict(self.schema_converter.type_map)
        return {each.name: known[each.name].definition.origin for each in members}


def make_schema(
    queries: list[type],
    mutations: list[type],
    subscriptions: Sequence[type] = (),
    *,
    types: Sequence[type] = (),
    production: bool,
) -> Subgraph:
    """The subgraph; two rooms that name a field alike are an error, not a matter of order.

    `types` are entities of others that no field of ours answers.
    """
    schema = Subgraph(
        query=_merged("Query", queries),
        mutation=_merged("Mutation", mutations) if mutations else None,
        subscription=_merged("Subscription", list(subscriptions)) if subscriptions else None,
        types=types,
        federation_version="2.9",
        extensions=[lambda: Preparation(lambda: schema.documents)],
        execution_context_class=FastExecutor,
        config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS),
        exception_handlers=[Refusals()],
    )
    schema.documents = Documents(schema._schema, CLOSED_RULES if production else OPEN_RULES)
    return schema


def _merged(name: str, types: list[type]) -> type:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return merge_types(name, tuple(types))
