import asyncio
import json
import socket
import sys

import pytest

from crmkit.local.ports import claim, is_free

PROCESSES, EACH = 4, 300
"""As many as would meet about 60 times where each looked for itself."""

TAKE = f"""
import json, sys
from crmkit.local.ports import free_port
print(json.dumps([free_port() for _ in range({EACH})]), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that end with a process")
async def test_processes_that_look_for_ports_at_once_are_never_given_the_same() -> None:
    takers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", TAKE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(PROCESSES)
    ]
    taken = [json.loads(await taker.stdout.readline()) for taker in takers if taker.stdout]
    await asyncio.gather(*(taker.communicate(b"") for taker in takers))
    assert len({port for ports in taken for port in ports}) == PROCESSES * EACH
    assert any(claim(port) for port in taken[0]), "the claims of the dead are void"


def test_a_port_that_somebody_listens_at_is_not_handed_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not is_free(port)
        assert not claim(port)
    assert is_free(port)
    assert claim(port)
