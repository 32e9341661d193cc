import os
from pathlib import Path

import pytest

from crmkit.local.jars import PROGRAMS, fetched, missing
from crmkit.local.supervise import ChildError


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of one folder, which is empty."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


async def test_who_has_neither_java_nor_maven_is_told_so(programs: Path) -> None:
    assert missing() == "Apache Kafka needs java and mvn on the PATH"
    with pytest.raises(ChildError, match="needs java and mvn"):
        await fetched()


def test_the_one_that_is_missing_is_named(programs: Path) -> None:
    (programs / "java").touch(0o755)
    assert missing() == "Apache Kafka needs mvn on the PATH"


def test_with_both_nothing_is_missing(programs: Path) -> None:
    for name in PROGRAMS:
        (programs / name).touch(0o755)
    assert missing() == ""


async def test_what_maven_says_is_told(
    programs: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path_factory.mktemp("kept")
    monkeypatch.setattr("crmkit.local.jars.KEPT", kept)
    (programs / "java").touch(0o755)
    (programs / "mvn").write_text("#!/bin/sh\necho no way to the repository\nexit 1\n")
    (programs / "mvn").chmod(0o755)
    with pytest.raises(ChildError, match="no way to the repository"):
        await fetched()
    assert os.listdir(kept) == []
