"""What can go wrong, by meaning; the edges translate.

CrmError
├── Invalid       the input breaks a rule (REST 422)
├── NotFound      no such record, or not for this caller (404)
├── Forbidden     the caller sees it but may not do this (403)
├── Unauthorized  nobody is known to be calling (401)
├── Conflict      the record's state does not allow it (409)
├── Stale         the record's version moved on (412)
├── TooMany       a cap or a rate was reached (429)
└── Unavailable   a dependency does not answer now (503)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One offending field: a JSON pointer into the input, a stable code, a sentence."""

    pointer: str
    code: str
    message: str


class CrmError(Exception):
    """A refusal the caller can understand: a stable dotted `code` and one sentence of `detail`."""

    code = "error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        faults: Sequence[Fault] = (),
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.faults = tuple(faults)
        self.extra = dict(extra or {})


class Invalid(CrmError):
    code = "invalid"

    @classmethod
    def field(cls, name: str, code: str, message: str) -> "Invalid":
        """A refusal of one field of the body."""
        return cls(message, code=code, faults=[Fault(f"/{name}", code, message)])


class NotFound(CrmError):
    code = "not_found"

    @classmethod
    def of(cls, aggregate: str) -> "NotFound":
        """That there is no such record, in words; the code is `<aggregate>.not_found`."""
        return cls(f"no such {aggregate.replace('_', ' ')}", code=f"{aggregate}.not_found")


class Forbidden(CrmError):
    code = "forbidden"


class Unauthorized(CrmError):
    code = "unauthorized"


class Conflict(CrmError):
    code = "conflict"


class Stale(CrmError):
    code = "stale"


class TooMany(CrmError):
    """A cap or rate was reached; `retry_after` seconds is a fair time to try again."""

    code = "too_many"

    def __init__(self, detail: str, *, code: str | None = None, retry_after: int = 1) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class Unavailable(CrmError):
    """Callers are told `detail`; `cause`, which may name hosts, stands in our own logs only."""

    code = "unavailable"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        extra: Mapping[str, object] | None = None,
        cause: str = "",
    ) -> None:
        super().__init__(detail, code=code, extra=extra)
        if cause:
            self.args = (f"{detail}: {cause}",)
