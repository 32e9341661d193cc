"""The command line as a user runs it."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from crmkit.cli import main

CRM = Path(sys.executable).with_name("crm")
PROJECT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join([str(CRM.parent), os.environ.get("PATH", os.defpath)])


def environment(**told: str) -> dict[str, str]:
    """Ours without what tests of this process were told, and with `told`."""
    own = {name: value for name, value in os.environ.items() if name[:4] != "CRM_"}
    return own | {"PATH": PATH, "NO_COLOR": "1", "COLUMNS": "200"} | told


def crm(
    *arguments: str | Path, seconds: float = 240, **told: str
) -> subprocess.CompletedProcess[str]:
    """Run `crm`, at the project's root, with `told` added to the environment."""
    return subprocess.run(
        [CRM, *arguments],
        cwd=PROJECT,
        env=environment(**told),
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def typed(*arguments: str | Path, **told: str) -> subprocess.CompletedProcess[str]:
    """The same without a process of its own, which takes seconds to load: for commands that end by
    themselves. From a test that is no coroutine."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    command = ["crm", *map(str, arguments)]
    with (
        _in_place_of(os.environ, environment(**told)),
        contextlib.chdir(PROJECT),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        own, sys.argv = sys.argv, command
        try:
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
        finally:
            sys.argv = own
    return subprocess.CompletedProcess(command, status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _in_place_of(kept: "os._Environ[str]", told: Mapping[str, str]) -> Iterator[None]:
    before = dict(kept)
    kept.clear()
    kept.update(told)
    try:
        yield
    finally:
        kept.clear()
        kept.update(before)
