"""The user's config.toml: every key is optional, and an unknown one is a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.errors import ConfigWarning, MalformedFile
from arka_config.store.preferences import Preferences

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.mark.parametrize("is_there", [True, False])
def test_missing_preferences_have_defaults(path: Path, is_there: bool) -> None:
    if is_there:
        path.touch()
    preferences = Preferences(str(path))
    assert preferences.path == str(path)
    assert (preferences.storage, preferences.legacy_sync, preferences.expiry_warning) == ("", False, 14)
    assert preferences.expiry == "warn"
    assert (preferences.helpers, preferences.allow_env, preferences.file_roots) == ({}, (), ())


def test_preferences_have_every_key(path: Path) -> None:
    path.write_text(
        """
        storage = "plain"
        legacy_sync = true
        expiry = "refuse"
        expiry_warning = "4w"
        allow_env = ["CI_TOKEN"]
        file_roots = ["/run/secrets", "~/secrets"]

        [helpers]
        op = ["op", "read", "op://Work/ARKA Code/token"]
        pass = "pass show 'arka/my token'"
        """
    )
    preferences = Preferences(str(path))
    assert (preferences.storage, preferences.legacy_sync, preferences.expiry_warning) == ("plain", True, 28)
    assert preferences.expiry == "refuse"
    assert preferences.helpers == {
        "op": ("op", "read", "op://Work/ARKA Code/token"),
        "pass": ("pass", "show", "arka/my token"),
    }
    assert (preferences.allow_env, preferences.file_roots) == (("CI_TOKEN",), ("/run/secrets", "~/secrets"))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("storage = 'cloud'", "storage must be plain, sealed or keyring", "${{EDITOR:-vi}} '{path}'"),
        ("storage = 1", "storage must be a string", "${{EDITOR:-vi}} '{path}'"),
        ("legacy_sync = 'yes'", "legacy_sync must be true or false", "${{EDITOR:-vi}} '{path}'"),
        ("expiry = 'never'", "expiry must be warn or refuse", "${{EDITOR:-vi}} '{path}'"),
        ("expiry_warning = 14", "expiry_warning must be a string", "${{EDITOR:-vi}} '{path}'"),
        ("expiry_warning = 'soon'", "expiry_warning: 'soon' is not a duration such as 90d", "${{EDITOR:-vi}} '{path}'"),
        ("helpers = 'op'", "helpers must be a table", "${{EDITOR:-vi}} '{path}'"),
        ("helpers.op = []", "helpers.op must be a command", 'write it as op = ["program", "argument"]'),
        ("helpers.op = ''", "helpers.op must be a command", 'write it as op = ["program", "argument"]'),
        ("helpers.op = 1", "helpers.op must be a command", 'write it as op = ["program", "argument"]'),
        ("helpers.op = ['op', 1]", "helpers.op must be a command", 'write it as op = ["program", "argument"]'),
        ('helpers.op = "op \'read"', "helpers.op must be a command", 'write it as op = ["program", "argument"]'),
        ("allow_env = 'X'", "allow_env must be an array", "${{EDITOR:-vi}} '{path}'"),
        ("file_roots = [1]", "file_roots must be an array of strings", "${{EDITOR:-vi}} '{path}'"),
        ("storage = ", "not TOML: end of document", "${{EDITOR:-vi}} '{path}'"),
    ],
)
def test_invalid_preference_is_an_error_with_file_and_key(path: Path, text: str, message: str, hint: str) -> None:
    path.write_text(text)
    with pytest.raises(MalformedFile) as caught:
        Preferences(str(path))
    assert caught.value.message.startswith(f"{path}: {message}")
    assert caught.value.hint == hint.format(path=path)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("legcy_sync = true", "legcy_sync", "did you mean 'legacy_sync'?"),
        ("[helper]", "helper", "did you mean 'helpers'?"),
        ("telemetry = false", "telemetry", "the keys here are "),
    ],
)
def test_unknown_preference_is_a_warning_and_the_others_take_effect(path: Path, text: str, key: str, hint: str) -> None:
    path.write_text(f"expiry_warning = '3d'\n{text}\n")
    with pytest.warns(ConfigWarning) as caught:
        assert Preferences(str(path)).expiry_warning == 3
    (warning,) = [each.message for each in caught]
    assert isinstance(warning, ConfigWarning)
    assert warning.message == f"{path}: unknown key '{key}'"
    assert warning.hint.startswith(hint)
