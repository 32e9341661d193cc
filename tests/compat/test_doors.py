"""REST and GraphQL can do the same: what one has, the other has too, or there is a reason."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from graphql import ObjectTypeDefinitionNode, parse

from crmkit.service import Service, services
from tests.compat.publish import PUBLISHED
from tests.e2e.shell import PROJECT

_METHODS = ("get", "post", "put", "patch", "delete")
_LOOKING = ("list_", "get_", "find_")
_OPENAPI: dict[str, Any] = json.loads((PUBLISHED / "openapi.json").read_text())
_SDL = PROJECT / "deploy" / "gateway" / "subgraphs"

_FILES: Mapping[str, tuple[str, Collection[str]]] = {
    "account": ("accounts", ("import", "export")),
    "activity": ("activities", ("import", "export")),
    "contact": ("contacts", ("import", "export")),
    "feedback": ("feedback", ("export",)),
    "lead": ("leads", ("import", "export")),
    "opportunity": ("opportunities", ("import", "export")),
    "visit": ("visits", ("export",)),
}
"""Records that come from files or go into some: imports and exports are jobs of one kind."""

_VIEWED = {
    **dict.fromkeys(("account", "activity", "contact", "lead"), "leadsViewHistory"),
    "opportunity": "opportunitiesViewHistory",
}
"""Records whose lists have saved views, which are rows of one table for each service."""


def _of_files(one: str, many: str, ways: Collection[str]) -> dict[str, str]:
    job = f"{one.title()}Job"
    called = {f"create_{one}_export": f"export{many.title()}"}
    for way in ways:
        called |= {
            f"cancel_{one}_{way}": f"cancel{job}",
            f"get_{one}_{way}": f"{one}Job",
            f"list_{one}_{way}s": f"{one}Jobs",
        }
    return called


CALLED: Mapping[str, str] = {
    **{rest: called for one in _FILES for rest, called in _of_files(one, *_FILES[one]).items()},
    **{f"{one}_view_history": called for one, called in _VIEWED.items()},
    "cancel_replay": "cancelWebhookReplay",
    "correct_cost": "correctCampaignCost",
    "create_endpoint": "createWebhookEndpoint",
    "create_form": "createCaptureForm",
    "create_key": "createApiKey",
    "create_source": "createLeadSource",
    "delete_cost": "deleteCampaignCost",
    "delete_endpoint": "deleteWebhookEndpoint",
    "get_account_timeline": "Account.timeline",
    "get_account_tree": "Account.tree",
    "get_campaign_tree": "Campaign.tree",
    "get_cost": "campaignCost",
    "get_delivery": "webhookDelivery",
    "get_difference": "rollupDiff",
    "get_endpoint": "webhookEndpoint",
    "get_failure": "captureFailure",
    "get_form": "captureForm",
    "get_health": "WebhookEndpoint.health",
    "get_key": "apiKey",
    "get_lineage": "rollupLineage",
    "get_pipeline_forecast": "forecastPipeline",
    "get_plan_progress": "workPlanProgress",
    "get_progress": "WebhookReplay.progress",
    "get_replay": "webhookReplay",
    "get_source": "leadSource",
    "give_back": "giveLeadBack",
    "list_attempts": "webhookAttempts",
    "list_costs": "campaignCosts",
    "list_deliveries": "webhookDeliveries",
    "list_due_diligence": "dueDiligences",
    "list_inbound_days": "InboundEndpoint.days",
    "list_duplicates": "leadDuplicates",
    "list_endpoints": "webhookEndpoints",
    "list_failures": "captureFailures",
    "list_feedback": "allFeedback",
    "list_forms": "captureForms",
    "list_keys": "apiKeys",
    "list_market_intel": "allMarketIntel",
    "list_replays": "webhookReplays",
    "list_sources": "leadSources",
    "merge_account": "mergeAccounts",
    "pause_endpoint": "pauseWebhookEndpoint",
    "put_into_pool": "putLeadIntoPool",
    "record_cost": "recordCampaignCost",
    "replay_delivery": "replayWebhookDelivery",
    "replay_message": "replayInboundMessage",
    "resume_endpoint": "resumeWebhookEndpoint",
    "revoke_form": "revokeCaptureForm",
    "revoke_key": "revokeApiKey",
    "revoke_secret": "revokeWebhookSecret",
    "rotate_endpoint_secret": "rotateWebhookSecret",
    "rotate_form": "rotateCaptureForm",
    "rotate_key": "rotateApiKey",
    "skip_delivery": "skipWebhookDelivery",
    "start_replay": "startWebhookReplay",
    "stream_events": "events",
    "take_back": "takeLeadBack",
    "test_endpoint": "testWebhookEndpoint",
    "update_endpoint": "updateWebhookEndpoint",
    "update_form": "updateCaptureForm",
    "update_key": "updateApiKey",
    "update_source": "updateLeadSource",
}
"""Operations of REST that GraphQL has by another name: a room's words alone would not be told apart
in one schema for a whole service."""

REST_ALONE: Mapping[str, str] = {
    r"/v1/[a-z-]+/batch": "thousands of rows, each answered alone; documents have ten fields",
    r"/v1/[a-z/-]+/enums": "labels, for people to choose by, of what GraphQL has as enums",
    r"/v1/[a-z]+/imports POST": "takes a file",
    r"/v1/[a-z]+/imports/\{job_id\}/errors": "answers with a file",
    r"/v1/[a-z]+/exports/\{job_id\}/file": "answers with a file",
    r"/v1/[a-z]+/(im|ex)ports/\{job_id\}/stream": "server-sent events of one job",
    r"/v1/(capture|inbound|survey-answers)/\{[a-z_]+\}": "public doors without a token",
    r"/v1/webhook-endpoints/\{endpoint_id\}/rotate-secret": "an older name of secrets/rotate",
    r"/v1/(audit|ledger|progress)/[a-z/]+": "about the service itself, for who runs it",
    r"/v1/limits": "what it tells is in the headers of every answer of both",
}
"""By path, with the method where the path has others: what GraphQL has not, and why."""

GRAPHQL_ALONE: Mapping[str, str] = {
    "changeTarget": "REST sets a target again by the same PUT, with If-Match",
    "pipeline": "an older name of forecastPipeline",
}
"""Root fields that REST has not, and why."""


class Operation(NamedTuple):
    """One of REST."""

    method: str
    path: str
    name: str

    @property
    def twins(self) -> list[str]:
        """What it may be called in GraphQL."""
        if self.name in CALLED:
            return [CALLED[self.name]]
        looked = [self.name.removeprefix(p) for p in _LOOKING if self.name.startswith(p)]
        return [_camel(name) for name in (self.name, *looked)]

    @property
    def reasons(self) -> list[str]:
        """Why GraphQL has it not."""
        told = (self.path, f"{self.path} {self.method}")
        return [why for why in REST_ALONE if any(re.fullmatch(why, text) for text in told)]


def _camel(name: str) -> str:
    first, *others = re.split("[_-]", name)
    return first + "".join(other[:1].upper() + other[1:] for other in others)


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item and path.startswith("/v1/"):
                yield Operation(method.upper(), path, item[method]["operationId"])


def fields(sdl: str) -> tuple[set[str], set[str]]:
    """Root fields, and `Type.field` of every other type."""
    roots, others = set(), set()
    for each in parse(sdl).definitions:
        if not isinstance(each, ObjectTypeDefinitionNode):
            continue
        for field in each.fields or ():
            if each.name.value not in ("Query", "Mutation", "Subscription"):
                others.add(f"{each.name.value}.{field.name.value}")
            elif not field.name.value.startswith("_"):
                roots.add(field.name.value)
    return roots, others


def apart(
    asked: Collection[Operation], roots: set[str], others: set[str]
) -> tuple[list[Operation], set[str]]:
    """What REST alone has, and what GraphQL alone has, with or without a reason."""
    known = roots | others
    alone = [each for each in asked if known.isdisjoint(each.twins)]
    met = {twin for each in asked for twin in each.twins}
    return alone, roots - met


def _of(service: Service) -> tuple[list[Operation], set[str], set[str]]:
    own = service.paths
    asked = [each for each in operations(_OPENAPI) if each.path.split("/")[2] in own]
    return asked, *fields((_SDL / f"{service.name}.graphql").read_text())


@pytest.mark.parametrize("service", services(), ids=lambda each: each.name)
def test_what_one_door_can_do_the_other_can_too(service: Service) -> None:
    alone, unmet = apart(*_of(service))
    assert [each for each in alone if not each.reasons] == []
    assert unmet - GRAPHQL_ALONE.keys() == set()


def test_what_no_room_has_is_about_the_services_themselves() -> None:
    rooms = {path for service in services() for path in service.paths}
    others = [each for each in operations(_OPENAPI) if each.path.split("/")[2] not in rooms]
    assert [each for each in others if not each.reasons] == []


def test_no_exception_is_stale() -> None:
    """Each name and reason is needed by an operation that is there, and that has no twin else."""
    asked = list(operations(_OPENAPI))
    needed, excused, unmet = set(), set(), set()
    for service in services():
        own, roots, others = _of(service)
        alone, more = apart(own, roots, others)
        unmet |= more
        excused |= {reason for each in alone for reason in each.reasons}
        needed |= {each.name for each in own if not (roots | others).isdisjoint(each.twins)}
    rooms = {path for service in services() for path in service.paths}
    outside = [each for each in asked if each.path.split("/")[2] not in rooms]
    excused |= {reason for each in outside for reason in each.reasons}
    assert CALLED.keys() - needed == set()
    assert REST_ALONE.keys() - excused == set()
    assert GRAPHQL_ALONE.keys() - unmet == set()


@pytest.mark.parametrize(
    ("path", "sdl", "alone"),
    [
        ("/v1/things", "type Query { thing: Int }", (["create_thing"], {"thing"})),
        ("/v1/things", "type Mutation { createThing: Int }", ([], set())),
        ("/v1/things", "type Thing { createThing: Int }", (["create_thing"], set())),
    ],
)
def test_an_operation_without_a_twin_is_found(
    path: str, sdl: str, alone: tuple[list[str], set[str]]
) -> None:
    document = {"paths": {path: {"post": {"operationId": "create_thing"}}}}
    left, unmet = apart(list(operations(document)), *fields(sdl))
    assert ([each.name for each in left], unmet) == alone
