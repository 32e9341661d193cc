"""The envelope of every event (CloudEvents 1.0, structured mode) and the registry of types."""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, get_args
from uuid import UUID

import msgspec

from crmkit.kernel.errors import CrmError


class State(msgspec.Struct):
    """The whole public state of an aggregate after the event; fields are added, never changed."""

    private: ClassVar[frozenset[str]] = frozenset()
    """Fields for our own services only: neither history, feed nor webhooks show them."""

    internal: ClassVar[bool] = False
    """True: no part of the published language; no document, feed or webhook tells of it."""

    personal: ClassVar[frozenset[str]] = frozenset()
    """Fields that tell of a person: an erasure empties them, in rows and in events told before."""

    id: UUID


S = TypeVar("S", bound=State)
REGISTRY: dict[str, "type[Event[Any]]"] = {}


@dataclass(frozen=True, slots=True)
class Event(Generic[S]):
    """Something that happened to one aggregate. Subclasses name the wire `type` and the state."""

    id: UUID
    tenant_id: UUID
    aggregate_id: UUID
    version: int
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    cause: UUID | None
    traceparent: str | None
    state: S
    changed: Mapping[str, tuple[Any, Any]]

    aggregate: ClassVar[str]
    state_type: ClassVar[builtins.type[State]]
    type: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, type: str) -> None:
        cls.type = type
        cls.aggregate = type.split(".", maxsplit=1)[0]
        cls.state_type = get_args(cls.__orig_bases__[0])[0]  # type: ignore[attr-defined]  # set for every generic class
        cls.fields = cls.state_type.__struct_fields__
        if cls.state_type.internal:
            return
        if REGISTRY.setdefault(type, cls) is not cls and not _same(REGISTRY[type], cls):
            raise TypeError(f"two event classes claim {type}")
        REGISTRY[type] = cls


class Unreadable(CrmError):
    """A record on a topic that is no event of ours; it is parked, never retried."""

    code = "event.unreadable"


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON on the topic; `data` stays bytes until someone wants it."""

    specversion: str
    id: UUID
    source: str
    type: str
    subject: UUID
    time: datetime
    tenantid: UUID
    aggregateversion: int
    recordedat: datetime
    actor: str
    position: int
    previous: int
    data: msgspec.Raw
    causationid: UUID | None = None
    traceparent: str | None = None

    @property
    def producer(self) -> str:
        return self.source.strip("/")

    def body(self) -> "Body":
        """State and changes as plain values."""
        return _BODY.decode(self.data)

    def event(self) -> Event[Any]:
        """The typed event; Unreadable where the type is unknown or the state does not fit it."""
        cls = REGISTRY.get(self.type)
        if cls is None:
            raise Unreadable(f"unknown event type {self.type!r}", code="event.unknown_type")
        body = self.body()
        try:
            state: State = msgspec.convert(body.state, cls.state_type, strict=False)
        except msgspec.ValidationError as error:
            raise Unreadable(f"{self.type}: {error}") from error
        return cls(
            self.id,
            self.tenantid,
            self.subject,
            self.aggregateversion,
            self.time,
            self.recordedat,
            self.actor,
            self.causationid,
            self.traceparent,
            state,
            body.changed,
        )


class Body(msgspec.Struct, frozen=True):
    """`data` of an event: the state after it, and what it changed as [before, after]."""

    state: dict[str, Any]
    changed: dict[str, tuple[Any, Any]] = {}


_BODY = msgspec.json.Decoder(Body)
_WIRE = msgspec.json.Decoder(Wire)
_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="string", enc_hook=str)


def canonical(data: Mapping[str, Any]) -> bytes:
    """JSON by RFC 8785: sorted keys, no white space. Money is a string, so no number is a float."""
    return _ENCODER.encode(data)


def read(value: bytes | None) -> Wire:
    """The envelope of one record, or Unreadable."""
    try:
        return _WIRE.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(f"not a CloudEvent of ours: {error}") from error


def private_fields(type: str) -> frozenset[str]:
    """The fields of an event's state that our own services alone are told."""
    known = REGISTRY.get(type)
    return known.state_type.private if known else frozenset()


def topic(aggregate: str) -> str:
    """One topic per aggregate type."""
    return f"crm.{aggregate}.v1"


def _same(one: type, other: type) -> bool:
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)
