"""One subgraph from the queries and mutations of a service's rooms."""

import warnings

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types.execution import ExecutionContext

from crmkit.web.graphql.documents import CLOSED_RULES, OPEN_RULES, Documents, Preparation
from crmkit.web.graphql.fast import FastExecutor
from crmkit.web.graphql.problems import Refusals, answered
from crmkit.web.graphql.scalars import SCALARS


class Subgraph(strawberry.federation.Schema):
    """A schema whose errors all leave with a code, and masked where nobody foresaw them."""

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002 - strawberry's signature
    ) -> None:
        errors[:] = [answered(error) for error in errors]


def make_schema(
    queries: list[type], mutations: list[type], *, production: bool
) -> strawberry.federation.Schema:
    """The subgraph; two rooms that name a field alike are an error, not a matter of order."""
    documents: list[Documents] = []
    schema = Subgraph(
        query=_merged("Query", queries),
        mutation=_merged("Mutation", mutations) if mutations else None,
        federation_version="2.9",
        extensions=[lambda: Preparation(lambda: documents[0])],
        execution_context_class=FastExecutor,
        config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS),
        exception_handlers=[Refusals()],
    )
    documents.append(Documents(schema._schema, CLOSED_RULES if production else OPEN_RULES))
    return schema


def _merged(name: str, types: list[type]) -> type:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return merge_types(name, tuple(types))
