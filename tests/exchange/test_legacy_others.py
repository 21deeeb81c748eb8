"""The legacy file with other users, symbolic links and concurrent writers."""

from __future__ import annotations

import errno
import os
import traceback
from typing import TYPE_CHECKING

import pytest

from arka_config.errors import ConfigWarning, FileError, UnsafeFile
from arka_config.exchange import legacy
from arka_config.exchange.exact_json import parse
from arka_config.store import files
from tests.exchange.test_legacy import NEW, OLD, PREFIX, mode, names, posix, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Permissions


@posix
def test_write_makes_file_and_folder_private_but_no_parent(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0o664)
    put(path)
    assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o755)


@posix
def test_stricter_modes_are_kept(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0o400)
    path.parent.chmod(0o710)
    put(path)
    assert (mode(path), mode(path.parent)) == (0o400, 0o700)


@posix
def test_only_the_app_s_own_folder_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "shared" / "config.json"
    path.parent.mkdir()
    path.parent.chmod(0o755)
    put(path)
    assert (mode(path), mode(path.parent)) == (0o600, 0o755)


@posix
def test_write_follows_a_file_link_and_keeps_its_folder_s_mode(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "arka.json"
    target.parent.mkdir()
    target.parent.chmod(0o755)
    target.write_text(f'{{"auth": "{OLD}"}}')
    path.symlink_to(target)
    put(path)
    assert path.is_symlink()
    assert NEW in target.read_text()
    assert (mode(target), mode(target.parent), mode(path.parent)) == (0o600, 0o755, 0o700)
    assert (names(path), names(target)) == (["config.json"], ["arka.json"])


@posix
def test_write_follows_a_dangling_link(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "arka.json"
    path.symlink_to(target)
    put(path)
    assert path.is_symlink()
    assert NEW in target.read_text()


@posix
@pytest.mark.parametrize(("name", "closed"), [("dotfiles", 0o755), ("arka-code-nodejs", 0o700)])
def test_linked_folder_is_made_private_if_it_is_the_app_s(name: str, closed: int, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / name
    target.mkdir(parents=True)
    target.chmod(0o755)
    folder = tmp_path / "arka-code-nodejs"
    folder.symlink_to(target)
    put(folder / "config.json")
    assert mode(target) == closed


@posix
def test_failure_to_make_the_folder_private_is_a_warning(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refused)
    with pytest.warns(ConfigWarning, match="stays open to other users: operation not permitted; hint: chmod 700"):
        put(path)
    assert mode(path) == 0o600


@posix
@pytest.mark.parametrize(
    ("of_file", "of_folder", "exposed"),
    [
        (0o644, 0o755, True),
        (0o644, 0o700, False),
        (0o600, 0o755, False),
        (0o640, 0o710, True),
        (0o640, 0o701, False),
        (0o604, 0o710, False),
    ],
)
def test_file_is_exposed_if_its_mode_and_folder_allow_others(
    of_file: int, of_folder: int, exposed: bool, path: Path
) -> None:
    path.write_text("{}")
    path.chmod(of_file)
    path.parent.chmod(of_folder)
    assert legacy.is_exposed(str(path)) is exposed


def test_missing_file_is_not_exposed(path: Path) -> None:
    assert legacy.is_exposed(str(path)) is False


@posix
@pytest.mark.parametrize(("of_folder", "is_writable"), [(0o755, True), (0o700, False)])
def test_user_s_own_world_writable_file_is_accepted(of_folder: int, is_writable: bool, path: Path) -> None:
    path.write_text(f'{{"auth": "{OLD}"}}')
    path.chmod(0o666)
    path.parent.chmod(of_folder)
    assert legacy.is_writable_by_all(str(path)) is is_writable
    found = legacy.find_token(str(path), PREFIX)
    assert found is not None
    assert (found.key, mode(path), mode(path.parent)) == ("auth", 0o666, of_folder)
    assert put(path).key == "auth"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


@posix
@pytest.mark.parametrize("of_folder", [0o755, 0o700])
def test_planted_file_of_another_user_is_refused(of_folder: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text('{"auth": "arka_planted"}')
    path.chmod(0o666)
    path.parent.chmod(of_folder)
    monkeypatch.setattr(legacy, "is_trusted", lambda uid: uid != path.stat().st_uid)
    if of_folder == 0o700:
        assert legacy.find_token(str(path), PREFIX) is not None
        return
    for action in (lambda: put(path), lambda: legacy.find_token(str(path), PREFIX)):
        with pytest.raises(UnsafeFile, match="belongs to another user and can be written by every user"):
            action()
    assert mode(path.parent) == 0o755


@posix
def test_tighten_follows_a_link_and_reports_a_missing_file(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.json"
    with pytest.raises(FileError, match="cannot change the mode of"):
        legacy.tighten(str(path))
    target.write_text("{}")
    target.chmod(0o666)
    path.symlink_to(target)
    legacy.tighten(str(path))
    assert (mode(target), mode(path.parent), path.is_symlink()) == (0o600, 0o700, True)


@posix
def test_group_writable_file_is_accepted(path: Path) -> None:
    path.write_text(f'{{"auth": "{OLD}"}}')
    path.chmod(0o664)
    path.parent.chmod(0o775)
    assert legacy.find_token(str(path), PREFIX) is not None


# Concurrent writers without a lock


def before_each_rename(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], times: int) -> list[str]:
    """Call `act` just before each rename of the new file."""
    write = files.write
    done: list[str] = []

    def write_after_change(path: str, text: str, *, before_rename: Callable[[], None] | None = None) -> bool:
        def change_first() -> None:
            if len(done) < times:
                done.append(text)
                act()
            if before_rename is not None:
                before_rename()

        return write(path, text, before_rename=change_first)

    monkeypatch.setattr(files, "write", write_after_change)
    return done


def test_write_keeps_concurrent_changes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text('{"n": 0}')
    done = before_each_rename(monkeypatch, lambda: path.write_text(f'{{"n": 1, "auth": "{OLD}"}}'), 1)
    assert put(path).key == "auth"
    assert len(done) == 1
    assert legacy.read(str(path)) == parse(f'{{"n": 1, "auth": "{NEW}"}}')
    assert names(path) == ["config.json"]


@pytest.mark.parametrize("act", ["appears", "vanishes"])
def test_write_notices_a_file_created_or_deleted_concurrently(
    act: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if act == "vanishes":
        path.write_text('{"n": 0}')
        before_each_rename(monkeypatch, path.unlink, 1)
    else:
        before_each_rename(monkeypatch, lambda: path.write_text('{"n": 1}'), 1)
    put(path)
    assert legacy.read(str(path)) == parse(
        f'{{"n": 1, "token": "{NEW}"}}' if act == "appears" else f'{{"token": "{NEW}"}}'
    )


def test_remove_keeps_concurrent_changes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(f'{{"token": "{OLD}"}}')
    before_each_rename(monkeypatch, lambda: path.write_text(f'{{"token": "{OLD}", "n": 1}}'), 1)
    assert legacy.remove_token(str(path), "token") is True
    assert legacy.read(str(path)) == parse('{"n": 1}')


def test_write_gives_up_if_the_file_keeps_changing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = iter(range(1000))
    before_each_rename(monkeypatch, lambda: path.write_text(f'{{"n": {next(counter)}}}'), 1000)
    with pytest.raises(FileError, match=f"changed by another process {legacy.ATTEMPTS} times") as caught:
        put(path)
    assert NEW not in "".join(traceback.format_exception(caught.value))
    assert legacy.read(str(path)) == parse(f'{{"n": {legacy.ATTEMPTS - 1}}}')
    assert names(path) == ["config.json"]
