import subprocess
import sys

ASKED = """
from crmkit.events.envelope import REGISTRY
from services.{service}.app import service
service.furniture("consumers")
print(*sorted({{kind.aggregate for kind in REGISTRY.values()}}))
"""


def test_a_process_of_one_service_knows_the_events_of_all() -> None:
    command = [sys.executable, "-c", ASKED.format(service="forecast")]
    known = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert {"lead", "opportunity", "contract", "receipt", "tenant", "target"} <= set(known)
