"""The repository is consistent (versions, pins, make targets), and nothing in it is specific to one machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINNED = sorted((ROOT / "requirements").glob("*.txt"))
# Joined here, so that this file contains none of them.
REGISTRIES = tuple(
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs"),
        ("registry", "yarnpkg"),
        ("deb", "debian"),
        ("archive", "ubuntu"),
    )
)


def files_in_git() -> list[Path]:
    """Return every file that is tracked, or that `git add --all` would add."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    # Tests have no HOME, so git does not read the user's safe directories.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def test_changelog_has_the_project_s_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[(\d[^]]*)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == PROJECT["project"]["version"]


def test_no_file_contains_a_package_registry_host() -> None:
    naming = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in files_in_git()
        for host in REGISTRIES
        if host.encode() in path.read_bytes()
    ]
    assert naming == []


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_pinned_requirements_contain_no_url(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert [line for line in lines if re.search(r"://|^\s*-(?!-hash=)", line)] == []
    assert all(re.match(r"[a-z0-9-]+==[^ ]+ .*\\$|    --hash=sha256:[0-9a-f]{64}( \\)?$|    #", line) for line in lines)


def test_every_dependency_is_pinned_to_an_allowed_version() -> None:
    names = ("node.txt", "fuzz.txt", "audit.txt", "deploy.txt", "docs.txt", "installers.txt", "settings-suite.txt")
    others = [pin for name in names for pin in every_pin(name)]
    wanted = [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"]]
    wanted += [line for group in PROJECT["dependency-groups"].values() for line in group]
    for name in ("dev.txt", "lowest.txt"):
        pinned = [*others, *every_pin(name)]
        for requirement in map(Requirement, wanted):
            package = canonicalize_name(requirement.name)
            assert any(version in requirement.specifier for other, version in pinned if other == package), name


def test_lowest_versions_match_the_declared_ones() -> None:
    pinned = read_pins("lowest.txt")
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        (claim,) = requirement.specifier
        assert Version(pinned[canonicalize_name(requirement.name)]) == Version(claim.version)


def read_pins(name: str) -> dict[str, str]:
    """Return the versions that a requirements file pins, by package."""
    return dict(every_pin(name))


def every_pin(name: str) -> list[tuple[str, str]]:
    """Yield package and version of each pin. Some packages are pinned twice, for different Pythons."""
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    found = (line.split(" ")[0].partition("==") for line in lines if re.match(r"[a-z]", line))
    return [(package, version) for package, _, version in found]


def test_shipped_requirements_are_the_tested_ones() -> None:
    assert read_pins("runtime.txt").items() <= read_pins("dev.txt").items()


def test_install_with_required_hashes_resolves() -> None:
    """If a dependency of ours, or of a pinned package, is not pinned, pip refuses such an install."""
    allowed = read_pins("runtime.txt")
    text = (ROOT / "requirements" / "runtime.txt").read_text("utf-8")
    assert all("--hash=sha256:" in part for part in re.split(r"\n(?=[a-z])", text)[1:])
    wanted = [("arka-config", line) for line in every_dependency() if not line.startswith("arka-config[")]
    installed = [each for each in distributions() if allowed.get(canonicalize_name(each.name)) == each.version]
    assert installed
    wanted += [(each.name, line) for each in installed for line in each.requires or ()]
    for package, line in wanted:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            pin = allowed.get(canonicalize_name(requirement.name))
            assert pin is not None, f"{package} needs {line}"
            assert pin in requirement.specifier, f"{package} needs {line}"


def every_dependency() -> list[str]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    return [*PROJECT["project"]["dependencies"], *(line for extra in extras for line in extra)]


@pytest.mark.parametrize("line", [r"-r requirements/runtime\.txt$", r"--no-deps \.$"])
def test_guide_shows_the_install_with_required_hashes(line: str) -> None:
    text = (ROOT / "docs" / "guides" / "install.md").read_text("utf-8")
    assert re.search(f"^python3 -m pip install .*{line}", text, re.MULTILINE)


def test_sbom_lists_every_pinned_requirement_and_no_host(tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"
    subprocess.run([sys.executable, ROOT / ".ci" / "sbom.py", path], check=True, capture_output=True)
    document = json.loads(path.read_text("utf-8"))
    assert document["bomFormat"] == "CycloneDX"
    assert {each["name"]: each["version"] for each in document["components"]} == read_pins("runtime.txt")
    assert all(each["properties"] for each in document["components"])
    assert not any(name in path.read_text("utf-8") for name in ('"url"', "externalReferences", *REGISTRIES))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_in_the_docs_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^ *|`|\$ |&& )make ([a-z]+)", (ROOT / page).read_text("utf-8"), re.MULTILINE))
    assert named
    assert named <= targets


def test_the_console_script_imports_no_re() -> None:
    """If pip is older than 25.3, its script imports re, which slows every command."""
    script = Path(sys.executable).with_name("arka").read_text("utf-8")
    assert "import main" in script
    assert "import re\n" not in script


FAKE_PYTHON = """#!/bin/sh
case "$*" in
--version) echo "Python 3.11.0" ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
*require-hashes*) echo "Collecting click==8.2.1 (from -r requirements/dev.txt (line 1))"; exit "$PIP_EXIT_CODE" ;;
esac
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("pip_exit_code", [0, 1])
def test_make_shows_the_packages_while_it_creates_the_environment(pip_exit_code: int, tmp_path: Path) -> None:
    python, venv = tmp_path / "python", tmp_path / "venv"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    done = subprocess.run(
        ["make", f"PYTHON={python}", f"VENV={venv}", str(venv / ".ready")],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PIP_EXIT_CODE": str(pip_exit_code)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "creating " in done.stdout
    assert "\n  click==8.2.1" in done.stdout
    assert (done.returncode == 0, (venv / ".ready").exists()) == (pip_exit_code == 0, pip_exit_code == 0)
