"""The files of deploy/: linters and schemas accept them, and each one is hardened."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from tests import peers
from tests.cli.program import arka
from tests.deploy.site import write_nginx_configuration

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
UNIT = DEPLOY / "systemd" / "arka-workspace@.service"
MOST_EXPOSED = 20  # of 100 in `systemd-analyze security`; a service that is not hardened has 96


def run(*line: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, check=False, capture_output=True, encoding="utf-8", timeout=60)


def load(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


# Linters


@pytest.mark.peer("hadolint")
def test_hadolint_accepts_the_dockerfile() -> None:
    done = run(peers.executable("hadolint"), DEPLOY / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.peer("check-jsonschema")
def test_compose_file_follows_the_specification() -> None:
    done = run(peers.executable("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE)
    assert done.returncode == 0, done.stdout


@pytest.mark.peer("kubernetes-validate")
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_follow_the_schemas_of_kubernetes(path: Path) -> None:
    done = run(peers.executable("kubernetes-validate"), "--strict", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.peer("systemd-analyze")
def test_systemd_accepts_the_unit_and_finds_it_hardened(tmp_path: Path) -> None:
    text = UNIT.read_text()
    (tmp_path / UNIT.name).write_text(text)
    instance = tmp_path / UNIT.name.replace("@", "@8765")
    instance.write_text(text.replace("/opt/arka/bin/arka", "/bin/true"))  # it must exist
    verified = run(peers.executable("systemd-analyze"), "verify", instance)
    assert (verified.returncode, verified.stderr) == (0, "")
    checked = run(
        peers.executable("systemd-analyze"), "security", "--offline=true", f"--threshold={MOST_EXPOSED}", instance
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.peer("nginx")
def test_nginx_accepts_the_configuration(tmp_path: Path) -> None:
    site = write_nginx_configuration(tmp_path, ports=(1, 2))
    done = run(*site.command, "-t")
    assert (done.returncode, "[warn]" in done.stderr) == (0, False), done.stderr


# What no schema checks


def pod_of(document: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = document["spec"]["template"]["spec"]
    return pod


PODS = [each for path in MANIFESTS for each in load(path) if each["kind"] in ("Deployment", "Job")]


@pytest.mark.parametrize("document", PODS, ids=lambda each: str(each["kind"]))
def test_pods_are_hardened(document: dict[str, Any]) -> None:
    pod = pod_of(document)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        (secret,) = (each for each in container["env"] if each["name"] == "ARKA_DATABASE_URL")
        assert set(secret) == {"name", "valueFrom"}  # not in the manifest


def test_deployment_has_two_replicas_with_probes() -> None:
    (deployment,) = (each for each in PODS if each["kind"] == "Deployment")
    (container,) = pod_of(deployment)["containers"]
    assert deployment["spec"]["replicas"] == 2
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"  # it does not depend on the database
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert len({pod_of(each)["containers"][0]["image"] for each in PODS}) == 1


def test_containers_of_the_compose_file_are_hardened() -> None:
    (document,) = load(COMPOSE)
    services = document["services"]
    for name in ("migrate", "workspace-1", "workspace-2", "proxy"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert document["networks"]["backend"]["internal"] is True
    assert "password" not in re.sub(r"postgres-password|PASSWORD_FILE|# .*", "", COMPOSE.read_text())


def test_image_runs_without_root_and_checks_its_health() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert "/healthz" in text.partition("HEALTHCHECK")[2].partition("ENTRYPOINT")[0]
    assert "--require-hashes" in text
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    allowed = (DEPLOY.parent / ".dockerignore").read_text()
    assert all(f"!{name}" in allowed for line in copied for name in shlex.split(line))


OPTIONS = {
    "deploy/compose/compose.yaml": load(COMPOSE)[0]["services"]["workspace-1"]["command"],
    "deploy/kubernetes/workspace.yaml": next(pod_of(each) for each in PODS if each["kind"] == "Deployment")[
        "containers"
    ][0]["args"],
}


@pytest.mark.parametrize("path", OPTIONS)
def test_serve_has_the_options_that_the_files_use(path: str) -> None:
    known = set(re.findall(r"--[a-z-]+", arka("workspace", "serve", "--help").out))
    assert {option.partition("=")[0] for option in OPTIONS[path][1:]} <= known
