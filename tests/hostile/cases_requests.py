"""Bodies, files, headers, paths and methods that no caller of ours would send."""

import json
from urllib.parse import quote

from tests.hostile.cases import ID, MARKER, Asked, Body, Exchange, File

_BROKEN, _MEDIA, _LARGE = "400 body.malformed", "415 body.media_type", "413 body.too_large"
_NO_FILE, _OPTIONS = "422 import.malformed", "422 import.options"
_JSON = {"content-type": "application/json"}
_LEAD = '{"company":"Acme","source":"web"}'
_MIB = 1024 * 1024


def _keys(count: int) -> bytes:
    return json.dumps({f"k{n}": 1 for n in range(count)}).encode()


def _typed(kind: str) -> dict[str, str]:
    return {"content-type": kind}


BODIES = [
    Body(8, "a key twice", b'{"company":"a","company":"b","source":"web"}', _BROKEN, upload=_MEDIA),
    Body(8, "a key twice by escape", rb'{"query":"a","\u0071uery":"b"}', _BROKEN, upload=_MEDIA),
    Body(
        10,
        "100,000 deep",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        _BROKEN,
        upload=_MEDIA,
    ),
    Body(10, "33 deep", b'{"a":' + b"[" * 33 + b"]" * 33 + b"}", _BROKEN, upload=_MEDIA),
    Body(11, "50,000 keys", _keys(50_000), _BROKEN, batch="422 field.missing", upload=_MEDIA),
    Body(11, "150,000 keys", _keys(150_000), _LARGE, batch=_BROKEN, upload=_MEDIA),
    Body(12, "a byte too much", b" " * (_MIB + 1), _LARGE, batch=_BROKEN, upload=_MEDIA),
    Body(12, "a byte too much for a batch", b" " * (4 * _MIB + 1), _LARGE, upload=_MEDIA),
    Body(
        13, "gzip", b"\x1f\x8b", "415 body.encoding", headers=_JSON | {"content-encoding": "gzip"}
    ),
    Body(13, "br", b"{}", "415 body.encoding", headers=_JSON | {"content-encoding": "br, gzip"}),
    Body(14, "invalid UTF-8", b'{"company":"\xff"}', _BROKEN, upload=_MEDIA),
    Body(14, "UTF-16", _LEAD.encode("utf-16"), _BROKEN, upload=_MEDIA),
    Body(14, "UTF-7", b"+AHsAfQ-", _BROKEN, upload=_MEDIA),
    Body(14, "a byte order mark", b"\xef\xbb\xbf" + _LEAD.encode(), _BROKEN, upload=_MEDIA),
    Body(15, "text", _LEAD.encode(), _MEDIA, headers=_typed("text/plain")),
    Body(15, "latin1", _LEAD.encode(), _MEDIA, headers=_typed("application/json; charset=latin1")),
    Body(15, "nothing said", _LEAD.encode(), _MEDIA, headers=_typed("")),
    Body(15, "XML", b"<lead/>", _MEDIA, headers=_typed("application/xml")),
    Body(
        15,
        "a broken form",
        b"--x",
        _MEDIA,
        upload=_BROKEN,
        headers=_typed("multipart/form-data"),
    ),
    Body(
        16,
        "a form",
        b"&".join([b"a=1"] * 10_000),
        _MEDIA,
        headers=_typed("application/x-www-form-urlencoded"),
    ),
    Body(40, "nothing", b"", "422 field.missing", graphql=_BROKEN, upload=_MEDIA),
    Body(
        40,
        "null",
        b"null",
        "422 field.model_attributes_type",
        graphql="400 graphql.malformed",
        upload=_MEDIA,
    ),
    Body(
        7,
        "a list",
        b"[]",
        "422 field.model_attributes_type",
        graphql="400 graphql.malformed",
        upload=_MEDIA,
    ),
    Body(
        7,
        "a text",
        f'"{MARKER}"'.encode(),
        "422 field.model_attributes_type",
        graphql="400 graphql.malformed",
        upload=_MEDIA,
    ),
    Body(10, "half of one", f'{{"company":"{MARKER}"'.encode(), _BROKEN, upload=_MEDIA),
    Body(10, "two of them", b"{}{}", _BROKEN, upload=_MEDIA),
]

_ZIP = b"PK\x03\x04"
_ROWS = b"company\nAcme\n"
_FORM = {"content-type": "multipart/form-data; boundary=x"}


def _form(*parts: str) -> bytes:
    heads = (f"--x\r\ncontent-disposition: form-data; {part}\r\n\r\nx\r\n" for part in parts)
    return ("".join(heads) + "--x--\r\n").encode()


