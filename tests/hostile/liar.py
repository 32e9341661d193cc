"""A house that breaks its word in one way on each of a few paths: what each check is there for."""

import re
from collections.abc import Mapping
from typing import Any

LIES: Mapping[str, tuple[str, str, int, int]] = {
    "not_a_server_error": ("GET", "/v1/accounts/[^/]+/history", 200, 500),
    "status_code_conformance": ("GET", "/v1/accounts", 200, 206),
    "content_type_conformance": ("GET", "/v1/activities/enums", 200, 200),
    "response_schema_conformance": ("GET", "/v1/limits", 200, 200),
    "response_headers_conformance": ("GET", "/v1/activities/[0-9a-f-]{36}", 200, 200),
    "negative_data_rejection": ("POST", "/v1/activities/log", 422, 201),
    "positive_data_acceptance": ("POST", "/v1/activities", 201, 400),
    "unsupported_method": ("PUT|TRACE", "/v1/activities/log", 405, 200),
    "allow_header_conformance": ("OPTIONS", "/v1/activities/log", 405, 405),
    "missing_required_header": ("PATCH", "/v1/activities/[0-9a-f-]{36}", 428, 200),
}
"""By the check that is to find it: of which answers another status is told, or else is wrong."""
OPEN = ("GET", "/v1/accounts/[0-9a-f-]{36}")
"""Where anybody is let in (`ignored_auth`)."""
PATHS = (
    "^/v1/(limits|accounts(/{account_id}|/{row_id}/history)?"
    "|activities(/enums|/log|/{activity_id})?)$"
)
"""Of which a lie is told."""

_WRONG: Mapping[str, tuple[bytes, bytes]] = {
    "content_type_conformance": (b"content-type", b"text/html"),
    "response_headers_conformance": (b"etag", b"none"),
    "allow_header_conformance": (b"allow", b"PUT"),
}


class Liar:
    """Passes requests on, and lies about some of the answers."""

    def __init__(self, app: Any, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        name = next((name for name, lie in LIES.items() if _is_about(scope, *lie[:2])), "")
        if _is_about(scope, *OPEN):
            others = [each for each in scope["headers"] if each[0] != b"authorization"]
            scope = {**scope, "headers": [*others, (b"authorization", self._token)]}
        lied = False

        async def tell(message: Any) -> None:
            nonlocal lied
            if message["type"] == "http.response.start":
                lied = bool(name) and message["status"] == LIES[name][2]
                message = _lie(name, message) if lied else message
            elif lied and name == "response_schema_conformance":
                message = {**message, "body": b"[]" if message.get("body") else b""}
            await send(message)

        await self._app(scope, receive, tell)


def _is_about(scope: Any, methods: str, path: str) -> bool:
    return bool(re.fullmatch(methods, scope["method"]) and re.fullmatch(path, scope["path"]))


def _lie(name: str, message: Any) -> Any:
    key, value = _WRONG.get(name, (b"", b""))
    kept = [each for each in message["headers"] if each[0] not in {key, b"content-length"}]
    wrong = [(key, value)] if key else []
    return {**message, "status": LIES[name][3], "headers": [*kept, *wrong]}
