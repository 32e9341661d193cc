"""Every service answers as the merged OpenAPI document says, alone and along its links."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from crmkit.house import merged
from crmkit.kernel import ids
from crmkit.service import services
from crmkit.testing.house import House
from tests.hostile.conftest import Size
from tests.hostile.crossing import Crossing
from tests.policy.exhibits import EXHIBITS
from tests.policy.seeds import seed

_ENDLESS = "/stream$"
"""Answers of these paths do not end; their own tests read them."""
_CHECKS = {
    "positive_data_acceptance": {"enabled": False},
    "max_response_time": 10,
}
"""Off: a document cannot say every rule, so what fits it may still break one (422)."""


@dataclass
class Seen:
    """What a run was answered, by operation, and what was wrong with it."""

    wrong: dict[str, str] = field(default_factory=dict)
    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    steps: int = 0

    def note(self, event: Any) -> None:
        if isinstance(event, events.NonFatalError | events.FatalError):
            self.wrong.setdefault(str(event)[:200], repr(event))
        if isinstance(event, events.ScenarioFinished):
            for name, case in event.recorder.cases.items():
                self._note_case(event, name, case)

    def _note_case(self, event: Any, name: str, node: Any) -> None:
        label = node.value.operation.label
        interaction = event.recorder.interactions.get(name)
        if interaction is not None and interaction.response is not None:
            self.statuses[label][interaction.response.status_code] += 1
            self.steps += node.transition is not None
        for check in event.recorder.checks.get(name, ()):
            if check.failure_info is not None:
                told = str(check.failure_info.failure)[:1200]
                self.wrong.setdefault(f"{label}: {check.name}: {told[:60]}", told)


def _config(token: str, size: Size, stories: int) -> SchemathesisConfig:
    generation = {
        "max-examples": stories * (50 if size.long else 1),
        "deterministic": not size.long,
        "no-shrink": True,
        "database": "none",
    }
    return SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": token},
            "continue-on-failure": True,
            "generation": generation,
            "checks": _CHECKS,
            "phases": {"coverage": {"enabled": size.long}},
        }
    )


def _run(document: dict[str, Any], app: Any, config: SchemathesisConfig) -> Seen:
    schema: Any = schemathesis.openapi.from_dict(document, config=config)
    schema = schema.exclude(path_regex=_ENDLESS)
    schema.app = app
    seen = Seen()
    for event in from_schema(schema).execute():
        seen.note(event)
    return seen


def _document(name: str) -> dict[str, Any]:
    """The part of the merged document that one service answers."""
    parts = {service.name: service.api() for service in services()}
    whole = merged(parts)
    own = parts[name].openapi()["paths"]
    return whole | {"paths": {path: whole["paths"][path] for path in own}}


async def _records(house: House, name: str, tenant: UUID) -> None:
    async with (await house.system(name)).system() as connection:
        for exhibit in EXHIBITS.values():
            if exhibit.service == name:
                await seed(connection, exhibit, tenant, ids.new(), most=3)


_CAST = [
    *((service.name, "admin") for service in services()),
    ("leads", "sales_rep"),
    ("contracts", "auditor"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "role"), _CAST)
async def test_every_operation_keeps_to_its_document(
    house: House, tenant: UUID, size: Size, name: str, role: str
) -> None:
    caller = await house.caller(name, tenant, role, scopes=["history:write"])
    await _records(house, name, tenant)
    app = Crossing(await house._api(name), asyncio.get_running_loop())
    config = _config(caller.client.headers["authorization"], size, 4)
    seen = await asyncio.to_thread(_run, _document(name), app, config)
    await caller.client.aclose()
    assert not seen.wrong, "\n\n".join(f"{k}\n{v}" for k, v in seen.wrong.items())
    answered = Counter[int]()
    for statuses in seen.statuses.values():
        answered += statuses
    assert answered[200], "nothing was ever accepted"
    assert answered.keys() & {400, 404, 409, 422}, "nothing was ever refused"


def test_links_lead_from_a_record_to_what_can_be_done_with_it() -> None:
    document = merged({service.name: service.api() for service in services()})
    made = document["paths"]["/v1/leads"]["post"]["responses"]["201"]["links"]
    assert made["update_lead"]["parameters"] == {
        "lead_id": "$response.body#/id",
        "If-Match": "$response.header.ETag",
    }
    known = {each["operationId"] for path in document["paths"].values() for each in path.values()}
    links = [
        link["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 100
    assert set(links) <= known
