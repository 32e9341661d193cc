"""What is asked over HTTP: of the services, and of what they are compared with."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import msgspec

from benchmarks.ground import Ground
from benchmarks.load import Load
from benchmarks.tenant import FIRST_POOLED, MEMBERS, POOLED, member_id, seller_id

_FIELDS = """id version company contactName email source status need region ownerId receivedAt
updatedAt"""
_GET = f"query($id: UUID!) {{ lead(id: $id) {{ {_FIELDS} }} }}"
_LIST = f"""query($owner: UUID!) {{
leads(first: 50, filter: {{ownerId: [$owner], status: [WORKING]}}) {{
edges {{ node {{ {_FIELDS} }} }} }} }}"""
_PLAIN_LIST = f"""query($owner: UUID!) {{
leads(first: 50, ownerId: $owner, status: "working") {{ edges {{ node {{ {_FIELDS} }} }} }} }}"""
_CREATE = f"""mutation($new: LeadCreateInput!, $key: String) {{
createLead(input: $new, idempotencyKey: $key) {{ __typename ... on Lead {{ {_FIELDS} }} }} }}"""
_PLAIN_CREATE = f"mutation($new: NewLead!) {{ createLead(input: $new) {{ {_FIELDS} }} }}"
_OWNER = str(seller_id(3))
_NEW = {
    "company": "Bench GmbH",
    "contact_name": "Li Lei",
    "email": "buyer@example.com",
    "phone": "+8613800000000",
    "source": "web",
    "need": "Two lines of visual inspection for gearbox housings",
    "product": "VX-200",
}
_NEW_CAMEL = {("contactName" if name == "contact_name" else name): v for name, v in _NEW.items()}
_BUDGET = {"amount": "250000.00", "currency": "CNY"}


@dataclass(frozen=True, slots=True)
class Question:
    """An operation as a request; <id>, <n> and <stage> as in `Load`."""

    path: str
    method: str = "GET"
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    of_pool: bool = False
    """Asked by each member of the pool in turn, of the leads that lie there."""

    def load(self, ground: Ground, port: int) -> Load:
        headers = ground.headers | self.headers
        load = Load(port, self.path, ground.data.rows, self.method, headers, self.body)
        if not self.of_pool:
            return load
        pooled: dict[str, Any] = {"rows": POOLED, "above": FIRST_POOLED, "tokens": ground.tokens}
        if self.headers:  # who is asked believes whatever it is told
            pooled["tokens"] = [str(member_id(n)) for n in range(MEMBERS)]
            return msgspec.structs.replace(load, **pooled)
        return msgspec.structs.replace(load, headers={"authorization": "Bearer <token>"}, **pooled)


def _posted(path: str, body: object) -> Question:
    return Question(path, "POST", json.dumps(body))


def _asked(path: str, query: str, **variables: object) -> Question:
    return _posted(path, {"query": " ".join(query.split()), "variables": variables})


_KEY = {"idempotency-key": "<n>"}
_STAGE = Question("/v1/opportunities/<id>/stage", "POST", '{"stage": "<stage>"}', _KEY)
OURS = {
    "get": Question("/v1/leads/<id>"),
    "list": Question(f"/v1/leads?owner_id={_OWNER}&status=working"),
    "create": replace(_posted("/v1/leads", _NEW | {"budget": _BUDGET}), headers=_KEY),
    "stage": _STAGE,
    "claim": Question("/v1/leads/<id>/claim", "POST", of_pool=True),
    "graphql_get": _asked("/graphql/leads", _GET, id="<id>"),
    "graphql_list": _asked("/graphql/leads", _LIST, owner=_OWNER),
    "graphql_mutation": _asked(
        "/graphql/leads", _CREATE, new=_NEW_CAMEL | {"budget": _BUDGET}, key="<n>"
    ),
}
_BUDGET_PLAIN = {"budget": "250000.00", "currency": "CNY"}
BARE = {
    "get": Question("/v1/leads/<id>"),
    "list": Question(f"/v1/leads?owner_id={_OWNER}&status=working"),
    "create": replace(_posted("/v1/leads", _NEW | _BUDGET_PLAIN), headers=_KEY),
    "stage": _STAGE,
    "claim": Question("/v1/leads/<id>/claim", "POST", headers={"member": "<token>"}, of_pool=True),
    "stage.blind": replace(_STAGE, path="/v1/opportunities/<id>/stage/blindly"),
    "stage.locking": replace(_STAGE, path="/v1/opportunities/<id>/stage/locking"),
    "graphql_get": _asked("/graphql", _GET, id="<id>"),
    "graphql_list": _asked("/graphql", _PLAIN_LIST, owner=_OWNER),
    "graphql_mutation": _asked("/graphql", _PLAIN_CREATE, new=_NEW_CAMEL | _BUDGET_PLAIN),
}


def figures_of(ground: Ground) -> dict[str, Question]:
    """Thirteen weeks of one figure, and the report of the last whole week."""
    last = ground.data.until.date() - timedelta(ground.data.until.isoweekday())
    year, week, _ = last.isocalendar()
    return {
        "rollup": Question(f"/v1/rollups?measure=leads_created&grain=week&{_days(last)}"),
        "weekly_report": Question(f"/v1/reports/weekly/{year}-W{week:02}"),
    }


def plain_figures_of(ground: Ground) -> dict[str, Question]:
    """The same of the bare server; it knows no reports."""
    last = ground.data.until.date() - timedelta(ground.data.until.isoweekday())
    days = _days(last).replace("from=", "first=").replace("to=", "last=")
    return {"rollup": Question(f"/v1/rollups?measure=leads_created&{days}")}


def _days(last: date) -> str:
    return f"from={last - timedelta(13 * 7 - 1)}&to={last}"
