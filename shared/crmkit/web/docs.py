"""The API's pages for people, without any other host: the assets come with a package."""

from functools import cache
from importlib import resources

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
_PARAMETERS = {"persistAuthorization": True, "filter": True, "displayRequestDuration": True}


def mount(app: FastAPI, *, openapi_url: str = "/openapi.json", path: str = "/docs") -> None:
    """Serve the page at `path` and what it needs below it; make the app with `docs_url=None`."""

    @app.get(path, include_in_schema=False)
    async def show_docs() -> HTMLResponse:
        return page(app.title, openapi_url, path)

    @app.get(f"{path}/{{name}}", include_in_schema=False)
    async def send_asset(name: str) -> Response:
        if name not in _MEDIA_TYPES:
            raise HTTPException(404)
        return Response(
            _asset(name),
            media_type=_MEDIA_TYPES[name],
            headers={"cache-control": "public, max-age=86400"},
        )


def page(title: str, openapi_url: str, path: str = "/docs") -> HTMLResponse:
    """The page for the document at `openapi_url`; it finds its assets below `path`."""
    return get_swagger_ui_html(
        openapi_url=openapi_url,
        title=title,
        swagger_js_url=f"{path}/swagger-ui-bundle.js",
        swagger_css_url=f"{path}/swagger-ui.css",
        swagger_favicon_url=f"{path}/favicon-32x32.png",
        swagger_ui_parameters=_PARAMETERS,
    )


@cache
def _asset(name: str) -> bytes:
    return resources.files("fastapi_swagger").joinpath("resources", name).read_bytes()
