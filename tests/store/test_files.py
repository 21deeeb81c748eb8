"""Checked reads and atomic writes."""

from __future__ import annotations

import errno
import itertools
import os
import stat
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from arka_config.errors import ConfigWarning, FileError, MalformedFile, UnsafeFile
from arka_config.store import files
from tests.store.samples import all_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CANARY = "arka_canary_0123456789abcdefghijklmnopqrs"
AS_ROOT = os.geteuid() == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the content `old`, 0600, alone in its folder."""
    path = tmp_path / "folder" / "file"
    path.parent.mkdir(0o700)
    path.write_text("old")
    path.chmod(0o600)
    return path


# Reading


def test_read_returns_the_text_or_none(file: Path) -> None:
    file.write_bytes("naïve\r\n".encode())
    assert files.read(str(file)) == "naïve\r\n"
    assert files.read(str(file.parent / "other")) is None
    assert files.read(str(file / "below-a-file")) is None


@pytest.mark.parametrize("bits", [0o020, 0o002, 0o022])
def test_read_refuses_a_secret_that_others_can_write(file: Path, bits: int) -> None:
    file.chmod(0o600 | bits)
    with pytest.raises(UnsafeFile, match=rf"can be written by others \(mode {0o600 | bits:04o}\)") as caught:
        files.read(str(file), secret=True)
    assert caught.value.hint.endswith(f"chmod 600 '{file}'")
    assert caught.value.path == str(file)


@pytest.mark.parametrize("bits", [0o040, 0o004, 0o044])
def test_read_warns_of_a_secret_that_others_can_read(file: Path, bits: int) -> None:
    file.chmod(0o600 | bits)
    with pytest.warns(ConfigWarning, match=rf"can be read by others .*; hint: chmod 600 '{file}'"):
        assert files.read(str(file), secret=True) == "old"


@pytest.mark.parametrize("private", [0o600, 0o400, 0o700])
def test_read_of_a_private_secret_does_not_warn(file: Path, private: int) -> None:
    file.chmod(private)
    assert files.read(str(file), secret=True) == "old"


def test_read_accepts_a_public_file_that_is_not_secret(file: Path) -> None:
    file.chmod(0o666)
    assert files.read(str(file)) == "old"


def test_read_checks_the_target_of_a_symbolic_link(file: Path) -> None:
    link = file.parent / "link"
    link.symlink_to(file)
    file.chmod(0o622)
    with pytest.raises(UnsafeFile):
        files.read(str(link), secret=True)


def test_read_refuses_a_named_pipe_without_blocking(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(MalformedFile, match="is not a regular file"):
        files.read(str(tmp_path / "pipe"), secret=True)


@pytest.mark.parametrize("path", ["/dev/zero", "/"])
def test_read_refuses_a_device_or_a_folder(path: str) -> None:
    with pytest.raises(MalformedFile, match="is not a regular file") as caught:
        files.read(path)
    assert caught.value.path == path


def test_read_refuses_a_file_over_a_mebibyte(file: Path) -> None:
    file.write_bytes(b"x" * files.MAX_FILE_SIZE)
    assert len(files.read(str(file)) or "") == files.MAX_FILE_SIZE
    file.write_bytes(b"x" * (files.MAX_FILE_SIZE + 1))
    with pytest.raises(MalformedFile, match="is larger than 1048576 bytes"):
        files.read(str(file))


def test_read_refuses_a_file_that_is_not_utf_8_with_the_line(file: Path) -> None:
    file.write_bytes(b"one\ntwo\n\xff\n")
    with pytest.raises(MalformedFile, match=r"file, line 3: not UTF-8 text"):
        files.read(str(file))


def test_write_refuses_text_that_is_not_unicode_without_repeating_it(file: Path) -> None:
    file.write_text("before")
    with pytest.raises(FileError, match="the content is not Unicode text") as caught:
        files.write(str(file), f"{CANARY}\udc9b")
    assert (caught.value.__context__, file.read_text()) == (None, "before")
    assert CANARY not in str(caught.value)


def test_no_read_error_contains_the_content(file: Path) -> None:
    for content in (CANARY.encode() + b"\xff", CANARY.encode() * 30_000):
        file.write_bytes(content)
        with pytest.raises(MalformedFile) as caught:
            files.read(str(file), secret=True)
        assert CANARY not in all_text(caught.value)
    file.write_text(CANARY)
    file.chmod(0o622)
    with pytest.raises(UnsafeFile) as unsafe:
        files.read(str(file), secret=True)
    assert CANARY not in all_text(unsafe.value)


def test_system_error_has_its_reason_and_the_path(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "read", errno.EIO, lambda descriptor, size: True)
    with pytest.raises(FileError, match=f"cannot read {file}: input/output error"):
        files.read(str(file))


def test_read_closes_its_descriptor(file: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    for content in (b"good", b"\xff", b"x" * (files.MAX_FILE_SIZE + 1)):
        file.write_bytes(content)
        try:
            files.read(str(file))
        except MalformedFile:
            pass
        files.write(str(file), "new")
    assert len(os.listdir("/dev/fd")) == before


# Writing


def test_write_creates_private_files_and_folders(tmp_path: Path, no_umask: None) -> None:
    path = tmp_path / "a" / "b" / "c"
    assert files.write(str(path), "new")
    assert path.read_text() == "new"
    assert [mode(each) for each in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]


def test_write_keeps_the_mode_of_an_existing_folder(file: Path) -> None:
    file.parent.chmod(0o755)
    files.write(str(file), "new")
    assert mode(file.parent) == 0o755


def test_write_creates_the_file_private_before_the_first_byte(
    file: Path, no_umask: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.chmod(0o666)
    seen = []
    write = os.write

    def watched(descriptor: int, content: Any) -> int:
        status = os.fstat(descriptor)
        seen.append((stat.S_IMODE(status.st_mode), status.st_size))
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", watched)
    files.write(str(file), "new")
    assert seen == [(0o600, 0)]


@pytest.mark.parametrize(("before", "after"), [(0o400, 0o400), (0o600, 0o600), (0o644, 0o600), (0o777, 0o600)])
def test_write_keeps_a_stricter_mode_and_tightens_a_looser_one(
    file: Path, before: int, after: int, no_umask: None
) -> None:
    file.chmod(before)
    files.write(str(file), "new")
    assert (file.read_text(), mode(file)) == ("new", after)


def test_write_tightens_the_mode_of_unchanged_content(file: Path) -> None:
    file.chmod(0o644)
    assert files.write(str(file), "old")
    assert mode(file) == 0o600


@pytest.mark.skipif(not AS_ROOT, reason="only root may write into other people's folders and give files away")
def test_write_as_root_keeps_the_owner(file: Path) -> None:
    os.chown(file, 1234, 5678)
    files.write(str(file), "new")
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 5678)


def test_write_shows_readers_the_old_file_until_the_rename(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    replace = os.replace

    def watched(source: str, target: str) -> None:
        with open(source) as temporary:
            seen.append((file.read_text(), temporary.read(), os.path.dirname(source)))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    with file.open() as opened_before:
        files.write(str(file), "new")
        assert opened_before.read() == "old"
    assert seen == [("old", "new", str(file.parent))]
    assert names(file.parent) == ["file"]


def test_write_syncs_the_file_before_the_rename_and_the_folder_after(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        done.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def renamed(source: str, target: str) -> None:
        done.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    files.write(str(file), "new")
    assert done == ["sync file", "rename", "sync folder"]


def test_write_of_the_same_content_writes_nothing(file: Path) -> None:
    before = file.stat()
    assert not files.write(str(file), "old")
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files.write(str(file), "older")
    assert files.write(str(file), "old")


def test_write_continues_after_partial_writes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:7]))
    files.write(str(file), "naïve " * 20)
    assert file.read_text("utf-8") == "naïve " * 20


def test_write_follows_and_keeps_a_symbolic_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "config" / "link"
    link.parent.mkdir()
    link.symlink_to("../folder/file")
    files.write(str(link), "new")
    assert os.readlink(link) == "../folder/file"
    assert file.read_text() == "new"
    assert (names(link.parent), names(file.parent)) == (["link"], ["file"])


def test_write_without_follow_links_replaces_a_link_that_appears_late(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    before = file.read_text()
    files.write(str(link), "new", follow_links=False)
    assert (link.is_symlink(), link.read_text(), file.read_text()) == (False, "new", before)


def test_write_creates_the_target_of_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("dotfiles/file")
    files.write(str(tmp_path / "link"), "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "dotfiles" / "file").read_text() == "new"


def test_write_does_not_open_an_existing_temporary_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "urandom", lambda count: b"\x11" * count)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    planted = file.parent / f".file.{'11' * 6}.cli-tmp"
    planted.symlink_to(elsewhere)
    with pytest.raises(FileError, match="cannot write .*: file exists"):
        files.write(str(file), "new")
    assert (file.read_text(), elsewhere.read_text()) == ("old", "theirs")


def test_link_to_itself_is_an_error_with_a_hint(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for attempt in (lambda: files.read(str(loop)), lambda: files.write(str(loop), "new")):
        with pytest.raises(FileError) as caught:
            attempt()
        assert caught.value.hint == f"a symbolic link leads back to itself: ls -l '{loop}'"


def test_write_replaces_regular_files_only(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(FileError, match="it is not a regular file"):
            files.write(str(tmp_path / name), "new")
    assert names(tmp_path) == ["folder", "pipe"]


def test_write_below_a_file_is_an_error(file: Path) -> None:
    with pytest.raises(FileError, match=f"cannot write {file}/below: not a directory"):
        files.write(str(file / "below"), "new")
    assert file.read_text() == "old"


def test_before_rename_hook_can_stop_the_write(file: Path) -> None:
    def look() -> None:
        assert len(names(file.parent)) == 2
        raise LookupError("somebody else wrote it")

    with pytest.raises(LookupError):
        files.write(str(file), "new", before_rename=look)
    assert (file.read_text(), names(file.parent)) == ("old", ["file"])


# Writing, if the system fails


class Attempt:
    """One write of `new` over `old`, in which the n-th call of a function of `os` raises."""

    def __init__(self, path: Path, function: str, call: int, error: BaseException) -> None:
        self.it_came_to_that = False
        self.renamed = False
        self.raised: BaseException | None = None
        path.unlink()
        path.write_text("old")
        path.chmod(0o400)
        with pytest.MonkeyPatch.context() as monkeypatch:
            self._write_in_pieces(monkeypatch)
            self._watch_the_rename(monkeypatch)
            self._fail_at(monkeypatch, function, call, error)
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                try:
                    files.write(str(path), "new")
                except (FileError, KeyboardInterrupt) as caught:
                    self.raised = caught
            self.said = str(self.raised or "") + "".join(str(each.message) for each in warned)

    def _write_in_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write only part of the data, as the system does if the disk is full."""
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:1]))

    def _watch_the_rename(self, monkeypatch: pytest.MonkeyPatch) -> None:
        replace = os.replace

        def watched(source: str, target: str) -> None:
            replace(source, target)
            self.renamed = True

        monkeypatch.setattr(os, "replace", watched)

    def _fail_at(self, monkeypatch: pytest.MonkeyPatch, function: str, call: int, error: BaseException) -> None:
        real: Callable[..., Any] = getattr(os, function)
        calls = itertools.count(1)

        def perhaps(*arguments: Any, **named: Any) -> Any:
            if function == "close":
                real(*arguments, **named)  # even if close() fails, the descriptor is closed
            if next(calls) == call:
                self.it_came_to_that = True
                raise error
            return None if function == "close" else real(*arguments, **named)

        monkeypatch.setattr(os, function, perhaps)


