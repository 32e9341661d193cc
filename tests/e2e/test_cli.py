"""What the command line says, and with which status it ends."""

import json
from pathlib import Path

import jwt
import pytest
from typer.testing import CliRunner

from crmkit.cli import app
from crmkit.kernel import ids
from crmkit.local.ports import free_port
from crmkit.remote.api import Refused
from tests.e2e.shell import crm, typed

COMMANDS = [
    command.name or command.callback.__name__.replace("_", "-")
    for command in app.registered_commands
    if command.callback
]


def lines_of(text: str) -> list[str]:
    return text.strip().splitlines()


def test_help_lists_every_command() -> None:
    shown = crm("--help")
    assert shown.returncode == 0
    missing = [name for name in COMMANDS if f" {name} " not in shown.stdout]
    assert missing == []


def test_a_worker_logs_as_it_always_will_before_it_migrates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = []

    async def migrate(_: object) -> None:
        said.append("migrates")
        raise LookupError("enough")

    monkeypatch.setattr("crmkit.web.logs.configure", lambda: said.append("logs"))
    monkeypatch.setattr("crmkit.worker.upgrade", migrate)
    assert typed("worker", "identity", "--migrate").returncode == 2
    assert said == ["logs", "migrates"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = typed(command, "--help")
    assert shown.returncode == 0
    assert f"crm {command}" in shown.stdout


def test_a_token_speaks_for_the_administrator_unless_told_otherwise(tmp_path: Path) -> None:
    tenant = str(ids.new())
    admin = typed("token", "--data", tmp_path, "--tenant", tenant, "--new")
    rep = typed("token", "--data", tmp_path, "--role", "sales_rep", "--team", "cn/east")
    spoken = [
        jwt.decode(run.stdout.strip(), options={"verify_signature": False}) for run in (admin, rep)
    ]
    assert spoken[0]["tenant"] == tenant
    assert [claims["roles"] for claims in spoken] == [["admin"], ["sales_rep"]]
    assert spoken[1]["team"] == "cn/east"
    assert (tmp_path / "keys" / "jwks.json").exists()


def test_the_interface_document_of_a_service_has_its_paths_only() -> None:
    document = json.loads(typed("openapi", "leads").stdout)
    assert "/v1/leads" in document["paths"]
    assert "/v1/contracts" not in document["paths"]


def test_the_interface_document_of_all_services_has_every_path() -> None:
    document = json.loads(typed("openapi").stdout)
    wanted = {"/v1/leads", "/v1/contracts", "/v1/rollups", "/v1/members", "/v1/events"}
    assert wanted <= document["paths"].keys()


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "openapi"])
def test_an_unknown_service_is_one_line_and_status_2(command: str) -> None:
    run = typed(command, "moonbase")
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert "moonbase" in line
    assert "leads" in line


