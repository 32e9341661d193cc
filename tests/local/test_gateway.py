"""That packages are installed once, and what a start says; npm here is a script of ours."""

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from crmkit.local.gateway import Gateway, install
from crmkit.local.node import Absent, Node
from crmkit.local.ports import free_port
from crmkit.local.running import tell_later


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A gateway's folder with a lock file and nothing installed."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "package-lock.json").write_text("{}")
    (folder / "server.mjs").touch()
    return folder


@pytest.fixture
def npm(tmp_path: Path) -> Node:
    """Notes each run."""
    run = f"mkdir -p node_modules && echo run >> {tmp_path}/runs"
    return Node("", (str(script(tmp_path / "npm", run)),))


def runs(tmp_path: Path) -> int:
    return len((tmp_path / "runs").read_text().splitlines())


async def test_packages_are_installed_once_even_by_several_at_once(
    home: Path, npm: Node, tmp_path: Path
) -> None:
    logs = [tmp_path / f"{number}.log" for number in range(3)]
    await asyncio.gather(*(install(home, npm, log) for log in logs))
    await install(home, npm, logs[0])
    assert runs(tmp_path) == 1


async def test_another_lock_file_installs_again(home: Path, npm: Node, tmp_path: Path) -> None:
    await install(home, npm, tmp_path / "log")
    (home / "package-lock.json").write_text("{ }")
    await install(home, npm, tmp_path / "log")
    assert runs(tmp_path) == 2


async def test_an_install_that_fails_names_its_log_and_is_tried_again(
    home: Path, npm: Node, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    fails = script(tmp_path / "broken", "mkdir -p node_modules; echo no route; exit 1")
    broken = Node("", (str(fails),))
    with pytest.raises(Absent, match=r"cannot be installed, see .*log"):
        await install(home, broken, log)
    assert log.read_text() == "no route\n"
    await install(home, npm, log)
    assert runs(tmp_path) == 1


async def test_where_there_is_no_node_the_line_says_where_to_ask_instead(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr("crmkit.local.node.KEPT", tmp_path / "kept")
    monkeypatch.setattr("crmkit.local.gateway.HOME", home)
    gateway = Gateway(tmp_path, "http://127.0.0.1:1", free_port())
    gateway.begin()
    assert gateway.line.endswith("/graphql   (being installed)")
    said = io.StringIO()
    await tell_later(gateway, Console(file=said))
    assert not await gateway.settled()
    assert said.getvalue() == f"GraphQL   {gateway.line}\n"
    assert gateway.line == (
        "no gateway (Node 20 or newer is not here and cannot be fetched, see "
        f"{tmp_path}/gateway-node.log): the subgraphs answer at their own paths"
    )
    await gateway.stop()


async def test_without_its_folder_there_is_no_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmkit.local.gateway.HOME", tmp_path)
    gateway = Gateway(tmp_path, "http://127.0.0.1:1", free_port())
    gateway.begin()
    assert not await gateway.settled()
    assert "(deploy/gateway is not here)" in gateway.line


async def test_a_gateway_that_ends_at_once_is_given_up_with_its_reason(
    home: Path, npm: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await install(home, npm, tmp_path / "log")
    monkeypatch.setattr("crmkit.local.gateway.HOME", home)
    script(tmp_path / "node", 'test "$1" = --version && echo v22.0.0 || exit 3')
    script(tmp_path / "npm", "true")
    monkeypatch.setenv("PATH", str(tmp_path))
    gateway = Gateway(tmp_path, "http://127.0.0.1:1", free_port())
    gateway.begin()
    assert not await gateway.settled()
    assert "gateway ended with 3" in gateway.line
    await gateway.stop()
