"""What the tests of inbound webhooks begin with: an endpoint, and a system that signs."""

import base64
import hmac
import json
from datetime import datetime
from typing import Any

import httpx

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller
from tests.leads.samples import made

MAPPING: list[dict[str, Any]] = [
    {"field": "company", "pointer": "/data/firm"},
    {"field": "contact_name", "pointer": "/data/people/0/name"},
    {"field": "email", "pointer": "/data/people/0/mail"},
    {"field": "phone", "pointer": "/data/phone"},
    {"field": "region", "pointer": "/data/city", "values": {"SH": "上海"}, "default": "华东"},
    {"field": "budget.amount", "pointer": "/data/budget"},
    {"field": "budget.currency", "default": "CNY"},
]
PARTNER = {"name": "Partner", "source": "partner", "mapping": MAPPING}
HUB = {
    "scheme": "hmac_sha256",
    "header": "X-Hub-Signature-256",
    "header_prefix": "sha256=",
    "id_header": "X-Delivery",
    "secret": "a-secret-of-twenty!!",
}
SAID = {
    "data": {
        "firm": "苏州恒岭",
        "people": [{"name": "王静", "mail": "wang@example.com"}],
        "phone": 13800000001,
        "city": "SH",
        "budget": 1200.5,
    }
}


async def new_endpoint(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, "/v1/inbound-endpoints", PARTNER | fields)


class Sender:
    """A system that signs what it sends to an endpoint."""

    def __init__(self, client: httpx.AsyncClient, endpoint: dict[str, Any]) -> None:
        self.client = client
        self.url = f"/v1/inbound/{endpoint['key']}"
        self.endpoint = endpoint
        self.secret: str = endpoint["secret"]

    def signed(self, body: bytes, message_id: str, at: datetime | None = None) -> dict[str, str]:
        """The headers of one message."""
        kind = {"content-type": "application/json"}
        if self.endpoint["scheme"] == "hmac_sha256":
            digest = hmac.digest(self.secret.encode(), body, "sha256").hex()
            header, prefix = self.endpoint["header"], self.endpoint["header_prefix"]
            return kind | {header: prefix + digest, self.endpoint["id_header"]: message_id}
        when = at or clock.now()
        return kind | {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(when.timestamp())),
            "webhook-signature": _standard(self.secret, message_id, when, body),
        }

    async def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return await self.client.post(self.url, content=body, headers=headers)

    async def send(
        self, said: Any = None, message_id: str | None = None, **headers: str
    ) -> httpx.Response:
        """Whatever is no bytes is sent as JSON; each message has an id of its own."""
        body = said if isinstance(said, bytes) else json.dumps(said or SAID).encode()
        signed = self.signed(body, message_id or str(ids.new()))
        return await self.post(body, signed | {n.replace("_", "-"): v for n, v in headers.items()})


def _standard(secret: str, message_id: str, when: datetime, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{int(when.timestamp())}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