def attempts(path: Path, function: str, error: BaseException) -> Iterator[Attempt]:
    """Yield a write for each call of this function that can fail."""
    for call in itertools.count(1):
        attempt = Attempt(path, function, call, error)
        if not attempt.it_came_to_that:
            assert call > 1, f"os.{function} is never called"
            assert path.read_text() == "new"
            return
        yield attempt


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("function", ["open", "write", "fchmod", "fsync", "replace", "close"])
def test_failure_at_any_call_leaves_a_complete_file_only(function: str, code: int, file: Path) -> None:
    for attempt in attempts(file, function, OSError(code, os.strerror(code))):
        assert file.read_text() == ("new" if attempt.renamed else "old")
        assert names(file.parent) == ["file"]
        # If there is an error, nothing was changed. If a change may not be durable, that is only a warning.
        assert attempt.renamed is (attempt.raised is None)
        assert attempt.said == "" or os.strerror(code).lower() in attempt.said


@pytest.mark.parametrize("function", ["write", "fsync", "replace"])
def test_ctrl_c_at_any_call_leaves_a_complete_file_only(function: str, file: Path) -> None:
    for attempt in attempts(file, function, KeyboardInterrupt()):
        assert isinstance(attempt.raised, KeyboardInterrupt)
        assert file.read_text() == ("new" if attempt.renamed else "old")
        assert names(file.parent) == ["file"]


