"""`crm import --propose`: a mapping for a file that has none, as TOML to be saved and corrected."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from crmkit.remote.api import Api
from crmkit.remote.converters import CONVERTERS
from crmkit.remote.files import Rows

_FORMS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y年%m月%d日",
    "%d %b, %Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d.%m.%Y",
)
_SINCE = {
    "created",
    "createdat",
    "createdtime",
    "createdon",
    "date",
    "day",
    "received",
    "receivedat",
}
_SINCE |= {"创建时间", "创建日期", "日期", "时间", "登记时间", "登记日期", "录入时间", "提交时间"}
"""What files call the column that says when a record began."""
_CODES = {"source", "stage"}
"""Fields that take a code, in lower case and without blanks."""
_ID = re.compile(r"(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_KINDS = {"number": "number", "money": "text", "bool": "bool", "day": "text"}
_DEFAULT_CURRENCY = "CNY"


async def propose_mapping(api: Api, path: Path, to: str) -> str:
    """What the API proposes for the file, as a mapping; Refused where it cannot be read."""
    with Rows(path) as rows:
        sent = rows.content()
    proposal = await api.ask(
        "POST",
        f"/v1/{to}/imports",
        params={"mapping": "propose"},
        content=sent,
        headers={"content-type": "application/octet-stream"},
    )
    tenant = await api.find("/v1/tenant")
    currency = tenant["base_currency"] if tenant else _DEFAULT_CURRENCY
    return mapping_of(path.name, to, proposal, currency)


def mapping_of(name: str, to: str, proposal: Mapping[str, Any], currency: str) -> str:
    """A mapping file; columns that become nothing yet stand in it as comments, with samples."""
    columns = {each["column"]: each for each in proposal["columns"]}
    fields = {field: columns[column] for column, field in proposal["mapping"].items()}
    since = next((each for each in columns.values() if _is_since(each)), None)
    used = {each["column"] for each in fields.values()} | {proposal["key"]}
    used |= {since["column"]} if since else set()
    left = [
        _own(each, number)
        for number, each in enumerate(columns.values(), 1)
        if each["column"] not in used and each["looks_like"] != "empty"
    ]
    lines = [
        f"# {proposal['total']} rows, {proposal['format']} {proposal['encoding']}".rstrip(),
        f"system = {_quoted(_code(name) or 'file')}",
        "",
        "[[file]]",
        f"name = {_quoted(name)}",
        f'to = "/v1/{to}"',
        f"key = {_quoted(proposal['key'] or '')}{_why_no_key(proposal['key'])}",
        *_occurred(since),
        "[file.fields]",
        *_rules(fields, currency),
        *_placeholders(proposal, currency),
        "[file.custom]  # fields of your own: take the # away, and the field is made",
        *left,
    ]
    return "\n".join(lines) + "\n"


def _rules(fields: Mapping[str, Any], currency: str) -> Iterable[str]:
    for field, each in fields.items():
        column, said = _quoted(each["column"]), _said(each)
        name, _, part = field.partition(".")
        if part == "amount":
            unit = fields.get(f"{name}.currency")
            its = f"{{ column = {_quoted(unit['column'])} }}" if unit else _quoted(currency)
            amount = f'{{ column = {column}, as = "amount" }}'
            yield f"{name} = {{ amount = {amount}, currency = {its} }}{said}"
        elif field in _CODES:
            yield f'{field} = {{ column = {column}, {_nameless(each)}as = "code" }}{said}'
        elif not part:
            by_name = _is_ours(field) and not all(map(_ID.fullmatch, filter(None, each["samples"])))
            yield _referred(field, column, said) if by_name else f"{field} = {column}{said}"


def _is_ours(field: str) -> bool:
    """Whether it takes an id that this house has given."""
    return field.endswith("_id") and field != "external_id"


def _referred(field: str, column: str, said: str) -> str:
    """What names a record by its name finds it in the file of such records, if there is one."""
    file = _quoted(f"{field.removesuffix('_id')}s.csv")
    rule = f"{{ ref = {file}, column = {column} }}"
    return f"# {field} = {rule}{said}  # no ids: put that file before this one, and take the # away"


def _placeholders(proposal: Mapping[str, Any], currency: str) -> Iterable[str]:
    """What stands in every row for what no column tells: a word, or no money."""
    for field in proposal["missing"]:
        value = '"import"'
        if f"{field}.amount" in proposal["fields"]:
            value = f'{{ amount = "0.00", currency = {_quoted(currency)} }}'
        yield f"{field} = {{ value = {value} }}  # no column tells it"


def _nameless(column: Mapping[str, Any]) -> str:
    """Names without letters make no code; the user gives them one, until then rows are refused."""
    names = [text for text in column["samples"] if text and not _code(text)]
    if not names:
        return ""
    return "map = { " + ", ".join(f'{_quoted(text)} = ""' for text in dict.fromkeys(names)) + " }, "


def _own(column: Mapping[str, Any], number: int) -> str:
    name = column["column"]
    key = _code(name).replace("-", "_")
    key = key if key[:1].isalpha() else f"column_{number}"
    kind = _KINDS.get(column["looks_like"], "text")
    as_ = ', as = "boolean"' if kind == "bool" else ""
    rule = f'{{ column = {_quoted(name)}{as_}, kind = "{kind}", zh = {_quoted(name)} }}'
    return f"# {key} = {rule}{_said(column)}"


def _occurred(since: Mapping[str, Any] | None) -> Iterable[str]:
    if since is not None:
        rule = f"column = {_quoted(since['column'])}, format = {_quoted(_form(since['samples']))}"
        yield f"occurred_at = {{ {rule} }}{_said(since)}"


def _is_since(column: Mapping[str, Any]) -> bool:
    name = "".join(each for each in column["column"].lower() if each.isalnum())
    return name in _SINCE and bool(_form(column["samples"]))


def _form(samples: Iterable[str]) -> str:
    """The one of the known forms of an instant that all of the samples have, else nothing."""
    filled = [text for text in samples if text]
    return next((form for form in _FORMS if filled and all(_fits(t, form) for t in filled)), "")


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it has this form
    except ValueError:
        return False
    return True


def _why_no_key(key: str | None) -> str:
    return "" if key else "  # no column holds ids: a row is known by all that it says"


def _said(column: Mapping[str, Any]) -> str:
    shown = ", ".join(" ".join(text.split()) for text in column["samples"] if text)
    return f"  # {column['looks_like']}: {shown}" if shown else ""


def _code(text: str) -> str:
    return str(CONVERTERS["code"](text, {}))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
