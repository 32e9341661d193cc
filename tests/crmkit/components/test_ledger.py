"""Roots and keys of a ledger, for auditors."""

from base64 import b64decode
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crmkit.kernel import clock
from crmkit.messaging.roots import message, sign_root
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate

_YESTERDAY = """
insert into ledger_root (day, position, hash, key_id, public_key, signature, signed_at)
values ($1, 1, sha256('x'), 'older', 'older', 'none', $2)
"""


async def test_an_auditor_reads_roots_newest_first_and_their_keys(
    house: House, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    await house.work("leads")
    await seller(commands.create_lead, LeadCreate(company="ACME", source="web"))
    await house.caught_up("leads", "leads")
    system = await house.system("leads")
    earlier = clock.now() - timedelta(days=3)
    async with system.system() as connection:
        await connection.execute("delete from ledger_root")
        await connection.execute(_YESTERDAY, earlier.date(), earlier)
    assert await sign_root(system, "leads", Ed25519PrivateKey.generate())
    auditor = await login("leads", "auditor")
    root, older = (await auditor.get("/v1/ledger/leads/roots")).json()["items"]
    newer_key, older_key = sorted(
        (await auditor.get("/v1/ledger/leads/keys")).json()["items"],
        key=lambda key: key["key_id"] == "older",
    )
    before = (await auditor.get(f"/v1/ledger/leads/roots?before={root['day']}")).json()["items"]
    async with system.system() as connection:
        await connection.execute("delete from ledger_root")
    assert before == [older]
    assert older["day"] == older_key["last_day"] == str(earlier.date())
    assert newer_key["key_id"] == root["key_id"]
    assert newer_key["algorithm"] == "Ed25519"
    key = Ed25519PublicKey.from_public_bytes(b64decode(newer_key["public_key"]))
    signed = message(
        "leads", date.fromisoformat(root["day"]), root["position"], bytes.fromhex(root["hash"])
    )
    key.verify(b64decode(root["signature"]), signed)


@pytest.mark.parametrize("what", ["roots", "keys"])
async def test_roots_and_keys_are_for_auditors(login: Login, what: str) -> None:
    seller = await login("leads", "sales_director")
    answer = await seller.get(f"/v1/ledger/leads/{what}")
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
