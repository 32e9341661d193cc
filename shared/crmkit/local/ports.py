import contextlib
import secrets
import socket
import sys

_FIRST, _PORTS = 20_000, 12_000


def free_port() -> int:
    """A port of loopback that nobody listens on now, and that no other process of ours is given as
    long as this one lives.

    Not one of those that the system gives to outgoing connections (from 32768 on): one of them may
    be taken by any client between our look and the server's start.
    """
    while True:
        port = _FIRST + secrets.randbelow(_PORTS)
        if claim(port):
            return port


def claim(port: int) -> bool:
    """Whether the port is free and, from now until this process ends, ours to hand out.

    Seconds may go by before its server listens. The claim is a name that the system gives to one
    socket at a time, and takes back from the dead; where there are no such names, there is none.
    """
    return is_free(port) and _is_first_to_name(port)


def _is_first_to_name(port: int) -> bool:
    if sys.platform != "linux":
        return True
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0dealstream-port-{port}")
    except OSError:
        mark.close()
        return False
    mark.detach()  # stays open, and with it the name, as long as the process lives
    return True


def is_free(port: int) -> bool:
    """Whether a server could listen on that port of loopback; one that has just stopped is gone."""
    with socket.socket() as listener, contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return True
    return False


def is_listened_on(port: int) -> bool:
    """Whether somebody takes connections at that port of loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
