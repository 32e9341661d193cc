"""Write the published documents again: `python -m tests.compat.publish`; refused where one breaks.

What is under `published/` is what callers were told. A break needs a new version of the path or of
the event. `published/events` has an event of each type as it was first sent; none is written twice.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from crmkit.events.asyncapi import asyncapi
from crmkit.house import merged
from crmkit.local.gateway import HOME
from crmkit.service import Service, services
from tests.compat import samples
from tests.compat.additive import asyncapi_breaks, graphql_breaks, openapi_breaks

PUBLISHED = Path(__file__).parent / "published"
SUBGRAPHS = HOME / "subgraphs"


@dataclass(frozen=True)
class Interface:
    """One published document: how it is made, and what of the older one a newer one breaks."""

    name: str
    make: Callable[[], str]
    breaks: Callable[[str, str], list[str]]
    folder: Path = PUBLISHED

    @property
    def path(self) -> Path:
        return self.folder / self.name


def interfaces() -> list[Interface]:
    """Every document there is."""
    return [
        Interface("openapi.json", _openapi, _of_json(openapi_breaks)),
        Interface("asyncapi.json", lambda: _json(asyncapi()), _of_json(asyncapi_breaks)),
        *(
            Interface(f"{service.name}.graphql", partial(_sdl, service), graphql_breaks, SUBGRAPHS)
            for service in services()
        ),
    ]


def publish() -> int:
    """0 where all was written, 1 where a break was found; then nothing is."""
    made = {each: each.make() for each in interfaces()}
    broken = [
        f"{each.name}: {line}"
        for each, text in made.items()
        if each.path.exists()
        for line in each.breaks(each.path.read_text(), text)
    ]
    for line in broken:
        sys.stderr.write(f"{line}\n")
    if broken:
        return 1
    PUBLISHED.mkdir(exist_ok=True)
    for each, text in made.items():
        each.path.write_text(text)
    samples.keep(PUBLISHED / "events")
    return 0


def _sdl(service: Service) -> str:
    return f"{service.schema(service.settings.load()).as_str()}\n"


def _openapi() -> str:
    return _json(merged({service.name: service.api() for service in services()}))


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _of_json(
    breaks: Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]],
) -> Callable[[str, str], list[str]]:
    return lambda old, new: breaks(json.loads(old), json.loads(new))


if __name__ == "__main__":
    sys.exit(publish())
