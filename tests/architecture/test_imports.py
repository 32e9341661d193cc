"""Every import contract fails once over a planted import, and names every room there is."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crmkit.service import Service, services
from tests.architecture.rules import WORKSHOPS, out_of_order

ROOT = Path(__file__).parents[2]
SERVICES = services()
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}


class Copied:
    """A copy of the packages, to be spoilt and mended."""

    def __init__(self, root: Path) -> None:
        self.root = root
        skip = shutil.ignore_patterns("__pycache__", "migrations")
        shutil.copytree(ROOT / "services", root / "services", ignore=skip)
        shutil.copytree(ROOT / "shared/crmkit", root / "crmkit")
        unmeasured = shutil.ignore_patterns("__pycache__", ".data", "results")
        shutil.copytree(ROOT / "benchmarks", root / "benchmarks", ignore=unmeasured)
        shutil.copy(ROOT / "pyproject.toml", root)

    def lint(self, *contracts: str) -> tuple[int, str]:
        """Exit status and output of import-linter for these contracts, or for all."""
        chosen = [word for contract in contracts for word in ("--contract", contract)]
        done = subprocess.run(
            [Path(sys.executable).parent / "lint-imports", *chosen],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    return Copied(tmp_path_factory.mktemp("imports"))


PLANTED = [
    ("independence", "services/leads/lead/commands.py", "import services.identity.policy"),
    ("above", "crmkit/service.py", "import services.leads.policy"),
    ("above", "services/leads/policy.py", "import benchmarks.load"),
    ("baselines", "benchmarks/baselines/bare.py", "import crmkit.db.pool"),
    ("kit", "crmkit/kernel/ids.py", "import crmkit.db.pool"),
    ("kit", "crmkit/messaging/relay.py", "import crmkit.web.edge"),
    ("kit", "crmkit/helpers.py", ""),
    ("keeper", "crmkit/local/stack.py", "import crmkit.service"),
    ("furniture", "services/leads/lead/rest.py", "import services.leads.lead.gql"),
    ("furniture", "services/leads/lead/models.py", "import services.leads.lead.schemas"),
    ("furniture", "services/leads/lead/queries.py", "import services.leads.lead.commands"),
    ("furniture", "services/leads/lead/helpers.py", ""),
    ("pure", "services/leads/lead/domain.py", "import pydantic"),
    ("pure", "services/contracts/contract/domain.py", "import crmkit.fields"),
    ("pure", "crmkit/kernel/labels.py", "import sqlalchemy"),
    ("pure", "services/reporting/pages/charts.py", "import fastapi"),
    ("furniture", "services/reporting/report/views.py", "import services.reporting.report.queries"),
    ("reporting", "services/reporting/pages/forms.py", "import services.reporting.report"),
] + [
    (
        service.name,
        f"services/{service.name}/{service.rooms[0]}/__init__.py",
        f"import services.{service.name}.{service.rooms[-1]}",
    )
    for service in SERVICES
]


@pytest.mark.parametrize(("contract", "path", "line"), PLANTED)
def test_a_planted_import_breaks_the_contract(
    copied: Copied, contract: str, path: str, line: str
) -> None:
    spoilt = copied.root / path
    before = spoilt.read_text() if spoilt.exists() else None
    spoilt.write_text(f"{before or ''}\n{line}\n")
    try:
        status, said = copied.lint(contract)
    finally:
        if before is None:
            spoilt.unlink()
        else:
            spoilt.write_text(before)
    assert status == 1
    assert re.search(rf"^{re.escape(CONTRACTS[contract]['name'])} BROKEN", said, re.MULTILINE), said


def test_the_copy_itself_breaks_no_contract(copied: Copied) -> None:
    status, said = copied.lint()
    assert (status, said.count(" KEPT\n")) == (0, len(CONTRACTS)), said


def test_every_contract_is_broken_once() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)


def test_every_room_has_its_layers_checked() -> None:
    folders = {
        f"services.{service.name}.{room}" for service in SERVICES for room in service.rooms
    } | {
        ".".join(path.relative_to(ROOT).parent.parts)
        for path in (ROOT / "services").glob("*/*/__init__.py")
        if path.relative_to(ROOT).parent.as_posix() not in WORKSHOPS
    }
    assert sorted(CONTRACTS["furniture"]["containers"]) == sorted(folders)


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_rooms_stand_in_the_order_of_the_app(service: Service) -> None:
    layers = list(reversed(CONTRACTS[service.name]["layers"]))
    assert layers[-1] == "app"
    assert out_of_order(layers, list(service.rooms)) == []


def test_rooms_in_another_order_are_found() -> None:
    assert out_of_order(["policy", "b", "a"], ["a", "b"]) == ["b before a"]
    assert out_of_order(["policy", "a"], ["a", "b"]) == ["b is missing"]
