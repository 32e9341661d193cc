"""The manifests without a cluster: schemas, what they name, and who may speak to whom."""

import re
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from crmkit.settings import Settings
from crmkit.testing.machine import lacking
from tests.deploy.files import (
    DEPLOY,
    NAMES,
    SETTINGS,
    document,
    documents,
    refused,
)
from tests.deploy.schemas import SCALED_OBJECT

FOLDER = DEPLOY / "kubernetes"
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")
ALL = [each for path in FILES for each in documents(path)]
CONFIG = next(e for e in ALL if e["kind"] == "ConfigMap" and e["metadata"]["name"] == "dealstream")
PODS = {e["metadata"]["name"]: e for e in ALL if e["kind"] in ("Deployment", "Job")}
OTHERS = {"edge", "gateway"}
OURS = {name: each for name, each in PODS.items() if name not in OTHERS}
POLICIES = [each["spec"] for each in ALL if each["kind"] == "NetworkPolicy"]
SECRETS = {
    "database": {"app", "system"},
    "database-owner": {"owner"},
    "webhooks": {"key"},
    "ledger": {"key"},
}
LINKS = "192.168.1.1", "10.1.2.3", "172.20.0.1", "169.254.169.254", "127.0.0.1", "100.64.0.1"


def kind(name: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in ALL if each["kind"] == name}


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = PODS[name]["spec"]["template"]["spec"]
    return found


def container(name: str) -> dict[str, Any]:
    (found,) = pod(name)["containers"]
    return dict(found)


def labels(name: str) -> dict[str, str]:
    found: dict[str, str] = PODS[name]["spec"]["template"]["metadata"]["labels"]
    return found


def test_the_schemas_of_kubernetes_take_every_manifest() -> None:
    done = validated(*FILES)
    assert done.returncode == 0, done.stdout


def test_the_schemas_refuse_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "edge.yaml"
    wrong.write_text((FOLDER / "edge.yaml").read_text().replace("replicas: 2", "replicas: two"))
    assert validated(wrong).returncode != 0


