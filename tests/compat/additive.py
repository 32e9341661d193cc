"""What of a published interface a newer one breaks: fields may be added, never removed or retyped.

Requests and answers are looked at from the caller's side: a request may ask for no more than it
did, an answer may hold no less. A new code in an answer's enumeration is no break: callers are told
to expect codes they do not know.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from graphql import build_schema, find_breaking_changes

_METHODS = ("get", "put", "post", "patch", "delete")
_UPPER = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
_NAMES = re.compile(r"\^\(([a-z0-9_|]+)\)\(,\(\1\)\)\*\$")
"""A list of names, as `fields` of a read takes it."""

_LOWER = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
WIDENED: Mapping[str, str] = {
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})$": (
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
        r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
    ),
}
"""Patterns of requests, each with the one that came after it and takes all that it took: of two
patterns alone nobody can tell. A test draws what the older takes and shows it to the newer."""


class Way(Enum):
    """Who makes the value that a schema describes."""

    REQUEST = "request"
    ANSWER = "answer"


Document = Mapping[str, Any]


def openapi_breaks(old: Document, new: Document) -> list[str]:
    """Each break of an OpenAPI document, as a line that names its place."""
    return sorted(set(_paths(old, new)))


def graphql_breaks(old: str, new: str) -> list[str]:
    """Each break of a schema of GraphQL, as the reference implementation finds them."""
    schemas = (build_schema(text, assume_valid=True) for text in (old, new))
    return [change.description for change in find_breaking_changes(*schemas)]


def asyncapi_breaks(old: Document, new: Document) -> list[str]:
    """Each break of an AsyncAPI document; all of it is read by others."""
    found: list[str] = []
    for name, channel in old["channels"].items():
        now = new["channels"].get(name)
        if now is None or now["address"] != channel["address"]:
            found.append(f"channel {name}: gone")
    pair = _Pair(old, new, Way.ANSWER)
    for name, message in old["components"]["messages"].items():
        now = new["components"]["messages"].get(name)
        if now is None or now["name"] != message["name"]:
            found.append(f"message {name}: gone")
        else:
            found += pair.compare(message["payload"], now["payload"], name)
    return sorted(set(found))


def _paths(old: Document, new: Document) -> Iterator[str]:
    pairs = {way: _Pair(old, new, way) for way in Way}
    for path, operations in old["paths"].items():
        for method in _METHODS:
            if method not in operations:
                continue
            place = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{place}: gone"
            else:
                yield from _operation(pairs, operations[method], now, place)


def _operation(
    pairs: Mapping[Way, "_Pair"], before: Document, after: Document, place: str
) -> Iterator[str]:
    if before["operationId"] != after["operationId"]:
        yield f"{place}: operationId was {before['operationId']}"
    yield from _parameters(pairs[Way.REQUEST], before, after, place)
    yield from _bodies(pairs[Way.REQUEST], before, after, place)
    yield from _answers(pairs[Way.ANSWER], before, after, place)


def _parameters(pair: "_Pair", before: Document, after: Document, place: str) -> Iterator[str]:
    was, now = pair.parameters(before, after)
    for key, parameter in was.items():
        if key not in now:
            yield f"{place}: parameter {key[0]} gone"
        else:
            yield from pair.compare(parameter["schema"], now[key]["schema"], f"{place} {key[0]}")
    for key, parameter in now.items():
        if parameter.get("required") and not was.get(key, {}).get("required"):
            yield f"{place}: parameter {key[0]} is required"


def _bodies(pair: "_Pair", before: Document, after: Document, place: str) -> Iterator[str]:
    was, now = before.get("requestBody", {}), after.get("requestBody", {})
    if now.get("required") and not was.get("required"):
        yield f"{place}: a body is required"
    for media, content in was.get("content", {}).items():
        if media not in now.get("content", {}):
            yield f"{place}: takes no {media}"
        else:
            schemas = content.get("schema", {}), now["content"][media].get("schema", {})
            yield from pair.compare(*schemas, place)


def _answers(pair: "_Pair", before: Document, after: Document, place: str) -> Iterator[str]:
    for status, answer in before["responses"].items():
        now = after["responses"].get(status)
        if now is None:
            if status < "400":
                yield f"{place}: no longer answers {status}"
            continue
        was, is_ = pair.old(answer), pair.new(now)
        for media, content in was.get("content", {}).items():
            if media not in is_.get("content", {}):
                yield f"{place} {status}: no {media}"
            else:
                schemas = content.get("schema", {}), is_["content"][media].get("schema", {})
                yield from pair.compare(*schemas, f"{place} {status}")


class _Pair:
    """Two documents and the way their values go."""

    def __init__(self, old: Document, new: Document, way: Way) -> None:
        self._old, self._new, self._way = old, new, way
        self._under_way: set[tuple[str, str]] = set()
        self._sound: set[tuple[str, str]] = set()
        """Without a break, with all that they hold: most operations answer with the same ones."""

    def old(self, node: Any) -> Any:
        return _resolved(self._old, node)

    def new(self, node: Any) -> Any:
        return _resolved(self._new, node)

    def parameters(self, before: Document, after: Document) -> tuple[Any, Any]:
        was = (self.old(each) for each in before.get("parameters", []))
        now = (self.new(each) for each in after.get("parameters", []))
        return _by_name(was), _by_name(now)

    def compare(self, before: Any, after: Any, place: str) -> Iterator[str]:
        """Where the newer schema breaks the older; schemas that hold themselves are met once."""
        names = (str(before.get("$ref", "")), str(after.get("$ref", "")))
        if names in self._under_way or names in self._sound:
            return
        if not all(names):
            yield from self._breaks(before, after, place)
            return
        self._under_way.add(names)
        found = [*self._breaks(before, after, place)]
        self._under_way.remove(names)
        if not found and not self._under_way:
            self._sound.add(names)
        yield from found

    def _breaks(self, before: Any, after: Any, place: str) -> Iterator[str]:
        was, now = self.old(before), self.new(after)
        yield from self._types(was, now, place)
        yield from self._members(was, now, place)
        yield from self._bounds(was, now, place)
        if "items" in was:
            yield from self.compare(was["items"], now.get("items", {}), f"{place}[]")

    def _types(self, was: Any, now: Any, place: str) -> Iterator[str]:
        had, has = self._kinds(was, self.old), self._kinds(now, self.new)
        lost, won = had - has, has - had
        if self._way is Way.REQUEST and lost and "any" not in has:
            yield f"{place}: no longer takes {_named(lost)}"
        if self._way is Way.ANSWER and won and "any" not in had:
            yield f"{place}: may now be {_named(won)}"
        known = {_key(each): each for each in _variants(now)}
        for each in _variants(was):
            if _key(each) in known:
                yield from self.compare(each, known[_key(each)], place)

    def _kinds(self, schema: Any, resolve: Any) -> set[str]:
        variants = _variants(schema)
        if variants:
            return {kind for each in variants for kind in self._kinds(resolve(each), resolve)}
        kind = schema.get("type")
        if kind is None:
            return {"constant"} if "const" in schema or "enum" in schema else {"any"}
        form = schema.get("format")
        kinds = kind if isinstance(kind, list) else [kind]
        return {f"{each} ({form})" if form else each for each in kinds}

    def _members(self, was: Any, now: Any, place: str) -> Iterator[str]:
        had, has = was.get("properties", {}), now.get("properties", {})
        for name, schema in had.items():
            if name not in has:
                yield f"{place}.{name}: gone"
            else:
                yield from self.compare(schema, has[name], f"{place}.{name}")
        needed, needs = set(was.get("required", ())), set(now.get("required", ()))
        if self._way is Way.REQUEST:
            yield from (f"{place}.{name}: is required" for name in needs - needed)
        else:
            yield from (f"{place}.{name}: may be missing" for name in (needed - needs) & has.keys())

    def _bounds(self, was: Any, now: Any, place: str) -> Iterator[str]:
        lost = [each for each in was.get("enum", ()) if each not in now.get("enum", (each,))]
        if self._way is Way.REQUEST and lost:
            yield f"{place}: no longer takes {lost}"
        if was.get("const") != now.get("const"):
            yield f"{place}: was always {was.get('const')!r}"
        if self._way is Way.ANSWER:
            return
        for names, sign in ((_UPPER, 1), (_LOWER, -1)):
            for name in names:
                limit, before = now.get(name), was.get(name)
                if limit is not None and (before is None or limit * sign < before * sign):
                    yield f"{place}: {name} is now {limit}"
        had, has = was.get("pattern"), now.get("pattern")
        if has not in {None, had, WIDENED.get(had)} and not _adds_names(had, has):
            yield f"{place}: pattern is now {now['pattern']}"


def _adds_names(had: str | None, has: str) -> bool:
    """Whether both patterns are lists of names, and the newer one takes all names of the older."""
    older, newer = _NAMES.fullmatch(had or ""), _NAMES.fullmatch(has)
    if older is None or newer is None:
        return False
    return set(older[1].split("|")) <= set(newer[1].split("|"))


def _variants(schema: Any) -> list[Any]:
    found: list[Any] = schema.get("anyOf") or schema.get("oneOf") or []
    return found


def _resolved(document: Document, node: Any) -> Any:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _by_name(parameters: Iterable[Any]) -> dict[tuple[str, str], Any]:
    return {(each["name"], each["in"]): each for each in parameters}


def _key(variant: Any) -> str:
    return str(variant.get("$ref") or variant.get("type"))


def _named(kinds: set[str]) -> str:
    return ", ".join(sorted(kinds))
