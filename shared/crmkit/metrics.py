"""How long requests take and how many are under way; OpenTelemetry's names, in Prometheus."""

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

REGISTRY = CollectorRegistry()
"""This process's own; a metric of another part of the kit names it too."""

ProcessCollector(registry=REGISTRY)

hindrances: dict[str, str] = {}
"""What keeps this process from its work until somebody puts it right, by the service."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_DURATION = Histogram(
    "http_server_request_duration_seconds",
    "From the first byte of the request to the last byte of the answer.",
    ["service", "method", "route", "status"],
    buckets=_BUCKETS,
    registry=REGISTRY,
)
_ACTIVE = Gauge(
    "http_server_active_requests", "Requests under way.", ["service"], registry=REGISTRY
)


class Meter:
    """The metrics of one service; labels are looked up once, since a lookup costs as much again."""

    def __init__(self, service: str) -> None:
        self.active = _ACTIVE.labels(service)
        self._service = service
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one finished request; `route` is a template, never a path."""
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            known = method if method in _METHODS else "other"
            child = _DURATION.labels(self._service, known, route, str(status))
            if known == method:
                self._children[key] = child
        child.observe(seconds)


def serve(port: int, host: str) -> None:
    """Answer /metrics on a port of its own, from a thread of its own; and /readyz, which is 503
    while something is in `hindrances`, for a process that serves nothing else."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, *_, address = found[0]

    class Server(ThreadingWSGIServer):
        address_family = family

    server = make_server(str(address[0]), port, _answer, Server, handler_class=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()


_told = make_wsgi_app(REGISTRY)


def _answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/readyz":
        answer: Iterable[bytes] = _told(environ, start)
        return answer
    kept = sorted(hindrances)
    start(_UNREADY if kept else _READY, [("content-type", "text/plain; charset=utf-8")])
    return [f"lacking: {', '.join(kept)}\n".encode() if kept else b"ready\n"]


_READY, _UNREADY = "200 OK", "503 Service Unavailable"


class _Silent(WSGIRequestHandler):
    """Nobody wants a line for each probe."""

    def log_message(self, *_: Any) -> None:
        return
