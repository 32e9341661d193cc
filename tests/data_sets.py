"""Real data that is not in this repository: where it is, or why a test of it does not run."""

import os
from pathlib import Path

import pytest

_PROJECT = Path(__file__).resolve().parents[1]


def data_set(name: str) -> Path:
    """The folder of that name: CRM_TEST_DATA names the one of all data sets.

    Where there is none the test is skipped; under CI it fails, so that nobody takes it for run.
    """
    beside = _PROJECT.parent / "shared" / "data"
    found = Path(os.environ.get("CRM_TEST_DATA") or beside) / name
    if not found.is_dir():
        tell = pytest.fail if os.environ.get("CI") else pytest.skip
        tell(f"there is no {found}: set CRM_TEST_DATA to the folder that holds {name}")
    return found
