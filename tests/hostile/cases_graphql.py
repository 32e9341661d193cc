"""Documents that ask for too much, or are none."""

from typing import Any

from tests.hostile.cases import ID, MARKER, SHAPE, Document, Exchange

_LIMIT = "400 LIMIT_EXCEEDED"
_PARSE, _NONE = "400 GRAPHQL_PARSE_FAILED", "400 graphql.malformed"


def _sent(query: str, **variables: Any) -> dict[str, Any]:
    return {"query": query, "variables": variables}


def _times(count: int, part: str) -> str:
    return " ".join(part.format(n=n) for n in range(count))


_PAGE = "leads(first: 100) { nodes { account { id } } edges { node { account { id } } } }"
_FAN = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))
_FAN_OUT = f"query {{ ...F0 }} {_FAN} fragment F30 on Query {{ __typename }}"
_SPREAD = "{ " + _times(9, "x{n}: __typename ...A") + " } fragment A on Query { "
_WHERE = "query($id: UUID!) { lead(id: $id) { id } }"
_COUNT = "query($n: Int) { leads(first: $n) { nodes { id } } }"

TOO_MUCH = [
    Document(
        48,
        "depth",
        _sent("{ leads { nodes { account " + "{ parent " * 9 + "{ id }" + " }" * 12),
        _LIMIT,
    ),
    Document(
        48, "16 aliases", _sent("{" + _times(16, "a{n}: leads {{ nodes {{ id }} }}") + "}"), _LIMIT
    ),
    Document(48, "1,001 tokens", _sent("{" + " __typename" * 1001 + "}"), _LIMIT),
    Document(48, "11 root fields", _sent("{" + _times(11, "a{n}: __typename") + "}"), _LIMIT),
    Document(48, "990 times one field", _sent("{ leads { nodes {" + " id" * 990 + "} } }"), _LIMIT),
    Document(
        48,
        "a cycle",
        _sent("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"),
        _LIMIT,
    ),
    Document(48, "a fan of fragments", _sent(_FAN_OUT), _LIMIT),
    Document(
        48,
        "aliases hidden in a fragment",
        _sent(_SPREAD + _times(9, "y{n}: __typename") + " }"),
        _LIMIT,
    ),
    Document(
        48,
        "300 directives",
        _sent("{ leads { nodes { id" + " @skip(if: false)" * 300 + " } } }"),
        _LIMIT,
    ),
    Document(
        48,
        "cost",
        _sent("{ " + _times(3, "p{n}: " + _PAGE.replace("{", "{{").replace("}", "}}")) + " }"),
        _LIMIT,
    ),
    Document(48, "a document of 60 KB", _sent("{ __typename } #" + "x" * 60_000), _LIMIT),
    Document(
        47,
        "passwords by alias",
        _sent("mutation {" + _times(20, 'a{n}: deleteLead(id: "{n}") {{ __typename }}') + "}"),
        _LIMIT,
    ),
    Document(51, "a page by variable", _sent(_COUNT, n=10_000), _LIMIT),
]

NONE = [
    Document(51, "no query", {}, _NONE),
    Document(51, "a number for a query", {"query": 5}, _NONE),
    Document(51, "variables that are a list", {"query": "{ __typename }", "variables": [1]}, _NONE),
    Document(49, "a batch", [{"query": "{ __typename }"}], _NONE),
    Document(51, "no document", _sent(f'"{MARKER}" {{'), _PARSE),
    Document(51, "a text where a name is due", _sent(f'{{ leads "{MARKER}" }}'), _PARSE),
    Document(51, "half a document", _sent("{ leads {"), _PARSE),
    Document(3, "NUL in a document", _sent("{ leads\0 }"), _PARSE),
    Document(9, "a field nobody offers", _sent("{ leads { nodes { tenantId } } }"), SHAPE),
    Document(45, "a node by the id of a type there is not", _sent("{ node(id: 7) { id } }"), SHAPE),
    Document(51, "a list for an id", _sent(_WHERE, id=[MARKER]), SHAPE),
    Document(35, "no id", _sent(_WHERE, id=MARKER), SHAPE),
    Document(35, "no id, written out", _sent(f'{{ lead(id: "{MARKER}") {{ id }} }}'), SHAPE),
    Document(35, "an id in braces", _sent(_WHERE, id=f"{{{ID}}}"), SHAPE),
    Document(51, "no variables", _sent(_WHERE), SHAPE),
    Document(51, "null for a number", _sent(_COUNT, n=None), "200 GRAPHQL_VALIDATION_FAILED"),
    Document(51, "a text for a number", _sent(_COUNT, n=MARKER), SHAPE),
    Document(4, "2**31 for a number", _sent(_COUNT, n=2**31), _LIMIT),
    Document(51, "a variable there is not", _sent("{ leads(first: $n) { nodes { id } } }"), SHAPE),
    Document(
        51,
        "an operation there is not",
        _sent("query A { __typename }") | {"operationName": MARKER},
        SHAPE,
    ),
    Document(51, "two operations", _sent("query A { __typename } query B { __typename }"), SHAPE),
    Document(
        31,
        "no value of an enum",
        _sent(f"{{ leads(filter: {{status: {MARKER.replace('-', '_')}}}) {{ nodes {{ id }} }} }}"),
        SHAPE,
    ),
    Document(
        36,
        "a version of 40 digits",
        _sent(
            f'mutation {{ a: updateLead(id: "{ID}", expectedVersion: {"9" * 40}, input: {{}})'
            " { __typename } }"
        ),
        SHAPE,
    ),
    Document(
        36,
        "no version",
        _sent(f'mutation {{ updateLead(id: "{ID}", input: {{}}) {{ __typename }} }}'),
        SHAPE,
    ),
]

WAYS = [
    Exchange(49, "GET", "405 method.not_allowed", "GET", "?query={__typename}"),
    Exchange(
        49,
        "a form",
        "415 body.media_type",
        headers={"content-type": "application/x-www-form-urlencoded"},
    ),
    Exchange(
        49,
        "multipart",
        "415 body.media_type",
        headers={"content-type": "multipart/form-data; boundary=x"},
    ),
    Exchange(49, "text", "415 body.media_type", headers={"content-type": "text/plain"}),
    Exchange(
        49,
        "merge patch",
        "415 body.media_type",
        headers={"content-type": "application/merge-patch+json"},
    ),
    Exchange(
        8, "a query twice", "400 body.malformed", sent=b'{"query":"{__typename}","query":"{x}"}'
    ),
    Exchange(51, "NaN", "400 body.malformed", sent=b'{"query":NaN}'),
    Exchange(
        51,
        "10 MB of variables",
        "413 body.too_large",
        sent=b'{"variables":"' + b"x" * 10_000_000 + b'"}',
    ),
    Exchange(41, "no token", "401 token.invalid", headers={"authorization": ""}),
    Exchange(37, "a key too long", "200", headers={"idempotency-key": "x" * 256}),
]
