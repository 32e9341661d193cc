import pytest

from services.identity.tenant.domain import checked_zone


@pytest.mark.parametrize("name", ["Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "UTC"])
def test_a_time_zone_goes_by_its_iana_name(name: str) -> None:
    assert checked_zone(name) == name


@pytest.mark.parametrize(
    "name", ["", "Shanghai", "asia/shanghai", "UTC+8", "../etc/passwd", "Factory", "localtime"]
)
def test_what_is_no_iana_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        checked_zone(name)
