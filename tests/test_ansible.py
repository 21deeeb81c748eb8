"""examples/ansible: the playbook that applies templates to a fleet, run by Ansible on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from arka_config import open_store
from arka_config.arka import app
from tests.cli.program import TOKEN
from tests.peers import executable

PLAYBOOK = Path(__file__).parents[1] / "examples" / "ansible" / "profiles.yml"
CI = 'version = 1\n[profile]\nname = "ci"\n[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n'
OLD = 'version = 1\n[profile]\nname = "old"\n[settings]\ntimeout = 5\n'

pytestmark = [pytest.mark.peer("ansible-playbook"), pytest.mark.slow]


@pytest.fixture
def templates(tmp_path: Path, home: Path) -> Path:
    """A folder with two templates."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "ci.toml").write_text(CI)
    (folder / "old.toml").write_text(OLD)
    return folder


def play(templates: Path, *options: str) -> tuple[int, int, str]:
    """Run the playbook on this machine. Return its exit code, the number of changed tasks, and its output."""
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_LOCAL_TEMP": str(templates.parent / "ansible"),
        "ANSIBLE_REMOTE_TEMP": str(templates.parent / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    line = [executable("ansible-playbook"), "-i", "localhost,", "-c", "local", str(PLAYBOOK)]
    line += ["-e", f"arka_templates={templates}", "-e", f"arka_folder={templates.parent}/copied", *options]
    done = subprocess.run(
        line, env=environ, cwd=templates.parent, check=False, capture_output=True, encoding="utf-8", timeout=300
    )
    recap = re.search(r"changed=(\d+)", done.stdout)
    assert recap is not None, done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done.returncode, int(recap[1]), done.stdout


def test_a_second_run_changes_nothing(templates: Path) -> None:
    token = ("-e", f"{{arka_environment: {{ARKA_CI_TOKEN: {TOKEN}}}, arka_options: ['--require-tokens']}}")
    code, changed, output = play(templates, *token)
    assert (code, changed) == (0, 3), output  # the folder, the templates and the profiles
    assert "+ old  ./old.toml" in output
    store = open_store(app)
    assert store.names() == ["ci", "old"]
    assert store.credential("ci").token.reveal() == TOKEN
    assert play(templates, *token)[:2] == (0, 0)

    (templates / "old.toml").unlink()
    assert play(templates, *token, "--check")[:2] == (0, 2)  # a template and a profile are to be removed
    assert store.names() == ["ci", "old"]
    assert play(templates, *token)[:2] == (0, 1)
    assert store.names() == ["ci"]
    assert play(templates, *token)[:2] == (0, 0)


def test_a_host_without_its_token_fails_with_require_tokens(templates: Path) -> None:
    code, _, output = play(templates, "-e", "{arka_options: ['--require-tokens']}")
    assert code == 2
    assert "needs a token: $ARKA_CI_TOKEN is not set" in output


def test_an_invalid_template_fails_the_plan_with_its_line(templates: Path) -> None:
    (templates / "ci.toml").write_text(CI.replace("env", "evn"))
    code, _, output = play(templates)
    assert code == 2
    assert "./ci.toml:5:1: unknown key 'token.evn'; did you mean 'env'?" in output
