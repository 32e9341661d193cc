"""Questions that name somebody who was erased are gone from whatever door one asks at."""

from uuid import UUID

from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.erasure.test_questions import EXPORTS, SEGMENTS, VIEWS
from tests.leads.erasure_samples import GROUND, somebody
from tests.leads.lead.test_exports import exported
from tests.leads.samples import made, new_lead

_LISTS = """
{
  segments { nodes { id name note filter } }
  leadViews { nodes { id name filter } }
  leadJobs { nodes { id name options error } }
  leads { nodes { id contactName email phone } }
}
"""
_FOUND = """
query($q: String!) {
  leads(filter: {q: $q}) { nodes { id contactName } }
  segments(filter: {q: $q}) { nodes { id name } }
}
"""
_FEED = "query($types: [String!]) { events(types: $types, first: 100) { items { id type data } } }"
_TYPES = "leads_view.*,segment.*,lead_job.*,lead.*"
_QUESTIONS = f"types={_TYPES}&limit=100"


async def told(admin: Caller, feed: Caller, ids: dict[str, str], word: str) -> dict[str, str]:
    """What each door says when it is asked for all there is, and for the word."""
    paths = [
        *(VIEWS, SEGMENTS, EXPORTS, "/v1/leads", "/v1/audit/leads"),
        *(f"/v1/leads?q={word}", f"{SEGMENTS}?q={word}"),
        *(f"{path}/{ids[path]}" for path in (VIEWS, SEGMENTS, EXPORTS)),
        f"{SEGMENTS}/{ids[SEGMENTS]}/history",
    ]
    found = {path: (await admin.get(path)).text for path in paths}
    found["lists by GraphQL"] = str(await admin.graphql("leads", _LISTS))
    found["search by GraphQL"] = str(await admin.graphql("leads", _FOUND, q=word))
    found["feed"] = (await feed.get(f"/v1/events?{_QUESTIONS}")).text
    asked = await feed.graphql("webhooks", _FEED, types=_TYPES.split(","))
    found["feed by GraphQL"] = str(asked)
    faulty = {place for place, text in found.items() if "GRAPHQL_" in text}
    assert not faulty, [found[place][:500] for place in faulty]
    return found


async def test_views_segments_and_exports_of_somebody_erased_are_gone_by_every_door(
    house: House, login: Login, tenant: UUID
) -> None:
    await house.work("leads", "webhooks")
    admin, feed = await login("leads", "admin"), await login("webhooks", "admin")
    word = somebody().mark
    lead = await new_lead(admin, contact_name=word, email=f"{word}@example.com")
    filters = {"filter": {"q": word}}
    rule = {"resource": "lead", "name": f"of {word}", "note": word, "filter": {"source": "web"}}
    ids = {
        VIEWS: (await made(admin, VIEWS, filters | {"name": f"of {word}"}))["id"],
        SEGMENTS: (await made(admin, SEGMENTS, rule))["id"],
        EXPORTS: (await exported(house, admin, **filters))["id"],
    }
    await house.caught_up("leads", "webhooks")
    before = await told(admin, feed, ids, word)
    silent = {place for place, text in before.items() if word not in text}
    assert silent == {"/v1/audit/leads"}  # it names records and people, and no words
    await made(admin, f"/v1/leads/{lead['id']}/erase", GROUND)
    await house.caught_up("leads", "webhooks")
    after = await told(admin, feed, ids, word)
    assert {place for place, text in after.items() if word in text} == set()
    for path in (VIEWS, SEGMENTS):
        assert (await admin.get(f"{path}/{ids[path]}")).status_code == 404
    file = await admin.get(f"{EXPORTS}/{ids[EXPORTS]}/file")
    assert file.status_code == 404 or word not in file.text
