"""Where a request comes from: its peer, or whom a trusted proxy names in `X-Forwarded-For`.

The header is read by uvicorn's own middleware: from the right, up to the first hop that is no
trusted proxy, so that what a caller writes into it before the proxies do counts for nothing. All
proxies we deploy speak that header, so RFC 7239's `Forwarded` is not read at all.
"""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, cast

from starlette.types import ASGIApp, Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_HOUSEHOLD = 64
"""Bits of an IPv6 address that one line is given whole: the rest is for its owner to choose."""


def behind(proxies: Sequence[str], app: ASGIApp) -> ASGIApp:
    """The app, told by these networks, and by nobody else, who calls through them."""
    if not proxies:
        return app
    trusting: Any = ProxyHeadersMiddleware(cast("Any", app), list(proxies))
    return cast("ASGIApp", trusting)


def address_of(scope: Scope) -> str:
    """The address whose failures are counted together: of IPv6 the network of 64 bits.

    What is no address, be it the path of a socket or what a proxy passed on unread, is one for all.
    """
    client = scope.get("client")
    try:
        address = ip_address(client[0] if client else "")
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), _HOUSEHOLD), strict=False).network_address)
