"""What a test needs of the machine, and what is done where that is not there."""

import os
from typing import NoReturn

import pytest

EXCUSED = "CI_WITHOUT"
"""Programs, separated by spaces, that .ci/* tried to install and could not."""


def lacking(program: str, remedy: str) -> NoReturn:
    """Skip the test. Where CI is set it fails, so that nothing goes untried for years unnoticed;
    unless whoever prepares that machine has said that the program cannot be had."""
    reason = f"{program} is not here: {remedy}"
    if os.environ.get("CI") and program not in os.environ.get(EXCUSED, "").split():
        pytest.fail(reason)
    pytest.skip(reason)
