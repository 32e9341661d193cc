"""A house that `crm up` has started, for commands that are typed in the process of the test."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from crmkit.testing.cluster import furnish
from crmkit.testing.house import until
from tests.e2e.shell import CRM, PROJECT, environment, typed

ENDS_WITH = 7
_TELLS = f"""
env | grep ^CRM_ > told.new; mv told.new told
until [ -e asked ]; do sleep 0.1; done
exit {ENDS_WITH}
"""
"""What a command within does: it says how it reaches the house, and waits until it is let go."""

Words = tuple[str | Path, ...]


@dataclass(frozen=True)
class Running:
    """The house, and what the command within it is told."""

    process: subprocess.Popen[bytes]
    told: dict[str, str]

    def ask(self, *arguments: str | Path) -> str:
        """What a command prints that has to succeed."""
        run = typed(*arguments, **self.told)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def refuse(self, *arguments: str | Path, **told: str) -> str:
        """The one line of a command that is refused."""
        run = typed(*arguments, **self.told | told)
        (line,) = run.stderr.strip().splitlines()
        assert (run.returncode, run.stdout) == (2, "")
        return line

    def request(self, method: str, path: str, **body: Any) -> Any:
        """The JSON of a successful answer."""
        url = httpx.URL(self.told["CRM_URL"]).join(path)
        headers = {"authorization": f"Bearer {self.told['CRM_TOKEN']}"}
        answer = httpx.request(method, url, headers=headers, timeout=30, json=body or None)
        assert answer.is_success, answer.text
        return answer.json()


@contextmanager
def running(
    place: Path, *options: str | Path, first: str = "", bare: bool = False, **told: str
) -> Iterator[Running]:
    """`crm up`, with a command in `place` that does `first`; by SIGTERM it ends it all.

    `bare`: it has to make and migrate its databases, which it finds otherwise.
    """
    _open(place)
    if not bare:
        asyncio.run(furnish(place / "data" / "postgres"))
    command = ["--", "sh", "-c", f"cd {place}\n{first}\n{_TELLS}"]
    with _up(place, *options, *command, **told) as process:

        def is_there() -> bool:
            return (place / "told").exists()

        _wait(process, is_there, place)
        lines = (place / "told").read_text().splitlines()
        yield Running(process, dict(line.split("=", 1) for line in lines))
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 128 + signal.SIGTERM


@contextmanager
def holding(place: Path, **told: str) -> Iterator[Running]:
    """`crm up` without a command, which stays until SIGTERM."""
    with _up(place, "--port", "0", **told) as process:
        announced = place / "data" / "house.json"
        _wait(process, announced.exists, place)
        token = typed("token", "--data", place / "data").stdout.strip()
        url = json.loads(announced.read_text())["url"]
        yield Running(process, {"CRM_URL": url, "CRM_TOKEN": token})
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0


@contextmanager
def _up(place: Path, *arguments: str | Path, **told: str) -> Iterator[subprocess.Popen[bytes]]:
    """What it says is in the files `out` and `err`."""
    _open(place)
    for left in ("told", "asked"):
        (place / left).unlink(missing_ok=True)
    with (
        (place / "out").open("wb") as out,
        (place / "err").open("wb") as err,
        subprocess.Popen(
            [CRM, "up", "--data", place / "data", *arguments],
            cwd=PROJECT,
            env=environment(**told),
            stdout=out,
            stderr=err,
        ) as process,
    ):
        try:
            yield process
        except BaseException:
            process.terminate()
            raise


def _open(place: Path) -> None:
    """To the account that runs PostgreSQL."""
    for step in (place, place.parent):
        step.chmod(0o755)


def _wait(process: subprocess.Popen[bytes], ready: Any, place: Path) -> None:
    async def is_ready() -> bool:
        assert process.poll() is None, (place / "err").read_text()
        return bool(ready())

    asyncio.run(until(is_ready))
