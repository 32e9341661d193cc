"""What checks that run all the time have looked at and found, as metrics and in the log."""

from collections.abc import Iterable

import structlog
from prometheus_client import Counter, Gauge

from crmkit.kernel import clock
from crmkit.metrics import REGISTRY
from crmkit.proof.findings import Finding

_LABELS = ["service", "kind"]
CHECKED = Counter(
    "crm_consistency_checked",
    "Ledger entries, rows, copies, watermarks and figures that the monitor has looked at",
    _LABELS,
    registry=REGISTRY,
)
DIFFERENCES = Counter(
    "crm_consistency_differences",
    "Differences that the monitor has found; one that stays is found again each round",
    _LABELS,
    registry=REGISTRY,
)
BEHIND = Gauge(
    "crm_consistency_behind",
    "Copies and watermarks that were still to hear of something when the monitor looked last",
    _LABELS,
    registry=REGISTRY,
)
LAST = Gauge(
    "crm_consistency_last_run_timestamp_seconds",
    "When the monitor last finished a look of this kind",
    _LABELS,
    registry=REGISTRY,
)
_OPEN_TO_ALL = {"ledger", "ledger_root", "event", "watermark"} | {
    f"rollup_{cells}" for cells in ("day", "week", "campaign")
}
log = structlog.get_logger()


def announce(service: str, kinds: Iterable[str]) -> None:
    """Begin at zero, so that the first difference is an increase."""
    for kind in kinds:
        for metric in (CHECKED, DIFFERENCES):
            metric.labels(service, kind)


def count(service: str, kind: str, findings: Iterable[Finding]) -> None:
    """Count and log what one look of a kind has found."""
    behind = 0
    for finding in findings:
        CHECKED.labels(service, kind).inc(finding.looked_at)
        DIFFERENCES.labels(service, kind).inc(finding.wrong)
        behind += finding.behind
        for found in finding.differences:
            log.error(
                "consistency.difference",
                service=service,
                kind=kind,
                table=found.table,
                tenant=str(found.tenant_id),
                row=found.row,
                field=found.field,
                wanted=_unless_personal(found.table, found.wanted),
            )
    BEHIND.labels(service, kind).set(behind)
    LAST.labels(service, kind).set(clock.now().timestamp())


def _unless_personal(table: str, value: str) -> str:
    """Logs are read by more people than records are."""
    return value if table in _OPEN_TO_ALL else "…"
