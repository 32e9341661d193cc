"""schemathesis over GraphQL: what it is given, what is excused, and whether answers are of the
schema."""

import json
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import schemathesis
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    introspection_from_schema,
    is_leaf_type,
    parse,
    print_ast,
)
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig

from tests.hostile.conformance import Seen, played
from tests.hostile.documents import decorated, scalars

_OF_GRAPHQL = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "LIMIT_EXCEEDED"}
_OURS = re.compile(r"[a-z_]+(\.[a-z_]+)*")
_STATUSES = {200, 400}
_BY_CHANCE = 40
ANSWERED = "answered"
"""How often there was data, and no errors: a check like others."""
_SHOWN = 400
_REFUSED = {"GraphQLServerError": "refused", "GraphQLClientError": "refused"}


def settings(url: str, token: str, examples: int) -> SchemathesisConfig:
    """So many documents of each field: a few are the same every time, more come by chance."""
    generation = {"deterministic": examples < _BY_CHANCE, "no-shrink": True, "database": "none"}
    phases = {
        "fuzzing": {"generation": generation | {"max-examples": examples}},
        "stateful": {"enabled": False},  # it finds no way from one answer to the next question
    }
    return SchemathesisConfig.from_dict(
        {
            "base-url": url,
            "headers": {"Authorization": token},
            "continue-on-failure": True,
            "generation": generation | {"allow-x00": False},
            "phases": phases,
        }
    )


def run(
    schema: GraphQLSchema, config: SchemathesisConfig, ids: Sequence[str], only: str = ""
) -> Seen:
    """Each field of Query and Mutation, with documents that fit the schema and such that do not."""
    load_all_checks()
    for name, strategy in scalars(ids).items():
        schemathesis.graphql.scalar(name, strategy)
    read: Any = schemathesis.graphql.from_dict(
        {"data": introspection_from_schema(schema)}, config=config
    )
    if only:
        read = read.include(name_regex=only)
    seen = Seen(excuse=_excused)

    def decorate(_: Any, case: Any) -> Any:
        if case.meta is None or case.meta.generation.mode.is_positive:
            document = decorated(schema, parse(case.body), Random(case.body))  # noqa: S311 - the same text, the same document
            case.body = print_ast(document)
        return case

    def judge(_: Any, case: Any, answer: Any) -> None:
        seen.checks[ANSWERED] += b'"errors"' not in answer.content
        for fault in faults(schema, case.body, answer.status_code, answer.content):
            told = f"{case.body[:_SHOWN]}\n{answer.content[:_SHOWN]!r}"
            seen.wrong.setdefault(f"{case.operation.label}: {fault}", told)

    return played(read, seen, map_case=decorate, after_call=judge)


def _excused(failure: Any, _: Any, answer: Any) -> str:
    """To schemathesis a refusal by any code but Apollo's is a server's failure. Of ours `faults`
    tells those that are one."""
    kind = type(failure).__name__
    return _REFUSED.get(kind, "") if answer.status_code in _STATUSES else ""


def faults(schema: GraphQLSchema, query: str, status: int, content: bytes) -> list[str]:
    """What is wrong with an answer."""
    if status not in _STATUSES:
        return [f"answers {status}"]
    body = json.loads(content)
    errors = body.get("errors", [])
    found = [told for error in errors if (told := _unknown(error.get("extensions", {})))]
    if body.get("data") is not None:
        try:
            found += Conformance(schema, parse(query)).wrong(body["data"])
        except GraphQLError as error:
            found.append(f"answers what is no document: {error.message}")
    elif not errors:
        found.append("has neither data nor errors")
    return found


def _unknown(extensions: Mapping[str, Any]) -> str:
    """Why an error is none of those that are foreseen."""
    code, status = str(extensions.get("code", "")), extensions.get("status", 400)
    if code not in _OF_GRAPHQL and not _OURS.fullmatch(code):
        return f"has an error of code {code!r}"
    return f"has an error of status {status}" if status >= 500 else ""


