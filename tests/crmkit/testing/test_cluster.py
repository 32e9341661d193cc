"""A cluster that was kept is taken again only where it would be made alike."""

from pathlib import Path

from crmkit.service import services
from crmkit.testing.cluster import sources, state_of


def test_every_revision_and_every_script_decides_what_a_cluster_is() -> None:
    named = {path.name for path in sources(services())}
    for service in services():
        assert {path.name for path in service.revisions.glob("*.py")} <= named
    assert {"kit.sql", "protect.sql", "validate.sql", "postgres.py", "0001_kit.py"} <= named


def test_a_revision_that_is_new_or_changed_or_gone_is_another_cluster(tmp_path: Path) -> None:
    first, second = tmp_path / "leads0001.py", tmp_path / "leads0002.py"
    first.write_text("create")
    second.write_text("add")
    both = state_of([first, second])
    states = {both, state_of([first]), state_of([second])}
    second.write_text("add more")
    states.add(state_of([first, second]))
    second.write_text("add")
    assert len(states) == 4
    assert state_of([first, second]) == both
