"""What goes wrong at a door itself: at REST, GraphQL, files and webhooks in.

`{lead}` is a lead of the caller at version 1; `{theirs}`, `{account}` and `{job}` are a lead, an
account and an import of another tenant.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.hostile.cases import ID, MARKER, SHAPE

REST, GRAPHQL, FILES, INBOUND = "rest", "graphql", "files", "inbound"
USUAL = {REST: "201", GRAPHQL: "200", FILES: "201", INBOUND: "202"}
"""What each door answers where nothing is wrong."""

_BY_TOKEN = frozenset({REST, GRAPHQL, FILES})


@dataclass(frozen=True)
class Knock:
    """What is wrong with a request that is else in order; `answer` empty: nothing, to this door."""

    line: int
    name: str
    answer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    query: str = ""
    doors: frozenset[str] = frozenset(USUAL)


@dataclass(frozen=True)
class Token:
    """A token that does not hold: `claims` are changed, or taken out by None."""

    line: int
    name: str
    claims: Mapping[str, object] = field(default_factory=dict)
    header: Mapping[str, object] = field(default_factory=dict)
    key: str = "own"
    """`own` is the issuer's, `other` somebody's, `public` the published one as a secret, `none`."""


@dataclass(frozen=True)
class Errand:
    """One request of a door by somebody of a role about records there are."""

    line: int
    door: str
    name: str
    answer: str
    sent: str = ""
    path: str = ""
    method: str = "POST"
    role: str = "admin"
    headers: Mapping[str, str] = field(default_factory=dict)


def _named(*values: str) -> dict[str, str]:
    return {f"x-{n}": value for n, value in enumerate(values)}


_LARGE, _NOBODY = "431 headers.too_large", "401 token.invalid"
_METHOD = "405 method.not_allowed"

KNOCKS = [
    Knock(19, "a header of 64 KB", _LARGE, {"x-much": "x" * 65_536}),
    Knock(19, "200 headers", _LARGE, _named(*["x"] * 200)),
    Knock(20, "a query of 64 KB", "414 url.too_long", query="x=" + "x" * 60_000),
    *(Knock(21, method, _METHOD, method=method) for method in ("TRACE", "PUT", "BREW")),
    *(
        Knock(21, f"{name} wished", headers={name: "DELETE"})
        for name in ("x-http-method-override", "x-http-method", "x-method-override")
    ),
    Knock(22, "another host", headers={"host": "evil.example"}),
    Knock(22, "another host, as of a proxy", headers={"x-forwarded-host": "evil.example"}),
    Knock(22, "another address", headers={"x-forwarded-for": "::1, evil", "forwarded": "for=_x"}),
    Knock(23, "thousands of ranges", headers={"range": f"bytes={','.join(['0-0'] * 5000)}"}),
    Knock(41, "no token", _NOBODY, {"authorization": ""}, doors=_BY_TOKEN),
    Knock(41, "an empty token", _NOBODY, {"authorization": "Bearer "}, doors=_BY_TOKEN),
    Knock(41, "another scheme", _NOBODY, {"authorization": f"Basic {MARKER}"}, doors=_BY_TOKEN),
    Knock(41, "nonsense", _NOBODY, {"authorization": f"Bearer {MARKER}"}, doors=_BY_TOKEN),
    Knock(
        41,
        "nonsense nobody asked for",
        headers={"authorization": f"Bearer {MARKER}"},
        doors=frozenset({INBOUND}),
    ),
    Knock(
        41,
        "a token in the query",
        _NOBODY,
        {"authorization": ""},
        query="access_token=x",
        doors=_BY_TOKEN,
    ),
    Knock(
        43, "a token of 9 KB", _NOBODY, {"authorization": f"Bearer {'a' * 9000}"}, doors=_BY_TOKEN
    ),
    Knock(46, "another tenant claimed", headers={"x-tenant-id": ID, "x-tenant": ID}),
]

_PATHS = ("../../etc/passwd", "' or 1=1 --")
TOKENS = [
    *(Token(42, f"alg {alg}", header={"alg": alg}, key="none") for alg in ("none", "None")),
    Token(42, "the public key as a secret", header={"alg": "HS256"}, key="public"),
    Token(42, "another key", key="other"),
    *(Token(42, f"kid {kid}", header={"kid": kid}) for kid in ("nobody", *_PATHS)),
    Token(42, "a key by address", header={"jku": "https://evil.example/jwks.json"}, key="other"),
    Token(42, "what must be understood", header={"crit": ["x"], "x": 1}),
    Token(43, "over", {"exp": 1_700_000_000}),
    Token(43, "for ever", {"exp": 99_999_999_999}),
    Token(43, "without end", {"exp": None}),
    Token(43, "not yet", {"nbf": 4_000_000_000}),
    Token(43, "of tomorrow", {"iat": 4_000_000_000}),
    Token(43, "for others", {"aud": ["other", "dealstream2"]}),
    Token(43, "of another issuer", {"iss": "https://evil.example"}),
    Token(43, "of a number", {"sub": 5}),
    Token(43, "of no tenant", {"tenant": None}),
    Token(46, "of two tenants", {"tenant": [ID, ID]}),
]


def _asks(mutation: str) -> str:
    shown = "{ __typename ... on Problem { code httpStatus errors { code pointer message } } }"
    return f"mutation {{ {mutation} {shown} }}"


_LEAD = '{"company":"Acme","source":"web"}'
_NEW = 'input: {company: "Acme", source: "web"}'
_UNFOUND, _STALE, _DENIED = "404 lead.not_found", "412 stale", "403 forbidden"
_ROWS = "company\nAcme\n"

_KEYS = {"too long": "x" * 256, "of 16 KB": "x" * 16_000, "empty": "", "with blanks": "a b"}
_URL = "422 endpoint.url"
_HOOK = {"name": "ERP", "types": ["*"]}
_SHAPES = (
    "file:///etc/passwd",
    "gopher://erp.example.com/",
    "http://erp.example.com:22/",
    "https://user@erp.example.com/",
    "https://erp.example.com/#part",
    "https://erp.example.com./",
    "https://erp.example.com/a\tb",
)
_INWARD = (
    *("http://169.254.169.254/", "http://10.1/", "http://0x0a000001/", "http://[::ffff:10.0.0.1]/"),
    *("http://printer.local/", "http://webhooks/", "http://[64:ff9b::a9fe:a9fe]/"),
)


def _told_by_graphql(url: str) -> str:
    return _asks(
        f'createWebhookEndpoint(input: {{name: "ERP", types: ["*"], url: {json.dumps(url)}}})'
    )


ERRANDS = [
    Errand(
        34, REST, "a move there is not", "409 lifecycle.illegal", "{}", "/v1/leads/{lead}/convert"
    ),
    Errand(
        34,
        GRAPHQL,
        "a move there is not",
        "409 lifecycle.illegal",
        _asks('convertLead(id: "{lead}", input: {})'),
    ),
    Errand(
        34,
        GRAPHQL,
        "back from where it never was",
        "409 lead.not_given_up",
        _asks('reopenLead(id: "{lead}")'),
    ),
    *(
        Errand(
            36,
            GRAPHQL,
            f"version {number}",
            _STALE,
            _asks(f'updateLead(id: "{{lead}}", expectedVersion: {number}, input: {{}})'),
        )
        for number in (-1, 0, 2, 2**31 - 1)
    ),
    *(
        Errand(
            37,
            GRAPHQL,
            f"a key {name}",
            "422 idempotency.invalid",
            _asks(f"createLead({_NEW}, idempotencyKey: {json.dumps(key)})"),
        )
        for name, key in (_KEYS | {"with a line's end": "a\n"}).items()
    ),
    *(
        Errand(
            37,
            FILES,
            f"a key {name}",
            "422 idempotency.invalid",
            _ROWS,
            headers={"idempotency-key": key},
        )
        for name, key in _KEYS.items()
    ),
    Errand(44, REST, "a role that may not", _DENIED, _LEAD, "/v1/leads", role="auditor"),
    Errand(
        44, GRAPHQL, "a role that may not", _DENIED, _asks(f"createLead({_NEW})"), role="auditor"
    ),
    Errand(44, FILES, "a role that may not", _DENIED, _ROWS, role="auditor"),
    Errand(45, REST, "a record", _UNFOUND, path="/v1/leads/{theirs}", method="GET"),
    Errand(
        45,
        REST,
        "a change",
        _UNFOUND,
        "{}",
        "/v1/leads/{theirs}",
        "PATCH",
        headers={"if-match": '"1"'},
    ),
    Errand(45, REST, "an end", _UNFOUND, path="/v1/leads/{theirs}", method="DELETE"),
    Errand(45, REST, "a move", _UNFOUND, path="/v1/leads/{theirs}/work"),
    Errand(
        45, REST, "a job", "404 lead_job.not_found", path="/v1/leads/imports/{job}", method="GET"
    ),
    Errand(
        45,
        REST,
        "in a body",
        "404 account.not_found",
        '{"name":"Wang","account_id":"{account}"}',
        "/v1/contacts",
    ),
    Errand(
        45,
        GRAPHQL,
        "a change",
        _UNFOUND,
        _asks('updateLead(id: "{theirs}", expectedVersion: 1, input: {})'),
    ),
    Errand(45, GRAPHQL, "an end", _UNFOUND, _asks('deleteLead(id: "{theirs}")')),
    Errand(45, GRAPHQL, "a job", "404 lead_job.not_found", _asks('cancelLeadJob(id: "{job}")')),
    Errand(
        45, FILES, "an import like it", "422 import.unknown", _ROWS, "/v1/leads/imports?like={job}"
    ),
    *(
        Errand(line, door, f"an endpoint at {url[:30]!r}", answer, sent, path)
        for line, answer, urls in (
            (53, _URL, _SHAPES),
            (53, "422 field.string_too_long", ("https://erp.example.com/" + "x" * 3000,)),
            (54, _URL, _INWARD),
        )
        for url in urls
        for door, sent, path in (
            (REST, json.dumps(_HOOK | {"url": url}), "/v1/webhook-endpoints"),
            (GRAPHQL, _told_by_graphql(url), "/graphql/webhooks"),
        )
    ),
    Errand(
        59,
        GRAPHQL,
        "headers of one's own",
        SHAPE,
        _asks('createWebhookEndpoint(input: {name: "ERP", types: ["*"], headers: {host: "x"}})'),
        "/graphql/webhooks",
    ),
]
