"""The edge: nginx that hands each request to the service that owns its path."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from crmkit.house import roots
from crmkit.service import Service

HOUSE = "house"
"""Serves what belongs to no one service: documents, and the answer that there is no such path."""

GATEWAY = "gateway"
_PORTS = {GATEWAY: 8001}
_TEMPLATE = Path(__file__).with_name("templates") / "nginx.conf.template"


def render(
    services: Sequence[Service],
    servers: Mapping[str, str] | None = None,
    *,
    resolver: str | None = "${NGINX_LOCAL_RESOLVERS}",
) -> str:
    """`servers` are host:port by name; if left out, what compose and Kubernetes call the APIs.

    With a resolver, names are looked up again as containers come and go (nginx 1.27.3 and later).
    """
    names = sorted([GATEWAY, HOUSE, *(service.name for service in services)])
    where = servers or {name: _host(name) for name in names}
    again = " resolve" if resolver else ""
    values = {
        "@resolver@": f"resolver {resolver} valid=5s;" if resolver else "",
        "@owners@": "\n".join(_owner(service) for service in services),
        "@upstreams@": "\n".join(_upstream(name, where[name], again) for name in names),
    }
    text = _TEMPLATE.read_text()
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def _host(name: str) -> str:
    host = name if name == GATEWAY else f"api-{name}"
    return f"{host}${{CRM_EDGE_SUFFIX}}:{_PORTS.get(name, 8000)}"


def _owner(service: Service) -> str:
    paths = "|".join(root for root in roots(service) if not root.startswith("graphql/"))
    return (
        f"    ~^/v1/(?:{paths})(?:/|$)  {service.name};\n"
        f"    ~^/graphql/{service.name}$  {service.name};"
    )


def _upstream(name: str, server: str, again: str) -> str:
    return (
        f"  upstream {name} {{\n    zone {name} 64k;\n    server {server}{again};\n"
        "    keepalive 32;\n  }"
    )
