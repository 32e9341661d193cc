"""The README's table names what an operator may set: no more, no less, and with its default."""

import re
from typing import Any

import pytest

from crmkit.service import services
from tests.architecture.test_rules import FILES, source

_ROW = re.compile(r"^\| `(CRM_\w+)` \| (?:`(.*?)`)? ?\| \S", re.MULTILINE)
_NAMED = re.compile(r"\bCRM_[A-Z]+(?:_[A-Z]+)*\b")
_ENV = source("deploy/.env.example").text
CLIENTS = {"CRM_URL", "CRM_TOKEN"}
"""What `crm rollup` and its like take; a sentence below the table says so."""

WITHIN = {"CRM_EDGE_SUFFIX"}
"""What one file of deploy/ tells another."""

TESTS = re.compile(r"CRM_TEST_\w+")


def settings() -> dict[str, str]:
    """Name and default of each field of each service's settings, and of the gateway's."""
    fields: dict[str, Any] = {}
    for service in services():
        fields |= service.settings.model_fields
    told = {f"CRM_{name.upper()}": _written(field.default) for name, field in fields.items()}
    gateway = source("deploy/gateway/settings.mjs").text
    given = re.findall(r"given\.(CRM_GATEWAY_\w+) \?\? '?([^'),]+)", gateway)
    told |= {name: default.strip() for name, default in given}
    return told | {"CRM_GATEWAY_DOCUMENTS": "documents"}


def _written(default: Any) -> str:
    number = isinstance(default, float) and default.is_integer()
    return str(int(default) if number else default).lower() if default != "" else ""


def differing(table: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """Names that one of the two lacks, and defaults that differ but for their case."""
    lacking = [f"{name} is {where}" for name, where in _apart(table, wanted)]
    return lacking + [
        f"{name}: {table[name]!r} is {wanted[name]!r}"
        for name in sorted(table.keys() & wanted.keys())
        if table[name].lower() != wanted[name].lower()
    ]


def _apart(table: dict[str, str], wanted: dict[str, str]) -> list[tuple[str, str]]:
    missing = [(name, "not in the table") for name in wanted if name not in table]
    return missing + [(name, "no setting") for name in table if name not in wanted]


def unexplained(text: str, known: set[str]) -> set[str]:
    """Variables that a text names and nothing explains."""
    return {name for name in _NAMED.findall(text) if name not in known and not TESTS.match(name)}


def test_the_table_names_every_setting_with_its_default() -> None:
    table = dict(_ROW.findall(source("README.md").text))
    assert len(table) > 30
    assert differing(table, settings()) == []


def test_every_variable_that_is_named_is_explained() -> None:
    known = {*settings(), *_NAMED.findall(_ENV), *CLIENTS, *WITHIN}
    kept = (".py", ".mjs", ".yaml", ".yml", ".conf", ".template", ".sql", "Dockerfile", "Makefile")
    ours = [name for name in FILES if name.endswith(kept) and not name.startswith("tests/")]
    found = {name: unexplained(source(name).text, known) for name in ours}
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ({"CRM_KAFKA_TYPO": ""}, ["CRM_KAFKA_TYPO is no setting"]),
        ({"CRM_POOL_SIZE": "9"}, ["CRM_POOL_SIZE: '9' is '8'"]),
    ],
)
def test_a_row_that_is_wrong_is_found(planted: dict[str, str], found: list[str]) -> None:
    assert differing(settings() | planted, settings()) == found


def test_a_setting_that_no_row_names_is_found() -> None:
    table = settings()
    del table["CRM_TRUSTED_PROXIES"]
    assert differing(table, settings()) == ["CRM_TRUSTED_PROXIES is not in the table"]


def test_a_variable_that_nothing_explains_is_found() -> None:
    text = "CRM_KAFKA CRM_TEST_DATA " + "CRM_" + "UNKNOWN_ONE"
    assert unexplained(text, {"CRM_KAFKA"}) == {"CRM_" + "UNKNOWN_ONE"}