def test_a_misspelled_option_of_up_is_no_command(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    for wrong in ("--prot", "-x"):
        shown = CliRunner().invoke(app, ["up", "--data", data, wrong, "--", "true"])
        assert shown.exit_code == 2
        assert f"No such option: {wrong}" in shown.output
    usage = CliRunner().invoke(app, ["up", "--help"]).output
    assert "up [OPTIONS] [-- COMMAND…]" in usage


def test_an_unknown_mapping_is_one_line_and_status_2(tmp_path: Path) -> None:
    run = typed("import", "moonbase", tmp_path)
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert "moonbase" in line
    assert "crm-sales-opportunities" in line


def test_a_file_that_is_no_mapping_is_one_line_and_status_2(tmp_path: Path) -> None:
    mapping = tmp_path / "broken.toml"
    mapping.write_text("system = ")
    run = typed("import", mapping, tmp_path)
    assert run.returncode == 2
    assert len(lines_of(run.stderr)) == 1


def test_an_import_without_a_folder_is_one_line_and_status_2() -> None:
    run = typed("import", "x-education-leads")
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert "where the files are" in line


def test_a_command_that_needs_the_house_says_so_in_one_line() -> None:
    day = ("--from", "2026-01-01", "--to", "2026-01-02")
    run = typed("rollup", "leads_created", *day)
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert "CRM_URL" in line


def test_a_folder_without_a_running_stack_is_one_line_and_status_2(tmp_path: Path) -> None:
    run = typed("verify", "--all", "--data", tmp_path)
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert line.startswith("no stack runs in")


def test_a_monitor_of_those_who_hear_nobody_is_refused() -> None:
    run = typed("monitor", "forecast")
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert line.startswith("nothing to compare")


def test_a_report_whose_file_says_no_form_is_one_line_and_status_2(tmp_path: Path) -> None:
    run = typed(
        "report", "weekly", "2026-W12", "--out", tmp_path / "a.pdf", CRM_URL="x", CRM_TOKEN="x"
    )
    assert run.returncode == 2
    assert "--format" in " ".join(run.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_house_that_does_not_answer_is_one_line_and_status_2() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    day = ("--from", "2026-01-01", "--to", "2026-01-02")
    run = typed("rollup", "leads_created", *day, CRM_URL=url, CRM_TOKEN="none")
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert url in line


def test_a_database_that_does_not_answer_is_one_line_and_status_2() -> None:
    url = f"postgresql://crm_{{service}}_{{role}}@127.0.0.1:{free_port()}/crm_{{service}}"
    run = typed("migrate", "leads", "--check", CRM_DATABASE_URL=url)
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert url.rpartition("@")[2].partition("/")[0] in line
    assert "Connect call failed" in line


TYPED_WRONG = [
    (["token", "--tenant", "abc"], "not a valid UUID"),
    (["token", "--member", "abc"], "not a valid UUID"),
    (["token", "--hours", "1000"], "not in the range"),
    (["verify", "--all", "--tenant", "abc"], "not a valid UUID"),
    (["tenant-export", "abc", "--to", "x"], "not a valid UUID"),
    (["tenant-import", "nowhere"], "does not exist"),
    (["serve", "leads", "--port", "99999"], "not in the range"),
    (["up", "--port", "99999"], "not in the range"),
    (["demo", "--port", "-1"], "not in the range"),
]


@pytest.mark.parametrize(("arguments", "why"), TYPED_WRONG)
def test_what_is_no_id_and_no_port_is_refused_before_anything_starts(
    arguments: list[str], why: str
) -> None:
    run = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert run.exit_code == 2
    assert why in run.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_help_names_the_services_there_are(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert "forecast, identity, leads" in shown.stdout


def test_a_folder_without_a_key_is_refused_and_not_made(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["token", "--data", str(tmp_path / "typo")])
    assert isinstance(run.exception, Refused)
    assert "typo" in str(run.exception)
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(
    ("role", "hint"), [("sales_rip", "did you mean sales_rep"), ("system", "there are admin, ")]
)
def test_a_role_that_nobody_has_is_refused(tmp_path: Path, role: str, hint: str) -> None:
    run = CliRunner().invoke(app, ["token", "--data", str(tmp_path), "--new", "--role", role])
    assert isinstance(run.exception, Refused)
    assert hint in str(run.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"{}",
        b"\xff",
        b'{"format": 1, "services": 7, "tenant": ""}',
        b'{"format": 1, "services": [], "tenant": 7}',
    ],
)
def test_an_archive_that_cannot_be_read_is_one_line(tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)
    shown = typed("tenant-import", tmp_path)
    assert shown.returncode == 2
    (line,) = lines_of(shown.stderr)
    assert line.startswith("manifest.json cannot be read")


def test_a_refusal_tells_brackets_as_they_are() -> None:
    shown = typed("migrate", "[/red]")
    assert shown.returncode == 2
    (line,) = lines_of(shown.stderr)
    assert "[/red]" in line
