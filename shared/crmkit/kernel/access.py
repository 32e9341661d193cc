"""The policy engine: role x action -> scope and masks, for a row and for SQL alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar

from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import Forbidden, NotFound

_K = TypeVar("_K")
_V = TypeVar("_V")
_REMEMBERED = 10_000


class Scope(IntEnum):
    """Whose records: the wider scope is the greater."""

    NONE = 0
    OWN = 1
    TEAM = 2
    SHARED = 3
    """Those of the team, and what its owner shares with everyone: of records with `shared`."""

    SUBTREE = 4
    ALL = 5


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role may do with one aggregate; `masks` are the fields it does not see."""

    read: Scope = Scope.NONE
    write: Scope = Scope.NONE
    actions: Mapping[str, Scope] = field(default_factory=dict)
    masks: frozenset[str] = frozenset()

    def scope(self, action: str) -> Scope:
        named = self.actions.get(action)
        return named if named is not None else self.read if action == "read" else self.write


HISTORY_SCOPE = "history:write"
"""The scope of those who may say when something happened; all others write the present."""

EVERYONE = "everyone"
"""What a record says in `shared` that anybody of the tenant may see."""

EVERYTHING = Grant(read=Scope.ALL, write=Scope.ALL)
READ_ALL = Grant(read=Scope.ALL)


class Policy:
    """One service's table: aggregate -> role -> Grant. What is not granted is denied."""

    def __init__(self, table: Mapping[str, Mapping[str, Grant]]) -> None:
        self.table = {
            aggregate: {"system": EVERYTHING, "admin": EVERYTHING, "auditor": READ_ALL, **roles}
            for aggregate, roles in table.items()
        }
        self._scopes: dict[tuple[frozenset[str], str, str], Scope] = {}
        self._masks: dict[tuple[frozenset[str], str], frozenset[str]] = {}

    def scope(self, actor: Actor, aggregate: str, action: str) -> Scope:
        """The widest scope any of the actor's roles has for the action."""
        key = (actor.roles, aggregate, action)
        found = self._scopes.get(key)
        if found is None:
            found = max(
                (grant.scope(action) for grant in self._grants(actor.roles, aggregate)),
                default=Scope.NONE,
            )
            _bounded(self._scopes)[key] = found
        return found

    def masks(self, actor: Actor, aggregate: str) -> frozenset[str]:
        """The fields hidden from the actor: those that every one of the actor's roles hides."""
        key = (actor.roles, aggregate)
        found = self._masks.get(key)
        if found is None:
            masks = [grant.masks for grant in self._grants(actor.roles, aggregate) if grant.read]
            found = frozenset.intersection(*masks) if masks else frozenset()
            _bounded(self._masks)[key] = found
        return found

    def demand_seen(self, actor: Actor, aggregate: str, fields: Iterable[str]) -> None:
        """Forbidden `field.masked` where one of the fields is hidden from the actor."""
        masks = self.masks(actor, aggregate)
        hidden = sorted(masks.intersection(fields)) if masks else []
        if hidden:
            raise Forbidden(
                f"your roles do not see {', '.join(hidden)}, and so do not change it",
                code="field.masked",
                extra={"fields": hidden},
            )

    def demand(self, actor: Actor, aggregate: str, action: str) -> Scope:
        """The actor's scope for the action; Forbidden where there is none."""
        scope = self.scope(actor, aggregate, action)
        if scope is Scope.NONE:
            raise Forbidden(f"your roles do not allow {aggregate}:{action}", code="forbidden")
        return scope

    def check(self, actor: Actor, aggregate: str, action: str, row: Any) -> None:
        """NotFound where the actor may not see the row, Forbidden where only the action lacks."""
        if not covers(self.scope(actor, aggregate, "read"), actor, row):
            raise NotFound.of(aggregate)
        if not covers(self.demand(actor, aggregate, action), actor, row):
            raise Forbidden(f"this {aggregate} is not yours to {action}", code="forbidden")

    def _grants(self, roles: Iterable[str], aggregate: str) -> list[Grant]:
        granted = self.table[aggregate]
        return [granted[role] for role in roles if role in granted]


def covers(scope: Scope, actor: Actor, row: Any) -> bool:
    """Whether a row lies within the scope of the actor."""
    match scope:
        case Scope.ALL:
            return True
        case Scope.SUBTREE:
            return is_within(row.team, actor.team) or _is_own(row, actor)
        case Scope.TEAM:
            return bool(actor.team and row.team == actor.team) or _is_own(row, actor)
        case Scope.SHARED:
            return bool(row.shared == EVERYONE) or covers(Scope.TEAM, actor, row)
        case Scope.OWN:
            return _is_own(row, actor)
    return False


def _is_own(row: Any, actor: Actor) -> bool:
    return bool(row.owner_id == actor.member_id)


def _bounded(memory: dict[_K, _V]) -> dict[_K, _V]:
    """Tokens name the roles, so what is remembered of them must not grow for ever."""
    if len(memory) >= _REMEMBERED:
        memory.clear()
    return memory


def is_within(team: str, root: str) -> bool:
    """Whether a team path is the root or below it; nothing is below the empty path."""
    return bool(root) and (team == root or team.startswith(f"{root}/"))


def scope_sql(scope: Scope, member: str, team: str) -> str:
    """The same rule as `covers`, as SQL over owner_id and team, given two placeholders."""
    match scope:
        case Scope.ALL:
            return "true"
        case Scope.SUBTREE | Scope.TEAM:
            return f"(owner_id = {member} or {team_sql(scope, team)})"
        case Scope.SHARED:
            return f"(shared = '{EVERYONE}' or {scope_sql(Scope.TEAM, member, team)})"
        case Scope.OWN:
            return f"owner_id = {member}"
    return "false"


def team_sql(scope: Scope, team: str) -> str:
    """The part of `scope_sql` that goes by the team alone; of Scope.TEAM and SUBTREE."""
    if scope is Scope.TEAM:
        return f"({team} <> '' and team = {team})"
    return f"({team} <> '' and (team = {team} or starts_with(team, {team} || '/')))"
