"""Grafana dashboards: what each panel shows, and the JSON that Grafana reads of it."""

import json
from dataclasses import dataclass
from typing import Any

_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2
_SOURCE = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True)
class Panel:
    """One diagram; `queries` are (PromQL, legend)."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"


def _one(title: str, query: str, legend: str, unit: str = "short") -> Panel:
    return Panel(title, ((query, legend),), unit)


def _rate(title: str, metric: str) -> Panel:
    """Events a second, by service."""
    query = f'sum by (service) (rate({metric}{{service=~"$service"}}[$__rate_interval]))'
    return _one(title, query, "{{service}}", "eps")


def _waiting(title: str, queues: str) -> Panel:
    """Every worker of a service counts the same rows: the greatest figure, not the sum."""
    query = f'max by (service, queue) (crm_rows_waiting{{service=~"$service",queue=~"{queues}"}})'
    return _one(title, query, "{{service}} {{queue}}")


def _told(title: str, types: str) -> Panel:
    """Events of some types; counted once each, as they take their place in the ledger."""
    query = (
        f'sum by (type) (increase(crm_ledger_events_total{{type=~"{types}"}}[$__rate_interval]))'
    )
    return _one(title, query, "{{type}}")


_SECONDS = "http_server_request_duration_seconds"
_QUANTILE = (
    "histogram_quantile({}, sum by (service, le) "
    f'(rate({_SECONDS}_bucket{{{{service=~"$service"}}}}[$__rate_interval])))'
)
_BY_ROUTE = f'sum by (route) (rate({_SECONDS}_sum{{service=~"$service"}}[$__rate_interval]))'
_TRIES = "sum by (outcome) (rate(crm_webhook_attempts_total[$__rate_interval]))"
_TRY_QUANTILE = (
    "histogram_quantile({}, sum by (le) "
    "(rate(crm_webhook_attempt_seconds_bucket[$__rate_interval])))"
)

DASHBOARDS: dict[str, tuple[Panel, ...]] = {
    "Sales": (
        _told("Leads 线索", "lead[.].*"),
        _told("Opportunities 商机", "opportunity[.](created|won|lost|stage_changed).*"),
        _told("Contracts 合同", "contract[.].*"),
        _told("Receipts 回款 and instalments 分期", "(receipt|instalment)[.].*"),
        _told("Activities 销售活动", "activity[.].*"),
        _told("Forecasts 预测 and targets 销售目标", "(forecast|target)[.].*"),
    ),
    "API": (
        _one(
            "Requests a second",
            f'sum by (service) (rate({_SECONDS}_count{{service=~"$service"}}[$__rate_interval]))',
            "{{service}}",
            "reqps",
        ),
        _one(
            "Errors by route",
            f"sum by (service, route, status) (rate({_SECONDS}_count"
            '{service=~"$service",status=~"5.."}[$__rate_interval]))',
            "{{service}} {{route}} {{status}}",
            "reqps",
        ),
        Panel(
            "How long requests take",
            tuple((_QUANTILE.format(q), f"{{{{service}}}} {q}") for q in ("0.5", "0.95", "0.99")),
            "s",
        ),
        _one(
            "Refused, by status",
            f"sum by (status) (rate({_SECONDS}_count"
            '{service=~"$service",status=~"4.."}[$__rate_interval]))',
            "{{status}}",
            "reqps",
        ),
        _one(
            "Requests under way",
            'sum by (service) (http_server_active_requests{service=~"$service"})',
            "{{service}}",
        ),
        _one("Where the time goes: seconds a second, by route", _BY_ROUTE, "{{route}}", "s"),
        _one(
            "CPU",
            "sum by (instance) (rate(process_cpu_seconds_total[$__rate_interval]))",
            "{{instance}}",
        ),
        _one("Memory", "process_resident_memory_bytes", "{{instance}}", "bytes"),
    ),
    "Events": (
        _rate("Events written", "crm_ledger_events_total"),
        _rate("Events published", "crm_relay_published_total"),
        _waiting("Rows that wait for the relay", "outbox|unpublished"),
        _waiting("Parked and misplaced", "parked|misplaced_events"),
        _one(
            "Records behind",
            'sum by (service) (crm_consumer_lag_records{service=~"$service"})',
            "{{service}}",
        ),
        _one(
            "Age of events when they were applied",
            'max by (service) (crm_consumer_lag_seconds{service=~"$service"})',
            "{{service}}",
            "s",
        ),
        _rate("Events applied", "crm_consumer_applied_total"),
        Panel(
            "What went wrong",
            (
                ("sum by (service) (increase(crm_consumer_gaps_total[1h]))", "gaps {{service}}"),
                (
                    "sum by (service) (increase(crm_relay_log_resets_total[1h]))",
                    "resets {{service}}",
                ),
                (
                    "sum by (service) (increase(crm_consumer_parked_total[1h]))",
                    "parked {{service}}",
                ),
            ),
        ),
        _one("Relays", "sum by (service) (crm_relay_active)", "{{service}}"),
        _one(
            "Since the consumer last went round",
            "time() - max by (service) (crm_consumer_turn_timestamp_seconds)",
            "{{service}}",
            "s",
        ),
    ),
    "Webhooks": (
        _one("Tries a second, by what came of them", _TRIES, "{{outcome}}", "ops"),
        Panel(
            "How long tries take",
            tuple((_TRY_QUANTILE.format(q), q) for q in ("0.5", "0.95", "0.99")),
            "s",
        ),
        _one("Deliveries that are late", 'max(crm_rows_waiting{queue="webhooks_late"})', "late"),
        _one(
            "Records the feed is behind",
            'sum(crm_consumer_lag_records{service="webhooks"})',
            "records",
        ),
    ),
}


def render() -> dict[str, str]:
    """File below deploy/grafana/dashboards -> JSON."""
    return {
        f"{title.lower()}.json": json.dumps(_dashboard(title, panels), ensure_ascii=False, indent=1)
        + "\n"
        for title, panels in DASHBOARDS.items()
    }


def _dashboard(title: str, panels: tuple[Panel, ...]) -> dict[str, Any]:
    chosen = any("$service" in query for panel in panels for query, _ in panel.queries)
    return {
        "uid": f"dealstream-{title.lower()}",
        "title": f"Dealstream: {title}",
        "tags": ["dealstream"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_SERVICE] if chosen else []},
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


_SERVICE = {
    "name": "service",
    "label": "Service",
    "type": "query",
    "datasource": _SOURCE,
    "query": {"qryType": 1, "query": "label_values(crm_ledger_events_total, service)"},
    "multi": True,
    "includeAll": True,
    "allValue": ".*",
    "current": {"text": "All", "value": "$__all"},
    "refresh": 2,
}


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    place = {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "timeseries",
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(65 + index), "datasource": _SOURCE, "expr": query, "legendFormat": legend}
            for index, (query, legend) in enumerate(panel.queries)
        ],
    }
