"""A browser without a window and without a network, for pages that were kept as files."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from crmkit.testing.machine import lacking

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_OWN = (".google.com", ".googleapis.com")
"""What the browser asks for time, updates and accounts, whatever it shows; it gets no answer."""
_SECONDS = 60


@dataclass(frozen=True)
class Browser:
    """Where the browser is, and a folder for what it leaves."""

    program: str
    place: Path

    @classmethod
    def find(cls, place: Path) -> "Browser":
        """The one on the PATH; where there is none the test is skipped."""
        found = next(filter(None, map(shutil.which, NAMES)), None)
        if found is None:
            lacking("chromium", "apt-get install chromium fonts-wqy-microhei")
        return cls(found, place)

    def picture(self, page: Path, width: int, height: int, *, dark: bool = False) -> Image.Image:
        """What the page looks like at the top, by who prefers light or dark."""
        target = self.place / "picture.png"
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        self._run(page, scheme, f"--window-size={width},{height}", f"--screenshot={target}")
        with Image.open(target) as picture:
            return picture.convert("RGB")

    def printed(self, page: Path) -> bytes:
        """The page on paper, as PDF."""
        target = self.place / "paper.pdf"
        self._run(page, "--no-pdf-header-footer", f"--print-to-pdf={target}")
        return target.read_bytes()

    def asked_for(self, page: Path) -> list[str]:
        """The hosts that were asked while the page was shown, but for the browser's own."""
        log = self.place / "net.json"
        target = self.place / "unused.png"
        self._run(page, f"--log-net-log={log}", f"--screenshot={target}")
        found = {urlsplit(_url(event)) for event in _events(log)}
        hosts = {url.hostname for url in found if url.hostname}
        return sorted(host for host in hosts if not host.endswith(_OWN))

    def _run(self, page: Path, *flags: str) -> None:
        profile = self.place / "profile"
        command = [self.program, *_FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()]
        subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font with Chinese in it."""
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    listed = subprocess.run([lister, ":lang=zh"], capture_output=True, timeout=30, check=True)
    return bool(listed.stdout.strip())


def _events(log: Path) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(log.read_text("utf-8"))["events"]
    return events


def _url(event: dict[str, Any]) -> str:
    return str(event.get("params", {}).get("url", ""))