FILES = [
    File(1, "NaN as default", _ROWS, _OPTIONS, {"defaults": '{"source":NaN}'}),
    File(2, "a lone surrogate as default", _ROWS, _OPTIONS, {"defaults": r'{"source":"\ud800"}'}),
    File(2, "a lone surrogate", b"company\n\xed\xa0\x80\n", _NO_FILE),
    File(8, "a default twice", _ROWS, _OPTIONS, {"defaults": '{"source":"a","source":"b"}'}),
    File(8, "two columns of one name", b"company,company\na,b\n", _NO_FILE),
    File(
        8,
        "two columns for one field",
        b"a,b\n1,2\n",
        "422 mapping.twice",
        {"mapping": '{"a":"company","b":"company"}'},
    ),
    File(9, "an option nobody offers", _ROWS, "422 field.unknown", {"tenant_id": ID}),
    File(
        9,
        "a column for a field nobody offers",
        _ROWS,
        "422 mapping.unknown_field",
        {"mapping": '{"company":"tenant_id"}'},
    ),
    File(
        9,
        "a default for a field nobody offers",
        _ROWS,
        "422 mapping.unknown_field",
        {"defaults": '{"version":"1"}'},
    ),
    File(
        9,
        "a column there is not",
        _ROWS,
        "422 mapping.unknown_column",
        {"mapping": f'{{"{MARKER}":"company"}}'},
    ),
    File(10, "defaults without end", _ROWS, _OPTIONS, {"defaults": '{"source":' + "[" * 1000}),
    File(
        10, "defaults too deep", _ROWS, _OPTIONS, {"defaults": '{"a":' + "[" * 40 + "]" * 40 + "}"}
    ),
    File(11, "501 columns", b",".join(b"c%d" % n for n in range(501)) + b"\n", _NO_FILE),
    File(12, "a line of more than a MiB", b"company\n" + b"x" * (_MIB + 2), _NO_FILE),
    File(13, "what is no workbook", _ZIP + b"nothing", _NO_FILE),
    File(14, "invalid UTF-8 and GB18030", b"company\n\xff\xff\n", _NO_FILE),
    File(14, "UTF-16", "company\nAcme\n".encode("utf-16"), _NO_FILE),
    File(
        16,
        "a form of many fields",
        _form(*[f'name="n{n}"' for n in range(9)]),
        _BROKEN,
        headers=_FORM,
    ),
    File(
        16, "a form of two files", _form(*['name="file"; filename="a"'] * 2), _BROKEN, headers=_FORM
    ),
    File(16, "a form without end", _form('name="name"')[:-9], _NO_FILE, headers=_FORM),
    File(16, "a form without a file", _form('name="name"'), _NO_FILE, headers=_FORM),
    File(7, "perhaps for a truth", _ROWS, "422 field.bool_parsing", {"dry_run": "perhaps"}),
    File(7, "a list for an object", _ROWS, "422 field.dict_type", {"defaults": "[]"}),
    File(
        7,
        "a number for a field's name",
        _ROWS,
        "422 field.string_type",
        {"mapping": '{"company":7}'},
    ),
    File(35, "an id that is none", _ROWS, "422 field.uuid_parsing", {"like": MARKER}),
    File(35, "an import there is not", _ROWS, "422 import.unknown", {"like": ID}),
    File(10, "a quote that never ends", b'company\n"Acme\n', _NO_FILE),
    File(40, "nothing", b"", _NO_FILE),
    File(40, "a nameless column", b",\nAcme,\n", _NO_FILE),
    File(40, "no column that becomes a field", b"zz\n1\n", "422 mapping.empty"),
    File(40, "a key there is not", _ROWS, "422 mapping.unknown_column", {"key": MARKER}),
    File(32, "a long name", _ROWS, "422 field.string_too_long", {"name": "x" * 201}),
    File(32, "a long name of a column", b"x" * 201 + b"\nAcme\n", _NO_FILE),
]

