"""The API's pages for people, without any other host: REST, events, GraphQL, and of services."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crmkit.events.asyncapi import asyncapi
from crmkit.web.answers import encode

_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
    "explorer.js": "text/javascript",
    "style.css": "text/css",
}
_OWN = frozenset({"explorer.js", "style.css"})
_PARAMETERS = {"persistAuthorization": True, "filter": True, "displayRequestDuration": True}
_CACHED = {"cache-control": "public, max-age=86400"}
_PAGES = {
    "/docs": "REST",
    "/docs/events": "Events",
    "/docs/graphql": "GraphQL",
    "/docs/services": "Services",
}
_EXAMPLE = "query { __typename }"

_pages = APIRouter(include_in_schema=False)
Schemas = Mapping[str, Callable[[], str]]
"""By service, what prints its GraphQL schema."""
Guides = Mapping[str, str]
"""By service, the page that lies beside its code, in Markdown."""


def mount(app: FastAPI, schemas: Schemas, guides: Guides) -> None:
    """Serve `/docs`, `/docs/events`, `/docs/graphql`, `/docs/services`, `/asyncapi.json` and what
    they need."""

    @cache
    def printed(name: str) -> str:
        return schemas[name]()

    @app.get("/docs/graphql", include_in_schema=False)
    async def show_graphql() -> HTMLResponse:
        return HTMLResponse(_graphql(sorted(schemas)))

    @app.get("/docs/graphql/{name}.graphql", include_in_schema=False)
    async def read_schema(name: str) -> Response:
        if name not in schemas:
            raise HTTPException(404)
        return Response(printed(name), media_type="text/plain; charset=utf-8")

    @app.get("/docs/services", include_in_schema=False)
    async def list_guides() -> HTMLResponse:
        return HTMLResponse(_guides(guides))

    @app.get("/docs/services/{name}", include_in_schema=False)
    async def show_guide(name: str) -> HTMLResponse:
        if name not in guides:
            raise HTTPException(404)
        return HTMLResponse(_guide(guides[name]))

    app.include_router(_pages)


@_pages.get("/docs")
async def show_docs() -> HTMLResponse:
    return HTMLResponse(_rest())


@_pages.get("/docs/events")
async def show_events() -> HTMLResponse:
    return HTMLResponse(_events())


@_pages.get("/asyncapi.json")
async def read_asyncapi() -> Response:
    return Response(_asyncapi(), media_type="application/json")


@_pages.get("/docs/{name}")
async def send_asset(name: str) -> Response:
    if name not in _MEDIA_TYPES:
        raise HTTPException(404)
    return Response(_asset(name), media_type=_MEDIA_TYPES[name], headers=_CACHED)


@cache
def _rest() -> str:
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Dealstream",
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="/docs/favicon-32x32.png",
        swagger_ui_parameters=_PARAMETERS,
    )
    body = bytes(page.body).decode()
    style = '<link rel="stylesheet" href="/docs/style.css"></head>'
    return body.replace("</head>", style).replace("<body>", f"<body>{_nav('/docs')}")


@cache
def _asyncapi() -> bytes:
    return encode(asyncapi())


@cache
def _events() -> str:
    document = asyncapi()
    about = f"<p>{escape(document['info']['description'])}</p>"
    index = "".join(f'<li><a href="#{name}">{name}</a></li>' for name in document["channels"])
    rooms = "".join(
        _channel(document, name, channel) for name, channel in document["channels"].items()
    )
    return _page(
        "/docs/events",
        f'<h1>Events</h1>{about}<p><a href="/asyncapi.json">asyncapi.json</a></p>'
        f'<ul class="toc">{index}</ul>{rooms}',
    )


def _channel(document: Mapping[str, Any], name: str, channel: Mapping[str, Any]) -> str:
    messages = [document["components"]["messages"][each] for each in channel["messages"]]
    told = "".join(
        f"<tr><td><code>{each['name']}</code></td><td>{escape(each['summary'] or '')}</td></tr>"
        for each in messages
    )
    state = messages[0]["payload"]["properties"]["data"]["properties"]["state"]["$ref"]
    fields = "".join(_fields(document["components"]["schemas"][state.rsplit("/", 1)[-1]]))
    return (
        f'<h2 id="{name}">{name}</h2><p>{escape(channel["description"])}'
        f" <code>{channel['address']}</code></p><table>{told}</table>"
        f"<details><summary>State</summary><table>{fields}</table></details>"
    )


def _fields(state: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in state["properties"].items():
        kinds = " or ".join(_kind(each) for each in schema.get("anyOf", [schema]))
        yield f"<tr><td><code>{name}</code></td><td>{escape(kinds)}</td></tr>"


def _kind(schema: Mapping[str, Any]) -> str:
    named = schema.get("$ref", "").rsplit("/", 1)[-1]
    return named or str(schema.get("format") or schema.get("type", "any"))


def _graphql(names: list[str]) -> str:
    options = "".join(f"<option>{name}</option>" for name in names)
    return _page(
        "/docs/graphql",
        f"""<h1>GraphQL</h1><form id="explorer">
<div><select id="service" aria-label="Subgraph">{options}</select>
<input id="token" type="password" placeholder="Token, from `crm token`" aria-label="Token">
<button title="Ctrl-Enter">Send</button></div>
<div class="columns"><span><textarea id="query" aria-label="Query" spellcheck="false"
>{_EXAMPLE}</textarea><textarea id="variables" aria-label="Variables" spellcheck="false"
>{{}}</textarea></span><pre id="answer" aria-live="polite"></pre></div></form>
<h2>Schema</h2><pre id="schema"></pre><script src="/docs/explorer.js"></script>""",
    )


def _guides(guides: Guides) -> str:
    links = "".join(f'<li><a href="/docs/services/{name}">{name}</a></li>' for name in guides)
    return _page("/docs/services", f"<h1>Services</h1><ul>{links}</ul>")


@cache
def _guide(text: str) -> str:
    """What is in the text is ours, its line breaks within cells included."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    return _page("/docs/services", markdown.render(text))


def _page(path: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dealstream '
        f'{_PAGES[path]}</title><meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="/docs/favicon-32x32.png">'
        f'<link rel="stylesheet" href="/docs/style.css"></head>'
        f"<body>{_nav(path)}<main>{content}</main></body></html>"
    )


def _nav(path: str) -> str:
    links = "".join(
        f'<a href="{to}"{" aria-current=page" if to == path else ""}>{label}</a>'
        for to, label in _PAGES.items()
    )
    return f"<nav><strong>Dealstream</strong>{links}</nav>"


@cache
def _asset(name: str) -> bytes:
    package, folder = ("crmkit.web", "pages") if name in _OWN else ("fastapi_swagger", "resources")
    return resources.files(package).joinpath(folder, name).read_bytes()
