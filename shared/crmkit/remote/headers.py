"""Which columns the files of a mapping have to have."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from crmkit.remote.api import Refused
from crmkit.remote.mapping import File


def demand_columns(files: Sequence[tuple[File, Sequence[str]]]) -> None:
    """Refused, naming what is missing in each file, unless all that a mapping reads is there.

    Not what a mapping can do without: a part of a template, a condition of a step, a row that is
    looked up.
    """
    faults = []
    for file, there in files:
        missing = dict.fromkeys(name for name in _needed(file) if name not in there)
        if missing:
            faults.append(f"{file.name}: there is no column {', '.join(map(repr, missing))}")
    if faults:
        raise Refused("; ".join(faults))


def _needed(file: File) -> Iterator[str]:
    yield from (name for name in (file.key, file.same) if name)
    steps = [(step.occurred_at, *step.fields.values()) for step in file.then]
    rules = (file.occurred_at, *file.fields.values(), *file.custom.values())
    yield from _columns([*rules, *(rule for step in steps for rule in step)])


def _columns(rules: Iterable[Any]) -> Iterator[str]:
    for rule in rules:
        if isinstance(rule, str):
            yield rule
        elif isinstance(rule, dict) and not rule.keys() & {"value", "template", "from"}:
            yield from _columns([rule.get("column"), rule.get("amount")])
            if isinstance(rule.get("currency"), dict):
                yield from _columns([rule["currency"]])
