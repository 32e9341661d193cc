"""What is generated in deploy/ is what the services there are would have it be."""

import pytest

from deploy.render import FOLDER, rendered

RENDERED = rendered()


@pytest.mark.parametrize("name", RENDERED)
def test_the_committed_file_is_current(name: str) -> None:
    assert (FOLDER / name).read_text() == RENDERED[name], "python -m deploy.render"


@pytest.mark.parametrize("folder", ["kubernetes/api", "kubernetes/worker", "kubernetes/migrate"])
def test_nothing_is_left_of_a_service_that_has_gone(folder: str) -> None:
    left = {f"{folder}/{path.name}" for path in (FOLDER / folder).iterdir()}
    assert left == {name for name in RENDERED if name.startswith(f"{folder}/")}