def refuse(monkeypatch: pytest.MonkeyPatch, function: str, code: int, when: Callable[..., bool]) -> None:
    """Make a function of `os` fail if a test's condition holds for its arguments."""
    real: Callable[..., Any] = getattr(os, function)

    def perhaps(*arguments: Any, **named: Any) -> Any:
        if when(*arguments):
            raise OSError(code, os.strerror(code))
        return real(*arguments, **named)

    monkeypatch.setattr(os, function, perhaps)


def test_folder_that_cannot_be_created_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "mkdir", errno.ENOSPC, lambda path, mode: path.endswith("b"))
    with pytest.raises(FileError, match="no space left on device") as caught:
        files.write(str(tmp_path / "a" / "b" / "file"), "new")
    assert caught.value.hint == f"make room on that disk: df -h '{tmp_path}/a/b'"
    assert names(tmp_path / "a") == []


def test_write_error_does_not_contain_the_text(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "write", errno.ENOSPC, lambda descriptor, content: True)
    with pytest.raises(FileError) as caught:
        files.write(str(file), CANARY)
    assert CANARY not in all_text(caught.value)


def test_write_accepts_a_file_system_without_folder_sync(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "fsync", errno.EINVAL, lambda descriptor: stat.S_ISDIR(os.fstat(descriptor).st_mode))
    assert files.write(str(file), "new")
    assert file.read_text() == "new"


