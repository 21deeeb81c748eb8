"""The command that installs an extra works however the package was installed."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from arka_config import extras
from arka_config.extras import install_command
from tests import no_network
from tests.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REQUIRES = importlib.metadata.requires("arka-config")
PIP = f"{sys.executable} -m pip install"


class Installed:
    """A distribution with a made-up origin."""

    def __init__(self, record: Mapping[str, object] | None) -> None:
        self.requires = REQUIRES
        self._record = record

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return json.dumps(self._record) if self._record else None


def command_of(record: Mapping[str, object] | None, extra: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed(record))
    return install_command(extra)


def test_command_for_this_checkout_is_one_that_pip_runs() -> None:
    done = subprocess.run(
        [*shlex.split(install_command("age")), "--quiet"],
        env={**no_network.VARIABLES, "PIP_NO_INDEX": "1", "PIP_DRY_RUN": "1", "PIP_NO_BUILD_ISOLATION": "0"},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_folder_is_installed_again_with_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a checkout"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    record = {"url": folder.as_uri(), "dir_info": {}}
    assert command_of(record, "age", monkeypatch) == f"{PIP} '{folder}[age]'"
    record["dir_info"] = {"editable": True}
    assert command_of(record, "age", monkeypatch) == f"{PIP} -e '{folder}[age]'"


def test_git_url_is_installed_again_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    vcs = {"vcs": "git", "requested_revision": "main", "commit_id": "0" * 40}
    record = {"url": "https://git.example.com/arka-config", "vcs_info": vcs}
    expected = f"{PIP} 'arka-config[keyring] @ git+https://git.example.com/arka-config@main'"
    assert command_of(record, "keyring", monkeypatch) == expected


@pytest.mark.parametrize(
    "record", [None, {"url": "file:///gone", "dir_info": {}}, {"url": "file:///x.whl", "archive_info": {}}]
)
def test_packages_are_named_if_the_origin_is_unknown_or_gone(
    record: Mapping[str, object] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command_of(record, "keyring", monkeypatch) == f"{PIP} 'keyring>=25.2'"
    words = shlex.split(command_of(record, "postgresql", monkeypatch))[4:]
    assert {"fastapi>=0.115.7", "psycopg[binary]>=3.2"} <= set(words)
    assert any(re.fullmatch(r"uvloop>=0\.21; \(?sys_platform != .win32.\)?", word) for word in words)
    assert not any("extra" in word or word.startswith("arka-config") for word in words)


def test_environment_without_pip_is_changed_by_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert command_of(None, "age", monkeypatch) == f"uv pip install --python {sys.executable} 'pyrage>=1.3'"


def test_package_that_is_only_on_the_path_is_installed_from_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_none(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", find_none)
    assert install_command("age") == f"{PIP} '{ROOT}[age]'"


def test_no_text_installs_the_distribution_by_its_name() -> None:
    """The package is not on PyPI. Such a command would fail, or install another package with that name."""
    by_name = re.compile(rf"\b(pip|pipx|uv|uv tool) (install|add|run)\b[^\n#]*[\s'\"]{extras.NAME}(?![\w/])(?!\S* @ )")
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout
    found = []
    for name in files.splitlines():
        try:
            text = (ROOT / name).read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        found += [f"{name}: {match[0]}" for match in by_name.finditer(text) if name != "tests/test_extras.py"]
    assert found == []
    assert by_name.search("python3 -m pip install 'arka-config[age]'")
    assert by_name.search("pip install arka-config")
    assert not by_name.search("pip install './arka-config[age]'")
    assert not by_name.search("pip install 'arka-config[age] @ git+https://git.example.com/x'")