_LIMIT, _UNKNOWN, _CURSOR = "400 parameter.invalid", "400 parameter.unknown", "400 cursor.invalid"
_FILTER = "400 GRAPHQL_VALIDATION_FAILED"
_NO_VIEW = "404 leads_view.not_found"
LISTS = [
    *(Asked(25, f"limit={n}", _LIMIT, f"first: {n}", _LIMIT) for n in ("0", "-1")),
    Asked(25, "limit=201", _LIMIT, "first: 201", "400 LIMIT_EXCEEDED"),
    Asked(25, "limit=abc", _LIMIT, 'first: "abc"', _FILTER),
    Asked(25, "limit=1e3", _LIMIT, "first: 1e3", _FILTER),
    Asked(25, f"limit=1{'0' * 20}", _LIMIT, f"first: 1{'0' * 20}", "400 LIMIT_EXCEEDED"),
    Asked(25, "limit=1&limit=2", _LIMIT, "first: 1, first: 2", _FILTER),
    Asked(25, "limit=", _LIMIT, "first: null", _FILTER),
    Asked(25, "s3cr3t=1", _UNKNOWN, "s3cr3t: 1", _FILTER),
    Asked(25, "count=all", _LIMIT),
    Asked(26, f"cursor={MARKER}", _CURSOR, f'after: "{MARKER}"', _CURSOR),
    Asked(26, "cursor=AAAA", _CURSOR, 'after: "AAAA"', _CURSOR),
    Asked(26, "cursor=", _CURSOR, 'after: ""', _CURSOR),
    Asked(26, f"cursor={'A' * 4000}", _CURSOR, f'after: "{"A" * 4000}"', _CURSOR),
    *(
        Asked(27, f"sort={quote(by)}", _LIMIT, f'sort: "{by}"', _LIMIT)
        for by in ("need", "tenant_id", "(select 1)", "company;drop", "-", "", "company,company")
    ),
    Asked(27, "deleted_at=2026-01-01T00:00:00Z", _UNKNOWN, 'filter: {deletedAt: "2026"}', _FILTER),
    Asked(27, "tenant_id=x", _UNKNOWN, 'filter: {tenantId: "x"}', _FILTER),
    Asked(
        27,
        "owner_id=" + ",".join([ID] * 201),
        _LIMIT,
        "filter: {ownerId: [" + ",".join([f'"{ID}"'] * 201) + "]}",
        _LIMIT,
    ),
    Asked(27, "&".join(f"x{n}=1" for n in range(50)), _UNKNOWN),
    Asked(35, f"view={MARKER}", _LIMIT, f'filter: {{view: "{MARKER}"}}', _FILTER),
    Asked(35, f"view={ID.replace('-', '')}", _LIMIT),
    Asked(35, f"view={ID}", _NO_VIEW, f'filter: {{view: "{ID}"}}', _NO_VIEW),
    Asked(25, f"view={ID}&view={ID}", _LIMIT),
    Asked(28, "q=", _LIMIT, 'filter: {q: ""}', _LIMIT),
    Asked(28, "q=" + "x" * 5_000, _LIMIT, f'filter: {{q: "{"x" * 5000}"}}', _LIMIT),
    Asked(28, "q=" + "%25" * 200, "200", f'filter: {{q: "{"%" * 200}"}}', "200"),
    Asked(28, "q=" + quote("(a+)+$"), "200", 'filter: {q: "(a+)+$"}', "200"),
    Asked(28, "q=" + quote("\\"), "200", r'filter: {q: "\\"}', "200"),
    Asked(3, "q=%00", "400 request.malformed", r'filter: {q: "\u0000"}', _LIMIT),
    Asked(2, "q=%ED%A0%80", "200", r'filter: {q: "\uD800"}', "400 GRAPHQL_PARSE_FAILED"),
    Asked(27, "source=' or 1=1 --", "200", 'filter: {source: "\' or 1=1 --"}', "200"),
    Asked(
        29, f"received_at_gte={MARKER}", _LIMIT, f'filter: {{receivedAtGte: "{MARKER}"}}', _FILTER
    ),
    Asked(
        29,
        "received_at_gte=2026-01-01T00:00:00",
        _LIMIT,
        'filter: {receivedAtGte: "2026-01-01T00:00:00"}',
        _FILTER,
    ),
    Asked(5, "budget_gte=1E%2B1000000", _LIMIT, 'filter: {budgetGte: "1E+1000000"}', _LIMIT),
    Asked(6, "budget_gte=NaN", _LIMIT, 'filter: {budgetGte: "NaN"}', _LIMIT),
    Asked(35, "owner_id=x", _LIMIT, 'filter: {ownerId: ["x"]}', _FILTER),
    Asked(31, "status=lost", _LIMIT, "filter: {status: [LOST]}", _FILTER),
    Asked(20, "q=" + "x" * 60_000, "414 url.too_long"),
]

