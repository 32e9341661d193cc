"""What the command line says, and with which status it ends."""

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path

import httpx
import jwt
import psutil
import pytest
from typer.testing import CliRunner

from crmkit.cli import app
from crmkit.kernel import ids
from crmkit.local.ports import free_port
from crmkit.local.supervise import Note
from crmkit.remote.api import Refused
from crmkit.testing.house import until
from tests.e2e.fleet import kill
from tests.e2e.shell import CRM, PATH, PROJECT, crm

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


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = crm(command, "--help")
    assert shown.returncode == 0
    assert f"crm {command}" in shown.stdout


def test_a_token_speaks_for_the_administrator_unless_told_otherwise(tmp_path: Path) -> None:
    tenant = str(ids.new())
    admin = crm("token", "--data", tmp_path, "--tenant", tenant, "--new")
    rep = crm("token", "--data", tmp_path, "--role", "sales_rep", "--team", "cn/east")
    spoken = [
        jwt.decode(run.stdout.strip(), options={"verify_signature": False}) for run in (admin, rep)
    ]
    assert spoken[0]["tenant"] == tenant
    assert [claims["roles"] for claims in spoken] == [["admin"], ["sales_rep"]]
    assert spoken[1]["team"] == "cn/east"
    assert (tmp_path / "keys" / "jwks.json").exists()


def test_the_interface_document_of_a_service_has_its_paths_only() -> None:
    document = json.loads(crm("openapi", "leads").stdout)
    assert "/v1/leads" in document["paths"]
    assert "/v1/contracts" not in document["paths"]


def test_the_interface_document_of_all_services_has_every_path() -> None:
    document = json.loads(crm("openapi").stdout)
    wanted = {"/v1/leads", "/v1/contracts", "/v1/rollups", "/v1/members", "/v1/events"}
    assert wanted <= document["paths"].keys()


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "openapi"])
def test_an_unknown_service_is_one_line_and_status_2(command: str) -> None:
    run = crm(command, "moonbase")
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
    run = crm("import", "moonbase", tmp_path)
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert "moonbase" in line
    assert "crm-sales-opportunities" in line


def test_a_file_that_is_no_mapping_is_one_line_and_status_2(tmp_path: Path) -> None:
    mapping = tmp_path / "broken.toml"
    mapping.write_text("system = ")
    run = crm("import", mapping, tmp_path)
    assert run.returncode == 2
    assert len(lines_of(run.stderr)) == 1


def test_an_import_without_a_folder_is_one_line_and_status_2() -> None:
    run = crm("import", "x-education-leads")
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert "where the files are" in line


def test_a_command_that_needs_the_house_says_so_in_one_line() -> None:
    day = ("--from", "2026-01-01", "--to", "2026-01-02")
    run = crm("rollup", "leads_created", *day)
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert "CRM_URL" in line


def test_a_folder_without_a_running_stack_is_one_line_and_status_2(tmp_path: Path) -> None:
    run = crm("verify", "--all", "--data", tmp_path)
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert line.startswith("no stack runs in")


