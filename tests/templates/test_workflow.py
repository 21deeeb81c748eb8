"""The workflow in docs/guides/templates.md: its steps do what the page says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from tests.pages import ROOT, read_blocks
from tests.templates.conftest import Folder

if TYPE_CHECKING:
    from typing import Any

(WORKFLOW,) = (
    yaml.safe_load(block.text)
    for block in read_blocks(ROOT / "docs" / "guides" / "templates.md")
    if block.kind == "yaml"
)
CI = '[profile]\nname = "ci"\n'


def run(job: str, folder: Folder) -> int:
    """Run a job's last step as GitHub does, and return its exit code."""
    step: dict[str, Any] = WORKFLOW["jobs"][job]["steps"][-1]
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(folder.path.parent / "summary"),
    }
    line = [step["shell"], "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(line, cwd=folder.path.parent, env=environ, check=False, capture_output=True).returncode


@pytest.mark.peer("bash")
def test_valid_templates_pass_and_are_shown_in_the_summary(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    assert run("templates", folder) == 0
    assert "+ ci  profiles/ci.toml" in (folder.path.parent / "summary").read_text("utf-8")
    folder.put("ci.toml", CI.replace("name", "nmae"))
    assert run("templates", folder) == 1


@pytest.mark.peer("bash")
def test_a_runner_fails_until_it_matches_the_templates(folder: Folder) -> None:
    folder.put("ci.toml", CI)
    assert run("runner", folder) == 3
    arka = Path(sys.executable).with_name("arka")
    subprocess.run([arka, "apply", "profiles", "--yes"], cwd=folder.path.parent, check=True, capture_output=True)
    assert run("runner", folder) == 0


def test_the_workflow_has_triggers_runners_and_a_checkout() -> None:
    assert set(WORKFLOW) == {"name", True, "jobs"}  # YAML 1.1 reads `on` as true
    assert all(
        job["runs-on"] and job["steps"][0]["uses"].startswith("actions/checkout@") for job in WORKFLOW["jobs"].values()
    )
