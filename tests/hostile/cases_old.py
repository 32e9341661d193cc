"""What nobody should send, and what each is answered; see the spec's list of bad inputs."""

import json
from dataclasses import dataclass, field
from typing import Any

MARKER = "s3cr3t-m4rk3r"
"""Goes in wherever text can; no answer may repeat it."""


@dataclass(frozen=True)
class Attack:
    """One request and the statuses it may be answered with."""

    name: str
    statuses: tuple[int, ...]
    method: str = "POST"
    path: str = "/v1/leads"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""


JSON = {"content-type": "application/json"}


def lead(name: str, statuses: tuple[int, ...] | int, raw: str, code: str = "") -> Attack:
    """A lead with these members, in JSON as written."""
    body = f'{{"company":"Acme","source":"web",{raw}}}'.encode("utf-8", "surrogatepass")
    return Attack(name, _many(statuses), body=body, headers=JSON, code=code)


def sent(name: str, statuses: tuple[int, ...] | int, **given: Any) -> Attack:
    """A whole lead, with other headers, body, method or path."""
    usual = {"headers": JSON, "body": b'{"company":"Acme","source":"web"}'}
    return Attack(name, _many(statuses), **(usual | given))


def asked(name: str, statuses: tuple[int, ...] | int, query: str, code: str = "") -> Attack:
    return Attack(name, _many(statuses), "GET", f"/v1/leads?{query}", code=code)


def _many(statuses: tuple[int, ...] | int) -> tuple[int, ...]:
    return statuses if isinstance(statuses, tuple) else (statuses,)


def money(name: str, amount: str, currency: str = '"CNY"') -> Attack:
    return lead(
        f"money {name}", (400, 422), f'"budget":{{"amount":{amount},"currency":{currency}}}'
    )


def due(name: str, instant: str) -> Attack:
    body = f'{{"kind":"call","subject":"x","due_at":{instant}}}'.encode()
    return Attack(f"instant {name}", (400, 422), path="/v1/activities", body=body, headers=JSON)


_DEEP = b'{"company":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
_MANY_KEYS = json.dumps({f"k{n}": 1 for n in range(50_000)}).encode()
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400")
_NO_EMAILS = ("a@b", f"{'a' * 5000}@example.com", MARKER, "a@b@c.cn", "javascript:x")
_NO_SORTS = ("need", "tenant_id", "(select 1)", "company;drop", "-", "company,company,company")
_NO_LIMITS = ("-1", "1e3", "1" + "0" * 20, "abc", "201")
_NO_PATHS = (
    "/v1//leads",
    "/v1/leads/%2e%2e/x",
    "/v1/leads/%00",
    "/v1/leads/%ff",
    "/v1/leads/a%2Fb",
)
_OF_OLD = {"occurred-at": "2026-01-01T00:00:00Z"}
_NOBODY = {"authorization": ""}
_ID = "01900000-0000-7000-8000-000000000000"

BODIES = [
    *(
        lead(f"1 {word}", 400, f'"need":{word}')
        for word in ("NaN", "Infinity", "-Infinity", "1e400")
    ),
    lead("2 lone surrogate, escaped", 400, r'"need":"\ud800"'),
    lead("2 lone surrogate, raw", 400, '"need":"\ud800"'),
    lead("3 NUL", 422, r'"need":"s3cr3t-m4rk3r\u0000"'),
    lead("4 integer of 5,000 digits", 400, f'"need":{"9" * 5000}'),
    lead("4 integer 2**70", 400, f'"need":{2**70}'),
    lead("7 number for text", 422, '"need":5'),
    lead("7 true for text", 422, '"need":true'),
    lead("8 a key twice", 400, '"need":"a","need":"b"'),
    *(
        lead(f"9 unknown {name}", 422, f'"{name}":"s3cr3t-m4rk3r"')
        for name in ("tenant_id", "id", "version", "__proto__", "created_at", "team", "status")
    ),
    sent("10 nested 100,000 deep", 400, body=_DEEP),
    sent("10 nested 33 deep", 400, body=b'{"company":' + b"[" * 33 + b"]" * 33 + b"}"),
    sent("11 too many keys", (400, 413), body=_MANY_KEYS),
    sent("12 a byte too much", 413, body=b" " * (1024 * 1024 + 1)),
    sent("13 gzip", 415, headers=JSON | {"content-encoding": "gzip"}),
    sent("14 invalid UTF-8", 400, body=b'{"company":"\xff"}'),
    sent("14 UTF-16", 400, body='{"company":"x"}'.encode("utf-16")),
    sent("14 byte order mark", 400, body=b'\xef\xbb\xbf{"company":"x","source":"web"}'),
    *(
        sent(f"15 {kind}", 415, headers={"content-type": kind})
        for kind in ("text/plain", "application/json; charset=latin1", "multipart/form-data", "")
    ),
    sent("16 form", 415, headers={"content-type": "application/x-www-form-urlencoded"}),
    sent("no body", (400, 422), body=b""),
    sent("null", 422, body=b"null"),
    sent("a list", 422, body=b"[]"),
    sent("text", 422, body=b'"s3cr3t-m4rk3r"'),
    sent("half", 400, body=b'{"company":"s3cr3t-m4rk3r"'),
    sent("two values", 400, body=b"{}{}"),
]