class Conformance:
    """Whether data is what a document has asked of a schema."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        parts = document.definitions
        self._fragments = {d.name.value: d for d in parts if isinstance(d, FragmentDefinitionNode)}
        (self._operation,) = (d for d in parts if isinstance(d, OperationDefinitionNode))
        self._given = {v.variable.name.value: v for v in self._operation.variable_definitions or ()}

    def wrong(self, data: Any) -> list[str]:
        """What of it is not as the schema says, by its path; null is taken where an error may have
        put it, which is where the schema lets it be."""
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        return self._object(root, self._operation.selection_set, data, "data")

    def _value(self, kind: Any, asked: SelectionSetNode | None, value: Any, at: str) -> list[str]:
        if isinstance(kind, GraphQLNonNull):
            if value is None:
                return [f"{at} is null"]
            kind = kind.of_type
        if value is None:
            return []
        if isinstance(kind, GraphQLList):
            if not isinstance(value, list):
                return [f"{at} is no list"]
            return [e for each in value for e in self._value(kind.of_type, asked, each, at)]
        if is_leaf_type(kind):
            return _leaf(kind, value, at)
        assert asked is not None
        return self._object(kind, asked, value, at)

    def _object(self, kind: Any, asked: SelectionSetNode, value: Any, at: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{at} is no object"]
        if isinstance(kind, GraphQLObjectType):
            return self._fields(kind, asked, value, at)
        each = [self._fields(k, asked, value, at) for k in self._schema.get_possible_types(kind)]
        return min(each, key=len)

    def _fields(
        self, kind: GraphQLObjectType, asked: SelectionSetNode, value: Any, at: str
    ) -> list[str]:
        fields = self._asked(kind, asked)
        found = [f"{at} has {name}" for name in value.keys() - fields.keys()]
        for name, nodes in fields.items():
            field = nodes[0].name.value
            if name not in value:
                found.append(f"{at} lacks {name}")
            elif field == "__typename":
                found += [] if value[name] == kind.name else [f"{at} is no {kind.name}"]
            elif field in kind.fields:
                below = _joined(nodes)
                found += self._value(kind.fields[field].type, below, value[name], f"{at}.{field}")
        return found

    def _asked(
        self, kind: GraphQLObjectType, asked: SelectionSetNode
    ) -> dict[str, list[FieldNode]]:
        """The fields that are asked of this type, by the names under which they are answered."""
        found: dict[str, list[FieldNode]] = {}
        for each in filter(self._is_wanted, asked.selections):
            if isinstance(each, FieldNode):
                name = each.alias.value if each.alias else each.name.value
                found.setdefault(name, []).append(each)
                continue
            part = self._part(each)
            if self._fits(kind, part):
                for name, nodes in self._asked(kind, part.selection_set).items():
                    found.setdefault(name, []).extend(nodes)
        return found

    def _is_wanted(self, node: SelectionNode) -> bool:
        """Whether it is neither skipped nor left out; variables are given by their defaults."""
        for directive in node.directives or ():
            (given,) = directive.arguments or ()
            told: Any = given.value
            if isinstance(told, VariableNode):
                told = self._given[told.name.value].default_value
            if told.value is not (directive.name.value == "include"):
                return False
        return True

    def _part(self, spread: Any) -> InlineFragmentNode | FragmentDefinitionNode:
        if isinstance(spread, FragmentSpreadNode):
            return self._fragments[spread.name.value]
        part: InlineFragmentNode = spread
        return part

    def _fits(
        self, kind: GraphQLObjectType, part: InlineFragmentNode | FragmentDefinitionNode
    ) -> bool:
        if part.type_condition is None:
            return True
        wanted = self._schema.type_map[part.type_condition.name.value]
        if isinstance(wanted, GraphQLAbstractType):
            return self._schema.is_sub_type(wanted, kind)
        return wanted is kind


def _joined(nodes: Sequence[FieldNode]) -> SelectionSetNode | None:
    parts = [node.selection_set.selections for node in nodes if node.selection_set is not None]
    joined = tuple(each for part in parts for each in part)
    return SelectionSetNode(selections=joined) if parts else None


def _leaf(kind: Any, value: Any, at: str) -> list[str]:
    try:
        kind.parse_value(value)
    except (GraphQLError, ValueError, TypeError):
        return [f"{at} is no {kind.name}"]
    return []
