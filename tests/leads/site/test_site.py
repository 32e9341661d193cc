from datetime import UTC, datetime
from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Invalid
from crmkit.testing.plugin import Login
from services.leads.site.domain import SiteArea, checked, count_open, listed
from tests.leads.capture_samples import drafted
from tests.leads.pool_samples import refusal
from tests.leads.samples import made

LISTS, NOON, WHO = "/v1/site-checklists", datetime(2026, 11, 23, 12, tzinfo=UTC), ids.new()
BOOTH = {"what": "展台搭好", "area": "booth"}
PRINTED = {"what": "户型图", "area": "material"}
WANTED = {"site": "一号案场", "ready_by": "2026-12-01", "items": [BOOTH, PRINTED]}


def test_every_area_has_a_label_in_both_languages() -> None:
    assert all(area.zh and area.en and area.zh != area.en for area in SiteArea)


def test_what_stays_in_a_list_is_as_done_as_it_was() -> None:
    done = checked(listed([BOOTH, PRINTED]), 2, WHO, NOON)
    after = listed([PRINTED, {"what": "导视牌", "area": "venue"}], done)
    assert [item["done_by"] for item in after] == [str(WHO), None]
    assert count_open(after) == 1


def test_who_saw_to_it_first_stays_until_it_is_undone() -> None:
    done = checked(listed([BOOTH]), 1, WHO, NOON)
    assert done == [BOOTH | {"done_by": str(WHO), "done_at": "2026-11-23T12:00:00Z"}]
    assert checked(done, 1, ids.new(), NOON) == done
    assert checked(done, 1, None, NOON) == listed([BOOTH])


@pytest.mark.parametrize("place", [0, 2])
def test_nothing_stands_beyond_the_list(place: int) -> None:
    with pytest.raises(Invalid) as refused:
        checked(listed([BOOTH]), place, WHO, NOON)
    assert refused.value.code == "site_checklist.place"


def test_a_thing_is_listed_once() -> None:
    with pytest.raises(Invalid) as refused:
        listed([BOOTH, PRINTED, BOOTH])
    assert refused.value.code == "site_checklist.twice"
    assert refused.value.faults[0].pointer == "/items/2/what"


async def test_a_site_is_ready_when_the_last_thing_is_there(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east")
    new = await made(seller, LISTS, WANTED)
    assert (new["open_items"], new["ready_at"], new["team"]) == (2, None, "cn/east")
    path = f"{LISTS}/{new['id']}"
    first = await made(seller, f"{path}/check", {"place": 1})
    assert (first["open_items"], first["ready_at"]) == (1, None)
    assert first["items"][0]["done_by"] == str(seller.actor.member_id)
    ready = await made(seller, f"{path}/check", {"place": 2})
    assert (ready["open_items"], ready["ready_at"]) == (0, ready["items"][1]["done_at"])
    waiting = {"ready_at_null": "true"}
    assert (await seller.get(LISTS, params=waiting)).json()["items"] == []
    more = {"items": [BOOTH, PRINTED, {"what": "茶水"}]}
    changed = (await seller.patch(path, json=more, headers={"if-match": '"3"'})).json()
    assert (changed["open_items"], changed["ready_at"]) == (1, None)
    undone = await made(seller, f"{path}/check", {"place": 1, "done": False})
    assert (undone["open_items"], undone["items"][0]["done_at"]) == (2, None)
    assert await refusal(seller, f"{path}/check", {"place": 9}) == (422, "site_checklist.place")
    other = {"place": 1, "what": "Something else"}
    assert await refusal(seller, f"{path}/check", other) == (409, "site_checklist.moved")
    there = {"place": 1, "what": undone["items"][0]["what"]}
    await made(seller, f"{path}/check", there)
    undone = await made(seller, f"{path}/check", there | {"done": False})
    elsewhere = await login("leads", "sales_rep", team="cn/east")
    assert (await elsewhere.get(path)).status_code == 404
    assert await seller.emitted(new["id"]) == [
        "site_checklist.created.v1",
        *["site_checklist.checked.v1"] * 2,
        "site_checklist.updated.v1",
        *["site_checklist.checked.v1"] * 3,
    ]


async def test_graphql_keeps_lists_of_a_campaign_alike(login: Login) -> None:
    director = await login("leads", "sales_director")
    campaign = await drafted(director)
    create = """
    mutation ($input: SiteChecklistCreateInput!) {
      createSiteChecklist(input: $input) { ... on SiteChecklist { id openItems } }
    }
    """
    items = [{"what": "展台搭好", "area": "BOOTH"}]
    given: dict[str, Any] = {"site": "一号案场", "campaignId": campaign["id"], "items": items}
    new = (await director.graphql("leads", create, input=given))["data"]["createSiteChecklist"]
    assert new["openItems"] == 1
    steps = """
    mutation ($id: UUID!) {
      checkSiteItem(id: $id, input: {place: 1}) { ... on SiteChecklist { openItems } }
      updateSiteChecklist(id: $id, expectedVersion: 2, input: {site: "二号案场"}) {
        ... on SiteChecklist { site }
      }
    }
    """
    assert (await director.graphql("leads", steps, id=new["id"]))["data"] == {
        "checkSiteItem": {"openItems": 0},
        "updateSiteChecklist": {"site": "二号案场"},
    }
    query = """
    query ($id: UUID!, $campaign: UUID!) {
      siteChecklist(id: $id) { owner { id } items }
      siteChecklists(filter: {site: ["二号案场"]}) { nodes { id } }
      campaign(id: $campaign) { siteChecklists { nodes { id } } }
    }
    """
    asked = {"id": new["id"], "campaign": campaign["id"]}
    shown = (await director.graphql("leads", query, **asked))["data"]
    assert shown["siteChecklist"]["owner"] == {"id": str(director.actor.member_id)}
    assert shown["siteChecklist"]["items"][0]["what"] == "展台搭好"
    assert shown["siteChecklists"] == {"nodes": [{"id": new["id"]}]}
    assert shown["campaign"] == {"siteChecklists": {"nodes": [{"id": new["id"]}]}}