VALUES = [
    money("5 1E+1000000", '"1E+1000000"'),
    money("5 1E+100000", '"1E+100000"'),
    money("6 NaN", '"NaN"'),
    money("6 Infinity", '"Infinity"'),
    money("6 a float", "0.1"),
    money("6 an integer", "5"),
    money("6 three decimals", '"1.001"'),
    money("6 negative", '"-1.00"'),
    money("7 underscore", '"1_000"'),
    money("7 spaces", '" 5 "'),
    money("7 other digits", '"٣"'),
    money("31 19 digits", '"1234567890123456789.00"'),
    *(money(f"31 currency {c}", '"1.00"', f'"{c}"') for c in ("usd", "XXX", "US", "USDX", "KWD")),
    money("no currency", '"1.00"', "null"),
    *(
        due(f"29 {text}", f'"{text}"')
        for text in (
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "2026-02-30T00:00:00Z",
            "2026-06-30T23:59:60Z",
            "2026-01-01T00:00:00",
            "2026-01-01T25:00:00Z",
            "1969-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
            "tomorrow s3cr3t-m4rk3r",
        )
    ),
    due("29 an epoch", "1767225600"),
    due("29 an epoch as text", '"1767225600"'),
    lead("32 a name of 1 MB", (413, 422), f'"need":"{"x" * 1_000_000}"'),
    lead("32 too long", 422, f'"need":"{"x" * 4001}"'),
    lead("32 direction override", 422, r'"need":"a\u202eb"'),
    lead("32 a bell", 422, r'"need":"a\u0007b"'),
    *(
        lead(f"33 email {text[:20]}", 422, f'"email":"{text}"')
        for text in (
            "a@b",
            f"{'a' * 5000}@example.com",
            "s3cr3t-m4rk3r",
            "a@b@c.cn",
            "javascript:x",
        )
    ),
    lead("33 phone", 422, '"phone":"call s3cr3t-m4rk3r"'),
    *(
        lead(f"35 id {text}", 422, f'"owner_id":"{text}"')
        for text in ("x", "0", _ID[:-1], f"{_ID}0", "s3cr3t-m4rk3r", _ID.replace("0", "g"))
    ),
    sent("40 null for what must be", 422, body=b'{"company":null,"source":"web"}'),
    sent("blank", 422, body=b'{"company":"   ","source":"web"}'),
    sent("no company", 422, body=b'{"source":"web"}'),
]

