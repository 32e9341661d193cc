"""Webhooks that come in as no sender of ours would sign or say them.

`{id}`, `{at}`, `{signature}` and `{hex}` stand for what would be right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

_NOT, _TAKEN = "401 inbound.signature", "202"
_ACME = b'{"company":"Acme"}'
_SIGNED = "v1,{signature}"


@dataclass(frozen=True)
class Delivery:
    """One message: what is signed, and what is sent in place of it."""

    line: int
    name: str
    answer: str
    said: bytes = _ACME
    sent: bytes | None = None
    """The body on the wire, where it is not what was signed."""

    id: str = "m1"
    late: int = 0
    """Seconds by which it was signed before now."""

    headers: Mapping[str, str] = field(default_factory=dict)
    after: bytes = b""
    """What was sent under the same id before."""


def _header(line: int, name: str, header: str, *values: str) -> list[Delivery]:
    return [
        Delivery(line, f"{name} {n}", _NOT, headers={f"webhook-{header}": value})
        for n, value in enumerate(values)
    ]


_NO_JSON = "422 body.malformed"
_NEVER = '"tenant_id":"x","id":"x","version":7,"__proto__":{"company":"x"}'

DELIVERIES = [
    Delivery(4, "2**70", _NO_JSON, b'{"company":"Acme","need":1180591620717411303424}'),
    Delivery(9, "what nobody mapped", _TAKEN, f'{{"company":"Acme",{_NEVER}}}'.encode()),
    Delivery(
        40,
        "null for a currency",
        "422 field.missing",
        b'{"budget.amount":"1.00","budget.currency":null}',
    ),
    Delivery(46, "a tenant of its own", _TAKEN, b'{"company":"Acme","tenant":"x"}'),
    Delivery(61, "as it should be", _TAKEN),
    *_header(61, "a signature", "signature", "", "{signature}", "v1a,{signature}", "v1,{hex}"),
    *_header(61, "a foreign signature", "signature", f"v1,{'A' * 43}=", "v2,{signature}"),
    *_header(61, "too much of it", "signature", "x" * 10_000, f"{'v1,AAAA ' * 99}{_SIGNED}"),
    Delivery(61, "two of them", _TAKEN, headers={"webhook-signature": f"v1,AAAA {_SIGNED}"}),
    Delivery(62, "five minutes late", _TAKEN, late=295),
    Delivery(62, "later than that", _NOT, late=310),
    Delivery(62, "five minutes early", _TAKEN, late=-295),
    Delivery(62, "earlier than that", _NOT, late=-310),
    *_header(62, "no time", "timestamp", "", "-1", "{at}.0", "{at}000", "1000000000000", "now"),
    Delivery(63, "with blanks", _NOT, sent=b'{"company": "Acme"}'),
    Delivery(63, "with a line more", _NOT, sent=_ACME + b"\n"),
    Delivery(63, "cut off", _NOT, sent=_ACME[:-1]),
    Delivery(63, "with another order", _NOT, b'{"a":1,"b":2}', sent=b'{"b":2,"a":1}'),
    Delivery(63, "an id with a dot", _NOT, id="m1.2"),
    *_header(63, "another id", "id", "", "m2", "m 1", "M1"),
    Delivery(64, "twice", _TAKEN, after=_ACME),
    Delivery(64, "the same id", "409 inbound.reused", after=b'{"company":"Other"}'),
    *(
        Delivery(66, text, _TAKEN, f'{{"company":"{text}"}}'.encode())
        for text in (
            "<script>alert(1)</script>",
            "=HYPERLINK(1)",
            "{{7*7}}",
            "${jndi:ldap://x}",
            "'; drop table lead; --",
        )
    ),
    Delivery(
        66, "a note of 15 KB", "422 field.string_too_long", b'{"need":"' + b"x" * 15_000 + b'"}'
    ),
    Delivery(66, "a note of 50 KB", "413 body.too_large", b'{"need":"' + b"x" * 50_000 + b'"}'),
]

DOORS = {
    "no key": "404 inbound.unknown",
    "revoked": "404 inbound.unknown",
    "inactive": "403 inbound.inactive",
    "full": "429 inbound.cap",
}
"""Line 65: what an endpoint answers that is not there, or takes nothing more."""
