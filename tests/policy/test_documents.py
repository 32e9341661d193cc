"""Every service answers as its OpenAPI document says, whatever is sent by that document's rules."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crmkit.kernel import ids
from crmkit.service import services
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.policy.exhibits import EXHIBITS, ROOTS
from tests.policy.seeds import seed

_CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
_EXAMPLES = 8
_ENDLESS = "/stream"
"""Answers of these paths do not end; their own tests read them."""


def _document(name: str) -> dict[str, Any]:
    (service,) = services([name])
    return service.api(service.settings.load()).openapi()


def _operations(name: str) -> Iterator[Any]:
    schema: Any = schemathesis.openapi.from_dict(_document(name))
    found = (each.ok() for each in schema.get_all_operations())
    return (each for each in found if not each.path.endswith(_ENDLESS))


@pytest.mark.slow
@pytest.mark.parametrize("name", [service.name for service in services()])
async def test_every_operation_keeps_to_its_document(
    house: House, login: Login, tenant: UUID, name: str
) -> None:
    caller = await login(name, "admin", scopes=["history:write"])
    loop = asyncio.get_running_loop()
    records = await _records(house, name, tenant)
    statuses: set[int] = set()

    def send(case: Any) -> Any:
        """From the thread in which cases are made, to the loop in which the service runs."""
        root = ROOTS.get(case.path.split("/")[2], "")
        for parameter in case.path_parameters:
            if parameter.endswith("_id") and root in records:
                case.path_parameters[parameter] = records[root]
        wanted = case.as_transport_kwargs(base_url="http://test")
        made = {name.lower(): value for name, value in wanted["headers"].items()}
        made.pop("prefer", None)  # nobody announced anything, and waiting takes seconds
        wanted["headers"] = made | dict(caller.client.headers)
        wanted.pop("cookies", None)
        if isinstance(wanted.get("data"), bytes):
            wanted["content"] = wanted.pop("data")
        answer = asyncio.run_coroutine_threadsafe(_answer(caller, wanted), loop).result(30)
        statuses.add(answer.status_code)
        return answer

    wrong = await asyncio.to_thread(lambda: [*_failures(name, send)])
    assert not wrong, "\n\n".join(wrong)
    assert 200 in statuses
    assert statuses & {400, 404, 409, 422}


async def _answer(caller: Caller, wanted: dict[str, Any]) -> httpx.Response:
    """A form is read before it is sent, for the checks look at it afterwards."""
    request = caller.client.build_request(**wanted)
    await request.aread()
    return await caller.client.send(request)


async def _records(house: House, name: str, tenant: UUID) -> dict[str, str]:
    """A record of each aggregate, so that what is asked for by id is there."""
    found = {}
    async with (await house.system(name)).system() as connection:
        for aggregate, exhibit in EXHIBITS.items():
            if exhibit.service == name:
                [(_, row)] = await seed(connection, exhibit, tenant, ids.new(), most=1)
                found[aggregate] = str(row["id"])
    return found


def _failures(name: str, send: Callable[[Any], httpx.Response]) -> Iterator[str]:
    for operation in _operations(name):
        found: dict[str, str] = {}
        _examination(operation, send, found)()
        yield from (f"{operation.label}: {told}" for told in found.values())


def _examination(
    operation: Any, send: Callable[[Any], httpx.Response], found: dict[str, str]
) -> Callable[[], None]:
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def examine(case: Any) -> None:
        answer = send(case)
        try:
            case.validate_response(schemathesis.Response.from_any(answer), checks=list(_CHECKS))
        except FailureGroup as failures:
            for failure in failures.exceptions:
                found.setdefault(str(getattr(failure, "title", failure)), str(failure)[:1500])

    return examine
