"""The forms a document comes in, and the headers each is sent with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from services.reporting.pages.as_csv import as_csv
from services.reporting.pages.as_html import POLICY, as_html
from services.reporting.pages.as_xlsx import as_xlsx
from services.reporting.pages.document import Document


class Form(StrEnum):
    """What `?format=` may ask for, and the ending of a file of it."""

    JSON = "json"
    HTML = "html"
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a document becomes bytes; a browser shows what is `inline` and saves the others."""

    media_type: str
    draw: Callable[[Document], bytes]
    inline: bool = False


DRAWN: Mapping[Form, Drawn] = {
    Form.HTML: Drawn("text/html", as_html, inline=True),
    Form.CSV: Drawn("text/csv", as_csv),
    Form.XLSX: Drawn("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}
"""All but JSON, which is the answer itself."""


def headers(form: Form, plain_name: str, name: str) -> dict[str, str]:
    """Name and protection of an answer; `plain_name` is for programs that know ASCII only.

    The names get the form's ending. Figures are the caller's own, so nothing on the way keeps them.
    """
    kind = "inline" if DRAWN[form].inline else "attachment"
    plain, given = f"{plain_name}.{form}", quote(f"{name}.{form}", safe="")
    return {
        "content-disposition": f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{given}",
        "cache-control": "private, no-store",
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "vary": "accept-language",
        "x-content-type-options": "nosniff",
    }


def described() -> dict[int | str, dict[str, object]]:
    """What OpenAPI says of the answers beside JSON."""
    text = {"type": "string"}
    return {
        200: {
            "description": "The report; `format` says in which form.",
            "content": {
                each.media_type: {
                    "schema": text | ({"format": "binary"} if form is Form.XLSX else {})
                }
                for form, each in DRAWN.items()
            },
        }
    }
