"""What of a service's page is made from its code; `python -m tests.docs.service_page` writes it."""

import re
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute

from crmkit.events.envelope import REGISTRY
from crmkit.kernel.lifecycle import Lifecycle
from crmkit.service import Service, services

ROOT = Path(__file__).resolve().parents[2]
_DRAWN = "What may follow what; a round state is final. Anything else is 409 `lifecycle.illegal`."
_TOLD = "Each carries the whole state after it, and what changed."
_ASKED = (
    "By room; GraphQL of the same is at `/graphql/{name}`. Beside them, as with every service:\n"
    "`/v1/progress/{name}`, `/v1/audit/{name}`, `/v1/ledger/{name}/roots` and `…/keys`."
)


def path_of(service: Service) -> Path:
    return ROOT / "services" / service.name / "README.md"


def written(service: Service, page: str) -> str:
    """The page with those sections that are made, as they should be."""
    for title, text in made(service).items():
        page = re.sub(
            rf"^## {title}\n.*?(?=^## )",
            f"## {title}\n\n{text}\n\n".replace("\\", r"\\"),
            page,
            flags=re.DOTALL | re.MULTILINE,
        )
    return page


def made(service: Service) -> dict[str, str]:
    """By title, without the heading."""
    return {
        "States": "\n".join([_DRAWN, "", "```mermaid", *_chart(lifecycles(service)), "```"]),
        "Events": "\n".join([_TOLD, "", "| of | event, and when |", "|---|---|", *_told(service)]),
        "Endpoints": "\n".join(
            [
                _ASKED.format(name=service.name),
                "",
                "| room | |",
                "|---|---|",
                *(_row(room, _calls(paths)) for room, paths in endpoints(service).items()),
            ]
        ),
    }


def lifecycles(service: Service) -> dict[str, Lifecycle[Any]]:
    """By room, as far as a room has states."""
    found = {_room(module.__name__): module for module in service.furniture("domain")}
    return {name: room.LIFECYCLE for name, room in found.items() if hasattr(room, "LIFECYCLE")}


def drawn(room: str, lifecycle: Lifecycle[Any]) -> Iterator[str]:
    """A state a line, in the order of its codes: its label, and what may follow; the final ones
    together."""
    yield f"  subgraph {room}"
    final: list[str] = []
    for state in type(next(iter(lifecycle.moves))):
        after = [other for other in type(state) if other in lifecycle.moves.get(state, ())]
        label, name = f'"{state.value} {state.zh}"', f"{room}_{state.value}"
        if after:
            yield f"    {name}[{label}] --> {' & '.join(f'{room}_{each.value}' for each in after)}"
        else:
            final.append(f"{name}([{label}])")
    if final:
        yield f"    {' & '.join(final)}"
    yield "  end"


def endpoints(service: Service) -> dict[str, dict[str, list[str]]]:
    """By room and path, the methods there; what no document shows is left out."""
    found: dict[str, dict[str, list[str]]] = {}
    for module in service.furniture("rest"):
        paths = found.setdefault(_room(module.__name__), {})
        for route in module.router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                paths.setdefault(route.path, []).extend(route.methods or ())
    return found


def _chart(rooms: Mapping[str, Lifecycle[StrEnum]]) -> Iterator[str]:
    yield "flowchart LR"
    for room, lifecycle in rooms.items():
        yield from drawn(room, lifecycle)


def _told(service: Service) -> Iterator[str]:
    of: dict[str, list[str]] = {}
    for name in sorted(service.tells & set(REGISTRY), key=[*REGISTRY].index):
        when = " ".join((REGISTRY[name].__doc__ or "").split())
        of.setdefault(_alike(REGISTRY[name].aggregate), []).append(f"`{name}` {when}")
    yield from (_row(aggregate, events) for aggregate, events in sorted(of.items()))


def _alike(aggregate: str) -> str:
    """Own fields, and files in and out, are of one row, for each record has them alike."""
    return next(
        (f"…_{each}" for each in ("field", "job") if aggregate.endswith(f"_{each}")), aggregate
    )


def _calls(paths: Mapping[str, list[str]]) -> list[str]:
    return [f"`{' '.join(sorted(methods))} {path}`" for path, methods in paths.items()]


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | {'<br>'.join(cells)} |"


def _room(module: str) -> str:
    return module.split(".")[-2]


def main() -> None:
    for service in services():
        path = path_of(service)
        if path.exists():
            path.write_text(written(service, path.read_text("utf-8")), "utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
