"""Feedback of somebody who stays unnamed names them to no receiver, and in no trace of it."""

from uuid import UUID

from crmkit.components.jobs.runner import JobRunner
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.feedback.commands import JOBS
from tests.leads.feedback.test_rest import DUE, FEEDBACK, SLOW
from tests.leads.samples import made
from tests.webhooks.samples import DELIVERIES, Receiver, Subscribe, Turn

_OF_LEADS = """
query($id: UUID!) {
  feedback(id: $id) { id senderId ownerId details }
  feedbackHistory(id: $id) { type actor }
}
"""
_OF_WEBHOOKS = """
{ events(types: ["feedback.*"]) { items { id type actor data } } }
"""


async def exported(house: House, caller: Caller) -> str:
    job = await made(caller, f"{FEEDBACK}/exports", {})
    path, runner = f"{FEEDBACK}/exports/{job['id']}", JobRunner(JOBS)
    system = await house.system("leads")
    while (await caller.get(path)).json()["state"] in {"waiting", "running"}:
        await runner(caller.executor, system)
    runner.close()
    answer = await caller.get(f"{path}/file")
    assert answer.is_success, answer.text
    return answer.text


async def told(house: House, login: Login, sender: Caller, path: str) -> dict[str, str]:
    """What auditors are told of it, by every door; and the sender's own file of it."""
    auditor = await login("leads", "auditor")
    there = await login("webhooks", "admin")
    record = await auditor.graphql("leads", _OF_LEADS, id=path.rpartition("/")[2])
    feed = await there.graphql("webhooks", _OF_WEBHOOKS)
    assert record.get("errors") is feed.get("errors") is None
    found = {"leads by GraphQL": str(record), "the feed by GraphQL": str(feed)}
    for caller, asked in (
        (auditor, path),
        (auditor, f"{path}/history"),
        (auditor, "/v1/audit/leads"),
        (there, "/v1/events?types=feedback.*"),
        (there, DELIVERIES),
    ):
        answer = await caller.get(asked)
        assert answer.is_success, (asked, answer.text)
        found[asked] = answer.text
    found["an export"] = await exported(house, sender)
    assert SLOW["details"] in found["an export"]
    return found


async def sent_by(seller: Caller, director: Caller, **more: bool) -> str:
    """The path of feedback that was sent, changed and decided on."""
    path = f"{FEEDBACK}/{(await made(seller, FEEDBACK, SLOW | more))['id']}"
    change = await seller.patch(path, json={"cost": "low"}, headers={"if-match": '"1"'})
    assert change.is_success, change.text
    await made(director, f"{path}/accept", {"due_on": DUE})
    return path


async def test_no_receiver_and_no_trace_names_who_stays_unnamed(
    house: House,
    login: Login,
    tenant: UUID,
    subscribe: Subscribe,
    receiver: Receiver,
    turn: Turn,
) -> None:
    await house.work("leads", "webhooks")
    await subscribe("feedback.*")
    unnamed = await login("leads", "sales_rep", team="cn/east/ningbo")
    named = await login("leads", "sales_rep", team="cn/east/ningbo")
    director = await login("leads", "sales_director")
    hidden = await sent_by(unnamed, director, unnamed=True)
    shown = await sent_by(named, director)
    await house.caught_up("leads", "webhooks")
    await turn.until_quiet()
    payloads = [str(headers) + body for headers, body in receiver.heard]
    assert len(payloads) == 6
    me, them = str(unnamed.actor.member_id), str(named.actor.member_id)
    assert [body for body in payloads if me in body] == []
    assert [body for body in payloads if them in body] != []
    traces = await told(house, login, unnamed, hidden)
    assert {place for place, text in traces.items() if me in text} == set()
    open_ = await told(house, login, named, shown)
    missing = {place for place, text in open_.items() if them not in text}
    assert missing == {DELIVERIES}  # it names events, and no members
