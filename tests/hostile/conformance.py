"""schemathesis over the services: what it is given, what is excused, and what it was answered."""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.generation.meta import CoveragePhaseData

from tests.hostile.excuses import excused

_ENDLESS = "/stream$"
"""Answers of these paths do not end; their own tests read them."""
_SHOWN = 800


CHECKS = {
    "negative_data_rejection": {"expected-statuses": [*range(400, 429), 431, "5xx"]},
    "missing_required_header": {"expected-statuses": [400, 401, 403, 406, 415, 422, 428]},
}
"""Known to few: 412 for a version that is none, 413, 414 and 431 for what is too long, 428 for a
version that is missing (RFC 6585)."""


_TEXTS: Mapping[str, Any] = {
    "currency": "CNY",
    "base_currency": "CNY",
    "time_zone": "Asia/Shanghai",
    "url": "https://example.com/hook",
    "types": ["*"],
    "stage": "proposal",
}
"""Of what a list of names decides, most that is drawn is none."""
_WHEN = "2026-03-31T16:00:00Z"
_FILES = {"leads": "company,source\nAcme,web\n", "opportunities": "name\nPress\n"}


class Known:
    """What there is: of records drawn ids would be none, and drawn versions old. What is answered
    adds to it. Only what is meant to be right is touched."""

    def __init__(self, ids: Mapping[str, Sequence[str]], me: str) -> None:
        self._ids = {path: deque(found) for path, found in ids.items()}
        self._deleted: dict[str, deque[str]] = defaultdict(deque)
        self._etags: dict[str, str] = {}
        self._me = me
        self._keys = 0

    def give(self, _: Any, case: Any) -> Any:
        """Before a case is sent."""
        record = "" if _is_wrong(case, ParameterLocation.PATH) else self._give_id(case)
        headers = {} if _tries_headers(case) else case.headers or {}
        if "If-Match" in headers:
            headers["If-Match"] = self._etags.get(record, '"1"')
        if "Idempotency-Key" in headers:
            self._keys += 1
            headers["Idempotency-Key"] = f"key-{self._keys}"
        if "Occurred-At" in headers:
            headers["Occurred-At"] = _WHEN
        if case.meta is None or case.meta.generation.mode.is_positive:
            root = case.path.split("/")[2]
            if case.media_type == "text/csv" and root in _FILES:
                case.body = _FILES[root]
            self._fill(case.body)
        return case

    def learn(self, _: Any, case: Any, answer: Any) -> None:
        """After the answer: what was made, changed or deleted."""
        etag = answer.headers.get("etag", [""])[0]
        path, _, made = answer.headers.get("location", [""])[0].rpartition("/")
        found = self._record(case)
        if answer.status_code == 201 and made:
            self._ids.setdefault(path, deque()).append(made)
            self._etags[made] = etag
        elif found and answer.status_code in {200, 204}:
            path, name = found
            self._note(case, path, str(case.path_parameters[name]), etag)

    def _give_id(self, case: Any) -> str:
        found = self._record(case)
        if found is None:
            if "owner_id" in (case.path_parameters or {}):
                case.path_parameters["owner_id"] = self._me
            return ""
        path, name = found
        pool = self._ids.get(path)
        if case.path.endswith("/restore"):
            pool = self._deleted[path] or pool
        if pool:
            pool.rotate()
            case.path_parameters[name] = pool[0]
        return str(case.path_parameters[name])

    def _fill(self, body: Any) -> None:
        for value in body if isinstance(body, list) else ():
            self._fill(value)
        for name, value in [*body.items()] if isinstance(body, dict) else ():
            pool = self._ids.get(f"/v1/{name.removesuffix('_id')}s")
            if name in _TEXTS:
                body[name] = _TEXTS[name]
            elif name == "owner_id" and value:
                body[name] = self._me
            elif name.endswith("_id") and value and pool:
                body[name] = pool[0]
            else:
                self._fill(value)

    def _note(self, case: Any, path: str, record: str, etag: str) -> None:
        if case.method == "DELETE" and record in self._ids.get(path, ()):
            self._ids[path].remove(record)
            self._deleted[path].append(record)
        elif etag:
            self._etags[record] = etag

    def _record(self, case: Any) -> tuple[str, str] | None:
        """The path of the list, and the parameter that names a record of it."""
        path, brace, rest = case.path.partition("/{")
        name = rest.partition("}")[0]
        known = brace and name.endswith("_id") and name in (case.path_parameters or {})
        return (path, name) if known else None


def _is_wrong(case: Any, where: ParameterLocation) -> bool:
    return case.meta is not None and case.meta.is_negative_at(where)


def _tries_headers(case: Any) -> bool:
    """Whether it is about headers. In the coverage phase a header with a pattern is drawn wrong
    whatever is tried, so that nothing else would ever be looked at."""
    if case.meta is None or not isinstance(case.meta.phase.data, CoveragePhaseData):
        return _is_wrong(case, ParameterLocation.HEADER)
    return bool(case.meta.phase.data.parameter_location is ParameterLocation.HEADER)


