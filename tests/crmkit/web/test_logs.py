import subprocess
import sys
from typing import Any

import pydantic
import pytest

from crmkit.kernel import ids
from crmkit.kernel.keys import new_key
from crmkit.web.logs import describe, hide_secrets

_REQUESTS = """
import logging
from crmkit.web import logs
logs.configure()
logging.getLogger("httpx").info("HTTP Request: POST https://partner.example/?key=1")
logging.getLogger("httpx").warning("went wrong")
"""

_CAUGHT = """
import structlog
from crmkit.web import logs
log = structlog.get_logger()
for word in ("first", "again"):
    logs.configure()
    log.info(word)
with structlog.testing.capture_logs() as caught:
    log.info("caught")
assert [line["event"] for line in caught] == ["caught"], caught
"""


def _hidden(**event: Any) -> dict[str, Any]:
    return dict(hide_secrets(None, "info", event))


@pytest.mark.parametrize(
    "name", ["token", "Authorization", "client_secret", "api_key", "body", "password", "cookie"]
)
def test_a_value_is_hidden_by_its_name_at_any_depth(name: str) -> None:
    assert _hidden(**{name: "x"}) == {name: "[hidden]"}
    assert _hidden(headers=[{name: "x"}]) == {"headers": [{name: "[hidden]"}]}


@pytest.mark.parametrize(
    "text",
    [
        "got Bearer hunter2",
        "got eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.hunter2",
        "got crm_live_abc_hunter2",
        "got POST /v1/inbound/crm_hook_abc_hunter2",
        "got crm_form_abc_hunter2 and crm_survey_abc_hunter2",
        f"got {new_key(ids.new(), ids.new())}hunter2",
        "got whsec_hunter2",
        "got postgresql://crm:hunter2@127.0.0.1/crm",
    ],
)
def test_a_credential_is_hidden_by_its_shape(text: str) -> None:
    hidden = _hidden(event=text)["event"]
    assert "hunter2" not in hidden
    assert hidden.startswith("got ")


def test_a_line_is_never_much_longer_than_two_thousand_characters() -> None:
    assert len(_hidden(event="x" * 10_000)["event"]) == 2000


def test_an_error_that_quotes_its_input_is_told_without_its_text() -> None:
    with pytest.raises(pydantic.ValidationError) as refused:
        pydantic.TypeAdapter(int).validate_python("hunter2")
    described = describe(refused.value)
    assert "hunter2" not in str(described)
    assert described["type"].endswith("ValidationError")
    assert describe(KeyError("told"))["message"] == "'told'"


def test_the_address_of_a_partner_is_not_logged_with_each_request() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _REQUESTS], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    assert "partner.example" not in said
    assert "went wrong" in said


def test_logging_that_is_set_up_twice_is_still_caught_by_tests() -> None:
    subprocess.run([sys.executable, "-c", _CAUGHT], check=True, capture_output=True, timeout=60)
