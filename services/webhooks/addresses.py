"""Which URLs and which addresses a webhook may go to (SSRF: reliability rule 24)."""

import re
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2000
_PORTS = frozenset({443, 80, 8080, 8443})
_FIRST_FREE_PORT = 1024
_SCHEMES = {"https": 443, "http": 80}
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_CONTROL = re.compile("%([01][0-9a-f]|7f)", re.IGNORECASE)
_LABELS = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_HOUSE = ("localhost", "local", "internal", "intranet", "lan", "home.arpa")
_DENIED = tuple(
    map(
        ip_network,
        (
            # what `is_global` of Python 3.11 takes for public
            "224.0.0.0/4",
            "192.0.0.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/32",
            "::/96",
            "::ffff:0:0:0/96",
            "fec0::/10",
            "3fff::/20",
            "5f00::/16",
            "100::/64",
            "ff00::/8",
        ),
    )
)


class BadUrl(ValueError):
    """A URL that may not be told; the message says why."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`allowed` are networks that may be told though they are not public: for tests alone; `own`
    are this house's names, with or without a port."""

    production: bool
    allowed: tuple[Network, ...] = ()
    own: frozenset[str] = frozenset()

    def demand_url(self, url: str) -> None:
        """BadUrl where a URL could not be told whatever its name resolves to."""
        parts = _split(url)
        if parts.scheme not in _SCHEMES or (self.production and parts.scheme != "https"):
            raise BadUrl("only https" if self.production else "only https or http")
        self._demand_port(parts)
        self._demand_host(parts.hostname or "")
        if self.is_own(*_place(parts)):
            raise BadUrl("this house does not tell itself")

    def is_own(self, host: str, port: int) -> bool:
        """Whether that is this house itself."""
        return bool(self.own) and not self.own.isdisjoint({host.lower(), f"{host.lower()}:{port}"})

    def permits(self, address: Address) -> bool:
        """Whether a connection to the address may be opened."""
        mapped = getattr(address, "ipv4_mapped", None)
        if mapped is not None:
            return self.permits(mapped)
        if any(address in network for network in self.allowed):
            return True
        return address.is_global and not any(address in network for network in _DENIED)

    def _demand_port(self, parts: SplitResult) -> None:
        try:
            port = parts.port
        except ValueError:
            raise BadUrl("the port is not a port") from None
        port = _SCHEMES[parts.scheme] if port is None else port
        if port not in _PORTS and (self.production or port < _FIRST_FREE_PORT):
            raise BadUrl(f"port {port} is not for webhooks")

    def _demand_host(self, host: str) -> None:
        address = _literal(host)
        if address is None and host == "localhost":
            address = IPv4Address("127.0.0.1")
        if address is not None:
            if not self.permits(address):
                raise BadUrl("the address is not a public one")
        elif not _LABELS.fullmatch(host) or any(host.endswith(f".{name}") for name in _HOUSE):
            raise BadUrl("the host is no public name")


def host_of(url: str) -> str:
    """`host:port` of a URL that was found good: what one circuit breaker is for."""
    host, port = _place(urlsplit(url))
    return f"{host}:{port}"


def is_same_house(url: str, other: str) -> bool:
    """Whether two URLs lead to one server, as far as can be seen; a proxy may turn 443 into 80."""
    (host, port), (their_host, their_port) = _place(urlsplit(url)), _place(urlsplit(other))
    return host == their_host and (port == their_port or {port, their_port} == {80, 443})


def _place(parts: SplitResult) -> tuple[str, int]:
    port = _SCHEMES[parts.scheme] if parts.port is None else parts.port
    return (parts.hostname or "").lower(), port


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL or not _VISIBLE.fullmatch(url) or "\\" in url:
        raise BadUrl(f"at most {LONGEST_URL} visible ASCII characters")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadUrl("not a URL") from None
    if "@" in parts.netloc or "#" in url:
        raise BadUrl("no user, password or fragment")
    if parts.netloc.endswith(":") or _CONTROL.search(url):
        raise BadUrl("no empty port and no control characters")
    return parts


def _literal(host: str) -> Address | None:
    """The address a host spells in full; BadUrl for the other ways in which `getaddrinfo` reads
    one, such as `127.1`, `0x7f.1` and `2130706433`."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    if _NUMBER.fullmatch(host.rsplit(".", 1)[-1]):
        raise BadUrl("neither an address nor a name")
    return None