# Removing and sweeping


def test_remove_returns_whether_there_was_a_file(file: Path) -> None:
    assert files.remove(str(file))
    assert not files.remove(str(file))
    assert not files.remove(str(file.parent / "no" / "folder"))


def test_remove_of_a_link_keeps_the_target(file: Path) -> None:
    link = file.parent / "link"
    link.symlink_to(file)
    assert files.remove(str(link))
    assert names(file.parent) == ["file"]


def test_remove_that_fails_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match="cannot remove"):
        files.remove(str(tmp_path / "folder"))


def test_sweep_removes_only_temporary_files(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(source: str, target: str) -> None:
        os.link(source, source + "-kept")
        raise SystemExit

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(SystemExit):
        files.write(str(file), "new")
    (kept,) = (name for name in names(file.parent) if name.endswith("-kept"))
    (file.parent / kept).rename(file.parent / kept.removesuffix("-kept"))
    for other in (".file.swp", "file~", ".file.1234.tmp", "work.toml"):
        (file.parent / other).touch()

    files.sweep([str(file.parent), str(file.parent / "no-such-folder")])
    assert names(file.parent) == [".file.1234.tmp", ".file.swp", "file", "file~", "work.toml"]


def test_exists_raises_if_the_folder_cannot_be_searched(file: Path) -> None:
    assert files.exists(str(file))
    assert not files.exists(str(file.parent / "other"))
    assert not files.exists(str(file / "below"))
    loop = file.parent / "loop"
    loop.symlink_to(loop)
    with pytest.raises(FileError):
        files.exists(str(loop))


def test_deferred_sync_syncs_each_folder_once_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync, synced = os.fsync, []

    def noted(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, sorted(entry.name for entry in tmp_path.iterdir() if entry.name[0] != ".")))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    with files.DeferredSync():
        for name in "ab":
            files.write(str(tmp_path / name), name)
        files.remove(str(tmp_path / "a"))
    assert synced == [(False, []), (False, ["a"]), (True, ["b"])]
    files.remove(str(tmp_path / "b"))
    assert synced[-1] == (True, [])