@dataclass
class Seen:
    """What a run was answered, by operation, and what was wrong with it."""

    excuse: Callable[[Any, Any, Any], str] = excused
    wrong: dict[str, str] = field(default_factory=dict)
    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    checks: Counter[str] = field(default_factory=Counter)
    excuses: Counter[str] = field(default_factory=Counter)

    def keep(self, _: Any, failure: Any, case: Any, answer: Any) -> bool:
        """Whether a failure is one: no excuse is known for it."""
        excuse = self.excuse(failure, case, answer)
        if excuse:
            self.excuses[excuse] += 1
        return not excuse

    def note(self, event: Any) -> None:
        if isinstance(event, events.NonFatalError | events.FatalError):
            told = str(getattr(event, "info", event))
            self.wrong.setdefault(told[:100], told)
        if isinstance(event, events.ScenarioFinished):
            for name, case in event.recorder.cases.items():
                self._note_case(event.recorder, name, case)

    def _note_case(self, recorder: Any, name: str, node: Any) -> None:
        label = node.value.operation.label
        interaction = recorder.interactions.get(name)
        answer = interaction and interaction.response
        if answer is not None:
            self.statuses[label][answer.status_code] += 1
        for check in recorder.checks.get(name, ()):
            self.checks[check.name] += 1
            if check.failure_info is not None:
                told = str(check.failure_info.failure)[:_SHOWN]
                sent = check.failure_info.code_sample[:_SHOWN]
                body = answer.content[:_SHOWN].decode(errors="replace") if answer else ""
                self.wrong.setdefault(
                    f"{label}: {check.name}: {told.splitlines()[-1]}", f"{told}\n{sent}\n{body}"
                )


_ALIKE = "|".join(
    (
        "^GET /v1/(?!accounts$)[^{]*$",
        "^GET /v1/(?!accounts/|activities/|leads/)[^{]*/{[^}]*}$",
        "^GET /v1/pools/{pool_id}/leads$",
        "(?<!leads)/batch$",
        "/(history|enums)$",
    )
)
"""What is one room's after the other by the same code, lists and single records above all: the
short form looks at a few of them in depth."""

_AGAIN = "/v1/(?!leads/)[a-z-]+/(custom-fields|imports|exports|views)"
"""What components add to one list after the other, word for word: the short form looks at that of
leads alone."""


_FEW = {"options", "put", "trace"}
_METHODS = _FEW | {"delete", "get", "patch", "post"}


def settings(url: str, token: str, *, long: bool, only: str = "") -> SchemathesisConfig:
    """What each phase tries, where `only` matches of those paths alone. The short form draws few
    values, near the hour in which it runs: that they are taken, it asks only of those that are the
    same every time (coverage)."""
    generation = {"deterministic": not long, "no-shrink": True, "database": "none"}
    examples = {"max-examples": 40 if long else 1}
    drawn = CHECKS | ({} if long else {"positive_data_acceptance": {"enabled": False}})
    walks = {"max-examples": 100 if long else 8}
    phases = {
        "coverage": {"unexpected-methods": sorted(_METHODS if long else _FEW)},
        "fuzzing": {"generation": generation | examples, "checks": drawn},
        "stateful": {"generation": generation | walks, "checks": drawn, "max-steps": 8},
    }
    passed = {"include-name-regex": _ALIKE, "phases": {"coverage": {"enabled": False}}}
    again = {"include-name-regex": _AGAIN, "enabled": False}
    others = {"exclude-path-regex": only, "enabled": False}
    return SchemathesisConfig.from_dict(
        {
            "base-url": url,
            "headers": {"Authorization": token},
            "continue-on-failure": True,
            "generation": generation | examples,
            "phases": phases,
            "operations": ([] if long else [passed, again]) + ([others] if only else []),
            "checks": CHECKS,
        }
    )


def run(document: dict[str, Any], config: SchemathesisConfig, known: Known) -> Seen:
    """Every phase, one after the other: examples, coverage, fuzzing, walks along links.

    Of the document as a caller reads it: links that are found are written into it, and operations
    and services share parts of theirs.
    """
    read = json.loads(json.dumps(document))
    schema: Any = schemathesis.openapi.from_dict(read, config=config)
    schema = schema.exclude(path_regex=_ENDLESS)
    return played(schema, Seen(), map_case=known.give, after_call=known.learn)


def played(schema: Any, seen: Seen, **hooks: Callable[..., Any]) -> Seen:
    """What came of all phases of a schema that was loaded."""
    for name, hook in {**hooks, "filter_failure": seen.keep}.items():
        schema.hooks.register_hook_with_name(hook, name)
    for event in from_schema(schema).execute():
        seen.note(event)
    return seen
