"""Apache Kafka on this machine: nodes that are controller and broker at once (KRaft)."""

import asyncio
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from crmkit.local.broker import living_nodes
from crmkit.local.jars import fetched
from crmkit.local.ports import free_port, is_listened_on
from crmkit.local.supervise import Child, ChildError

CLUSTER_ID = "ZGVhbHN0cmVhbS1sb2NhbA"
"""16 bytes in base64, as Kafka wants it: "dealstream-local"."""

COPIES = 3
"""Of each partition, where there are as many nodes."""

_JAVA = (
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
_SETTINGS = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    "leader.imbalance.check.interval.seconds": "5",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "num.network.threads": "2",
    "num.io.threads": "2",
}
"""A node that dies is missed after 2 s, and leads its partitions again 5 s after its return."""


class Node:
    """One process of a cluster, at two ports of its own."""

    def __init__(self, folder: Path, number: int) -> None:
        self.number = number
        self.port, self.controller_port = free_port(), free_port()
        self._folder = folder.resolve() / f"node-{number}"
        self._child: Child | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def format(self, jars: Path, nodes: Sequence["Node"]) -> None:
        """Write its settings, and make its data folder unless it is there."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in self._settings(nodes).items()]
        self._properties.write_text("".join(lines))
        given = ("format", "--ignore-formatted", "-t", CLUSTER_ID, "-c", self._properties)
        tool = await asyncio.create_subprocess_exec(
            *_java(jars, "kafka.tools.StorageTool", *given),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await tool.communicate()
        if tool.returncode:
            raise ChildError(f"no data folder for node {self.number}\n{said.decode()[-2000:]}")

    async def start(self, jars: Path, cluster: int, *, within: float = 60) -> None:
        """Return when it answers and knows of a cluster of so many living nodes."""

        async def ready() -> bool:
            if not await asyncio.to_thread(is_listened_on, self.port):
                return False  # aiokafka would log a failure for each attempt
            return await living_nodes(self.address) >= cluster

        if self._child is None:
            command = _ending_with_us(_java(jars, "kafka.Kafka", self._properties))
            self._child = Child("kafka", command, self._folder, env={"PATH": os.defpath})
        await self._child.start(ready, within=within)

    async def stop(self, *, within: float = 20) -> None:
        """Ask it to end; it hands its partitions to the others first, as long as there are some."""
        if self._child:
            await self._child.stop(within=within)

    async def kill(self) -> None:
        if self._child:
            await asyncio.to_thread(self._child.kill)

    def freeze(self) -> None:
        """It keeps its connections, and answers nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    async def ended(self) -> Child:
        """The process, once it has ended."""
        if self._child is None:
            raise ChildError("the node has not been started")
        await self._child.wait()
        return self._child

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def _signal(self, number: signal.Signals) -> None:
        if self._child and self._child.running and self.pid is not None:
            os.kill(self.pid, number)

    def _settings(self, nodes: Sequence["Node"]) -> dict[str, str]:
        voters = [f"{node.number}@127.0.0.1:{node.controller_port}" for node in nodes]
        copies = min(COPIES, len(nodes))
        insync = str(max(1, copies - 1))
        return _SETTINGS | {
            "node.id": str(self.number),
            "controller.quorum.voters": ",".join(voters),
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "log.dirs": str(self._folder / "data"),
            "default.replication.factor": str(copies),
            "min.insync.replicas": insync,
            "offsets.topic.replication.factor": str(copies),
            "transaction.state.log.replication.factor": str(copies),
            "transaction.state.log.min.isr": insync,
            "share.coordinator.state.topic.replication.factor": str(copies),
            "share.coordinator.state.topic.min.isr": insync,
        }


class Kafka:
    """A cluster; what it holds is in its folder, and a second start finds it again."""

    def __init__(self, folder: Path, count: int = 1) -> None:
        self.nodes = [Node(folder, number) for number in range(1, count + 1)]
        self.replication = min(COPIES, count)
        self._jars = Path()

    @property
    def bootstrap(self) -> str:
        return ",".join(node.address for node in self.nodes)

    async def start(self) -> None:
        """Return when every node answers and knows of every other; ChildError has a log's end."""
        self._jars = await fetched()
        await asyncio.gather(*(node.format(self._jars, self.nodes) for node in self.nodes))
        await asyncio.gather(*(self.restart(node) for node in self.nodes))

    async def restart(self, node: Node) -> None:
        """Start a node that has ended."""
        await node.start(self._jars, len(self.nodes))

    async def stop(self) -> None:
        """All at once: a node that cannot hand over any more is ended after seconds."""
        for node in self.nodes:
            node.thaw()
        await asyncio.gather(*(node.stop(within=4) for node in self.nodes))

    async def ended(self) -> Child:
        """Wait until a node ends, which none of them should."""
        waits = [asyncio.create_task(node.ended()) for node in self.nodes]
        done, running = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        return done.pop().result()


def _java(jars: Path, main: str, *arguments: str | Path) -> list[str | Path]:
    return [shutil.which("java") or "java", *_JAVA, "-cp", f"{jars}/*", main, *arguments]


def _ending_with_us(command: list[str | Path]) -> list[str | Path]:
    """Where the system can: a node is 350 MB that nobody misses when its owner was killed."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "KILL", *command] if program else command