def test_a_report_whose_file_says_no_form_is_one_line_and_status_2(tmp_path: Path) -> None:
    run = crm(
        "report", "weekly", "2026-W12", "--out", tmp_path / "a.pdf", CRM_URL="x", CRM_TOKEN="x"
    )
    assert run.returncode == 2
    assert "--format" in " ".join(run.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_house_that_does_not_answer_is_one_line_and_status_2() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    day = ("--from", "2026-01-01", "--to", "2026-01-02")
    run = crm("rollup", "leads_created", *day, CRM_URL=url, CRM_TOKEN="none")
    assert run.returncode == 2
    (line,) = lines_of(run.stderr)
    assert url in line


def test_a_database_that_does_not_answer_is_one_line_and_status_2() -> None:
    url = f"postgresql://crm_{{service}}_{{role}}@127.0.0.1:{free_port()}/crm_{{service}}"
    run = crm("migrate", "leads", "--check", CRM_DATABASE_URL=url)
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


_ASKED = """
crm migrate all --check >&2 || exit 91
crm rollup moonbase --from 2026-01-01 --to 2026-01-02 2> refusal; [ $? = 2 ] || exit 92
[ $(wc -l < refusal) = 1 ] || exit 93
grep -q 'measure: one of .*leads_created' refusal || exit 94
crm rollup leads_created --from 2026-01-01 --to 2026-01-02 --wait --format json
crm rollup leads_created --from 2026-01-01 --to 2026-01-02 > table || exit 95
crm rollup leads_created --from 2026-01-01 --to 2026-01-02 --as-of 2026-01-01T00:00:00Z \
  >> table || exit 103
crm rollup leads_created --from 2026-01-01 --to 2026-01-02 --as-of never 2> refusal
[ $? = 2 ] || exit 104
grep -q as_of.invalid refusal || exit 105
crm rollup leads_created --from 2026-01-01 --to 2026-01-02 --as-of 2026-01-01 \
  >> table || exit 109
crm rollup leads_created --from 2026-01-01 --to 2026-01-02 --as-of 2026-02-30 2> refusal
[ $? = 2 ] || exit 110
grep -q 'no day 2026-02-30' refusal || exit 111
crm report weekly 2026-W12 --out pages/w.html 2> refusal; [ $? = 2 ] || exit 112
[ ! -e pages ] && mkdir pages || exit 113
CRM_TOKEN= crm report weekly 2026-W12 2> refusal; [ $? = 2 ] || exit 114
grep -q 'CRM_TOKEN is not set' refusal || exit 115
grep -q 'no figures' table || exit 116
crm report weekly 2026-W12 --out pages/w.html --lang en >&2 || exit 96
crm report weekly 2026-W12 >&2 || exit 97
crm report monthly 2026-03 --out m.csv >&2 || exit 98
crm report monthly 2026-03 --out m --format xlsx >&2 || exit 99
crm report monthly 2026-03 --out m.json >&2 || exit 100
crm report weekly 2026-03 2> refusal; [ $? = 2 ] || exit 101
grep -q period.invalid refusal || exit 102
unset CRM_DATABASE_URL CRM_KAFKA
crm verify leads --data data --wait >&2 || exit 106
crm ledger export leads --out leads.jsonl --data data >&2 || exit 107
crm replay reporting --data data >&2 || exit 108
exit 7
"""
"""What is asked of a house that runs; each exit status is one that is told wrong."""


@pytest.mark.slow
def test_up_runs_a_command_against_the_house_and_ends_with_its_status(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    port = str(free_port())
    script = f"cd {tmp_path} && [ $CRM_URL = http://127.0.0.1:{port} ] || exit 90\n{_ASKED}"
    command = ["--data", str(tmp_path / "data"), "--port", port, "--", "sh", "-c", script]
    elsewhere = [each for each in PATH.split(os.pathsep) if each != str(CRM.parent)]
    run = crm("up", *command, PATH=os.pathsep.join(elsewhere))
    assert run.returncode == 7, run.stderr
    assert json.loads(run.stdout) == []
    assert b"Weekly sales report 2026-W12" in (tmp_path / "pages/w.html").read_bytes()
    assert "销售周报 2026-W12" in (tmp_path / "weekly-report-2026-W12.html").read_text("utf-8")
    assert (tmp_path / "m.csv").read_bytes().startswith(b"\xef\xbb\xbfsection,")
    assert (tmp_path / "m").read_bytes().startswith(b"PK")
    assert json.loads((tmp_path / "m.json").read_bytes())["period"] == "2026-03"
    again = crm("up", "--data", tmp_path / "data", "--", "false")
    assert again.returncode == 1
    assert living_below(tmp_path) == []


@pytest.mark.slow
def test_up_starts_again_what_was_killed_and_ends_it_all_when_it_is_asked_to(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o755)
    command = ["sh", "-c", f"touch {tmp_path}/runs; exec sleep 100"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    with subprocess.Popen(
        [CRM, "up", "--data", tmp_path / "data", "--", *command],
        cwd=PROJECT,
        env=own | {"NO_COLOR": "1"},
        stderr=subprocess.DEVNULL,
    ) as running:
        while not (tmp_path / "runs").exists():
            assert running.poll() is None
        data = tmp_path / "data"
        url = json.loads((data / "house.json").read_text())["url"]
        notes = [data / f"{name}.pid" for name in ("worker", "broker/broker", "postgres/postgres")]
        asyncio.run(killed_and_back([*notes, data / "api.pid"], url))
        running.send_signal(signal.SIGTERM)
        assert running.wait(40) == 128 + signal.SIGTERM
    assert living_below(tmp_path) == []


async def killed_and_back(notes: list[Path], url: str) -> None:
    """Until others have the places of those that were killed, and the API answers."""
    for note in notes:
        before = Note.read(note)
        assert before is not None
        kill(before.pid)

        async def back(note: Path = note, before: Note = before) -> bool:
            now = Note.read(note)
            return now is not None and now.pid != before.pid and now.child() is not None

        await until(back, 60)
    await until(lambda: is_ready(url), 60)


async def is_ready(url: str) -> bool:
    try:
        return (await asyncio.to_thread(httpx.get, f"{url}/readyz", timeout=5)).is_success
    except httpx.TransportError:
        return False


def living_below(folder: Path) -> list[str]:
    """The command lines of processes that have to do with the folder."""
    found = psutil.process_iter(["cmdline"])
    lines = [" ".join(process.info["cmdline"] or ()) for process in found]
    return [line for line in lines if str(folder) in line]


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
    shown = crm("tenant-import", tmp_path)
    assert shown.returncode == 2
    (line,) = lines_of(shown.stderr)
    assert line.startswith("manifest.json cannot be read")


def test_a_refusal_tells_brackets_as_they_are() -> None:
    shown = crm("migrate", "[/red]")
    assert shown.returncode == 2
    (line,) = lines_of(shown.stderr)
    assert "[/red]" in line
