"""GraphQL of jobs: `leadJob`, `leadJobs`, `exportLeads`, and what stops and takes back."""

from typing import Any

import strawberry

from crmkit.components.jobs.asking import ask_export
from crmkit.components.jobs.schemas import ExportRequest, JobRead
from crmkit.components.jobs.subject import Jobs
from crmkit.db.listing import Listing
from crmkit.db.rows import plan
from crmkit.web.graphql import (
    Context,
    Output,
    Problem,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from crmkit.web.graphql.rooms import change_of, list_of, named, one_of, typed

_TOLD = "导入导出 an import or export. Files come by REST alone: GraphQL takes no uploads."


def jobs_of(query: type, mutation: type, jobs: Jobs, listing: Listing, plural: str) -> None:
    """Add them to a room's Query and Mutation; `plural` is what the records are called."""
    name, table, subject = jobs.cls.__name__, plan(jobs.cls).table, jobs.commands.subject
    shape = output(JobRead)(named(name, Output, _TOLD))
    asked = input_of(ExportRequest)(named(f"{subject.__name__}ExportInput", object))
    wanted = filter_of(listing)(named(f"{name}Filter", object))
    looking = {f"{table}": one_of(shape, jobs.cls), f"{table}s": list_of(shape, wanted, listing)}
    extend(query, **looking)
    changing = {
        f"export_{plural}": _export(shape, asked, jobs),
        f"cancel_{table}": change_of(shape, jobs.commands.cancel),
    }
    if jobs.remove is not None:
        changing[f"undo_{plan(subject).table}_import"] = change_of(shape, jobs.commands.undo)
    extend(mutation, **changing)


def _export(shape: type[Any], taken: type, jobs: Jobs) -> Any:
    async def resolve(
        info: strawberry.Info[Context, None], input: Any, idempotency_key: str | None = None
    ) -> Any:
        asked = await ask_export(info.context.reading, jobs, checked(ExportRequest, input))
        return await info.context.change(
            shape, jobs.commands.request, asked, idempotency_key=idempotency_key
        )

    return typed(resolve, shape | Problem, input=taken)
