"""The knobs every process has; a service's `settings.py` adds its own."""

import re
from ipaddress import ip_network
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from crmkit.kernel.errors import Invalid

_SCHEME = "postgresql://"
_HOST = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:[0-9]+)?")


class Settings(BaseSettings):
    """Read from the environment, prefix `CRM_`.

    `database_url` holds the placeholders {service} and {role}; role is `owner` (migrations),
    `app` (requests, under row level security) or `system` (relay, consumers, schedules).
    """

    model_config = SettingsConfigDict(env_prefix="CRM_", frozen=True, extra="ignore")

    database_url: str = "postgresql://crm_{service}_{role}@127.0.0.1:5432/crm_{service}"
    kafka: str = "127.0.0.1:9092"
    kafka_partitions: int = 4
    """Of each topic, for good. The embedded broker makes a topic with 4 as soon as any client asks
    about it, before the relay can; any other broker must not make topics by itself."""

    kafka_replication: int = 1
    kafka_fetch_wait_ms: int = 500
    """How long a fetch waits for records; the embedded broker does not wake one that waits."""

    pool_size: int = Field(8, ge=1)
    pooler: bool = False
    """True behind a transaction pooler: the tenant is bound per transaction, not per connection."""

    jwks_url: str = ""
    jwks_file: str = ""
    issuer: str = "https://identity.dealstream.example"
    audience: str = "dealstream"
    metrics_port: int = Field(0, ge=0, le=65535)
    """0: no metrics port."""

    metrics_host: str = "127.0.0.1"
    """Where the metrics port listens; 0.0.0.0 for a scraper on another machine."""

    rate_read: int = Field(100, ge=0)
    """Reads a second for each principal; twice as many at once. 0: as many as they like."""

    rate_write: int = Field(100, ge=0)
    rate_bulk: int = Field(20, ge=0)
    """Of `/batch` and `/imports`."""

    rate_tenant: int = Field(500, ge=0)
    """Requests a second of all who call for one tenant."""

    rate_failures: int = Field(10, ge=0)
    """Refused credentials a second for each client address; ten times as many at once."""

    trusted_proxies: str = ""
    """Networks, separated by commas, whose `X-Forwarded-For` is believed; nobody's if empty."""

    production: bool = False
    """True: no introspection, no private webhook addresses, no development keys."""

    direct_database_url: str = ""
    """Past the pooler, for owner and system: relay and migrations hold locks of a session."""

    ledger_key: str = ""
    """32 bytes in base64: the Ed25519 key that signs ledgers' roots; none are signed without."""

    past_days: int = Field(90, ge=1)
    """How long what rows held that moved without an event (deliveries, endpoints' pulses, a key's
    last use) is known as of an instant."""

    fault_point: str = ""
    """The step of `crmkit.faults` at which this process ends itself; for tests."""

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, listed: str) -> str:
        return ",".join(str(ip_network(each.strip())) for each in listed.split(",") if each.strip())

    @field_validator("database_url", "direct_database_url")
    @classmethod
    def _is_of_postgresql(cls, url: str) -> str:
        if url and not url.startswith(_SCHEME):
            raise ValueError(f"an address that begins with {_SCHEME} is wanted")
        hosts = urlsplit(url).netloc.rpartition("@")[2].split(",")
        if not all(_HOST.fullmatch(host) for host in hosts):
            raise ValueError("no host and port; what a password has of /?#@ is percent-encoded")
        return url

    @model_validator(mode="after")
    def _keep_going(self) -> Self:
        if self.production and self.fault_point:
            raise ValueError("CRM_FAULT_POINT is not for production")
        return self

    def dsn(self, service: str, role: str) -> str:
        """Where `service` keeps its data, as `role`."""
        past = self.direct_database_url if role != "app" else ""
        return (past or self.database_url).replace("{service}", service).replace("{role}", role)

    @property
    def proxies(self) -> list[str]:
        """The trusted proxies, one by one."""
        return self.trusted_proxies.split(",") if self.trusted_proxies else []

    @classmethod
    def load(cls) -> Self:
        """Invalid `settings.invalid` names the variables that do not fit, never their values."""
        try:
            return cls()
        except ValidationError as error:
            raise Invalid(_told(error), code="settings.invalid") from None


def _told(error: ValidationError) -> str:
    """Each fault in words, after the variable that has it; what spans several names them itself."""
    told = []
    for fault in error.errors(include_input=False, include_url=False):
        names = [f"CRM_{name}: ".upper() for name in fault["loc"][:1]]
        told.append("".join(names) + fault["msg"].removeprefix("Value error, "))
    return "; ".join(told)


def place_of(url: str) -> str:
    """Host, port and database of a database's URL, for messages: nothing of it that is secret."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - takes longer to load than all of this
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - the same

    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        return "the database"
    host = found.host or found.query.get("host", "")
    return f"{host}:{found.port or found.query.get('port', 5432)}/{found.database or ''}"
