"""An event by somebody with access to a topic: in the name of a tenant whose record it is not.

Who may write to a topic is the broker's to say, for events are not signed. What is here holds
where that failed: other tenants' rows stay as they are, and what was forged is named.
"""

from uuid import UUID

import msgspec

from crmkit.events.envelope import Wire, read
from crmkit.kernel import ids
from crmkit.proof.copies import MirrorCheck
from crmkit.testing.house import House
from tests.crmkit.proof.conftest import Spoil, Story

_BODY = "select body from feed_event where id = $1"
_ROWS = "select to_jsonb(f) as row from fact_lead f where tenant_id = $1 order by id"


async def forged(house: House, story: Story, tenant: UUID) -> Wire:
    """A lead's creation as it was told, but for its tenant and its id."""
    async with (await house.system("webhooks")).system() as connection:
        told = await connection.fetchval(_BODY, story.events[0])
    event = msgspec.json.decode(told)
    instead = {"tenantid": str(tenant), "id": str(ids.new()), "position": 1, "previous": 0}
    return read(msgspec.json.encode(event | instead))


async def test_an_event_in_anothers_name_changes_nobodys_rows_and_is_named(
    house: House, spoilt: Spoil, story: Story
) -> None:
    (fold,) = [each for each in house.service("reporting").folds if "lead" in each.aggregates]
    (mirror,) = [m for m in house.service("reporting").mirrors if m.table == "fact_lead"]
    stranger = ids.new()
    event = await forged(house, story, stranger)
    async with spoilt("reporting") as kept, spoilt("leads") as told:
        before = await kept.fetch(_ROWS, story.tenant)
        await fold.apply(kept, [event])
        assert await kept.fetch(_ROWS, story.tenant) == before
        assert len(await kept.fetch(_ROWS, stranger)) == 1
        finding = await MirrorCheck(mirror, "reporting", "leads", 4, stranger).run(kept, told)
    assert [(d.tenant_id, d.row, d.field, d.kept) for d in finding.differences] == [
        (stranger, str(event.subject), "row", "there")
    ]
