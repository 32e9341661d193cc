"""The clients that generators make of the published documents, built and used on a real house."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import House
from crmkit.testing.machine import lacking
from crmkit.testing.plugin import Login
from tests.e2e.shell import PROJECT, environment

CLIENTS = PROJECT / "deploy" / "clients"
pytestmark = pytest.mark.slow


def _run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, check=False, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _need_npm(folder: Path) -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        lacking("node", "it and npm make the TypeScript client")
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both clients, generated and built where nothing is left behind."""
    folder = tmp_path_factory.mktemp("house") / "deploy" / "clients"
    shutil.copytree(
        CLIENTS, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "python")
    )
    published = folder.parents[1] / "tests" / "compat" / "published"
    shutil.copytree(PROJECT / "tests" / "compat" / "published", published)
    document = str(published / "openapi.json")
    generator = str(Path(sys.executable).with_name("openapi-python-client"))
    generate = (generator, "generate", "--path", document, "--output-path", "python")
    with ThreadPoolExecutor() as beside:
        generating = beside.submit(_run, *generate, cwd=folder)
        _need_npm(folder)
        _run("npm", "run", "build", cwd=folder)
    assert "WARNING" not in generating.result()
    return folder


async def test_the_clients_sell_something(
    clients: Path, house: House, door: str, login: Login
) -> None:
    seller = await login("leads", "sales_rep")
    assert (await seller.post("/v1/leads", json={"company": "First", "source": "web"})).is_success
    await house.caught_up("leads", "opportunities")  # who listens has joined
    token = house.issuer.token(ids.new(), ids.new(), ["admin"])
    told = {"CRM_URL": door, "CRM_TOKEN": token, "PYTHONPATH": str(clients / "python")}
    examples = ("python", "examples/sale.py"), ("node", "dist/examples/sale.js")
    deals = await asyncio.gather(*(sold(clients, environment(**told), *each) for each in examples))
    for deal in deals:
        assert deal["status"] == "won"
        assert deal["amount"] == {"amount": "188000.00", "currency": "CNY"}
    assert len({deal["id"] for deal in deals}) == len(examples)


async def sold(clients: Path, told: Mapping[str, str], *command: str) -> Any:
    """The deal that an example prints."""
    done = await asyncio.to_thread(lambda: _run(*command, cwd=clients, env=told))
    return json.loads(done)


def test_a_client_that_breaks_the_types_does_not_build(clients: Path) -> None:
    """The planted fault: the compiler looks at what the document says."""
    wrong = clients / "examples" / "wrong.ts"
    wrong.write_text(
        'import { dealstream } from "../client/index.js";\n'
        'await dealstream("", "").POST("/v1/leads", { body: { company: 3 } });\n'
    )
    try:
        with pytest.raises(AssertionError, match=r"wrong\.ts"):
            _run("npx", "tsc", "--noEmit", cwd=clients)
    finally:
        wrong.unlink()


def test_asyncapis_own_parser_takes_the_document(clients: Path) -> None:
    _run("npm", "run", "check-events", cwd=clients)


def test_asyncapis_own_parser_refuses_a_broken_document(clients: Path, tmp_path: Path) -> None:
    document = json.loads(
        (PROJECT / "tests" / "compat" / "published" / "asyncapi.json").read_text()
    )
    document["operations"]["publish_lead"]["channel"] = {"$ref": "#/channels/nowhere"}
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(document))
    with pytest.raises(AssertionError, match="check-events"):
        _run("node", "check-events.mjs", str(broken), cwd=clients)
