"""What a revision may do to a table with rows and traffic: expand now, contract a release later."""

import ast
from collections.abc import Iterator

from tests.architecture.rules import Source

_LIVE = {"add_index", "backfill", "keep_past", "make_searchable", "remove_index", "search_anew"}
_NEW_GUARDS = {"create_foreign_key", "create_check_constraint", "create_unique_constraint"}
_CONTRACTIONS = {"drop_column", "drop_table", "drop_constraint", "rename_table"}
_PLEDGE = "CONTRACTS"
_FEW = "delete from watermark "
"""A row for each topic and partition: so a service reads a topic again."""


def blocking(source: Source) -> list[str]:
    """Steps of `upgrade` that stop traffic, or that the code of the release before cannot bear.

    Tables that the revision itself makes have no rows. What is taken away has to be pledged:
    `CONTRACTS = "<revision since which no code uses it>"`.
    """
    calls = list(_calls(source))
    new = {_table(call) for name, call in calls if name == "create_table"}
    found = []
    for name, call in calls:
        if _table(call) not in new:
            found += [f"{call.lineno}: {fault}" for fault in _faults(name, call, source)]
    if _LIVE & {name for name, _ in calls} and len({name for name, _ in calls} - _LIVE):
        found.append("live's steps commit as they go: in a revision of their own")
    return found


def _faults(name: str, call: ast.Call, source: Source) -> Iterator[str]:
    words = {word.arg for word in call.keywords}
    if name == "add_column" and _is_required(call):
        yield "a column that must be given, and has no server_default"
    elif name == "create_index" and "postgresql_concurrently" not in words:
        yield "an index that writers wait for: live.add_index"
    elif name == "drop_index" and "postgresql_concurrently" not in words:
        yield "an index that readers and writers wait for: live.remove_index"
    elif name == "alter_column" and words & {"type_", "nullable", "new_column_name"}:
        yield "a column's type, name or nullability changes under the code before"
    elif name in _NEW_GUARDS and "postgresql_not_valid" not in words:
        yield "a constraint that looks at every row: postgresql_not_valid, then validate"
    elif name in _CONTRACTIONS and not _pledges(source):
        yield f"{name} without {_PLEDGE}"
    elif name == "execute" and _writes(call, source):
        yield "rows written in one transaction: live.backfill"


def _is_required(call: ast.Call) -> bool:
    for column in [*call.args, *(word.value for word in call.keywords)]:
        if isinstance(column, ast.Call):
            words = {word.arg: word.value for word in column.keywords}
            needed = words.get("nullable")
            if isinstance(needed, ast.Constant) and needed.value is False:
                return "server_default" not in words
    return False


def _writes(call: ast.Call, source: Source) -> bool:
    """What is executed, or what a name stands for that the revision gives to a text."""
    said = [
        node.value
        for node in source.tree.body
        if isinstance(node, ast.Assign)
        and {each.id for each in ast.walk(call) if isinstance(each, ast.Name)}
        & {each.id for each in node.targets if isinstance(each, ast.Name)}
    ]
    texts = [
        each.value
        for node in (call, *said)
        for each in ast.walk(node)
        if isinstance(each, ast.Constant)
    ]
    written = (str(text).lstrip().lower() for text in texts)
    return any(
        text.startswith(("update", "delete")) and not text.startswith(_FEW) for text in written
    )


def _pledges(source: Source) -> bool:
    return any(
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == _PLEDGE
        for node in source.tree.body
    )


def _calls(source: Source) -> Iterator[tuple[str, ast.Call]]:
    """Calls of alembic's operations, and of live's, within `upgrade`."""
    for function in source.tree.body:
        if isinstance(function, ast.FunctionDef) and function.name == "upgrade":
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and (named := _named(call.func)):
                    yield named, call


def _named(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id in {"op", "live"} else ""
    return ""


def _table(call: ast.Call) -> str:
    """The table it is about; the second name where the first is an index's or a guard's."""
    names = [each.value for each in call.args if isinstance(each, ast.Constant)]
    named = isinstance(call.func, ast.Attribute) and call.func.attr.startswith(
        ("create_", "add_index")
    )
    second = named and isinstance(call.func, ast.Attribute) and call.func.attr != "create_table"
    place = 1 if second else 0
    return str(names[place]) if len(names) > place else ""
