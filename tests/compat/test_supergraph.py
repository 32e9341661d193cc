"""What is committed for the gateway is what the code says, and what it composes to."""

import shutil
import subprocess
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from crmkit.local.gateway import HOME
from crmkit.service import Service, services

SERVICES = services()


def test_every_service_has_its_subgraph() -> None:
    found = {path.stem for path in (HOME / "subgraphs").glob("*.graphql")}
    assert found == {service.name for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_supergraph_has_every_type_of_the_subgraph(service: Service) -> None:
    supergraph = build_schema((HOME / "supergraph.graphql").read_text(), assume_valid=True)
    own = service.schema(service.settings.load())
    named = {name for name in own._schema.type_map if not name.startswith("_")}
    assert named - set(supergraph.type_map) <= {"FieldSet"}


@pytest.mark.parametrize("path", sorted((HOME / "documents").glob("*.graphql")), ids=str)
def test_a_registered_document_is_valid(path: Path) -> None:
    supergraph = build_schema((HOME / "supergraph.graphql").read_text(), assume_valid=True)
    assert validate(supergraph, parse(path.read_text())) == []


def composed(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "compose.mjs", "--check"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """A copy of the gateway's folder that may be changed."""
    if not shutil.which("node") or not (HOME / "node_modules").exists():
        pytest.skip("composition needs Node and the gateway's packages: make gateway")
    copy = tmp_path / "gateway"
    shutil.copytree(HOME, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(HOME / "node_modules")
    return copy


def test_the_committed_supergraph_is_what_the_subgraphs_compose_to(gateway: Path) -> None:
    run = composed(gateway)
    assert (run.returncode, run.stderr) == (0, "")


def test_a_subgraph_that_changed_alone_is_found(gateway: Path) -> None:
    path = gateway / "subgraphs" / "leads.graphql"
    path.write_text(path.read_text().replace("  company: String!\n", "  firm: String!\n", 1))
    assert "make gateway" in composed(gateway).stderr


def test_subgraphs_that_contradict_each_other_do_not_compose(gateway: Path) -> None:
    path = gateway / "subgraphs" / "forecast.graphql"
    path.write_text(path.read_text().replace(" @inaccessible", ""))
    run = composed(gateway)
    assert run.returncode == 1
    assert "Query.pipeline" in run.stderr
