"""GraphQL of replays."""

from dataclasses import asdict
from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.webhooks.replay import commands, queries
from services.webhooks.replay.models import Replay
from services.webhooks.replay.queries import REPLAYS
from services.webhooks.replay.schemas import ProgressRead, ReplayCreate, ReplayRead


@output(ProgressRead)
class WebhookReplayProgress(Output):
    """How far a replay is."""


@output(ReplayRead, Replay)
class WebhookReplay(Output):
    """A stretch of the feed that is told an endpoint again."""

    @strawberry.field
    async def progress(self, info: Info) -> WebhookReplayProgress:
        found = await queries.get_progress(info.context.reading, vars(self)["id"])
        return WebhookReplayProgress.of(asdict(found))


@input_of(ReplayCreate)
class WebhookReplayCreateInput: ...


@filter_of(REPLAYS)
class WebhookReplayFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def webhook_replay(self, info: Info, id: UUID) -> WebhookReplay | None:
        return await info.context.one(WebhookReplay, Replay, id)

    @strawberry.field
    async def webhook_replays(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: WebhookReplayFilter | None = None,
        sort: str | None = None,
    ) -> Connection[WebhookReplay]:
        return await info.context.page(WebhookReplay, REPLAYS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def start_webhook_replay(
        self,
        info: Info,
        endpoint_id: UUID,
        input: WebhookReplayCreateInput,
        idempotency_key: str | None = None,
    ) -> WebhookReplay | Problem:
        return await info.context.change(
            WebhookReplay,
            commands.start_replay,
            endpoint_id,
            checked(ReplayCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def cancel_webhook_replay(self, info: Info, id: UUID) -> WebhookReplay | Problem:
        return await info.context.change(WebhookReplay, commands.cancel_replay, id)
