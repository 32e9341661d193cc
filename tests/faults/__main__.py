"""The long form: `python -m tests.faults --kills 50 --rate 200 --soak 10 --seed 7`."""

import argparse
import asyncio
import json
import secrets
import sys
import time
from pathlib import Path

from tests.faults.families import FAMILIES, run, soak
from tests.faults.report import Report, table
from tests.faults.stack import running_stack

SECONDS_A_FAULT = 12
"""What one kill of each kind takes at most, on two cores that others use, too."""

SECONDS_AT_LEAST = 900


def main() -> None:
    """Exit status 0 where all is equal and every fault bit, 1 where not, 2 where time is up."""
    asked = _arguments()
    within = SECONDS_AT_LEAST + asked.kills * SECONDS_A_FAULT * len(FAMILIES) + asked.soak * 60
    say(f"seed {asked.seed}, at most {within // 60:.0f} min")
    reports: list[Report] = []
    started = time.monotonic()
    try:
        asyncio.run(asyncio.wait_for(_all(asked, reports), within))
        status = int(any(each.wrong or not each.valid for each in reports))
    except TimeoutError:
        say(f"time is up after {within / 60:.0f} min")
        status = 2
    minutes = (time.monotonic() - started) / 60
    say(table(reports), f"seed {asked.seed}, {minutes:.1f} min")
    told = {"seed": asked.seed, "kills": asked.kills, "rate": asked.rate, "status": status}
    told |= {"minutes": round(minutes, 1), "families": [each.plain() for each in reports]}
    report = Path(asked.report)
    report.parent.mkdir(exist_ok=True)
    report.write_text(json.dumps(told, indent=1))
    raise SystemExit(status)


async def _all(asked: argparse.Namespace, reports: list[Report]) -> None:
    async with running_stack() as stack:
        for family in asked.families or FAMILIES:
            say(f"{family} …")
            reports.append(
                await run(family, stack, rate=asked.rate, seed=asked.seed, times=asked.kills)
            )
            say(table(reports[-1:]))
        if asked.soak:
            say("soak …")
            reports.append(await soak(stack, rate=asked.rate, seed=asked.seed, minutes=asked.soak))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("families", nargs="*", help=f"of {', '.join(FAMILIES)}; all if left out")
    parser.add_argument("--kills", type=int, default=50, help="of each kind")
    parser.add_argument("--rate", type=float, default=200, help="writes a second")
    parser.add_argument("--soak", type=float, default=0, help="minutes of load afterwards")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31))
    parser.add_argument("--report", default=".data/faults.json", help="the file to write")
    return parser.parse_args()


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
