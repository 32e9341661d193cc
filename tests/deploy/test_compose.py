"""compose.yaml without an engine: what it names exists, and nothing is left open by default."""

import re
from typing import Any

import pytest

from tests.deploy.files import DEPLOY, NAMES, SETTINGS, document, refused

COMPOSE = document(DEPLOY / "compose.yaml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
TEXT = (DEPLOY / "compose.yaml").read_text()
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("dealstream:")}
_ASKED = re.compile(r"\$\{(\w+)(:\?|:-)?([^}]*)\}")


def variables_of(text: str) -> dict[str, str]:
    """Variable -> `:?` where it has to be given, `:-` where it has a default, or nothing."""
    return {name: how for name, how, _ in _ASKED.findall(text)}


def unknown_settings(settings: dict[str, str]) -> set[str]:
    return {name for name in settings if name not in SETTINGS}


def test_every_service_has_a_migration_an_api_and_a_worker() -> None:
    wanted = {f"{kind}-{name}" for kind in ("migrate", "api", "worker") for name in NAMES}
    assert set(OURS) == {*wanted, "api-house", "monitor"}


@pytest.mark.parametrize("name", OURS)
def test_commands_and_settings_are_ours(name: str) -> None:
    assert refused(OURS[name]["command"]) == ""
    assert unknown_settings(OURS[name]["environment"]) == set()


def test_an_unknown_command_service_or_setting_is_found() -> None:
    assert refused(["serv", "leads"])
    assert refused(["serve", "leeds"])
    assert refused(["serve", "leads", "--prot", "1"])
    assert unknown_settings({"CRM_DATABSE_URL": "", "CRM_KAFKA": ""}) == {"CRM_DATABSE_URL"}


SEALERS = {"api-leads", "api-webhooks", "worker-webhooks"}
"""Who knows the key that seals secrets shared with others."""


@pytest.mark.parametrize("name", OURS)
def test_each_process_runs_with_no_more_than_it_needs(name: str) -> None:
    process, settings = OURS[name], OURS[name]["environment"]
    assert process["read_only"]
    assert process["cap_drop"] == ["ALL"]
    kind = name.split("-", maxsplit=1)[0]
    passwords = {
        found for value in settings.values() for found in re.findall(r"\w+_PASSWORD", value)
    }
    assert (
        passwords
        == {
            "migrate": {"CRM_OWNER_PASSWORD"},
            "api": {"CRM_APP_PASSWORD"},
            "worker": {"CRM_APP_PASSWORD", "CRM_SYSTEM_PASSWORD"},
            "monitor": {"CRM_SYSTEM_PASSWORD"},
        }[kind]
    )
    assert ("CRM_WEBHOOK_KEY" in settings) is (name in SEALERS)
    if kind != "migrate":
        assert settings["CRM_PRODUCTION"] == "true"
    assert "ports" not in process


@pytest.mark.parametrize("name", NAMES)
def test_nothing_starts_before_its_tables_are_there(name: str) -> None:
    done = {"condition": "service_completed_successfully"}
    for kind in ("api", "worker"):
        assert SERVICES[f"{kind}-{name}"]["depends_on"][f"migrate-{name}"] == done


def test_what_is_depended_on_mounted_or_named_exists() -> None:
    for name, each in SERVICES.items():
        assert set(each.get("depends_on", ())) <= set(SERVICES), name
        assert set(each["networks"]) <= set(COMPOSE["networks"]), name
        for mount in each.get("volumes", ()):
            source = mount.split(":")[0]
            known = (DEPLOY / source).exists() if source.startswith(".") else None
            assert known or source in COMPOSE["volumes"], mount
        if "build" in each:
            assert (DEPLOY / each["build"]["context"] / each["build"]["dockerfile"]).is_file()
        assert re.search(r":(v?\d|\$\{CRM_VERSION)", each["image"]), f"{name} runs no fixed version"


def test_apache_kafka_is_the_version_that_tests_run_on() -> None:
    pom = (DEPLOY / "kafka" / "pom.xml").read_text()
    tried = re.findall(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>(.*)</version>", pom)
    assert [SERVICES["kafka"]["image"]] == [f"apache/kafka:{version}" for version in tried]


def test_secrets_have_no_default_and_the_example_names_every_variable() -> None:
    asked = variables_of(TEXT)
    example = (DEPLOY / ".env.example").read_text()
    assert set(asked) == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    secret = {name for name in asked if re.search("PASSWORD|KEY|JWKS|ISSUER", name)}
    assert {asked[name] for name in secret} == {":?"}
    assert all(f"\n{name}=\n" in f"\n{example}" for name in secret)


def test_a_variable_without_a_default_is_found() -> None:
    assert variables_of("a: ${A} ${B:-c} ${D:?}") == {"A": "", "B": ":-", "D": ":?"}


def test_what_is_open_is_open_to_this_host_alone() -> None:
    ports = [port for each in SERVICES.values() for port in each.get("ports", ())]
    assert len(ports) == 3
    assert all(port.startswith(("127.0.0.1:", "${CRM_EDGE_ADDRESS:-127.0.0.1}:")) for port in ports)


def test_databases_broker_and_workers_cannot_leave_the_host() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    outside = {name for name, each in SERVICES.items() if "outside" in each["networks"]}
    apis = {name for name in OURS if name.startswith("api-")}
    assert outside == apis | {"worker-webhooks", "edge", "prometheus", "grafana"}


def test_the_gateway_runs_what_is_there_with_settings_that_it_knows() -> None:
    folder = DEPLOY / "gateway"
    known = set(re.findall(r"\bCRM_\w+", (folder / "settings.mjs").read_text()))
    assert set(SERVICES["gateway"]["environment"]) <= known
    dockerfile = (folder / "Dockerfile").read_text()
    assert set(re.findall(r"\b(CRM_\w+)=", dockerfile)) <= known
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE):
        assert all(list(folder.glob(source)) for source in line.split()), line


def test_the_broker_makes_no_topic_by_itself() -> None:
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_prometheus_scrapes_every_process_there_is() -> None:
    jobs = document(DEPLOY / "prometheus/prometheus.yml")["scrape_configs"]
    scraped = {job["job_name"]: job["dns_sd_configs"][0] for job in jobs}
    for kind, others in (("api", set()), ("worker", {"monitor"})):
        names = {n for n in OURS if n.startswith(f"{kind}-")} | others
        assert set(scraped[kind]["names"]) == names
        assert {OURS[n]["environment"]["CRM_METRICS_PORT"] for n in scraped[kind]["names"]} == {
            str(scraped[kind]["port"])
        }
