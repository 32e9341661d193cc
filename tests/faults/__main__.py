"""The long form: `python -m tests.faults --kills 50 --rate 200 --soak 10 --seed 7`."""

import argparse
import asyncio
import json
import secrets
import signal
import sys
import time
from pathlib import Path

from tests.e2e.forge import Furnace
from tests.faults.families import FAMILIES, run, soak
from tests.faults.report import Report, table
from tests.faults.stack import running_stack

SECONDS_A_ROUND = 30
"""What one round of all faults of a family takes, on two cores that others use, too."""

SECONDS_TO_JUDGE = 90
"""What a family may take beside its rounds, until one has shown how long that takes here: the end
of the last of them, the quiet and the ORACLE."""

A_SOAK_TAKES = 1.5
"""Of its own length: what piled up under its faults is to be worked off, and all of it judged."""

SECONDS_TO_END = 30
"""What it takes to begin, and again to take all of it away."""


def main() -> None:
    """Exit status 0 where all is equal and every fault bit, 1 where not, 2 where time was up."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the report is written
    families = asked.families or list(FAMILIES)
    due = (asked.kills * SECONDS_A_ROUND + 2 * SECONDS_TO_JUDGE) * len(families)
    soaked = 60 * asked.soak * A_SOAK_TAKES
    within = 60 * asked.minutes or soaked + due
    say(f"seed {asked.seed}, {within / 60:.0f} min at most")
    reports: list[Report] = []
    started, bound = time.monotonic(), within - SECONDS_TO_END
    try:
        asyncio.run(asyncio.wait_for(_all(asked, families, within, reports), bound))
    except TimeoutError:
        say(f"cut off after {bound / 60:.0f} min: what is below is of the families before")
    finally:
        minutes = round((time.monotonic() - started) / 60, 1)
        status = _status(reports, len(families) + bool(asked.soak))
        say(table(reports), f"seed {asked.seed}, {minutes} min")
        told = vars(asked) | {"status": status, "minutes_taken": minutes}
        told |= {"families": [each.plain() for each in reports]}
        report = Path(asked.report)
        report.parent.mkdir(exist_ok=True)
        report.write_text(json.dumps(told, indent=1))
    raise SystemExit(status)


def _status(reports: list[Report], wanted: int) -> int:
    if any(each.wrong or not each.valid for each in reports):
        return 1
    return 2 if len(reports) < wanted or any(each.cut for each in reports) else 0


async def _all(
    asked: argparse.Namespace, families: list[str], within: float, reports: list[Report]
) -> None:
    """Each family has its share of the time that those before it have left, in which it is judged
    as well; the longest that took so far is kept back for it."""
    ends, judging = time.monotonic() + within - 2 * SECONDS_TO_END, float(SECONDS_TO_JUDGE)
    if asked.soak:
        ends -= 60 * asked.soak * A_SOAK_TAKES + judging
    async with Furnace.burning(), running_stack() as stack:
        for left, family in zip(range(len(families), 0, -1), families, strict=True):
            say(f"{family} …")
            began = time.monotonic()
            share = max(0, (ends - began) / left - judging)
            report = await run(
                family, stack, rate=asked.rate, seed=asked.seed, times=asked.kills, within=share
            )
            reports.append(report)
            judging = max(judging, time.monotonic() - began - share)
            say(table([report]))
        if asked.soak:
            say("soak …")
            reports.append(await soak(stack, rate=asked.rate, seed=asked.seed, minutes=asked.soak))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("families", nargs="*", help=f"of {', '.join(FAMILIES)}; all if left out")
    parser.add_argument("--kills", type=int, default=50, help="of each kind")
    parser.add_argument("--rate", type=float, default=200, help="writes a second")
    parser.add_argument("--soak", type=float, default=0, help="minutes of load afterwards")
    parser.add_argument("--minutes", type=float, default=0, help="for all of it; 0: as many as due")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31))
    parser.add_argument("--report", default=".data/faults.json", help="the file to write")
    return parser.parse_args()


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
