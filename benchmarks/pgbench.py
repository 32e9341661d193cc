"""The same SQL without any server: pgbench, prepared."""

import asyncio
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

from benchmarks.data import BARE
from benchmarks.ground import Ground
from benchmarks.measure import percentile
from benchmarks.samples import Sample

_SCRIPTS = Path(__file__).parent / "baselines" / "pgbench"
_RATE = re.compile(r"tps = ([0-9.]+)")
_DONE = re.compile(r"transactions actually processed: (\d+)")
_ON = {"rollup": "reporting"}


async def run(ground: Ground, name: str, connections: int, seconds: float) -> Sample:
    """One script for a while; pgbench's own CPU is not counted, as the load client's is not."""
    place = parse_qs(urlsplit(ground.postgres.admin_url()).query)
    with TemporaryDirectory() as folder:
        before = ground.cpu()
        process = await asyncio.create_subprocess_exec(
            ground.programs / "pgbench",
            *("-n", "-M", "prepared", "-f", _SCRIPTS / f"{name}.sql"),
            *("-c", str(connections), "-T", str(max(1, round(seconds)))),
            *("-D", f"rows={ground.data.rows}", "-l", "--log-prefix", f"{folder}/log"),
            *("-h", place["host"][0], "-p", place["port"][0], "-U", "postgres"),
            f"crm_{_ON.get(name, BARE)}",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"PGOPTIONS": "-c enable_seqscan=off"},
        )
        async with asyncio.timeout(seconds + 60):
            said = (await process.communicate())[0].decode()
        spent = ground.cpu() - before
        taken = await asyncio.to_thread(_latencies, Path(folder))
    rate, done = _RATE.search(said), _DONE.search(said)
    if process.returncode or not rate or not done:
        raise RuntimeError(said[-1000:])
    return Sample(
        spent * 1000 / int(done[1]),
        float(rate[1]),
        percentile(taken, 0.5),
        percentile(taken, 0.99),
    )


def _latencies(logs: Path) -> list[float]:
    """In ms, rising: the third word of each line is in us."""
    lines = [line for log in logs.iterdir() for line in log.read_text().splitlines()]
    return sorted(int(line.split()[2]) / 1000 for line in lines)
