"""Write the published documents again: `python -m tests.compat.publish`; refused where one breaks.

What is under `published/` is what callers were told. A break needs a new version of the path or of
the event. `published/events` has an event of each type as it was first sent; none is written twice.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI

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
        *(
            Interface(
                f"{service.name}.json",
                partial(_openapi_of, service),
                _of_json(openapi_breaks),
                PUBLISHED / "services",
            )
            for service in services()
        ),
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
    for each, text in made.items():
        each.path.parent.mkdir(exist_ok=True)
        each.path.write_text(text)
    samples.keep(PUBLISHED / "events")
    return 0


def _sdl(service: Service) -> str:
    return f"{service.schema(service.settings.load()).as_str()}\n"


def _openapi() -> str:
    return _json(merged({service.name: _api(service.name) for service in services()}))


def _openapi_of(service: Service) -> str:
    """As `crm openapi` prints it, with a line for each path and component: that all of them fit
    together is the merged document's to show, which path is whose is this one's."""
    document = merged({service.name: _api(service.name)})
    components = {name: _lines(kind) for name, kind in document.pop("components").items()}
    parts = {"paths": _lines(document.pop("paths")), "components": _object(components)}
    parts |= {name: _line(value) for name, value in document.items()}
    return f"{_object(parts)}\n"


@cache
def _api(name: str) -> FastAPI:
    """Made once: that of leads takes two seconds."""
    (service,) = (each for each in services() if each.name == name)
    return service.api()


def _lines(members: Mapping[str, Any]) -> str:
    return _object({name: _line(value) for name, value in members.items()})


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _object(members: Mapping[str, str]) -> str:
    """Of members that are JSON already."""
    lines = ",\n".join(f"{json.dumps(name)}: {members[name]}" for name in sorted(members))
    return f"{{\n{lines}\n}}"


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _of_json(
    breaks: Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]],
) -> Callable[[str, str], list[str]]:
    return lambda old, new: breaks(json.loads(old), json.loads(new))


if __name__ == "__main__":
    sys.exit(publish())
