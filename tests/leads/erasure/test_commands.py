"""What is left of somebody who was erased."""

import pytest

from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_lead

GROUND = {"reason": "request", "reference": "DS-2026/17"}


@pytest.fixture
async def admin(login: Login) -> Caller:
    return await login("leads", "admin")


async def test_a_lead_that_was_erased_tells_of_nobody(admin: Caller) -> None:
    lead = await new_lead(
        admin, contact_name="王静", email="jing@acme.example", phone="13800138000", need="Soon"
    )
    gone = await made(admin, f"/v1/leads/{lead['id']}/erase", GROUND)
    assert (gone["contact_name"], gone["email"], gone["phone"], gone["need"]) == (
        "",
        None,
        None,
        "",
    )
    assert (gone["company"], gone["source"], gone["version"]) == ("", "web", 2)
    assert gone["erased_at"] is not None
    history = (await admin.get(f"/v1/leads/{lead['id']}/history")).text
    assert "jing@acme" not in history
    assert "王静" not in history
    again = await made(admin, f"/v1/leads/{lead['id']}/erase", GROUND)
    assert again["version"] == 2
