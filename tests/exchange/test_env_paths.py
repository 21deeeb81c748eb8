"""The path of the Node CLI's file on each system. test_env_paths_conf.py compares it with `conf` itself."""

from __future__ import annotations

import os

import pytest

from arka_config.errors import ConfigError
from arka_config.exchange.env_paths import legacy_path, trusted_legacy_path

LINUX = {"HOME": "/home/you"}
MAC = {"HOME": "/Users/you"}
WINDOWS = {"USERPROFILE": "C:\\Users\\you"}


@pytest.mark.parametrize(
    ("environ", "platform", "path"),
    [
        (LINUX, "linux", "/home/you/.config/arka-code-nodejs/config.json"),
        (LINUX, "freebsd14", "/home/you/.config/arka-code-nodejs/config.json"),
        (LINUX | {"XDG_CONFIG_HOME": ""}, "linux", "/home/you/.config/arka-code-nodejs/config.json"),
        (LINUX | {"XDG_CONFIG_HOME": "/c"}, "linux", "/c/arka-code-nodejs/config.json"),
        (LINUX | {"XDG_CONFIG_HOME": "//c/../d//"}, "linux", "/d/arka-code-nodejs/config.json"),
        (MAC, "darwin", "/Users/you/Library/Preferences/arka-code-nodejs/config.json"),
        (MAC | {"XDG_CONFIG_HOME": "/c"}, "darwin", "/Users/you/Library/Preferences/arka-code-nodejs/config.json"),
        (WINDOWS, "win32", "C:\\Users\\you\\AppData\\Roaming\\arka-code-nodejs\\Config\\config.json"),
        (WINDOWS | {"APPDATA": ""}, "win32", "C:\\Users\\you\\AppData\\Roaming\\arka-code-nodejs\\Config\\config.json"),
        (WINDOWS | {"APPDATA": "D:/r/"}, "win32", "D:\\r\\arka-code-nodejs\\Config\\config.json"),
        ({"APPDATA": "\\\\host\\r"}, "win32", "\\\\host\\r\\arka-code-nodejs\\Config\\config.json"),
        (
            WINDOWS | {"XDG_CONFIG_HOME": "C:\\c", "APPDATA": "D:\\r"},
            "win32",
            "D:\\r\\arka-code-nodejs\\Config\\config.json",
        ),
    ],
)
def test_legacy_path_on_each_system(environ: dict[str, str], platform: str, path: str) -> None:
    assert legacy_path("arka-code", environ, platform=platform) == path
    assert trusted_legacy_path("arka-code", environ, platform=platform) == path


@pytest.mark.parametrize(
    ("environ", "platform", "path", "variable"),
    [
        ({"HOME": ""}, "linux", "/here/.config/arka-code-nodejs/config.json", "HOME"),
        ({"HOME": "you"}, "linux", "/here/you/.config/arka-code-nodejs/config.json", "HOME"),
        ({"HOME": ""}, "darwin", "/here/Library/Preferences/arka-code-nodejs/config.json", "HOME"),
        (LINUX | {"XDG_CONFIG_HOME": "c"}, "linux", "/here/c/arka-code-nodejs/config.json", "XDG_CONFIG_HOME"),
        (LINUX | {"XDG_CONFIG_HOME": " "}, "linux", "/here/ /arka-code-nodejs/config.json", "XDG_CONFIG_HOME"),
        (LINUX | {"XDG_CONFIG_HOME": "~/c"}, "linux", "/here/~/c/arka-code-nodejs/config.json", "XDG_CONFIG_HOME"),
        (WINDOWS | {"APPDATA": "r"}, "win32", "C:\\here\\r\\arka-code-nodejs\\Config\\config.json", "APPDATA"),
        (WINDOWS | {"APPDATA": "\\r"}, "win32", "C:\\r\\arka-code-nodejs\\Config\\config.json", "APPDATA"),
    ],
)
def test_relative_folder_is_read_but_never_written(
    environ: dict[str, str], platform: str, path: str, variable: str
) -> None:
    cwd = "C:\\here" if platform == "win32" else "/here"
    assert legacy_path("arka-code", environ, platform=platform, cwd=cwd) == path
    with pytest.raises(ConfigError, match=f"^{variable} is .* not an absolute path") as caught:
        trusted_legacy_path("arka-code", environ, platform=platform)
    assert variable in caught.value.hint


def test_legacy_path_uses_the_working_directory_by_default(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("here").resolve()
    monkeypatch.chdir(folder)
    assert legacy_path("x", {"XDG_CONFIG_HOME": "c"}, platform="linux") == f"{folder}/c/x-nodejs/config.json"


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_legacy_path_asks_the_system_for_the_home_folder(platform: str) -> None:
    pwd = pytest.importorskip("pwd")
    home = pwd.getpwuid(os.geteuid()).pw_dir
    assert legacy_path("arka-code", {}, platform=platform).startswith(home)
    assert legacy_path("arka-code", {}, platform=platform, home="/srv/you").startswith("/srv/you/")


def test_missing_user_entry_is_an_error_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_entry(_: int) -> None:
        raise KeyError("no such user")

    monkeypatch.setattr("pwd.getpwuid", no_entry)
    with pytest.raises(ConfigError, match="^HOME is not set") as caught:
        legacy_path("arka-code", {}, platform="linux")
    assert caught.value.hint == "set HOME"


def test_missing_userprofile_is_an_error_on_windows() -> None:
    with pytest.raises(ConfigError, match="^USERPROFILE is not set"):
        legacy_path("arka-code", {"HOME": "/home/you"}, platform="win32")
