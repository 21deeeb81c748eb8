"""Profile files: reading them, and editing without losing what the user wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arka_config.errors import InvalidUrl, MalformedFile
from arka_config.references import registry
from arka_config.store.profiles import ProfileFiles
from tests.store.samples import read_tree

WORK = """\
# Edited by the user.
description = "Work laptop"  # shown in lists
api_url = "https://eu.arka-ai.com/api"

[token]
env = "WORK_TOKEN"

[settings]
timeout = 30  # the VPN is slow

[settings.http]
retries = 3
"""


@pytest.fixture
def profiles(tmp_path: Path) -> ProfileFiles:
    return ProfileFiles(str(tmp_path / "profiles"), registry.kinds)


def put(profiles: ProfileFiles, name: str, text: str) -> Path:
    """Write a profile's file as a user would."""
    path = Path(profiles.path(name))
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


# Reading


def test_read_returns_every_part_of_a_profile(profiles: ProfileFiles) -> None:
    path = put(profiles, "work", WORK)
    profile = profiles.read("work")
    assert (profile.name, profile.path, profile.is_on_disk) == ("work", str(path), True)
    assert profile.description == "Work laptop"
    assert profile.api_url == "https://eu.arka-ai.com/api"
    assert profile.reference == ("env", "WORK_TOKEN")
    assert profile.settings == {"timeout": 30, "http": {"retries": 3}}
    assert repr(profile) == "Profile('work')"


def test_read_of_an_empty_or_missing_file_is_an_empty_profile(profiles: ProfileFiles) -> None:
    put(profiles, "empty", "")
    for name, is_on_disk in (("empty", True), ("missing", False)):
        profile = profiles.read(name)
        assert (profile.description, profile.api_url, profile.reference, profile.settings) == ("", "", None, {})
        assert profile.is_on_disk is profiles.holds(name) is is_on_disk


def test_names_and_misnamed_files_divide_the_folder(profiles: ProfileFiles) -> None:
    assert (profiles.names(), profiles.misnamed_files()) == (set(), [])
    for name in ("work", "ci-1", "Work Laptop", "con", ".hidden"):
        put(profiles, name, "")
    put(profiles, "notes", "").rename(Path(profiles.folder, "notes.txt"))
    assert profiles.names() == {"work", "ci-1"}
    assert profiles.misnamed_files() == ["Work Laptop.toml", "con.toml"]


REFUSED = [
    ("descripton = 'x'", "unknown key 'descripton'", "did you mean 'description'?"),
    ("timeout = 30", "unknown key 'timeout'", "the keys here are api_url, description, settings, token"),
    ("[token]\nenvironment = 'X'", "unknown key 'token.environment'", "the keys here are env, file, helper"),
    ("[token]\nhelpr = 'op'", "unknown key 'token.helpr'", "did you mean 'helper'?"),
    (
        "token = 'arka_canary'",
        "token is a string, but a profile's file contains no token: [token] says where it is",
        "remove it from {path}, and log in to profile 'work'",
    ),
    ("token = 3", "token must be a table", "${{EDITOR:-vi}} '{path}'"),
    ("[token]\nvalue = 'arka_canary'", "unknown key 'token.value'", "the keys here are env, file, helper"),
    (
        "[token]\nenv = 'X'\nfile = '/x'",
        "token names env and file, but a token comes from one place",
        "keep one of them",
    ),
    ("[token]\nenv = ''", "token.env is empty", "${{EDITOR:-vi}} '{path}'"),
    ("[token]\nfile = 1", "token.file must be a string", "${{EDITOR:-vi}} '{path}'"),
    ("description = 1", "description must be a string", "${{EDITOR:-vi}} '{path}'"),
    ("description = ['x']", "description must be a string", "${{EDITOR:-vi}} '{path}'"),
    ("api_url = 1", "api_url must be a string", "${{EDITOR:-vi}} '{path}'"),
    ("settings = 'x'", "settings must be a table", "${{EDITOR:-vi}} '{path}'"),
    ("settings = [1]", "settings must be a table", "${{EDITOR:-vi}} '{path}'"),
    (r"description = '" + "\x1b[31m'", "not TOML: line 1, column 16: ", "${{EDITOR:-vi}} '{path}'"),
    (
        r'description = "\u001b[31m"',
        "description contains a control character or a direction mark",
        "${{EDITOR:-vi}} '{path}'",
    ),
    ('[token]\nfile = "/run/\\u202etxt"', "token.file contains a control character", "${{EDITOR:-vi}} '{path}'"),
    ("description = ", "not TOML: end of document: invalid value", "${{EDITOR:-vi}} '{path}'"),
    ("[settings]\ntimeout = 3 0", "not TOML: line 2, column 13: ", "${{EDITOR:-vi}} '{path}'"),
]


