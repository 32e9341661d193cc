"""The command line as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

CRM = Path(sys.executable).with_name("crm")
PROJECT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join([str(CRM.parent), os.environ.get("PATH", os.defpath)])


def crm(
    *arguments: str | Path, seconds: float = 240, **told: str
) -> subprocess.CompletedProcess[str]:
    """Run `crm`, at the project's root, with `told` added to the environment."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "CRM_"}
    return subprocess.run(
        [CRM, *arguments],
        cwd=PROJECT,
        env=environment | {"PATH": PATH, "NO_COLOR": "1", "COLUMNS": "200"} | told,
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
