"""Fixtures: what was recorded, and a machine with the files of an older version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import arka

FOLDER = Path(__file__).parent
VERSIONS = sorted(path.parent.name for path in FOLDER.glob("*/plain"))
SEALED_VERSIONS = sorted(path.parent.name for path in FOLDER.glob("*/sealed"))


def outputs(version: str, scene: str) -> list[dict[str, Any]]:
    """Return the JSON that a version printed: the exit code and objects of each command line."""
    file = FOLDER / version / scene / "outputs.json"
    found: list[dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.exists() else []
    return found


def output(version: str, scene: str, begins: str) -> dict[str, Any] | None:
    """Return the last object that a command line printed; None if the version does not have the command."""
    return next((each["objects"][-1] for each in outputs(version, scene) if each["line"].startswith(begins)), None)


def restore(version: str, scene: str, home: Path) -> Path:
    """Put a version's files into ARKA_HOME, with private modes, and return the project's folder."""
    shutil.copytree(FOLDER / version / scene / "arka", home)
    for path in (home, *home.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    project = home.parent / "project"
    shutil.copytree(FOLDER / version / "plain" / "project", project)
    return project


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """A version that was recorded."""
    return str(request.param)


@pytest.fixture
def project(version: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the machine, on which the version's plain files are."""
    folder = restore(version, "plain", home)
    monkeypatch.chdir(folder)
    return folder


def token(name: str, **environ: str) -> str:
    """Return the token that this version reads for a profile."""
    done = arka("token", "-p", name, environ=environ)
    assert done.code == 0, done.err
    return done.out.removesuffix("\n")
