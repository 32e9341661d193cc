"""Nodes as processes: they keep what they hold, come back, and end with who started them."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from crmkit.local.jars import missing
from crmkit.messaging.broker import ensure_topics
from crmkit.settings import Settings
from crmkit.testing.brokers import Apache, apache_wanted
from crmkit.testing.house import until
from crmkit.testing.machine import lacking
from tests.e2e.shell import CRM, PROJECT

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def wanted() -> None:
    if not apache_wanted():
        pytest.skip("about Apache Kafka: `make test-kafka` runs it")
    if missing():
        lacking("Apache Kafka", missing())


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[Apache]:
    cluster = Apache(tmp_path)
    await cluster.start()
    yield cluster
    await cluster.stop()


def one_copy(kafka: Apache, partitions: int = 4) -> Settings:
    """Whatever other tests' clusters want."""
    return Settings(
        kafka=kafka.bootstrap, kafka_partitions=partitions, kafka_replication=kafka.replication
    )


async def topics(bootstrap: str) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def test_a_killed_node_comes_back_with_what_it_held(kafka: Apache, tmp_path: Path) -> None:
    (node,) = kafka.nodes
    await ensure_topics(one_copy(kafka), ["held"])
    await node.kill()
    await kafka.restart(node)
    assert await topics(kafka.bootstrap) == ["held"]
    await kafka.stop()
    another = Apache(tmp_path)
    await another.start()
    try:
        assert another.bootstrap != kafka.bootstrap
        assert await topics(another.bootstrap) == ["held"]
    finally:
        await another.stop()


async def test_a_batch_is_acknowledged_by_its_first_offset(kafka: Apache) -> None:
    await ensure_topics(one_copy(kafka, partitions=1), ["batch"])
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
    await producer.start()
    try:
        offsets = []
        for _ in range(2):
            batch = producer.create_batch()
            for value in (b"1", b"2", b"3"):
                batch.append(key=None, value=value, timestamp=None)
            sent = await producer.send_batch(batch, "batch", partition=0)
            offsets.append((await sent).offset)
    finally:
        await producer.stop()
    assert offsets == [0, 3]


async def test_the_command_says_how_to_reach_it_and_ends_its_nodes(tmp_path: Path) -> None:
    with commanded(tmp_path, nodes=2) as (running, lines):
        reach = dict(line.split("=", 1) for line in lines)
        assert reach.keys() == {"CRM_KAFKA", "CRM_KAFKA_REPLICATION"}
        assert len(reach["CRM_KAFKA"].split(",")) == int(reach["CRM_KAFKA_REPLICATION"]) == 2
        assert await topics(reach["CRM_KAFKA"]) == []
        running.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(running.wait, 30) == 0
    assert nodes_below(tmp_path) == []


async def test_a_killed_owner_takes_its_nodes_along(tmp_path: Path) -> None:
    if shutil.which("setpriv") is None:
        lacking("setpriv", "nothing else ties processes together")
    with commanded(tmp_path, nodes=1) as (owner, _):
        assert len(nodes_below(tmp_path)) == 1
        owner.kill()

    async def gone() -> bool:
        return nodes_below(tmp_path) == []

    await until(gone)


@contextmanager
def commanded(folder: Path, *, nodes: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`crm kafka` as it runs, and the two lines it has said."""
    with subprocess.Popen(
        [CRM, "kafka", "--data", folder, "--nodes", str(nodes)],
        cwd=PROJECT,
        env=os.environ | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        yield running, [running.stdout.readline().strip() for _ in range(2)]


def nodes_below(folder: Path) -> list[int]:
    """The processes of nodes whose data is in the folder."""
    found = psutil.process_iter(["cmdline"])
    return [p.pid for p in found if f"{folder}/" in " ".join(p.info["cmdline"] or ())]
