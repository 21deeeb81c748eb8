"""The legacy path is that of the real `conf`, 15 and 16, for every environment on each system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.exchange.env_paths import legacy_path
from tests.exchange.node import Peer

if TYPE_CHECKING:
    from collections.abc import Iterator

POSIX_HOMES = ["/home/you", "/home/you/", "//home//you/./x/..", "", "you", "/home/é x"]
XDG = [None, "", "/c", "/c/", "//c", "/c/../d//e/.", "c", "./c", "../c", " ", "~/c", "~", "/c\n", "/é x", "/", ".."]
WINDOWS_HOMES = ["C:\\Users\\you", "C:\\Users\\you\\", "D:/Users/you", "\\\\host\\share\\you"]
APPDATA = [None, "", "C:\\r", "C:/r/", "c:\\a\\..\\b\\.", "\\\\host\\share", "\\\\host\\share\\a b\\", "C:\\é"]


@pytest.mark.parametrize(
    ("platform", "homes", "variable", "values"),
    [
        ("linux", POSIX_HOMES, "XDG_CONFIG_HOME", XDG),
        ("freebsd", POSIX_HOMES[:1], "XDG_CONFIG_HOME", XDG[:3]),
        ("darwin", POSIX_HOMES, "XDG_CONFIG_HOME", XDG[:3]),
        ("win32", WINDOWS_HOMES, "APPDATA", APPDATA),
    ],
)
def test_path_equals_that_of_conf(
    version: str, platform: str, homes: list[str], variable: str, values: list[str | None]
) -> None:
    for home in homes:
        with Peer(version, "path_peer.mjs", platform, environ={"HOME": home}) as node:
            for value in values:
                environ = {"USERPROFILE" if platform == "win32" else "HOME": home}
                if value is not None:
                    environ[variable] = value
                ours = legacy_path("arka-code", environ, platform=platform, cwd=node.cwd)
                assert ours == node.ask({variable: value}), (home, value)


def test_path_without_home_equals_that_of_conf(version: str) -> None:
    with Peer(version, "path_peer.mjs", "linux", environ={}) as node:
        assert legacy_path("arka-code", {}, platform="linux") == node.ask({"XDG_CONFIG_HOME": None})


@pytest.fixture(scope="module")
def paths(version: str) -> Iterator[Peer]:
    with Peer(version, "path_peer.mjs", "linux", environ={"HOME": "/home/you"}) as node:
        yield node


@pytest.fixture(scope="module")
def windows_paths(version: str) -> Iterator[Peer]:
    with Peer(version, "path_peer.mjs", "win32", environ={"HOME": "C:\\Users\\you"}) as node:
        yield node


no_nul = st.characters(exclude_characters="\0", exclude_categories=["Cs"])


@given(value=st.text(st.sampled_from("/.~ a") | no_nul, max_size=12))
def test_path_with_any_xdg_folder_equals_that_of_conf(paths: Peer, value: str) -> None:
    environ = {"HOME": "/home/you", "XDG_CONFIG_HOME": value}
    assert legacy_path("arka-code", environ, platform="linux", cwd=paths.cwd) == paths.ask({"XDG_CONFIG_HOME": value})


@given(value=st.text(st.sampled_from("\\/.a ") | no_nul, max_size=12).map(lambda text: f"C:\\{text}"))
def test_path_with_any_appdata_folder_equals_that_of_conf(windows_paths: Peer, value: str) -> None:
    environ = {"USERPROFILE": "C:\\Users\\you", "APPDATA": value}
    assert legacy_path("arka-code", environ, platform="win32") == windows_paths.ask({"APPDATA": value})
