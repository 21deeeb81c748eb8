"""A profile is a file that a person can edit, and that is never spoilt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arka_config.errors import InvalidUrl, MalformedFile
from arka_config.references import registry
from arka_config.store.profiles import ProfileFiles
from tests.store.samples import tree

WORK = """\
# Written by hand.
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
    """A profile's file, as a person would write it."""
    path = Path(profiles.path(name))
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


# Reading


def test_a_profile_s_file_says_all_there_is_to_it(profiles: ProfileFiles) -> None:
    path = put(profiles, "work", WORK)
    profile = profiles.read("work")
    assert (profile.name, profile.path, profile.is_on_disk) == ("work", str(path), True)
    assert profile.description == "Work laptop"
    assert profile.api_url == "https://eu.arka-ai.com/api"
    assert profile.reference == ("env", "WORK_TOKEN")
    assert profile.settings == {"timeout": 30, "http": {"retries": 3}}
    assert repr(profile) == "Profile('work')"


def test_an_empty_file_is_a_profile_and_a_missing_one_is_an_empty_profile(profiles: ProfileFiles) -> None:
    put(profiles, "empty", "")
    for name, is_on_disk in (("empty", True), ("missing", False)):
        profile = profiles.read(name)
        assert (profile.description, profile.api_url, profile.reference, profile.settings) == ("", "", None, {})
        assert profile.is_on_disk is profiles.holds(name) is is_on_disk


def test_the_names_are_those_of_the_files_and_what_nobody_reads_is_listed_apart(profiles: ProfileFiles) -> None:
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
    ("token = 3", "token must be a table", "edit {path}"),
    ("[token]\nvalue = 'arka_canary'", "unknown key 'token.value'", "the keys here are env, file, helper"),
    (
        "[token]\nenv = 'X'\nfile = '/x'",
        "token names env and file, but a token comes from one place",
        "keep one of them",
    ),
    ("[token]\nenv = ''", "token.env is empty", "edit {path}"),
    ("[token]\nfile = 1", "token.file must be a string", "edit {path}"),
    ("description = 1", "description must be a string", "edit {path}"),
    ("description = ['x']", "description must be a string", "edit {path}"),
    ("api_url = 1", "api_url must be a string", "edit {path}"),
    ("settings = 'x'", "settings must be a table", "edit {path}"),
    ("settings = [1]", "settings must be a table", "edit {path}"),
    (r"description = '" + "\x1b[31m'", "not TOML: line 1, column 16: ", "edit {path}"),
    (r'description = "\u001b[31m"', "description contains a control character or a direction mark", "edit {path}"),
    ('[token]\nfile = "/run/\\u202etxt"', "token.file contains a control character", "edit {path}"),
    ("description = ", "not TOML: end of document: invalid value", "edit {path}"),
    ("[settings]\ntimeout = 3 0", "not TOML: line 2, column 13: ", "edit {path}"),
]


@pytest.mark.parametrize(("text", "message", "hint"), REFUSED)
def test_what_no_profile_has_is_refused_by_file_and_key(
    profiles: ProfileFiles, text: str, message: str, hint: str
) -> None:
    path = put(profiles, "work", text)
    with pytest.raises(MalformedFile) as caught:
        profiles.read("work")
    assert caught.value.message.startswith(f"{path}: {message}")
    assert caught.value.hint == hint.format(path=path)
    assert "arka_canary" not in caught.value.message


def test_a_url_that_no_token_may_go_to_is_refused_by_file_and_key(profiles: ProfileFiles) -> None:
    path = put(profiles, "work", "api_url = 'http://arka-ai.com'")
    with pytest.raises(InvalidUrl, match=f"{path}: api_url: "):
        profiles.read("work")


def test_an_empty_token_table_refers_to_nothing(profiles: ProfileFiles) -> None:
    put(profiles, "work", "[token]\n")
    assert profiles.read("work").reference is None


# Editing


