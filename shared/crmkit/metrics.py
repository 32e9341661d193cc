"""How long requests take and how many are under way; OpenTelemetry's names, in Prometheus."""

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)

REGISTRY = CollectorRegistry()
"""This process's own; a metric of another part of the kit names it too."""

ProcessCollector(registry=REGISTRY)

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
    """Answer /metrics on a port of its own, from a thread of its own."""
    start_http_server(port, host, registry=REGISTRY)
