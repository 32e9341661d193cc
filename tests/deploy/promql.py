"""The metrics, labels and values that PromQL names; as much of its grammar as deploy/ uses."""

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_FUNCTION = re.compile(r"[a-zA-Z_]\w*\s*\(")
_WORDS = {"and", "or", "unless", "offset", "by", "without", "on", "bool"}


@dataclass
class Named:
    """What one expression names; `matched` are (metric, label, regular expression)."""

    metrics: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    matched: list[tuple[str, str, str]] = field(default_factory=list)


def named(expression: str) -> Named:
    """Labels are those of matchers and of groupings."""
    found = Named()
    for metric, inside in _SELECTOR.findall(expression):
        found.metrics.add(metric)
        for label, how, value in _MATCHER.findall(inside):
            found.labels.add(label)
            if how in ("=", "=~"):
                found.matched.append((metric, label, value))
    rest = _SELECTOR.sub(" ", expression)
    for group in _GROUPING.findall(rest):
        found.labels.update(_NAME.findall(group))
    rest = re.sub(r"\[[^]]*\]", " ", _GROUPING.sub(" ", rest))
    rest = _FUNCTION.sub("(", re.sub(r"\b\d[\w.]*", " ", rest))
    found.metrics.update(set(_NAME.findall(rest)) - _WORDS)
    return found
