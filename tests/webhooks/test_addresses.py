from ipaddress import ip_address, ip_network

import pytest

from services.webhooks.addresses import BadUrl, Rules

DEVELOPMENT = Rules(production=False)
PRODUCTION = Rules(production=True)

INWARD = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "１２７.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "0.0.0.0",  # noqa: S104 - an address that must be refused
    "0",
    "[::]",
    "localhost",
    "LOCALHOST",
    "db.localhost",
    "printer.local",
    "metadata.google.internal",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2001::1]",
    "224.0.0.1",
    "[ff02::1]",
    "255.255.255.255",
    "198.18.0.1",
    "webhooks",
    "postgres",
    "256.256.256.256",
    "1.2.3",
    "0x08080808",
]


@pytest.mark.parametrize("host", INWARD)
def test_a_url_that_points_inward_is_refused_when_it_is_saved(host: str) -> None:
    with pytest.raises(BadUrl):
        DEVELOPMENT.demand_url(f"http://{host}/hook")


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/hook",
        "file:///etc/passwd",
        "gopher://erp.example.com/",
        "unix:///run/docker.sock",
        "https://erp.example.com:22/",
        "https://erp.example.com:25/",
        "https://erp.example.com:5432/",
        "https://erp.example.com:9092/",
        "https://erp.example.com:99999/",
        "https://user:pass@erp.example.com/",
        "https://user@erp.example.com/",
        "https://erp.example.com/#part",
        "https://erp.example.com/#",
        "https://erp.example.com./",
        "https://münchen.example/",
        "https://erp.example.com/a\tb",
        "https://erp.exa\nmple.com/",
        "https://erp.example.com/ x",
        "https://erp.example.com\\@10.0.0.1/",
        "https:///hook",
        "https://-erp.example.com/",
        "https://[::1/",
        "//erp.example.com/",
        "https://erp.example.com:/",
        "https://erp.example.com/%00",
        "https://erp.example.com/?a=%0D%0aHost:+x",
        "https://erp.example.com/%7f",
        "",
        "https://erp.example.com/" + "x" * 3000,
    ],
)
def test_a_url_of_another_shape_is_refused_in_production(url: str) -> None:
    with pytest.raises(BadUrl):
        PRODUCTION.demand_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example.com/hook?a=1",
        "https://erp.example.com:8443/",
        "https://xn--mnchen-3ya.example/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
    ],
)
def test_a_public_url_is_taken_in_production(url: str) -> None:
    PRODUCTION.demand_url(url)


def test_development_may_use_http_and_any_free_port() -> None:
    DEVELOPMENT.demand_url("http://erp.example.com:3000/")
    with pytest.raises(BadUrl):
        DEVELOPMENT.demand_url("http://erp.example.com:22/")


def test_an_allowed_network_is_allowed_and_its_neighbours_are_not() -> None:
    rules = Rules(False, (ip_network("127.0.0.0/8"),))
    rules.demand_url("http://127.0.0.1:9000/")
    rules.demand_url("http://localhost:9000/")
    assert rules.permits(ip_address("::ffff:127.0.0.1"))
    assert not rules.permits(ip_address("::1"))
    assert not rules.permits(ip_address("10.0.0.1"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "192.88.99.1",
        "192.0.0.8",
        "fec0::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "ff0e::1",
        "239.1.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "fd00:ec2::254",
    ],
)
def test_no_special_address_is_permitted(address: str) -> None:
    assert not PRODUCTION.permits(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_permitted(address: str) -> None:
    assert PRODUCTION.permits(ip_address(address))
