"""Apache Kafka's jars: what deploy/kafka/pom.xml names, fetched by Maven, kept in .data."""

import asyncio
import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path

from crmkit.local.supervise import ChildError

PROJECT = Path(__file__).resolve().parents[3]
POM = PROJECT / "deploy" / "kafka" / "pom.xml"
KEPT = PROJECT / ".data" / "kafka"
PROGRAMS = ("java", "mvn")
_FETCHED_WITHIN = 300


def missing() -> str:
    """Why Apache Kafka cannot run on this machine; empty where it can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"Apache Kafka needs {' and '.join(absent)} on the PATH" if absent else ""


async def fetched() -> Path:
    """The folder of the jars; Maven is asked once for each pom (46 files, 43 MB, seconds).

    ChildError where a program is missing, or with what Maven said.
    """
    reason = missing()
    if reason:
        raise ChildError(reason)
    jars = KEPT / f"jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if not jars.is_dir():
        KEPT.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=KEPT, prefix="fetching-"))
        try:
            await _fetch(unfinished / "jars")
            with contextlib.suppress(OSError):  # another process was faster
                (unfinished / "jars").rename(jars)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return jars


async def _fetch(folder: Path) -> None:
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={folder}")
    maven = await asyncio.create_subprocess_exec(
        *("mvn", "-q", "-B", "--strict-checksums", "-f", POM, *goal),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_FETCHED_WITHIN):
            said, _ = await maven.communicate()
    except BaseException:
        maven.kill()
        raise
    if maven.returncode:
        raise ChildError(f"Maven could not fetch Apache Kafka\n{said.decode()[-2000:]}")