_HOOK = {"name": "ERP", "url": "https://example.com/hook", "types": ["*"]}
_KEY = "422 idempotency.invalid"
_NOBODY = "401 token.invalid"
_WAS = {"occurred-at": "2026-01-01T00:00:00Z"}
HEADERS = [
    Exchange(46, "when it was, without the scope", "403 history.forbidden", headers=_WAS),
    *(
        Exchange(37, f"a key {name}", _KEY, headers={"idempotency-key": key})
        for name, key in (("too long", "x" * 256), ("empty", ""), ("with blanks", "a b"))
    ),
    Exchange(
        37,
        "a key of a batch",
        "422 idempotency.batch",
        path="/v1/leads/batch",
        sent=b'{"rows":[{"data":{}}]}',
        headers={"idempotency-key": "x"},
    ),
    Exchange(41, "no token", _NOBODY, headers={"authorization": ""}),
    Exchange(41, "an empty token", _NOBODY, headers={"authorization": "Bearer "}),
    Exchange(41, "another scheme", _NOBODY, headers={"authorization": f"Basic {MARKER}"}),
    Exchange(41, "nonsense", _NOBODY, headers={"authorization": f"Bearer {MARKER}"}),
    Exchange(
        41, "in the query", _NOBODY, path="/v1/leads?access_token=x", headers={"authorization": ""}
    ),
    Exchange(43, "a token of 9 KB", _NOBODY, headers={"authorization": f"Bearer {'a' * 9000}"}),
    Exchange(19, "one of 64 KB", "431 headers.too_large", headers={"x-much": "x" * 65_536}),
    Exchange(
        19, "200 of them", "431 headers.too_large", headers={f"x-{n}": "x" for n in range(200)}
    ),
    Exchange(
        23,
        "thousands of ranges",
        "200",
        "GET",
        headers={"range": f"bytes={','.join(['0-0'] * 5000)}"},
    ),
    *(
        Exchange(
            59,
            f"a header {name} of one's own",
            "422 field.unknown",
            path="/v1/webhook-endpoints",
            sent=json.dumps(_HOOK | {"headers": {name: "x\r\ny"}}).encode(),
        )
        for name in ("host", "content-length", "webhook-signature")
    ),
    Exchange(21, "another method wished", "201", headers={"x-http-method-override": "DELETE"}),
    Exchange(22, "another host", "201", headers={"host": "evil.example"}),
    Exchange(46, "another tenant claimed", "201", headers={"x-tenant-id": ID}),
    *(Exchange(21, m, "405 method.not_allowed", m) for m in ("TRACE", "PUT", "DELETE", "BREW")),
]

_GONE = "404 path.unknown"
PATHS = [
    Exchange(20, "two slashes", _GONE, "GET", "/v1//leads"),
    Exchange(20, "dots", _GONE, "GET", "/v1/leads/%2e%2e/x"),
    Exchange(20, "64 KB", "414 url.too_long", "GET", "/v1/leads/" + "x" * 60_000),
    Exchange(3, "NUL", "400 request.malformed", "GET", "/v1/leads/%00"),
    Exchange(20, "no UTF-8", "422 field.uuid_parsing", "GET", "/v1/leads/%ff"),
    Exchange(20, "a slash in an id", _GONE, "GET", "/v1/leads/a%2Fb"),
    Exchange(35, "no id", "422 field.uuid_parsing", "GET", f"/v1/leads/{MARKER}"),
    Exchange(
        35, "nil", "404 lead.not_found", "GET", "/v1/leads/00000000-0000-0000-0000-000000000000"
    ),
    Exchange(35, "upper case", "404 lead.not_found", "GET", f"/v1/leads/{ID.upper()}"),
    Exchange(
        27, "a field nobody offers", "404 lead.not_found", "GET", f"/v1/leads/{ID}?fields={MARKER}"
    ),
    Exchange(25, "a parameter nobody offers", "404 lead.not_found", "GET", f"/v1/leads/{ID}?x=1"),
    Exchange(
        30, "week 53 of a year of 52", "422 period.invalid", "GET", "/v1/reports/weekly/2025-W53"
    ),
    Exchange(30, "week 0", "422 period.invalid", "GET", "/v1/reports/weekly/2026-W00"),
    Exchange(30, "no week", "422 period.invalid", "GET", "/v1/reports/weekly/2026-W1"),
    Exchange(30, "no period", "422 period.invalid", "GET", f"/v1/reports/weekly/{MARKER}"),
    Exchange(30, "month 13", "422 period.invalid", "GET", "/v1/reports/monthly/2026-13"),
    Exchange(30, "year 0", "422 period.invalid", "GET", "/v1/reports/monthly/0000-01"),
]

VERSIONS = {
    "weak": ('W/"1"', "412 stale"),
    "any": ("*", "412 stale"),
    "unquoted": ("1", "412 stale"),
    "a thousand": (", ".join(['"1"'] * 1000), "412 stale"),
    "stale": ('"2"', "412 stale"),
    "no number": (f'"{MARKER}"', "412 stale"),
    "huge": (f'"{"9" * 40}"', "412 stale"),
}
