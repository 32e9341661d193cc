"""Results of tries are written together, and none at another's expense."""

import asyncio
from uuid import UUID

from crmkit.kernel import clock
from services.webhooks import leases
from services.webhooks.delivery.domain import Answer, DeliveryState, Verdict
from services.webhooks.dispatcher import AT_ONCE
from services.webhooks.leases import Tried
from services.webhooks.outcomes import Outcomes
from tests.webhooks.samples import Subscribe, Tell, Turn, an_event

_STATEMENTS = (
    "select count(distinct xmin::text), count(*) from webhook_attempt where tenant_id = $1"
)


async def over(
    tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn, count: int
) -> list[Tried]:
    """So many tries of one endpoint that were not written yet; one went before them."""
    await subscribe()
    await tell(an_event(tenant))
    await turn()
    await tell(*(an_event(tenant) for _ in range(count)))
    now = clock.now()
    claims = await leases.claim(turn.system, now, AT_ONCE)
    delivered = Verdict(DeliveryState.DELIVERED, now)
    return [Tried(each, Answer(204, ""), delivered, now) for each in claims]


async def test_what_ends_while_a_result_is_written_goes_together(
    tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    tries = await over(tenant, subscribe, tell, turn, 6)
    outcomes = Outcomes()
    written = await asyncio.gather(*(outcomes.write(turn.system, each) for each in tries))
    assert written == [True] * 6
    assert await outcomes.write(turn.system, tries[0]) is False, "its lease is over"
    async with turn.system.system() as connection:
        (found,) = await connection.fetch(_STATEMENTS, tenant)
    assert tuple(found) == (3, 7), "the one before, the first, and all the others"


async def test_a_result_that_cannot_be_written_stands_in_no_others_way(
    tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    tries = await over(tenant, subscribe, tell, turn, 6)
    poison = tries[2]
    tries[2] = Tried(poison.claimed, Answer(500, "no text: \0"), poison.verdict, poison.now)
    outcomes = Outcomes()
    written = await asyncio.gather(
        *(outcomes.write(turn.system, each) for each in tries), return_exceptions=True
    )
    assert [each is True for each in written] == [True, True, False, True, True, True]


async def test_who_is_cancelled_while_writing_leaves_the_others_to_the_next(
    tenant: UUID, subscribe: Subscribe, tell: Tell, turn: Turn
) -> None:
    tries = await over(tenant, subscribe, tell, turn, 3)
    outcomes = Outcomes()
    first, *others = [asyncio.create_task(outcomes.write(turn.system, each)) for each in tries]
    await asyncio.sleep(0)
    first.cancel()
    assert await asyncio.gather(*others) == [True, True]
