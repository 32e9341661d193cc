from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock, ids
from crmkit.kernel.keys import hash_of, whose
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.form.domain import MARK
from tests.leads.capture_samples import CONTACT_US, drafted, new_form
from tests.leads.samples import hire, made
from tests.stored import stored


async def test_a_form_shows_its_key_once_and_keeps_its_hash(login: Login) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    key = form.pop("key")
    assert whose(key, MARK) == (marketing.actor.tenant_id, UUID(form["id"]))
    assert key.startswith(f"{form['prefix']}_")
    assert (await marketing.get(f"/v1/capture-forms/{form['id']}")).json() == form
    assert (await marketing.get("/v1/capture-forms")).json()["items"] == [form]
    tables = [await stored(marketing, name) for name in ("capture_form", "event", "idempotency")]
    assert hash_of(key) in tables[0]
    assert not any(key in table for table in tables)
    history = await marketing.get(f"/v1/capture-forms/{form['id']}/history")
    assert hash_of(key) not in history.text


async def test_a_form_for_somebody_else_is_of_their_team(
    login: Login, house: House, tenant: UUID
) -> None:
    director = await login("leads", "sales_director")
    owner = await hire(house, tenant, "cn/west", "Sichuan")
    campaign = await drafted(director)
    form = await new_form(director, owner_id=str(owner), campaign_id=campaign["id"])
    assert (form["owner_id"], form["team"], form["region"]) == (str(owner), "cn/west", "Sichuan")
    other = await hire(house, tenant, "cn/north", "Beijing")
    changed = await director.patch(
        f"/v1/capture-forms/{form['id']}",
        json={"owner_id": str(other), "daily_cap": 9},
        headers={"if-match": '"1"'},
    )
    assert (changed.json()["team"], changed.json()["daily_cap"]) == ("cn/north", 9)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"fields": []}, "/fields"),
        ({"fields": ["owner_id"]}, "/fields/0"),
        ({"fields": ["custom.A B"]}, "/fields/0"),
        ({"origins": ["https://shop.example/path"]}, "/origins/0"),
        ({"origins": ["shop.example"]}, "/origins/0"),
        ({"daily_cap": 0}, "/daily_cap"),
        ({"daily_cap": 100_001}, "/daily_cap"),
        ({"honeypot": "Web Site"}, "/honeypot"),
        ({"honeypot": "email"}, "/honeypot"),
        ({"source": ""}, "/source"),
        ({"hash": "x"}, "/hash"),
    ],
)
async def test_a_form_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    marketing = await login("leads", "marketing")
    answer = await marketing.post("/v1/capture-forms", json=CONTACT_US | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_form_is_rotated_and_revoked_for_good(login: Login) -> None:
    marketing = await login("leads", "marketing")
    form = await new_form(marketing)
    path = f"/v1/capture-forms/{form['id']}"
    before = clock.now()
    rotated = await made(marketing, f"{path}/rotate", {})
    assert rotated["key"] not in (None, form["key"])
    until = datetime.fromisoformat(rotated["old_hash_until"])
    assert timedelta(0) <= until - before - timedelta(hours=24) < timedelta(minutes=1)
    revoked = await made(marketing, f"{path}/revoke", {})
    assert revoked["revoked_at"] is not None
    assert "key" not in revoked
    for again in ("revoke", "rotate"):
        answer = await marketing.post(f"{path}/{again}", json={})
        assert (answer.status_code, answer.json()["code"]) == (409, "capture_form.revoked")
    late = await marketing.patch(path, json={"name": "x"}, headers={"if-match": '"3"'})
    assert late.json()["code"] == "capture_form.revoked"
    assert await marketing.emitted(form["id"]) == [
        "capture_form.created.v1",
        "capture_form.rotated.v1",
        "capture_form.revoked.v1",
    ]


async def test_a_twin_is_answered_without_the_key(login: Login) -> None:
    marketing = await login("leads", "marketing")
    headers = {"idempotency-key": "one"}
    first = await marketing.post("/v1/capture-forms", json=CONTACT_US, headers=headers)
    twin = await marketing.post("/v1/capture-forms", json=CONTACT_US, headers=headers)
    assert twin.json() == first.json() | {"key": None}


async def test_forms_are_kept_by_mutations_too(login: Login) -> None:
    marketing = await login("leads", "marketing")
    create = """mutation ($new: CaptureFormCreateInput!) { made: createCaptureForm(input: $new) {
      ... on CaptureFormKey { id key fields dailyCap } } }"""
    new = {"name": "Fair", "fields": ["phone", "company"], "source": "fair"}
    form = (await marketing.graphql("leads", create, new=new))["data"]["made"]
    assert whose(form.pop("key"), MARK) is not None
    assert (form["fields"], form["dailyCap"]) == (["company", "phone"], 5000)
    change = """
    mutation ($id: UUID!) {
      updateCaptureForm(id: $id, expectedVersion: 1, input: {dailyCap: 3}) {
        ... on CaptureForm { dailyCap }
      }
      rotateCaptureForm(id: $id, input: {overlapHours: 0}) {
        ... on CaptureFormKey { key oldHashUntil }
      }
      revokeCaptureForm(id: $id) { ... on CaptureForm { version } }
    }
    """
    told = (await marketing.graphql("leads", change, id=form["id"]))["data"]
    assert told["updateCaptureForm"] == {"dailyCap": 3}
    assert told["rotateCaptureForm"].pop("key").startswith(MARK)
    assert told["rotateCaptureForm"] == {"oldHashUntil": None}
    assert told["revokeCaptureForm"] == {"version": 4}


async def test_a_campaign_of_nobody_is_no_forms(login: Login) -> None:
    marketing = await login("leads", "marketing")
    answer = await marketing.post(
        "/v1/capture-forms", json=CONTACT_US | {"campaign_id": str(ids.new())}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "campaign.not_found")
