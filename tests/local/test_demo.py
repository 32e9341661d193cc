"""`crm demo` from an empty folder, and once more on what it left."""

import os
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crmkit.local.demo_story import Life, Story

CRM = Path(sys.executable).parent / "crm"
ZONE = ZoneInfo("Asia/Shanghai")
MOMENTS = (
    datetime(2026, 11, 22, 16, 0, 1, tzinfo=UTC),  # a second into a Monday in Shanghai
    datetime(2026, 3, 31, 16, 0, tzinfo=UTC),  # the very first moment of a month there
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_loads_once_and_finds_its_data_again(tmp_path: Path) -> None:
    first, second = run_demo(tmp_path), run_demo(tmp_path)
    assert "leads 线索" in first
    assert "nothing is loaded" not in first
    assert "leads 线索" not in second
    assert "nothing is loaded" in " ".join(second.split())
    assert report_of(first) == report_of(second)
    assert all(amount != "0" for amount in won_amounts(first))
    pages = sorted((tmp_path / "data/reports").glob("*.html"))
    assert [page.name.partition("-")[0] for page in pages][:2] == ["monthly", "weekly"]
    assert all("销售漏斗" in page.read_text("utf-8") for page in pages)
    assert str(tmp_path / "data/reports") in first


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [CRM, "demo", "--once", "--port", port, "--data", tmp_path / "data"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr


@pytest.mark.parametrize("now", MOMENTS)
def test_everything_in_the_story_has_happened_by_now_and_in_order(now: datetime) -> None:
    lives = Story(now, ZONE).lives
    assert len(lives) == 500
    for life in lives:
        steps = moments(life)
        assert steps == sorted(steps), life.key
        assert all(step <= now for step in (*steps, *(deed.at for deed in life.deeds))), life.key


@pytest.mark.parametrize("now", MOMENTS)
def test_the_instalments_of_a_contract_add_up(now: datetime) -> None:
    deals = [life.deal for life in Story(now, ZONE).lives if life.deal and life.deal.parts]
    assert len(deals) == 90
    assert all(sum(part.amount for part in deal.parts) == deal.amount for deal in deals)


def test_the_story_is_the_same_for_the_same_moment() -> None:
    assert Story(MOMENTS[0], ZONE).lives == Story(MOMENTS[0], ZONE).lives


def moments(life: Life) -> list[datetime]:
    steps = [life.received_at, life.worked_at, life.qualified_at, life.disqualified_at]
    steps.append(life.converted_at)
    if life.deal:
        steps += [at for _, at in life.deal.moves]
        steps += [life.deal.won_at, life.deal.lost_at, life.deal.signed_at]
        steps += [part.paid_at for part in life.deal.parts]
    return [step for step in steps if step is not None]


def run_demo(folder: Path) -> str:
    """In an environment of its own: other tests of this process have set where their broker is."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    done = subprocess.run(
        [CRM, "demo", "--once", "--port", "0", "--data", folder / "data"],
        capture_output=True,
        text=True,
        timeout=140,
        env=own,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def report_of(output: str) -> list[str]:
    """The month's figures and the forecast; a week may end between two starts."""
    return output[output.index("月报") :].splitlines()


def won_amounts(output: str) -> list[str]:
    return re.findall(r"赢单 deals won +│ +\d+ │ +([\d,]+)", output)
