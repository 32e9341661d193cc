"""Every event on the wire fits its published schema."""

from uuid import UUID

import jsonschema
import msgspec
import pytest

from crmkit.events.schemas import schema, schemas
from crmkit.messaging.publisher import envelope
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login

_STORED = """
select l.position, e.* from event e join ledger l on l.tenant_id = e.tenant_id and l.event_id = e.id
where e.tenant_id = $1 order by 1
"""


def test_every_event_has_a_schema_with_its_own_type() -> None:
    found = schemas()
    assert len(found) > 40
    for name, document in found.items():
        jsonschema.Draft202012Validator.check_schema(document)
        assert document["properties"]["type"] == {"const": name}
        assert document["description"]


def test_a_record_that_lacks_its_state_does_not_fit() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"type": "lead.created.v1"}, schema("lead.created.v1"))


async def test_what_is_published_fits(house: House, login: Login) -> None:
    await house.work("leads")
    seller = await login("leads", "sales_manager")
    new = {"company": "张三", "source": "web", "budget": {"amount": "1.00", "currency": "CNY"}}
    lead = (await seller.post("/v1/leads", json=new)).json()
    await seller.post(f"/v1/leads/{lead['id']}/qualify", json={"intent": "a"})
    await seller.post(f"/v1/leads/{lead['id']}/convert", json={})
    events = await _published(house, seller.actor.tenant_id, 4)
    for event in events:
        wire = msgspec.json.decode(envelope("leads", event, 0))
        jsonschema.validate(wire, schema(wire["type"]))


async def _published(house: House, tenant: UUID, wanted: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    system = await house.system("leads")

    async def there() -> bool:
        async with system.system() as connection:
            found[:] = [dict(row) for row in await connection.fetch(_STORED, tenant)]
        return len(found) == wanted

    await until(there)
    return found