@pytest.mark.parametrize(("text", "message", "hint"), REFUSED)
def test_malformed_profile_is_an_error_with_file_and_key(
    profiles: ProfileFiles, text: str, message: str, hint: str
) -> None:
    path = put(profiles, "work", text)
    with pytest.raises(MalformedFile) as caught:
        profiles.read("work")
    assert caught.value.message.startswith(f"{path}: {message}")
    assert caught.value.hint == hint.format(path=path)
    assert "arka_canary" not in caught.value.message


def test_invalid_url_in_a_profile_is_an_error_with_file_and_key(profiles: ProfileFiles) -> None:
    path = put(profiles, "work", "api_url = 'http://arka-ai.com'")
    with pytest.raises(InvalidUrl, match=f"{path}: api_url: "):
        profiles.read("work")


def test_empty_token_table_is_not_a_reference(profiles: ProfileFiles) -> None:
    put(profiles, "work", "[token]\n")
    assert profiles.read("work").reference is None


# Editing


def test_edit_creates_a_file_with_the_values_only(profiles: ProfileFiles) -> None:
    assert profiles.edit("work", {("description",): "Work", ("settings", "http", "retries"): 3, ("api_url",): None})
    assert read_tree(profiles.folder) == {"work.toml": b'description = "Work"\n\n[settings.http]\nretries = 3\n'}


def test_edit_creates_an_empty_file(profiles: ProfileFiles) -> None:
    assert profiles.edit("work", {})
    assert read_tree(profiles.folder) == {"work.toml": b""}


def test_edit_keeps_comments_order_and_blank_lines(profiles: ProfileFiles) -> None:
    path = put(profiles, "work", WORK)
    assert profiles.edit("work", {("settings", "timeout"): 60, ("description",): None})
    assert path.read_text() == WORK.replace("timeout = 30", "timeout = 60").replace(
        'description = "Work laptop"  # shown in lists\n', ""
    )


def test_edit_without_a_change_writes_nothing(profiles: ProfileFiles) -> None:
    path = put(profiles, "work", WORK)
    before = path.stat()
    assert not profiles.edit("work", {("settings", "timeout"): 30, ("settings", "region"): None})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("text", [text for text, _, _ in REFUSED])
def test_edit_never_overwrites_a_malformed_file(profiles: ProfileFiles, text: str) -> None:
    put(profiles, "work", text)
    before = read_tree(profiles.folder)
    with pytest.raises(MalformedFile):
        profiles.edit("work", {("description",): "new"})
    assert read_tree(profiles.folder) == before


def test_edit_never_overwrites_a_file_that_is_not_utf_8(profiles: ProfileFiles) -> None:
    put(profiles, "work", "").write_bytes(b"description = '\xff'\n")
    with pytest.raises(MalformedFile, match=r"work.toml, line 1: not UTF-8 text"):
        profiles.edit("work", {("description",): "new"})
    assert read_tree(profiles.folder) == {"work.toml": b"description = '\xff'\n"}


UNREADABLE: list[dict[tuple[str, ...], Any]] = [
    {("description",): "two\nlines"},
    {("descripton",): "x"},
    {("description",): 1},
    {("token", "env"): ""},
    {("token", "env"): "X", ("token", "file"): "/x"},
    {("settings", "evil\x1b"): 1},
]


@pytest.mark.parametrize("changes", UNREADABLE)
def test_edit_refuses_values_that_cannot_be_read_back(
    profiles: ProfileFiles, changes: dict[tuple[str, ...], Any]
) -> None:
    put(profiles, "old", "description = 'old'\n")
    before = read_tree(profiles.folder)
    for name in ("old", "new"):
        with pytest.raises(MalformedFile):
            profiles.edit(name, changes)
    assert read_tree(profiles.folder) == before


def test_edit_refuses_an_invalid_url(profiles: ProfileFiles) -> None:
    with pytest.raises(InvalidUrl):
        profiles.edit("work", {("api_url",): "https://arka-ai.com@evil.example"})
    assert not profiles.holds("work")


def test_copy_keeps_comments(profiles: ProfileFiles) -> None:
    put(profiles, "work", WORK)
    profiles.copy("work", "home")
    assert read_tree(profiles.folder) == {"work.toml": WORK.encode(), "home.toml": WORK.encode()}
    profiles.copy("missing", "other")
    assert profiles.names() == {"work", "home"}


def test_remove_returns_whether_there_was_a_file(profiles: ProfileFiles) -> None:
    put(profiles, "work", WORK)
    assert profiles.remove("work")
    assert not profiles.remove("work")
    assert read_tree(profiles.folder) == {}


def test_edit_follows_a_symbolic_link(profiles: ProfileFiles, tmp_path: Path) -> None:
    dotfile = tmp_path / "dotfiles" / "work.toml"
    dotfile.parent.mkdir()
    dotfile.write_text(WORK)
    Path(profiles.folder).mkdir()
    Path(profiles.path("work")).symlink_to(dotfile)
    profiles.edit("work", {("settings", "timeout"): 60})
    assert Path(profiles.path("work")).is_symlink()
    assert "timeout = 60  # the VPN is slow" in dotfile.read_text()
