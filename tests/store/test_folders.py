"""The folders match platformdirs on each system. If ARKA_HOME is set, they are below it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from arka_config import App
from arka_config.arka import app
from arka_config.errors import ConfigError
from arka_config.store.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from platformdirs.api import PlatformDirsABC

ADA = "/home/ada"
# Without white space at either end: only platformdirs 4.6 removes it.
FULL = st.sampled_from(["", "/x", "/x/", "/x y/ü", "//x", "/"]) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
).map("/{}x".format)
NOT_FULL = st.sampled_from([" ", "\t", " /x", "x", "./x", "../x", "~", "~/x", "$HOME/x", "-", "C:\\x"])
XDG = ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"]
HOMES = st.sampled_from([ADA, "/root", "/"])
ENVIRONS = st.fixed_dictionaries(
    {},
    optional={
        "HOME": HOMES | st.just(""),
        **dict.fromkeys(XDG, FULL | NOT_FULL),
    },
)


@pytest.fixture(scope="module", autouse=True)
def windows_folders() -> Iterator[None]:
    """The folders that Windows names, on any system."""
    folders = {"CSIDL_LOCAL_APPDATA": r"C:\Users\ada\AppData\Local", "CSIDL_APPDATA": r"C:\Users\ada\AppData\Roaming"}
    with mock.patch("platformdirs.windows.get_win_folder", folders.__getitem__):
        yield


def get_platformdirs(
    places: type[PlatformDirsABC], environ: dict[str, str], name: str = "arka"
) -> tuple[str, str, str]:
    with mock.patch.dict(os.environ, environ, clear=True):
        found = places(name, appauthor=False)
        return found.user_config_dir, found.user_data_dir, found.user_state_dir


def get_folders(environ: dict[str, str], platform: str, app: App = app) -> tuple[str, str, str]:
    with mock.patch.dict(os.environ, environ, clear=True):
        folders = Folders.of(app, os.environ, platform)
    return folders.config, folders.data, folders.state


@given(st.fixed_dictionaries({}, optional={"HOME": HOMES, **dict.fromkeys(XDG, FULL)}))
def test_folders_on_linux_match_platformdirs(environ: dict[str, str]) -> None:
    assert get_folders(environ, "linux") == get_platformdirs(Unix, environ)


@given(st.fixed_dictionaries({}, optional={"HOME": HOMES}))
def test_folders_on_macos_match_platformdirs(environ: dict[str, str]) -> None:
    assert get_folders(environ, "darwin") == get_platformdirs(MacOS, environ)


@given(ENVIRONS, st.sampled_from(["linux", "darwin"]))
def test_relative_xdg_variable_is_ignored(environ: dict[str, str], platform: str) -> None:
    full = {variable: value for variable, value in environ.items() if os.path.isabs(value)}
    assert get_folders(environ, platform) == get_folders(full, platform)


def test_folders_on_windows_match_platformdirs() -> None:
    assert get_folders({}, "win32") == get_platformdirs(Windows, {})
    assert get_folders({}, "win32") == (os.path.join(r"C:\Users\ada\AppData\Local", "arka"),) * 3


def test_folders_on_linux_are_named_after_the_app() -> None:
    assert get_folders({"HOME": ADA}, "linux", App("my-cli")) == (
        "/home/ada/.config/my-cli",
        "/home/ada/.local/share/my-cli",
        "/home/ada/.local/state/my-cli",
    )


def test_folders_on_macos_honour_xdg_variables() -> None:
    config, data, _ = get_folders({"HOME": ADA, "XDG_CONFIG_HOME": "/home/ada/.config"}, "darwin")
    assert config == "/home/ada/.config/arka"
    assert data == "/home/ada/Library/Application Support/arka"


@given(ENVIRONS, st.sampled_from(["linux", "darwin"]))
def test_folders_are_absolute_paths(environ: dict[str, str], platform: str) -> None:
    assert all(map(os.path.isabs, get_folders(environ, platform)))


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_home_variable_contains_all_three_folders(platform: str) -> None:
    environ = {"HOME": ADA, "ARKA_HOME": "/srv/arka", "XDG_CONFIG_HOME": "/elsewhere"}
    assert get_folders(environ, platform) == ("/srv/arka/config", "/srv/arka/data", "/srv/arka/state")


@pytest.mark.parametrize("variable", ["ARKA_HOME", "HOME"])
@pytest.mark.parametrize("value", [".", "home/ada", "../x", "~/x"])
def test_relative_home_variable_is_refused(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable}={value} is not a full path") as caught:
        get_folders({"HOME": ADA, variable: value}, "linux")
    assert caught.value.hint.endswith(f"or: unset {variable}")


def test_empty_home_variable_counts_as_unset() -> None:
    assert get_folders({"HOME": ADA, "ARKA_HOME": ""}, "linux")[0] == "/home/ada/.config/arka"


def test_another_app_s_home_variable_is_ignored() -> None:
    environ = {"HOME": ADA, "ARKA_HOME": "/srv/arka"}
    assert get_folders(environ, "linux", App("acme"))[0] == "/home/ada/.config/acme"


def test_no_home_folder_is_an_error() -> None:
    environ = {"HOME": ""}
    with mock.patch("pwd.getpwuid", side_effect=KeyError("uid not found")), pytest.raises(ConfigError) as caught:
        get_folders(environ, "linux")
    assert caught.value.hint == "set HOME or ARKA_HOME to a full path"


def test_repr_of_folders_has_the_paths() -> None:
    assert repr(Folders("/c", "/d", "/s")) == "Folders('/c', '/d', '/s')"