def validated(*files: Path) -> subprocess.CompletedProcess[str]:
    """KEDA's kind has no schema there; `SCALED_OBJECT` is ours."""
    program = Path(sys.executable).with_name("kubernetes-validate")
    if not program.exists():
        lacking(program.name, ".ci/run says where it comes from")
    return subprocess.run(
        [program, "--strict", "-k", "1.34", *files],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_service_has_a_migration_an_api_and_a_worker() -> None:
    wanted = {f"{kind}-{name}" for kind in ("migrate", "api", "worker") for name in NAMES}
    assert set(PODS) == {*wanted, "api-house", "monitor", *OTHERS}


@pytest.mark.parametrize("name", OURS)
def test_arguments_settings_and_secrets_exist(name: str) -> None:
    only = container(name)
    assert refused(only["args"]) == ""
    before: set[str] = set()
    for each in only["env"]:
        taken = each.get("valueFrom", {})
        if "secretKeyRef" in taken:
            assert taken["secretKeyRef"]["key"] in SECRETS[taken["secretKeyRef"]["name"]]
        if "configMapKeyRef" in taken:
            assert taken["configMapKeyRef"]["key"] in CONFIG["data"]
        assert set(re.findall(r"\$\((\w+)\)", each.get("value", ""))) <= before, each
        before.add(each["name"])
        assert each["name"].startswith("DATABASE_") or each["name"] in SETTINGS
    given = {key for key in CONFIG["data"] if not key.startswith("DATABASE_")}
    assert given <= SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_a_process_knows_the_secrets_of_its_own_work_alone(name: str) -> None:
    taken = {
        (each["valueFrom"]["secretKeyRef"]["name"], each["valueFrom"]["secretKeyRef"]["key"])
        for each in container(name)["env"]
        if "secretKeyRef" in each.get("valueFrom", {})
    }
    app, system = ("database", "app"), ("database", "system")
    own = {
        "migrate": {("database-owner", "owner")},
        "api": {app},
        "monitor": {system},
        "worker": {app, system, ("ledger", "key")},
    }
    wanted = set(own[name.partition("-")[0]])
    if name in ("api-leads", "api-webhooks", "worker-webhooks"):
        wanted.add(("webhooks", "key"))
    assert taken == wanted


def test_the_secrets_are_explained_where_the_configuration_is() -> None:
    told = (FOLDER / "config.yaml").read_text()
    for name, keys in SECRETS.items():
        assert re.search(rf"secret generic {name} .*{'.*'.join(sorted(keys))}", told), name


@pytest.mark.parametrize("name", PODS)
def test_nobody_has_more_rights_than_needed(name: str) -> None:
    spec, only = pod(name), container(name)
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not spec["automountServiceAccountToken"]
    assert not only["securityContext"]["allowPrivilegeEscalation"]
    assert only["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "memory" in only["resources"]["limits"]
    assert name == "edge" or only["securityContext"]["readOnlyRootFilesystem"]


@pytest.mark.parametrize("name", [name for name in PODS if not name.startswith("migrate")])
def test_probes_ask_a_port_that_is_there_and_ending_has_time(name: str) -> None:
    only = container(name)
    ports = {port["name"]: port["containerPort"] for port in only["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert only[probe]["httpGet"]["port"] in ports
    if name.startswith("api"):
        assert only["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert only["livenessProbe"]["httpGet"]["path"] == "/livez"
    if name in OURS:
        assert str(ports["metrics"]) == CONFIG["data"]["CRM_METRICS_PORT"]
    assert pod(name)["terminationGracePeriodSeconds"] >= 25


@pytest.mark.parametrize("name", [name for name in PODS if not name.startswith("migrate")])
def test_selectors_budgets_and_services_mean_these_pods(name: str) -> None:
    own = labels(name)
    assert PODS[name]["spec"]["selector"]["matchLabels"] == own
    budget = kind("PodDisruptionBudget")[name]["spec"]
    assert budget["selector"]["matchLabels"] == own
    if not name.startswith(("worker", "monitor")):
        service = kind("Service")[name]["spec"]
        assert service["selector"] == own
        known = {port["name"] for port in container(name)["ports"]}
        assert {port["targetPort"] for port in service["ports"]} <= known


def test_apis_scale_by_load() -> None:
    for name, each in kind("HorizontalPodAutoscaler").items():
        assert each["spec"]["scaleTargetRef"]["name"] == name
        assert 2 <= each["spec"]["minReplicas"] < each["spec"]["maxReplicas"]
    scaled = {n for n in PODS if n.startswith("api-")} | {"gateway"}
    assert set(kind("HorizontalPodAutoscaler")) == scaled


def test_keda_knows_every_field_of_what_it_is_told() -> None:
    for each in kind("ScaledObject").values():
        jsonschema.validate(each, SCALED_OBJECT)


@pytest.mark.parametrize(
    ("told", "planted"),
    [
        ('lagThreshold: "5000"', "lagThreshold: 5000"),
        ("lagThreshold:", "lagTreshold:"),
        ("earliest", "first"),
        ("version: 2.8.0", "version: 1.0.0"),
        ("minReplicaCount: 2", "minReplicas: 2"),
        ("  triggers:", "  trigger:"),
        ("scaleTargetRef: {name:", "scaleTargetRef: {deploymentName:"),
        ("keda.sh/v1alpha1", "keda.k8s.io/v1alpha1"),
    ],
)
def test_a_field_that_keda_does_not_know_is_found(told: str, planted: str) -> None:
    text = (FOLDER / "worker" / "leads.yaml").read_text()
    assert told in text
    (spoilt,) = (
        each
        for each in yaml.safe_load_all(text.replace(told, planted))
        if each["kind"] == "ScaledObject"
    )
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoilt, SCALED_OBJECT)


def test_workers_scale_by_what_they_are_behind() -> None:
    """More workers than partitions would have nothing to do."""
    for name, each in kind("ScaledObject").items():
        spec = each["spec"]
        (trigger,) = spec["triggers"]
        assert spec["scaleTargetRef"] == {"name": name}
        assert trigger["metadata"]["consumerGroup"] == f"crm.{name.removeprefix('worker-')}"
        assert trigger["metadata"]["bootstrapServersFromEnv"] in CONFIG["data"]
        most = int(CONFIG["data"]["CRM_KAFKA_PARTITIONS"])
        assert spec["minReplicaCount"] <= spec["maxReplicaCount"] <= most
        assert most == Settings.model_fields["kafka_partitions"].default
    assert set(kind("ScaledObject")) == {n for n in PODS if n.startswith("worker-")}


def test_all_of_it_is_applied() -> None:
    for folder in (FOLDER, FOLDER / "migrate"):
        listed = set(document(folder / "kustomization.yaml")["resources"])
        there = {path.relative_to(folder).as_posix() for path in FILES if folder in path.parents}
        assert listed == {name for name in there if not name.startswith("migrate/")}


def chosen(selector: dict[str, Any], own: dict[str, str]) -> bool:
    wanted = selector.get("matchLabels", {})
    either = selector.get("matchExpressions", [])
    return all(own.get(key) == value for key, value in wanted.items()) and all(
        own.get(each["key"]) in each["values"] for each in either
    )


def reaches(name: str, address: str, port: int) -> bool:
    """Whether a pod may speak to an address outside the cluster."""
    for policy in POLICIES:
        if "Egress" in policy["policyTypes"] and chosen(policy["podSelector"], labels(name)):
            for rule in policy.get("egress", ()):
                ports = {each["port"] for each in rule.get("ports", ())}
                blocks = [to["ipBlock"] for to in rule["to"] if "ipBlock" in to]
                if (not ports or port in ports) and any(holds(each, address) for each in blocks):
                    return True
    return False


def holds(block: dict[str, Any], address: str) -> bool:
    at = ip_address(address)
    nets = [ip_network(block["cidr"]), *map(ip_network, block.get("except", ()))]
    return at in nets[0] and not any(at in each for each in nets[1:])


def may_call(caller: str, called: str, port: int) -> bool:
    """Whether both sides allow it."""
    goes = comes = False
    for policy in POLICIES:
        if chosen(policy["podSelector"], labels(caller)):
            for rule in policy.get("egress", ()):
                ends = [to["podSelector"] for to in rule.get("to", ()) if "podSelector" in to]
                goes |= any(chosen(each, labels(called)) for each in ends)
        if chosen(policy["podSelector"], labels(called)):
            for rule in policy.get("ingress", ()):
                ports = {each["port"] for each in rule["ports"]}
                starts = [f["podSelector"] for f in rule.get("from", ()) if "podSelector" in f]
                inside = [f for f in rule.get("from", ()) if "namespaceSelector" not in f]
                comes |= port in ports and any(
                    chosen(each, labels(caller)) for each in starts if inside
                )
    return goes and comes


def test_webhooks_reach_the_world_but_no_private_network() -> None:
    assert reaches("worker-webhooks", "203.0.113.7", 8443)
    assert reaches("worker-webhooks", "2606:4700::1", 443)
    assert not any(reaches("worker-webhooks", address, 443) for address in (*LINKS, "fd00::1"))
    assert not any(reaches("api-leads", address, 443) for address in LINKS)
    assert reaches("api-leads", "203.0.113.7", 443)
    assert not reaches("api-leads", "203.0.113.7", 80)
    assert not reaches("worker-leads", "203.0.113.7", 443)
    assert not reaches("migrate-leads", "203.0.113.7", 443)


def test_the_edge_alone_calls_apis_and_nobody_calls_workers() -> None:
    assert may_call("edge", "api-leads", 8000)
    assert may_call("edge", "gateway", 8001)
    assert not may_call("gateway", "api-leads", 8000)
    assert not reaches("gateway", "203.0.113.7", 443)
    assert not may_call("edge", "api-leads", 9100)
    assert not may_call("api-leads", "api-contracts", 8000)
    assert not may_call("worker-webhooks", "api-leads", 8000)
    assert not any(may_call(name, "worker-leads", 9100) for name in PODS)


def test_everything_is_closed_to_begin_with() -> None:
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in POLICIES
