"""What is told of settings that do not fit: which variable, and nothing that is secret."""

import pytest

from crmkit.db.pool import Database
from crmkit.kernel import ids
from crmkit.kernel.errors import Invalid, Unavailable
from crmkit.migrations.runner import Migrator
from crmkit.service import services
from crmkit.settings import Settings, place_of
from crmkit.testing.house import House

HOST = "postgresql://crm_leads_app:secret@db.example:5433/crm_leads"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRM_POOL_SIZE", "secret"),
        ("CRM_POOL_SIZE", "0"),
        ("CRM_METRICS_PORT", "99999"),
        ("CRM_DATABASE_URL", "secret"),
        ("CRM_DATABASE_URL", "postgresql://u:se/cret@db.example/x"),
        ("CRM_DIRECT_DATABASE_URL", "mysql://u:secret@db.example/x"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Invalid, match=f"^{name}: ") as refused:
        Settings.load()
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://crm_{service}_{role}@/crm_{service}?host=/run/pg",
        "postgresql://u:p%2Fw@a:1,b:2/x",
        "postgresql://u:p@[::1]:5432/x",
        "postgresql://u:p@{service}.db/x",
    ],
)
def test_every_form_of_address_that_postgresql_knows_is_taken(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    assert Settings.load().database_url == url


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (HOST, "db.example:5433/crm_leads"),
        ("postgresql://u:secret@db.example/x?password=secret", "db.example:5432/x"),
        ("postgresql://u@/x?host=/run/pg&port=7", "/run/pg:7/x"),
        ("postgresql://u:secret@a:1,b:2/x", "the database"),
    ],
)
def test_a_database_is_named_without_its_password(url: str, place: str) -> None:
    assert place_of(url) == place


async def test_our_logs_are_told_which_database_is_away_and_callers_are_not() -> None:
    database = await Database.open("postgresql://u:secret@127.0.0.1:1/x", size=1, name="away")
    with pytest.raises(Unavailable) as away:
        async with database.lend(ids.new()):
            pass
    await database.close()
    assert "127.0.0.1:1/x" in repr(away.value)
    assert "Errno" in repr(away.value)
    assert "secret" not in repr(away.value)
    assert away.value.detail == "the database is busy or away"


async def test_a_role_that_is_not_there_is_told_with_its_database(house: House) -> None:
    await house.executor("leads")
    known = house.settings("leads").dsn("leads", "owner")
    wrong = known.replace("crm_leads_owner@", "nobody:secret@")
    assert wrong != known
    migrator = migrator_of(wrong)
    for work in (migrator.upgrade, migrator.check):
        with pytest.raises(Unavailable, match=r"crm_leads: .*nobody") as shut:
            await work()
        assert "secret" not in str(shut.value)


def migrator_of(dsn: str) -> Migrator:
    (leads,) = services(["leads"])
    settings = leads.settings(database_url=dsn)
    return leads.migrator(settings)
