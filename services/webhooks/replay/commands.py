"""Every change of a replay."""

from uuid import UUID

from crmkit.db.writing import Tx
from crmkit.events.webhooks import ReplayCanceled, ReplayFinished, ReplayStarted
from crmkit.kernel.errors import Conflict, Invalid
from services.webhooks import bodies
from services.webhooks.endpoint.models import Endpoint
from services.webhooks.feed.domain import unknown_patterns
from services.webhooks.replay.domain import ReplayState
from services.webhooks.replay.models import Replay
from services.webhooks.replay.schemas import ReplayCreate


async def start_replay(tx: Tx, endpoint_id: UUID, new: ReplayCreate) -> Replay:
    """Have an endpoint told a stretch of the feed again; one replay of an endpoint at a time."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    unknown = unknown_patterns(new.types, bodies.told())
    if unknown:
        raise Invalid.field("types", "endpoint.types", "there are no such events")
    if new.from_at >= tx.now:
        raise Invalid.field("from_at", "replay.future", "nothing is recorded in the future")
    running = await tx.find(Replay, endpoint_id=endpoint_id, state=ReplayState.RUNNING)
    if running is not None:
        raise Conflict(f"replay {running.id} is running", code="replay.running")
    tx.expect(endpoint)
    return tx.create(
        Replay,
        ReplayStarted,
        endpoint_id=endpoint_id,
        from_at=new.from_at,
        to_at=min(new.to_at or tx.now, tx.now),
        types=sorted(set(new.types)),
        states=sorted({each.value for each in new.states}),
        state=ReplayState.RUNNING,
        place_at=new.from_at,
        place_id=UUID(int=0),
        found=0,
        owner_id=endpoint.owner_id,
        team=endpoint.team,
    )


async def cancel_replay(tx: Tx, replay_id: UUID) -> Replay:
    """Send no more of it; what waits goes back to what it was."""
    replay = await tx.take(Replay, replay_id)
    if replay.state is not ReplayState.RUNNING:
        raise Conflict(f"it is {replay.state}", code="replay.over")
    return tx.update(replay, ReplayCanceled, state=ReplayState.CANCELED)


async def finish_replay(tx: Tx, replay_id: UUID) -> Replay:
    """Nothing that it found is on its way any more."""
    replay = await tx.take(Replay, replay_id)
    if replay.state is not ReplayState.RUNNING:
        return replay
    return tx.update(replay, ReplayFinished, state=ReplayState.FINISHED)
