"""What is committed for the gateway is what the code says, and what it composes to."""

import shutil
import subprocess
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from crmkit.local.gateway import HOME, prepared
from crmkit.local.node import Absent
from crmkit.service import Service, services
from crmkit.testing.machine import lacking

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


def composed(node: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node, "compose.mjs", "--check"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Node's program, with the packages of the gateway installed."""
    try:
        return (await prepared(tmp_path_factory.mktemp("node"))).program
    except Absent as reason:
        lacking("gateway", str(reason))


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """A copy of the gateway's folder that may be changed."""
    copy = tmp_path / "gateway"
    shutil.copytree(HOME, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(HOME / "node_modules")
    return copy


def test_the_committed_supergraph_is_what_the_subgraphs_compose_to(
    node: str, gateway: Path
) -> None:
    run = composed(node, gateway)
    assert (run.returncode, run.stderr) == (0, "")


def test_a_subgraph_that_changed_alone_is_found(node: str, gateway: Path) -> None:
    path = gateway / "subgraphs" / "leads.graphql"
    path.write_text(path.read_text().replace("  company: String!\n", "  firm: String!\n", 1))
    assert "make gateway" in composed(node, gateway).stderr


def test_subgraphs_that_contradict_each_other_do_not_compose(node: str, gateway: Path) -> None:
    path = gateway / "subgraphs" / "forecast.graphql"
    path.write_text(path.read_text().replace(" @inaccessible", ""))
    run = composed(node, gateway)
    assert run.returncode == 1
    assert "Query.pipeline" in run.stderr