def test_a_new_profile_has_the_values_and_nothing_else(profiles: ProfileFiles) -> None:
    assert profiles.edit("work", {("description",): "Work", ("settings", "http", "retries"): 3, ("api_url",): None})
    assert tree(profiles.folder) == {"work.toml": b'description = "Work"\n\n[settings.http]\nretries = 3\n'}


def test_a_new_profile_may_be_empty(profiles: ProfileFiles) -> None:
    assert profiles.edit("work", {})
    assert tree(profiles.folder) == {"work.toml": b""}


def test_what_a_person_wrote_survives_an_edit(profiles: ProfileFiles) -> None:
    path = put(profiles, "work", WORK)
    assert profiles.edit("work", {("settings", "timeout"): 60, ("description",): None})
    assert path.read_text() == WORK.replace("timeout = 30", "timeout = 60").replace(
        'description = "Work laptop"  # shown in lists\n', ""
    )


def test_an_edit_that_changes_nothing_writes_nothing(profiles: ProfileFiles) -> None:
    path = put(profiles, "work", WORK)
    before = path.stat()
    assert not profiles.edit("work", {("settings", "timeout"): 30, ("settings", "region"): None})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("text", [text for text, _, _ in REFUSED])
def test_a_file_that_cannot_be_read_is_never_overwritten(profiles: ProfileFiles, text: str) -> None:
    put(profiles, "work", text)
    before = tree(profiles.folder)
    with pytest.raises(MalformedFile):
        profiles.edit("work", {("description",): "new"})
    assert tree(profiles.folder) == before


def test_a_file_that_is_not_utf_8_is_never_overwritten(profiles: ProfileFiles) -> None:
    put(profiles, "work", "").write_bytes(b"description = '\xff'\n")
    with pytest.raises(MalformedFile, match=r"work.toml, line 1: not UTF-8 text"):
        profiles.edit("work", {("description",): "new"})
    assert tree(profiles.folder) == {"work.toml": b"description = '\xff'\n"}


UNREADABLE: list[dict[tuple[str, ...], Any]] = [
    {("description",): "two\nlines"},
    {("descripton",): "x"},
    {("description",): 1},
    {("token", "env"): ""},
    {("token", "env"): "X", ("token", "file"): "/x"},
    {("settings", "evil\x1b"): 1},
]


@pytest.mark.parametrize("changes", UNREADABLE)
def test_nothing_is_written_that_could_not_be_read_back(
    profiles: ProfileFiles, changes: dict[tuple[str, ...], Any]
) -> None:
    put(profiles, "old", "description = 'old'\n")
    before = tree(profiles.folder)
    for name in ("old", "new"):
        with pytest.raises(MalformedFile):
            profiles.edit(name, changes)
    assert tree(profiles.folder) == before


def test_a_url_is_checked_before_it_is_written(profiles: ProfileFiles) -> None:
    with pytest.raises(InvalidUrl):
        profiles.edit("work", {("api_url",): "https://arka-ai.com@evil.example"})
    assert not profiles.holds("work")


def test_a_copy_is_the_same_file_comments_and_all(profiles: ProfileFiles) -> None:
    put(profiles, "work", WORK)
    profiles.copy("work", "home")
    assert tree(profiles.folder) == {"work.toml": WORK.encode(), "home.toml": WORK.encode()}
    profiles.copy("missing", "other")
    assert profiles.names() == {"work", "home"}


def test_removing_says_whether_there_was_a_file(profiles: ProfileFiles) -> None:
    put(profiles, "work", WORK)
    assert profiles.remove("work")
    assert not profiles.remove("work")
    assert tree(profiles.folder) == {}


def test_a_profile_in_a_dotfiles_repository_is_edited_there(profiles: ProfileFiles, tmp_path: Path) -> None:
    dotfile = tmp_path / "dotfiles" / "work.toml"
    dotfile.parent.mkdir()
    dotfile.write_text(WORK)
    Path(profiles.folder).mkdir()
    Path(profiles.path("work")).symlink_to(dotfile)
    profiles.edit("work", {("settings", "timeout"): 60})
    assert Path(profiles.path("work")).is_symlink()
    assert "timeout = 60  # the VPN is slow" in dotfile.read_text()
