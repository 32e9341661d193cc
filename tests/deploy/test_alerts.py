"""Alerts: promtool runs their unit tests; each fires in one, and is silent in another."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.files import DEPLOY, document, tool

FOLDER = DEPLOY / "prometheus"
ALERTS = {
    rule["alert"]: rule
    for group in document(FOLDER / "alerts.yml")["groups"]
    for rule in group["rules"]
    if "alert" in rule
}


def promtool(*arguments: str | Path, at: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("promtool"), *arguments],
        cwd=at,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_each_alert_fires_in_one_test_and_is_silent_in_another() -> None:
    cases = document(FOLDER / "alerts_test.yml")["tests"]
    told = [
        (rule["alertname"], bool(rule["exp_alerts"]))
        for c in cases
        for rule in c["alert_rule_test"]
    ]
    assert sorted(told) == sorted((name, fires) for name in ALERTS for fires in (True, False))


def test_each_alert_says_what_is_wrong_and_what_to_look_at() -> None:
    for name, rule in ALERTS.items():
        assert set(rule["annotations"]) == {"summary", "action"}, name
        assert rule["labels"]["severity"] in {"page", "ticket"}, name


def test_promtool_takes_rules_and_configuration() -> None:
    for arguments in (["check", "rules", "alerts.yml"], ["check", "config", "prometheus.yml"]):
        done = promtool(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_fire_when_they_should_and_not_before() -> None:
    done = promtool("test", "rules", "alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ('queue="parked"}) > 0', 'queue="parked"}) > 2'),
        ("sum by (service) (crm_relay_active) == 0", "crm_relay_active == 0"),
        ("ratio_rate5m > 14.4 * 0.001", "ratio_rate5m > 14.4 * 0.01"),
    ],
)
def test_an_alert_that_is_wrong_fails_its_test(rule: str, broken: str, tmp_path: Path) -> None:
    text = (FOLDER / "alerts.yml").read_text()
    (alert,) = [name for name, each in ALERTS.items() if rule in each["expr"]]
    whole = document(FOLDER / "alerts_test.yml")
    about = [case for case in whole["tests"] if case["alert_rule_test"][0]["alertname"] == alert]
    (tmp_path / "alerts_test.yml").write_text(yaml.safe_dump(whole | {"tests": about}))
    for said, succeeds in ((text, True), (text.replace(rule, broken), False)):
        (tmp_path / "alerts.yml").write_text(said)
        done = promtool("test", "rules", "alerts_test.yml", at=tmp_path)
        assert (done.returncode == 0) is succeeds, done.stdout + done.stderr
