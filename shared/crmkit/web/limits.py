"""How often somebody may call: GCRA, in this process, for each principal, tenant and address.

GCRA (ITU-T I.371) keeps one number for each caller: when what was asked so far is paid off at the
steady rate. Nothing is counted down by a clock, and whoever was quiet for a while is forgotten.
"""

from collections.abc import Hashable
from heapq import nlargest
from math import ceil
from time import monotonic
from typing import NamedTuple

from crmkit.kernel.actor import Actor
from crmkit.settings import Settings

KINDS = ("read", "write", "bulk")
TENANT = "tenant"
BURST_SECONDS = 2
"""A caller who was quiet may ask for so many seconds' worth at once."""

_FAILURE_SECONDS = 10
_MOST_CALLERS = 20_000
_SLACK = 1e-6
_MARGIN = 1e-9
Headers = list[tuple[bytes, bytes]]


class Left(NamedTuple):
    """What one take left: further takes possible at once, seconds until all is back, and seconds
    to wait where this one was refused, else 0."""

    takes: int
    whole_in: float
    wait: float


class Budget:
    """`rate` takes a second, `rate * window` at once; what is refused costs nothing."""

    def __init__(self, name: str, rate: int, window: int = BURST_SECONDS) -> None:
        self.name = name
        self.rate = rate
        self.burst = rate * window
        self.window = window
        self._step = 1 / rate
        self._most = window + _MARGIN
        self._paid_at: dict[Hashable, float] = {}

    def __len__(self) -> int:
        return len(self._paid_at)

    def take(self, who: Hashable, now: float) -> Left:
        """One take at the monotonic instant `now`."""
        paid_at = self._paid_at.get(who)
        if paid_at is None and len(self._paid_at) >= _MOST_CALLERS:
            self._forget(now)
        if paid_at is None or paid_at < now:
            paid_at = now
        after = paid_at + self._step
        owed = after - now
        if owed > self._most:
            return Left(0, paid_at - now, owed - self.window)
        self._paid_at[who] = after
        return Left(int((self.window - owed) * self.rate + _SLACK), owed, 0.0)

    def look(self, who: Hashable, now: float) -> Left:
        """What a caller has left, without a take; `wait` is until the next one is possible."""
        owed = max(self._paid_at.get(who, now) - now, 0.0)
        wait = max(owed + self._step - self.window - _MARGIN, 0.0)
        return Left(int((self.window - owed) * self.rate + _SLACK), owed, wait)

    def _forget(self, now: float) -> None:
        """Those who owe nothing; where all do, the half that owes less."""
        owing = {who: at for who, at in self._paid_at.items() if at > now}
        if len(owing) > _MOST_CALLERS // 2:
            owing = dict(nlargest(_MOST_CALLERS // 2, owing.items(), key=lambda item: item[1]))
        self._paid_at = owing


class Verdict(NamedTuple):
    """The headers of the answer, and after how many seconds to come again where it is refused."""

    headers: Headers
    retry_after: int


class Limits:
    """The budgets of one process; a rate of 0 means that there is none."""

    def __init__(self, settings: Settings) -> None:
        rates = (settings.rate_read, settings.rate_write, settings.rate_bulk)
        self._own = {kind: Budget(kind, r) for kind, r in zip(KINDS, rates, strict=True) if r}
        self._tenant = Budget(TENANT, settings.rate_tenant) if settings.rate_tenant else None
        failures = settings.rate_failures
        self._failures = Budget("failures", failures, _FAILURE_SECONDS) if failures else None
        self._policies = {kind: self._policy(kind) for kind in KINDS}

    def admit(self, actor: Actor, kind: str) -> Verdict:
        """Take one of the actor's budget of that kind and one of the tenant's.

        Callers are told apart by numbers, since hashing UUIDs costs 0.3 us.
        """
        now = monotonic()
        wait, told = 0.0, ""
        own, shared = self._own.get(kind), self._tenant
        if own is not None:
            takes, whole_in, wait = own.take((actor.tenant_id.int, actor.member_id.int), now)
            told = f'"{kind}";r={takes};t={ceil(whole_in)}'
        if shared is not None:
            take = shared.look if wait else shared.take
            takes, whole_in, later = take(actor.tenant_id.int, now)
            wait = wait or later
            told += f'{told and ", "}"tenant";r={takes};t={ceil(whole_in)}'
        if not told:
            return Verdict([], 0)
        return Verdict([self._policies[kind], (b"ratelimit", told.encode())], ceil(wait))

    def budgets(self, actor: Actor) -> list[tuple[Budget, Left]]:
        """Each budget there is, with what the actor has left of it."""
        now = monotonic()
        who = (actor.tenant_id.int, actor.member_id.int)
        found = [(budget, budget.look(who, now)) for budget in self._own.values()]
        if self._tenant is not None:
            found.append((self._tenant, self._tenant.look(actor.tenant_id.int, now)))
        return found

    def patience(self, address: str) -> int:
        """Seconds for which an address that showed too many wrong credentials is not listened
        to; 0: it is."""
        if self._failures is None:
            return 0
        return ceil(self._failures.look(address, monotonic()).wait)

    def note_failure(self, address: str) -> None:
        """An address showed a credential that does not hold, or none."""
        if self._failures is not None:
            self._failures.take(address, monotonic())

    def _policy(self, kind: str) -> tuple[bytes, bytes]:
        budgets = [b for b in (self._own.get(kind), self._tenant) if b is not None]
        told = ", ".join(f'"{b.name}";q={b.burst};w={b.window}' for b in budgets)
        return b"ratelimit-policy", told.encode()
