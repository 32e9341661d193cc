"""`crm up` on a broker that runs already, and the same data on another one afterwards."""

import json
from pathlib import Path

import pytest

from crmkit.kernel import clock
from crmkit.local.ports import free_port
from crmkit.testing.brokers import reach, tried_broker
from tests.e2e.shell import crm

CREATE = """curl -sS --fail-with-body "$CRM_URL/v1/leads" -H "authorization: Bearer $CRM_TOKEN" \
  -H 'content-type: application/json' -d '{"company": "华星", "source": "web"}' > /dev/null"""


def leads_counted(folder: Path, told: dict[str, str]) -> int:
    """Start the house, create a lead, and ask how many leads reporting counts by then."""
    today = clock.now().date().isoformat()
    count = f"crm rollup leads_created --from {today} --to {today} --wait --format json"
    run = crm("up", "--data", folder, "--", "sh", "-c", f"{CREATE} && {count}", seconds=120, **told)
    assert run.returncode == 0, run.stderr
    ((item),) = json.loads(run.stdout)
    return int(item["value"])


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_house_moves_from_one_broker_to_another_and_counts_on(tmp_path: Path) -> None:
    for step in (tmp_path, tmp_path.parent):
        step.chmod(0o755)
    broker = tried_broker(tmp_path / "outside")
    await broker.start()
    try:
        assert leads_counted(tmp_path / "data", reach(broker)) == 1
        assert not (tmp_path / "data" / "broker").exists()
    finally:
        await broker.stop()
    assert leads_counted(tmp_path / "data", {}) == 2
    assert (tmp_path / "data" / "broker").exists()


def test_a_broker_that_does_not_answer_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    address = f"127.0.0.1:{free_port()}"
    run = crm("up", "--data", tmp_path / "data", "--", "true", CRM_KAFKA=address)
    assert run.returncode == 2
    assert f"no broker answers at {address}" in run.stderr