HEADERS = [
    sent(
        "22 occurred-at without the scope",
        403,
        headers=JSON | _OF_OLD,
    ),
    *(
        sent(f"37 key {name}", 422, headers=JSON | {"idempotency-key": key})
        for name, key in (("too long", "x" * 256), ("empty", ""), ("with spaces", "a b"))
    ),
    sent("41 no token", 401, headers=JSON | _NOBODY),
    sent("41 an empty token", 401, headers=JSON | {"authorization": "Bearer "}),
    sent("41 another scheme", 401, headers=JSON | {"authorization": "Basic s3cr3t-m4rk3r"}),
    sent("41 nonsense", 401, headers=JSON | {"authorization": "Bearer s3cr3t-m4rk3r"}),
    sent(
        "41 a token in the query",
        401,
        path="/v1/leads?access_token=x",
        headers=JSON | _NOBODY,
    ),
    sent("43 a token of 9 KB", 401, headers=JSON | {"authorization": f"Bearer {'a' * 9000}"}),
    sent("19 a header of 64 KB", 431, headers=JSON | {"x-much": "x" * 65_536}),
    sent("19 200 headers", 431, headers=JSON | {f"x-{n}": "x" for n in range(200)}),
]

PATHS = [
    asked("25 limit 0", 400, "limit=0"),
    *(
        asked(f"25 limit {n}", 400, f"limit={n}")
        for n in ("-1", "1e3", "1" + "0" * 20, "abc", "201")
    ),
    asked("25 limit twice", 400, "limit=1&limit=2", "parameter.invalid"),
    asked("25 unknown parameter", 400, "s3cr3t=1", "parameter.unknown"),
    asked("26 no cursor", 400, "cursor=s3cr3t-m4rk3r", "cursor.invalid"),
    asked("26 half a cursor", 400, "cursor=AAAA"),
    *(
        asked(f"27 sort {by}", 400, f"sort={by}")
        for by in (
            "need",
            "tenant_id",
            "(select 1)",
            "company;drop",
            "-",
            "company,company,company",
        )
    ),
    asked("27 private filter", 400, "deleted_at=2026-01-01T00:00:00Z"),
    asked("27 too many values", (400, 414), "owner_id=" + ",".join([_ID] * 201)),
    asked("28 empty search", 400, "q="),
    asked("28 long search", 400, "q=" + "x" * 5_000),
    asked("28 percent signs", 200, "q=" + "%25" * 200),
    asked("28 a pattern", 200, "q=(a%2B)%2B%24"),
    asked("3 NUL in the query", 400, "q=%00"),
    asked("5 injection in a filter", (200, 400), "source=' or 1=1 --"),
    asked("29 no date", 400, "received_at_gte=s3cr3t-m4rk3r"),
    asked("31 no number", 400, "budget_gte=NaN"),
    asked("20 a query of 60 KB", 414, "q=" + "x" * 60_000),
    *(
        Attack(f"20 {path}", (400, 404, 405, 422), "GET", path)
        for path in (
            "/v1//leads",
            "/v1/leads/%2e%2e/x",
            "/v1/leads/%00",
            "/v1/leads/%ff",
            "/v1/leads/a%2Fb",
        )
    ),
    Attack("35 an id that is none", (404, 422), "GET", "/v1/leads/s3cr3t-m4rk3r"),
    Attack("35 nil", (404,), "GET", f"/v1/leads/{'0' * 8}-0000-0000-0000-{'0' * 12}"),
    Attack("35 upper case", (404,), "GET", f"/v1/leads/{_ID.upper()}"),
    *(Attack(f"21 {m}", (405,), m, "/v1/leads") for m in ("TRACE", "PUT", "DELETE", "BREW")),
    sent("21 method override", 201, headers=JSON | {"x-http-method-override": "DELETE"}),
    Attack("unknown field asked for", (400, 404, 422), "GET", f"/v1/leads/{_ID}?fields=s3cr3t"),
]


def versions(path: str) -> list[Attack]:
    """Bad If-Match headers for a PATCH of a record that exists at version 1."""
    body = b'{"need":"x"}'
    tags = {
        "weak": ('W/"1"', 412),
        "star": ("*", 412),
        "unquoted": ("1", 412),
        "list": (", ".join(['"1"'] * 1000), 412),
        "stale": ('"2"', 412),
        "not a number": ('"s3cr3t-m4rk3r"', 412),
        "huge": (f'"{"9" * 40}"', 412),
    }
    found = [
        Attack(f"36 {n}", (status, 400, 431), "PATCH", path, body, JSON | {"if-match": tag})
        for n, (tag, status) in tags.items()
    ]
    found.append(Attack("36 none", (428,), "PATCH", path, body, JSON, "version.required"))
    return found
