"""What lies in deploy/, as tests look at it."""

import os
import shutil
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command

from crmkit.cli import app
from crmkit.service import services
from crmkit.testing.machine import lacking

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NAMES = [service.name for service in services()]
SETTINGS = {f"CRM_{name.upper()}" for each in services() for name in each.settings.model_fields}


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def document(path: Path) -> dict[str, Any]:
    (found,) = documents(path)
    return found


def tool(name: str) -> str:
    """A program's path; the test is skipped where it is not installed."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        lacking(name, ".ci/tools says where it comes from")
    return found


def refused(arguments: list[str]) -> str:
    """Why `crm` would not take these arguments; empty where it would."""
    command, *rest = arguments
    known = get_command(app).commands  # type: ignore[attr-defined]  # typer's app is a group
    if command not in known:
        return f"no command {command}"
    try:
        context = known[command].make_context(command, rest)
    except Exception as error:
        return str(error)
    unknown = set(context.params["names"]) - {*NAMES, "all"}
    return f"no service {unknown}" if unknown else ""
