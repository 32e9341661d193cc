import contextlib
import secrets
import socket

_FIRST, _PORTS = 20_000, 12_000


def free_port() -> int:
    """A port of loopback that nobody listens on now.

    Not one of those that the system gives to outgoing connections (from 32768 on): one of them may
    be taken by any client between our look and the server's start.
    """
    while True:
        port = _FIRST + secrets.randbelow(_PORTS)
        if is_free(port):
            return port


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
