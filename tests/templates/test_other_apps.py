"""Templates of another app: nested settings, no settings class, and no default workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import App, open_store
from arka_config.cli.runtime.run import run
from tests.templates.conftest import Folder

if TYPE_CHECKING:
    from pathlib import Path

BARE = App("bare")


def problems(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(BARE, ["apply", "profiles", "--yes"]) == 1
    return capsys.readouterr().err


@pytest.fixture
def bare(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("BARE_HOME", str(tmp_path / "bare"))
    return folder


def test_settings_without_a_settings_class_are_not_validated(bare: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    bare.put("a.toml", '[profile]\nname = "a"\n[settings]\nsize = 3\n[settings.http]\nretries = 2\n')
    for _ in range(2):
        assert run(BARE, ["apply", "profiles", "--yes"]) == 0
    assert "Nothing to do" in capsys.readouterr().err
    profile = open_store(BARE).profiles.read("a")
    assert profile.settings == {"size": 3, "http": {"retries": 2}}
    with open(profile.path, encoding="utf-8") as file:
        assert file.readline() == "# written by `bare apply` from a.toml\n"


def test_a_key_with_a_dot_is_refused(bare: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    bare.put("a.toml", '[profile]\nname = "a"\n[settings]\n"http.retries" = 3\n')
    assert "profiles/a.toml:4:2: settings: a key with a dot is not a setting's name" in problems(capsys)


def test_a_token_without_a_workspace_is_refused(bare: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    bare.put("a.toml", '[profile]\nname = "a"\n[token]\nprompt = true\n')
    assert "profiles/a.toml:2:2: profile.api_url: missing, and bare has no default" in problems(capsys)


def test_only_variables_with_the_app_s_prefix_may_be_read(bare: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    bare.put("a.toml", '[profile]\nname = "a"\napi_url = "https://a.example"\n[token]\nenv = "ARKA_CI_TOKEN"\n')
    assert (
        "use one that begins with BARE_ and ends in _TOKEN or _API_KEY, such as BARE_CI_TOKEN, or allow it"
        in problems(capsys)
    )
