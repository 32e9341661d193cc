"""Every query of alerts and dashboards is about metrics that running processes really have."""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import yaml
from prometheus_client.parser import text_string_to_metric_families

from crmkit.events.envelope import REGISTRY
from crmkit.kernel import ids
from crmkit.local.ports import free_port
from crmkit.testing.house import until
from tests.deploy.files import DEPLOY, document, tool
from tests.deploy.promql import named
from tests.e2e.fleet import Fleet
from tests.e2e.forge import Program
from tests.e2e.receiver import receiving
from tests.e2e.shell import CRM

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

OF_PROMETHEUS = {"up"}
OF_TARGETS = {"job", "instance"}
STOPS_WITHIN = 20
Labels = dict[str, dict[str, set[str]]]
"""Metric -> label -> values."""


def alerts() -> Iterator[tuple[str, str]]:
    for group in document(DEPLOY / "prometheus/alerts.yml")["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]


def panels() -> Iterator[tuple[str, str]]:
    for path in (DEPLOY / "grafana/dashboards").glob("*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]


QUERIES = [*alerts(), *panels()]
RECORDED = {name for name, _ in alerts() if ":" in name}


class Metered(Fleet):
    """A fleet whose processes answer /metrics."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        super().__init__(folder, names)
        self.metered: dict[str, int] = {}

    def program(self, name: str, *arguments: str) -> Program:
        port = self.metered[name] = free_port()
        made = super().program(name, *arguments)
        made.told["CRM_METRICS_PORT"] = str(port)
        return made

    async def scrape(self) -> Labels:
        found: Labels = {}
        async with httpx.AsyncClient() as client:
            for port in self.metered.values():
                answer = await client.get(f"http://127.0.0.1:{port}/metrics")
                for family in text_string_to_metric_families(answer.text):
                    for sample in family.samples:
                        labels = found.setdefault(sample.name, {})
                        for label, value in sample.labels.items():
                            labels.setdefault(label, set()).add(value)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Labels]:
    """What two services tell when each thing they do has been done once; they are stopped then."""
    folder = tmp_path_factory.mktemp("fleet")
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o755)
    fleet = Metered(folder, ("leads", "webhooks"))
    try:
        await fleet.start()
        fleet.workers["monitor"] = fleet.program("monitor", "monitor", *fleet.names)
        await fleet.workers["monitor"].start()
        await use(fleet)
        yield await fleet.scrape()
    finally:
        await fleet.stop()


async def use(fleet: Metered) -> None:
    admin = fleet.person(ids.new(), "admin")
    async with receiving() as receiver:
        partner = {"name": "partner", "url": receiver.url, "types": ["lead.*"]}
        await admin.ask("webhooks", "POST", "/v1/webhook-endpoints", json=partner)
        lead = {"company": "Counted", "source": "web"}
        await admin.ask("leads", "POST", "/v1/leads", json=lead)

        async def told() -> bool:
            scraped = await fleet.scrape()
            queues = scraped.get("crm_rows_waiting", {}).get("queue", set())
            looks = scraped.get("crm_consistency_last_run_timestamp_seconds", {})
            return (
                "crm_webhook_attempts_total" in scraped
                and "webhooks_late" in queues
                and {"copies", "ledger"} <= looks.get("kind", set())
            )

        await until(told, 60)


@pytest.mark.parametrize(("name", "query"), QUERIES)
async def test_a_query_names_what_there_is(seen: Labels, name: str, query: str) -> None:
    assert lacking(seen, query) == [], name


async def test_a_query_that_names_what_is_not_there_is_found(seen: Labels) -> None:
    assert lacking(seen, "sum(rate(crm_consumer_aplied_total[5m]))")
    assert lacking(seen, "max by (servce) (crm_rows_waiting)")
    assert lacking(seen, 'max(crm_rows_waiting{queue="inbox"})')
    assert lacking(seen, 'max(crm_rows_waiting{queue=~"outbox|inbox"})')
    assert lacking(seen, 'max(crm_rows_waiting{queue="outbox"})') == []
    assert lacking(seen, 'absent(crm_consistency_last_run_timestamp_seconds{kind="copy"})')


def lacking(seen: Labels, query: str) -> list[str]:
    """Metrics, labels and values of the query that nobody has."""
    asked = named(query)
    metrics = asked.metrics - OF_PROMETHEUS - RECORDED
    found = [metric for metric in metrics if metric not in seen]
    labels = {label for metric in metrics for label in seen.get(metric, ())}
    if metrics and not asked.metrics & RECORDED:
        found += sorted(asked.labels - labels - OF_TARGETS)
    for metric, label, value in asked.matched:
        if label in {"queue", "kind"}:
            there = seen.get(metric, {}).get(label, set())
            found += [each for each in value.split("|") if each not in there]
        if label == "type" and not any(re.fullmatch(value, kind) for kind in REGISTRY):
            found.append(value)
    return found


async def test_no_label_carries_an_id(seen: Labels) -> None:
    """Each value of a label is a series for ever."""
    values = {v for labels in seen.values() for those in labels.values() for v in those}
    assert [value for value in values if re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", value)] == []


def test_promtool_reads_every_query_of_the_dashboards(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expression(query)}
        for number, (_, query) in enumerate(panels())
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(
        [tool("promtool"), "check", "rules", path], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def expression(query: str) -> str:
    """As Grafana would send it."""
    return query.replace("$__rate_interval", "1m").replace("$service", ".*")


@pytest.mark.parametrize("kind", ["serve", "worker"])
async def test_a_process_ends_soon_after_sigterm(kind: str, tmp_path: Path) -> None:
    """As a container's engine asks; the database and the broker are away, which is the worst."""
    port, metrics = free_port(), free_port()
    given = [] if kind == "worker" else ["--port", str(port)]
    environment = os.environ | {
        "CRM_DATABASE_URL": "postgresql://crm_{service}_{role}@127.0.0.1:1/crm_{service}",
        "CRM_KAFKA": "127.0.0.1:1",
        "CRM_METRICS_PORT": str(metrics),
    }
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            CRM, kind, "leads", *given, env=environment, stdout=log, stderr=log
        )

    async def up() -> bool:
        url = f"http://127.0.0.1:{port}/livez"
        url = url if kind == "serve" else f"http://127.0.0.1:{metrics}/metrics"
        async with httpx.AsyncClient() as client:
            try:
                answer = await client.get(url)
            except httpx.TransportError:
                return False
            return answer.is_success and (kind == "serve" or "crm_relay_active" in answer.text)

    await until(up, 60)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), STOPS_WITHIN) in (0, -signal.SIGTERM)
