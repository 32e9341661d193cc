"""Real data that is not in this repository: where it is, or why a test of it does not run."""

import os
from pathlib import Path

from crmkit.testing.machine import lacking

_PROJECT = Path(__file__).resolve().parents[1]


def data_set(name: str) -> Path:
    """The folder of that name: CRM_TEST_DATA names the one of all data sets.

    Lacking where there is none.
    """
    beside = _PROJECT.parent / "shared" / "data"
    found = Path(os.environ.get("CRM_TEST_DATA") or beside) / name
    if not found.is_dir():
        lacking(str(found), f"set CRM_TEST_DATA to the folder that holds {name}")
    return found
