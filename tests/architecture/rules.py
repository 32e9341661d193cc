"""The rules of the house that a look at one file can decide: (path, text) in, findings out."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

FURNITURE = {
    "__init__",
    "domain",
    "models",
    "schemas",
    "queries",
    "commands",
    "rest",
    "gql",
    "consumers",
    "statements",  # SQL that consumers, queries and truth share, so that they cannot differ
    "truth",
    "views",  # what people read of a record, as a document for pages/ to draw
    "words",  # what a view says, in each language
}
WORKSHOPS = {"services/reporting/pages"}  # draws documents; owns nothing, so it is no room
_FILE_LINES, _TEST_LINES, _FUNCTION_LINES = 400, 600, 50
_WRITERS = (
    "shared/crmkit/db/",
    "shared/crmkit/local/",
    "shared/crmkit/messaging/",
    "shared/crmkit/migrations/",
    "shared/crmkit/proof/",  # reads snapshots; a replay puts its rows in place at once
    "shared/crmkit/testing/",
    "services/webhooks/leases.py",  # claims rows for as long as their lease runs
    "benchmarks/baselines/",  # what servers do that have no kit
)
_STARTERS = (
    "shared/crmkit/components/key_uses.py",  # notes of use, worth no row until they are written
    "shared/crmkit/components/jobs/subject.py",  # a step of a job, waited for beside its lease
    "shared/crmkit/db/writing.py",  # reads that rows of one batch share
    "shared/crmkit/local/",
    "shared/crmkit/messaging/",
    "shared/crmkit/remote/",
    "shared/crmkit/testing/",
    "shared/crmkit/web/graphql/live.py",  # the next event, waited for beside the caller's token
    "shared/crmkit/web/tokens.py",  # one reading of the keys that requests share
    "shared/crmkit/worker.py",
    "services/webhooks/dispatcher.py",  # every delivery is a row with a lease
)
_SQL_HOMES = (
    "shared/crmkit/components/",
    "shared/crmkit/db/",
    "shared/crmkit/messaging/",
    "shared/crmkit/migrations/live.py",  # statements of revisions
    "shared/crmkit/migrations/provisioning.py",  # roles and databases, by name of service
    "shared/crmkit/proof/",  # checks and replays are generated from the tables there are
)
_SQL_FILES = ("/consumers.py", "/queries.py", "/statements.py")
_SQL = re.compile(
    r"\s*(select\b.*\bfrom\b|insert\s+into\b|update\b.*\bset\b|delete\s+from\b|with\b.*\bas\s*\()",
    re.IGNORECASE | re.DOTALL,
)
_CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
}
_DRAWERS = {"random", "secrets", "urandom"}
_STOPWATCHES = {"perf_counter", "perf_counter_ns", "process_time", "process_time_ns", "timeit"}
_CLOCK_HOMES = {"shared/crmkit/kernel/clock.py", "shared/crmkit/kernel/ids.py"}
_SKIPS = {"skip", "skipif", "importorskip"}
_SKIPPERS = {
    "shared/crmkit/testing/machine.py",  # says where that fails
    "tests/crmkit/testing/test_machine.py",
    "tests/faults/test_families.py",  # a full disk, which takes the right to mount one
    "tests/kafka/cluster.py",  # run by its own command, with as many nodes as one likes
    "tests/kafka/test_faults.py",  # the same
    "tests/kafka/test_nodes.py",  # the same
    "tests/local/test_ports.py",  # another system than Linux
}
_ORM = {"sqlmodel", "sqlmodel.ext.asyncio.session", "sqlalchemy.orm", "sqlalchemy.ext.asyncio"}
_FROM_ORM = {
    "AsyncEngine",
    "Field",
    "SQLModel",
    "col",
    "configure_mappers",
    "create_async_engine",
    "registry",
}
_MEMORIES = {
    ("shared/crmkit/events/envelope.py", "REGISTRY"),  # one for each class of events
    ("shared/crmkit/web/graphql/shapes.py", "_inputs"),  # one for each input schema
    ("shared/crmkit/metrics.py", "hindrances"),  # one for each service at most
    ("shared/crmkit/messaging/ending.py", "_stopping"),  # clients that are stopping now
    ("services/webhooks/streams.py", "_open"),  # callers with a stream open now, each counted once
}
_EMPTY = {"dict", "list", "set", "OrderedDict", "defaultdict", "deque", "Counter", "Brief"}
_MARK = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)\b")
_REASONED = re.compile(
    r"# (noqa: [A-Z]+\d+(, [A-Z]+\d+)* - \S"
    r"|type: ignore\[[a-z-]+(, ?[a-z-]+)*\]  # \S"
    r"|pragma: [a-z ]+ - \S)"
)
_LEAVES_OUT = {"FeedEventRead"}  # a CloudEvent leaves out what it has not
_LIBRARY = re.compile(r"\.\./shared\b|\bshared/(data|design|spec)\b")
_HOSTS = re.compile(
    r"\bpypi\.(org|io)\b|pythonhosted\.|npmjs\.(org|com)|\bcrates\.io|proxy\.golang\."
)
_MACHINE = re.compile(r"""(?<=["'\s=`(])/(work|root|home)/""")


@dataclass(frozen=True)
class Source:
    """One file; `path` counts from the root of the project."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def is_test(self) -> bool:
        return self.path.startswith("tests/")

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    def find(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


Rule = Callable[[Source], list[str]]


def rooms_have_only_furniture(source: Source) -> list[str]:
    parts = source.path.split("/")
    room_file = parts[0] == "services" and len(parts) > 3 and parts[2] != "migrations"
    if "/".join(parts[:-1]) in WORKSHOPS:
        return []
    if not room_file or (len(parts) == 4 and source.name.removesuffix(".py") in FURNITURE):
        return []
    return [f"{source.path} is no furniture of a room"]


def files_are_short(source: Source) -> list[str]:
    most = _TEST_LINES if source.is_test else _FILE_LINES
    lines = source.text.count("\n")
    return [f"{lines} lines, {most} at most"] if lines > most else []


def functions_are_short(source: Source) -> list[str]:
    return [
        f"{node.lineno}: {node.name} has {_length(node)} lines"
        for node in source.find(ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _length(node) > _FUNCTION_LINES
    ]


def only_the_kit_opens_transactions(source: Source) -> list[str]:
    if source.is_test or source.path.startswith(_WRITERS):
        return []
    found = []
    for call in _calls(source):
        receiver, _, method = _dotted(call.func).rpartition(".")
        if method in {"transaction", "acquire", "begin", "rollback"} and receiver:
            found.append(f"{call.lineno}: .{method}()")
        elif method == "commit" and receiver and not receiver.endswith("executor"):
            found.append(f"{call.lineno}: .commit()")
        elif method in {"execute", "fetch", "fetchrow", "fetchval"} and _ends_work(call):
            found.append(f"{call.lineno}: transaction control as SQL")
    return found


def only_the_clock_reads_the_time(source: Source) -> list[str]:
    if source.path in _CLOCK_HOMES:
        return []
    return [
        f"{call.lineno}: {_dotted(call.func)}()"
        for call in _calls(source)
        if ".".join(_dotted(call.func).split(".")[-2:]) in _CLOCKS
    ]


def timings_live_in_benchmarks(source: Source) -> list[str]:
    """What a test asserts must not depend on what else the machine does; a deadline may be long."""
    if not source.is_test:
        return []
    return [
        f"{call.lineno}: {_dotted(call.func)}()"
        for call in _calls(source)
        if _dotted(call.func).rpartition(".")[2] in _STOPWATCHES
    ]


def tests_set_no_clock_of_others(source: Source) -> list[str]:
    """Consumers wait by it in a thread of their own: one that is put forward once and back leaves
    them asleep. A test gives its own clock to the module that it tests."""
    if not source.is_test:
        return []
    return [
        f"{call.lineno}: {_dotted(call.func)}"
        for call in _calls(source)
        if _dotted(call.func).endswith("setattr")
        and [ast.unparse(argument) for argument in call.args[:2]] == ["time", "'monotonic'"]
    ]


def tests_skip_in_one_place(source: Source) -> list[str]:
    """`lacking` of `crmkit.testing.machine` fails where CI is set; `pytest.skip` never does."""
    if source.path in _SKIPPERS:
        return []
    return [
        f"{node.lineno}: {ast.unparse(node)}"
        for node in source.find(ast.Attribute)
        if isinstance(node, ast.Attribute)
        and node.attr in _SKIPS
        and _dotted(node).startswith("pytest.")
    ]


def names_of_tests_are_settled(source: Source) -> list[str]:
    """A parameter is part of its test's name, and workers that collect other names run nothing:
    no text or number is drawn, nor made by the hour, as a compressed file is."""
    if not source.is_test:
        return []
    drawn = [
        call
        for function in source.find(ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in function.decorator_list
        if "parametrize" in ast.unparse(decorator)
        for call in ast.walk(decorator)
        if isinstance(call, ast.Call) and _is_drawn(call)
    ]
    return [f"{call.lineno}: {ast.unparse(call)}" for call in drawn]


def tests_catch_what_is_logged(source: Source) -> list[str]:
    """By structlog's `capture_logs`: whether a line gets to standard output depends on which
    command another test of the same process has run."""
    if not source.is_test:
        return []
    asked = [each for each in source.find(ast.arg) if isinstance(each, ast.arg)]
    return [f"{a.lineno}: {a.arg}" for a in asked if a.arg in {"capsys", "capfd", "caplog"}]


def decisions_and_money_know_no_float(source: Source) -> list[str]:
    if source.is_test or source.name not in {"domain.py", "money.py"}:
        return []
    return [
        f"{node.lineno}: float"
        for node in source.find(ast.Constant, ast.Name)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]


def nothing_runs_behind_a_request(source: Source) -> list[str]:
    if source.is_test:
        return []
    found = [
        f"{node.lineno}: {node.id}"
        for node in source.find(ast.Name)
        if isinstance(node, ast.Name)
        and node.id in {"BaseHTTPMiddleware", "BackgroundTask", "BackgroundTasks"}
    ]
    if not source.path.startswith(_STARTERS):
        found += [
            f"{call.lineno}: {_dotted(call.func)}"
            for call in _calls(source)
            if _dotted(call.func).rpartition(".")[2] in {"create_task", "ensure_future"}
        ]
    return found


def nobody_opens_an_orm_session(source: Source) -> list[str]:
    return [
        f"{node.lineno}: {alias.name} from {node.module}"
        for node in source.find(ast.ImportFrom)
        if isinstance(node, ast.ImportFrom) and node.module in _ORM
        for alias in node.names
        if alias.name not in _FROM_ORM
    ]


def what_is_read_has_no_defaults(source: Source) -> list[str]:
    """A field with a default is optional in OpenAPI, and clients would have to guess."""
    if source.name != "schemas.py" or source.is_test:
        return []
    found = []
    for node in source.find(ast.ClassDef):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [_dotted(base) for base in node.bases]
        if node.name in _LEAVES_OUT or not (node.name.endswith("Read") or "Read" in bases):
            continue
        found += [
            f"{base}: base of {node.name}"
            for base in bases
            if base != "BaseModel" and not base.endswith("Read")
        ]
        found += [
            f"{field.lineno}: a default in {node.name}"
            for field in node.body
            if isinstance(field, ast.AnnAssign) and _has_default(field.value)
        ]
    return found


def sql_is_put_together_where_sql_lives(source: Source) -> list[str]:
    at_home = source.path.startswith(_SQL_HOMES) or source.path.endswith(_SQL_FILES)
    if source.is_test or (at_home and not source.path.startswith("shared/crmkit/web/")):
        return []
    return [
        f"{node.lineno}: SQL from pieces"
        for node in source.find(ast.JoinedStr, ast.BinOp, ast.Call)
        if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call) and _is_pieced_sql(node)
    ]


def marks_say_why(source: Source) -> list[str]:
    """`# noqa: X - why` or `# type: ignore[x]  # why`: a check that is put off has a reason."""
    return [
        f"{number}: {line.strip()}"
        for number, line in enumerate(source.text.splitlines(), 1)
        for found in [_MARK.search(line)]
        if found and not _is_quoted(line, found.start()) and not _REASONED.search(line)
    ]


def modules_remember_nothing(source: Source) -> list[str]:
    """What a module keeps grows for all tenants and for ever; `kernel.brief` forgets."""
    if source.is_test:
        return []
    found = []
    for node in source.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        name = target.id if isinstance(target, ast.Name) else ""
        if _is_empty(value) and (source.path, name) not in _MEMORIES:
            found.append(f"{node.lineno}: {name}")
    return found


def nothing_names_the_library(source: Source) -> list[str]:
    return [] if source.is_test else _matches(_LIBRARY, source)


def nothing_names_a_registry_or_this_machine(source: Source) -> list[str]:
    return _matches(_HOSTS, source) + _matches(_MACHINE, source)


PYTHON: tuple[Rule, ...] = (
    rooms_have_only_furniture,
    files_are_short,
    functions_are_short,
    only_the_kit_opens_transactions,
    only_the_clock_reads_the_time,
    timings_live_in_benchmarks,
    tests_set_no_clock_of_others,
    names_of_tests_are_settled,
    tests_catch_what_is_logged,
    tests_skip_in_one_place,
    decisions_and_money_know_no_float,
    nothing_runs_behind_a_request,
    nobody_opens_an_orm_session,
    what_is_read_has_no_defaults,
    sql_is_put_together_where_sql_lives,
    marks_say_why,
    modules_remember_nothing,
)
TEXT: tuple[Rule, ...] = (
    nothing_names_the_library,
    nothing_names_a_registry_or_this_machine,
)


def events_nobody_writes(published: Source, producer: list[Source]) -> list[str]:
    """Event classes of a module of `crmkit.events` that its service only knows by hearsay."""
    written = {
        argument.id
        for source in producer
        for call in _calls(source)
        for given in [*call.args, *(word.value for word in call.keywords)]
        for argument in _either(given)
        if isinstance(argument, ast.Name)
    }
    return [
        node.name
        for node in published.find(ast.ClassDef)
        if isinstance(node, ast.ClassDef)
        and any(word.arg == "type" for word in node.keywords)
        and node.name not in written
    ]


def _either(argument: ast.expr) -> list[ast.expr]:
    """Both of `one if it else other`."""
    return [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]


def out_of_order(listed: list[str], wanted: list[str]) -> list[str]:
    """What `listed` lacks, and pairs of it that stand the other way round in `wanted`."""
    missing = [f"{name} is missing" for name in wanted if name not in listed]
    known = [name for name in listed if name in wanted]
    turned = [
        f"{one} before {other}"
        for one, other in pairwise(known)
        if wanted.index(one) > wanted.index(other)
    ]
    return missing + turned


def _is_empty(value: ast.AST | None) -> bool:
    if isinstance(value, ast.Call):
        named = _dotted(value.func).rpartition(".")[2] in _EMPTY
        return named and all(isinstance(each, ast.Name) for each in value.args)
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.List) and not value.elts


def _is_quoted(line: str, at: int) -> bool:
    """Within a text: rules and their violations name marks."""
    return any(line[:at].count(quote) % 2 for quote in ('"', "`"))


def _has_default(value: ast.expr | None) -> bool:
    """`Field(alias=...)` gives none."""
    if isinstance(value, ast.Call) and _dotted(value.func) == "Field":
        named = {word.arg for word in value.keywords}
        return bool(value.args) or not named.isdisjoint({"default", "default_factory"})
    return value is not None


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in source.find(ast.Call) if isinstance(node, ast.Call))


def _dotted(node: ast.AST) -> str:
    """`a.b.c` of an expression; what is no name reads as `?`."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return _dotted(node.value)
    return node.id if isinstance(node, ast.Name) else "?"


def _ends_work(call: ast.Call) -> bool:
    sql = call.args[0] if call.args else None
    text = sql.value if isinstance(sql, ast.Constant) and isinstance(sql.value, str) else ""
    return text.strip().lower().startswith(("begin", "commit", "rollback", "savepoint"))


def _is_pieced_sql(node: ast.JoinedStr | ast.BinOp | ast.Call) -> bool:
    if isinstance(node, ast.JoinedStr):
        pieces = [part.value for part in node.values if isinstance(part, ast.Constant)]
        whole = "?".join(map(str, pieces))
        return bool(_SQL.match(whole)) and len(pieces) < len(node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add | ast.Mod) and _is_sql(node.left)
    is_format = isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    return is_format and isinstance(node.func, ast.Attribute) and _is_sql(node.func.value)


def _is_sql(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(_SQL.match(node.value))
    )


def _matches(pattern: re.Pattern[str], source: Source) -> list[str]:
    return [
        f"{number}: {found.group().strip()}"
        for number, line in enumerate(source.text.splitlines(), 1)
        for found in pattern.finditer(line)
    ]


def _is_drawn(call: ast.Call) -> bool:
    name = _dotted(call.func)
    if name == "gzip.compress":
        return all(each.arg != "mtime" for each in call.keywords)
    return not _DRAWERS.isdisjoint(name.split("."))
