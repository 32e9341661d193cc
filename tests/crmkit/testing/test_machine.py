import pytest

from crmkit.testing.machine import EXCUSED, lacking


@pytest.mark.parametrize(
    ("told", "fails"),
    [
        ({}, False),
        ({"CI": ""}, False),
        ({"CI": "true"}, True),
        ({"CI": "true", EXCUSED: "chromium nginx"}, False),
        ({"CI": "true", EXCUSED: "chrom"}, True),
    ],
)
def test_a_missing_program_fails_where_ci_is_set_and_nobody_said_so(
    told: dict[str, str], fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", EXCUSED):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    outcome = pytest.fail.Exception if fails else pytest.skip.Exception
    with pytest.raises(outcome, match="chromium is not here: install it"):
        lacking("chromium", "install it")
