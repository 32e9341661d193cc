"""schemathesis over the services: what it is given, what it demands, and what it was answered."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import schemathesis
import uvicorn
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema

from crmkit.testing.house import until
from crmkit.web.protocol import BoundedProtocol

_ENDLESS = "/stream$"
"""Answers of these paths do not end; their own tests read them."""


@dataclass
class Seen:
    """What a run was answered, by operation, and what was wrong with it."""

    wrong: dict[str, str] = field(default_factory=dict)
    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    checks: Counter[str] = field(default_factory=Counter)
    steps: int = 0

    def note(self, event: Any) -> None:
        if isinstance(event, events.NonFatalError | events.FatalError):
            told = getattr(event, "info", None) or event
            self.wrong.setdefault(str(told)[:200], str(told))
        if isinstance(event, events.ScenarioFinished):
            for name, case in event.recorder.cases.items():
                self._note_case(event, name, case)

    def _note_case(self, event: Any, name: str, node: Any) -> None:
        label = node.value.operation.label
        interaction = event.recorder.interactions.get(name)
        if interaction is not None and interaction.response is not None:
            self.statuses[label][interaction.response.status_code] += 1
            self.steps += node.transition is not None
        for check in event.recorder.checks.get(name, ()):
            self.checks[check.name] += 1
            if check.failure_info is not None:
                told = str(check.failure_info.failure)
                sample = check.failure_info.code_sample[:600]
                body = interaction.response.content[:600].decode(errors="replace")
                self.wrong.setdefault(
                    f"{label}: {check.name}: {told[:90]}", f"{told[:900]}\n{sample}\n{body}"
                )
