"""Every rule holds over the whole tree, and is broken once by a planted violation."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Uuid

from crmkit.service import Service, services
from tests.architecture import rules
from tests.architecture.rules import PYTHON, TEXT, Rule, Source

ROOT = Path(__file__).parents[2]
_TEXT_ENDINGS = {".py", ".md", ".toml", ".sql", ".yml", ".yaml", ".json", ".txt", ".sh", ".svg", ""}
_TEXT_ENDINGS |= {".ts", ".js", ".mjs", ".css", ".graphql", ".xml", ".properties"}
_NOT_OURS = frozenset({".data", "__pycache__", "node_modules", "dist", "jars"})
FOLDERS = ("services", "shared", "tests", "benchmarks", "deploy")


def files() -> Iterator[str]:
    """Every file that is ours, from the root of the project."""
    yield from (path.name for path in ROOT.glob("[!.]*") if path.is_file())
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if _NOT_OURS.isdisjoint(path.parts) and path.is_file():
                yield path.relative_to(ROOT).as_posix()


FILES = sorted(files())
SERVICES = services()
LEAD = "services/leads/lead/"


def source(name: str) -> Source:
    return Source(name, (ROOT / name).read_text())


def is_code(name: str) -> bool:
    return name.endswith(".py") and not ("/migrations/" in name and name.startswith("services/"))


CODE = [source(name) for name in FILES if is_code(name)]
TEXTS = [source(name) for name in FILES if Path(name).suffix in _TEXT_ENDINGS]


@pytest.mark.parametrize("rule", PYTHON, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule: Rule) -> None:
    assert len(CODE) > 300
    assert {each.path: rule(each) for each in CODE if rule(each)} == {}


@pytest.mark.parametrize("rule", TEXT, ids=lambda rule: rule.__name__)
def test_every_text_keeps_the_rule(rule: Rule) -> None:
    assert {each.path: rule(each) for each in TEXTS if rule(each)} == {}


_LONG = "def f():\n" + "    x = 1\n" * 50
_HOST = "https://" + ".".join(["py" + "pi", "org"]) + "/simple"


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (rules.rooms_have_only_furniture, LEAD + "helpers.py", ""),
        (rules.rooms_have_only_furniture, LEAD + "parts/domain.py", ""),
        (rules.rooms_have_only_furniture, "services/leads/pages/as_html.py", ""),
        (rules.rooms_have_only_furniture, "services/reporting/pages/parts/charts.py", ""),
        (rules.files_are_short, "services/leads/app.py", "x = 1\n" * 401),
        (rules.files_are_short, "tests/leads/test_app.py", "x = 1\n" * 601),
        (rules.functions_are_short, LEAD + "domain.py", _LONG),
        (
            rules.only_the_kit_opens_transactions,
            LEAD + "commands.py",
            "async def f(db):\n    async with db.transaction():\n        pass\n",
        ),
        (rules.only_the_kit_opens_transactions, LEAD + "queries.py", "p.acquire()"),
        (rules.only_the_kit_opens_transactions, LEAD + "queries.py", "session.commit()"),
        (rules.only_the_kit_opens_transactions, LEAD + "queries.py", "c.execute('BEGIN')"),
        (rules.only_the_clock_reads_the_time, LEAD + "commands.py", "datetime.now(UTC)"),
        (rules.only_the_clock_reads_the_time, LEAD + "commands.py", "datetime.datetime.utcnow()"),
        (rules.only_the_clock_reads_the_time, LEAD + "commands.py", "time.time()"),
        (rules.only_the_clock_reads_the_time, "tests/leads/test_x.py", "date.today()"),
        (rules.timings_live_in_benchmarks, "tests/leads/test_x.py", "a = time.perf_counter()"),
        (rules.timings_live_in_benchmarks, "tests/leads/test_x.py", "timeit(f)"),
        (
            rules.tests_set_no_clock_of_others,
            "tests/leads/test_x.py",
            "monkeypatch.setattr(time, 'monotonic', f)",
        ),
        (rules.tests_skip_in_one_place, "tests/leads/test_x.py", "pytest.skip('no tool')"),
        (rules.tests_skip_in_one_place, "tests/leads/test_x.py", "pytest.importorskip('x')"),
        (rules.tests_skip_in_one_place, "tests/leads/test_x.py", "@pytest.mark.skip\ndef f(): ..."),
        (
            rules.names_of_tests_are_settled,
            "tests/leads/test_x.py",
            "@pytest.mark.parametrize('a', [gzip.compress(b'')])\ndef test_x(a): ...",
        ),
        (
            rules.names_of_tests_are_settled,
            "tests/leads/test_x.py",
            "@pytest.mark.parametrize('a', [random.random()])\ndef test_x(a): ...",
        ),
        (rules.tests_catch_what_is_logged, "tests/leads/test_x.py", "def test_x(capsys): ..."),
        (rules.decisions_and_money_know_no_float, LEAD + "domain.py", "rate = 0.5"),
        (rules.decisions_and_money_know_no_float, "shared/crmkit/kernel/money.py", "float(1)"),
        (rules.nothing_runs_behind_a_request, LEAD + "rest.py", "def f(t: BackgroundTasks): ..."),
        (rules.nothing_runs_behind_a_request, LEAD + "rest.py", "asyncio.create_task(f())"),
        (rules.nothing_runs_behind_a_request, "shared/crmkit/web/gate.py", "ensure_future(f())"),
        (
            rules.nothing_runs_behind_a_request,
            "shared/crmkit/components/jobs/rest.py",
            "ensure_future(f())",
        ),
        (
            rules.nothing_runs_behind_a_request,
            "shared/crmkit/messaging/relay.py",
            "class Slow(BaseHTTPMiddleware): ...",
        ),
        (rules.nobody_opens_an_orm_session, LEAD + "queries.py", "from sqlmodel import Session"),
        (
            rules.nobody_opens_an_orm_session,
            LEAD + "models.py",
            "from sqlalchemy.orm import relationship",
        ),
        (
            rules.what_is_read_has_no_defaults,
            LEAD + "schemas.py",
            "class LeadRead(Read):\n    name: str = ''\n",
        ),
        (
            rules.what_is_read_has_no_defaults,
            LEAD + "schemas.py",
            "class LeadRead(LeadCreate):\n    name: str\n",
        ),
        (
            rules.what_is_read_has_no_defaults,
            LEAD + "schemas.py",
            "class Line(Read):\n    name: str = Field(default='', alias='n')\n",
        ),
        (
            rules.sql_is_put_together_where_sql_lives,
            LEAD + "commands.py",
            "sql = f'select * from lead where company = {name}'",
        ),
        (
            rules.sql_is_put_together_where_sql_lives,
            LEAD + "rest.py",
            "sql = 'delete from lead where id = ' + lead_id",
        ),
        (
            rules.sql_is_put_together_where_sql_lives,
            "shared/crmkit/migrations/runner.py",
            "sql = f'select count(*) from {table}'",
        ),
        (
            rules.sql_is_put_together_where_sql_lives,
            "shared/crmkit/web/edge.py",
            "sql = 'update lead set x = {}'.format(x)",
        ),
        (rules.marks_say_why, LEAD + "domain.py", "x = 1  # " + "noqa"),
        (rules.marks_say_why, LEAD + "domain.py", "x = 1  # " + "noqa: S311"),
        (rules.marks_say_why, LEAD + "domain.py", "x = 1  # " + "type: ignore  # why"),
        (rules.marks_say_why, "tests/leads/test_x.py", "x = 1  # " + "type: ignore[misc]"),
        (rules.marks_say_why, LEAD + "domain.py", "x = 1  # " + "pragma: no cover"),
        (rules.modules_remember_nothing, LEAD + "queries.py", "_seen = {}"),
        (rules.modules_remember_nothing, LEAD + "queries.py", "_seen: list[UUID] = []"),
        (rules.modules_remember_nothing, LEAD + "queries.py", "_seen = defaultdict(list)"),
        (rules.modules_remember_nothing, LEAD + "queries.py", "_seen = Brief()"),
        (rules.nothing_names_the_library, "README.md", "see ../shared/design"),
        (rules.nothing_names_the_library, "Makefile", "cat shared/" + "data/leads.csv"),
        (rules.nothing_names_a_registry_or_this_machine, "deploy/image.txt", _HOST),
        (rules.nothing_names_a_registry_or_this_machine, "Makefile", "cd /" + "work/main"),
    ],
)
def test_a_planted_violation_is_found(rule: Rule, path: str, text: str) -> None:
    assert rule(Source(path, text))


def test_every_rule_has_a_planted_violation() -> None:
    planted = test_a_planted_violation_is_found.pytestmark[0].args[1]  # type: ignore[attr-defined]  # pytest puts it there
    assert {rule for rule, _, _ in planted} == {*PYTHON, *TEXT}


def published(name: str) -> list[Source]:
    """What a service tells: `leads.py`, and where that is much, `leads_accounts.py` beside it."""
    modules = re.compile(rf"shared/crmkit/events/{name}(_[a-z]+)?\.py")
    return [each for each in CODE if modules.fullmatch(each.path)]


@pytest.mark.parametrize("name", [each.name for each in SERVICES])
def test_every_event_is_written_by_its_service(name: str) -> None:
    producer = [each for each in CODE if each.path.startswith(f"services/{name}/")]
    unwritten = [rules.events_nobody_writes(each, producer) for each in published(name)]
    assert not any(unwritten), unwritten


def test_an_event_that_is_only_imported_counts_as_unwritten() -> None:
    event = Source(
        "shared/crmkit/events/leads.py", "class LeadLost(Event[S], type='lead.lost.v1'): ..."
    )
    imported = Source(LEAD + "commands.py", "from crmkit.events.leads import LeadLost")
    written = Source(LEAD + "commands.py", "tx.update(lead, LeadLost, status=1)")
    assert rules.events_nobody_writes(event, [imported]) == ["LeadLost"]
    assert rules.events_nobody_writes(event, [written]) == []


def test_every_service_folder_is_an_entry_point_and_says_its_own_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    folders = sorted(path.parent.name for path in (ROOT / "services").glob("*/app.py"))
    assert sorted(project["entry-points"]["crm.services"]) == folders
    assert [each.name for each in SERVICES] == folders


def without_tenant_first(metadata: MetaData) -> list[str]:
    """Primary keys and indexes that cannot be distributed by tenant."""
    found = []
    for table in metadata.tables.values():
        keys: list[PrimaryKeyConstraint | Index] = [table.primary_key, *table.indexes]
        found += [
            f"{table.name}: {key.name}"
            for key in keys
            if [column.name for column in key.columns][:1] != ["tenant_id"]
        ]
    return found


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_every_key_and_index_starts_with_the_tenant(service: Service) -> None:
    assert without_tenant_first(service.metadata) == []


def test_keys_and_indexes_without_the_tenant_are_found() -> None:
    metadata = MetaData()
    columns = Column("id", Integer, primary_key=True), Column("tenant_id", Uuid, primary_key=True)
    Table("late", metadata, *columns, Index("late_idx", "id"))
    assert without_tenant_first(metadata) == ["late: None", "late: late_idx"]
