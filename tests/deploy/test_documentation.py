"""docs/guides/deployment.md: its commands are valid, and its nginx and its environment file work as written."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests import peers
from tests.cli.program import arka
from tests.deploy.site import create_certificate

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "guides" / "deployment.md").read_text()
BLOCKS = [re.sub(r"(?m)^   ", "", block) for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)]
COMMANDS = "\n".join(BLOCKS).replace("\\\n", " ")


def test_commands_are_valid_shell() -> None:
    assert len(BLOCKS) > 6
    done = subprocess.run(["sh", "-n"], input="\n".join(BLOCKS), check=False, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")


def test_files_that_the_guide_names_exist() -> None:
    named = set(re.findall(r"deploy/[\w./@-]+[\w/]", TEXT))
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("program", ["workspace-command", "arka workspace", "run --rm migrate"])
def test_commands_of_the_workspace_exist(program: str) -> None:
    known = set(re.findall(r"^  ([a-z-]+) ", arka("workspace", "--help").out, re.MULTILINE))
    used = set(re.findall(rf"^.*{program} ([a-z-]+)", COMMANDS, re.MULTILINE))
    assert used
    assert used <= known


@pytest.mark.peer("nginx")
def test_edited_nginx_configuration_is_valid(tmp_path: Path) -> None:
    (line,) = (each for each in COMMANDS.splitlines() if "deploy/nginx.conf > /etc/nginx/nginx.conf" in each)
    words = shlex.split(line.partition(">")[0].replace("$NAME", "tokens.example.net"))
    text = subprocess.run(words, check=True, capture_output=True, encoding="utf-8", cwd=ROOT).stdout
    assert re.findall(r"listen (\d+)", text) == ["80", "443"]
    assert re.findall(r"^ +server ([\d.:]+) ", text, re.MULTILINE) == ["127.0.0.1:8765", "127.0.0.1:8766"]
    assert set(re.findall(r"server_name (.+);", text)) == {"tokens.example.net"}
    assert "/tmp" not in text  # systemd gives nginx another one
    create_certificate(tmp_path)
    text = text.replace("/etc/nginx/tls", str(tmp_path)).replace("/run/nginx.pid", f"{tmp_path}/nginx.pid")
    text = text.replace("/var/l", f"{tmp_path}/l").replace("listen 80;", "listen 8080;").replace("443", "8443")
    (tmp_path / "nginx.conf").write_text(text)
    for folder in ("lib/nginx", "log/nginx"):
        (tmp_path / folder).mkdir(parents=True)
    check = [peers.executable("nginx"), "-t", "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(check, check=False, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr


def test_environment_file_is_the_same_for_a_shell_and_for_systemd() -> None:
    file = ROOT / "deploy" / "systemd" / "workspace.env"
    script = f'set -a; . {file}; printf "%s\\n%s\\n" "$WORKSPACE_URL" "$ARKA_DATABASE_URL"'
    shell = subprocess.run(["sh", "-c", script], check=True, capture_output=True, encoding="utf-8").stdout.splitlines()
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    systemd = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
    assert shell == [systemd["WORKSPACE_URL"], systemd["ARKA_DATABASE_URL"]]
