"""Searching a git repository finds each object once, with the commit that added it. Nothing in it is run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from arka_config.arka import app
from arka_config.errors import ConfigError
from arka_config.scanning.git import Repository
from arka_config.scanning.tokens import TokenPattern

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scanning.conftest import GitFolder

TOKEN = "arka_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5h"
OTHER = TOKEN.replace("aB3d", "xY4z")


def search(*, staged: bool = False) -> list[tuple[Any, ...]]:
    """Search the working directory's repository, and return place, path, line and commit of each find."""
    warnings: list[object] = []
    repository = Repository(".", os.environ)
    pattern = TokenPattern(app)

    def warn(path: str, reason: str) -> None:
        warnings.append((path, reason))

    found = repository.search_staged(pattern, warn) if staged else repository.search_history(pattern, warn, warn_none)
    result = [(str(each.place), each.path, each.match.line, each.commit and each.commit.id) for each in found]
    assert warnings == []
    return sorted(result, key=str)


def warn_none(done: int, total: int) -> None:
    assert done <= total


def test_history_names_the_oldest_commit_of_a_removed_token(repository: GitFolder) -> None:
    repository.commit("Begin")
    repository.write("src/a b.py", f"x = 1\nTOKEN = {TOKEN}\n")
    added = repository.commit("Add it")
    repository.git("mv", "src/a b.py", "b.py")
    repository.commit("Move it")
    repository.git("rm", "-q", "b.py")
    repository.commit("Remove it")
    assert search() == [("blob", "src/a b.py", 2, added)]


def test_history_includes_messages_of_commits_and_tags(repository: GitFolder) -> None:
    commit = repository.commit(f"Use {TOKEN}\n\nor {OTHER}")
    repository.git("tag", "-a", "v1", "-m", f"Release\n\n{TOKEN}")
    tag = repository.git("rev-parse", "v1")
    wanted = [("message", "", 1, commit), ("message", "", 3, commit), ("message", "", 3, tag)]
    assert search() == sorted(wanted, key=str)


def test_history_includes_objects_that_no_branch_reaches(repository: GitFolder) -> None:
    repository.commit("Begin")
    repository.write("a", TOKEN)
    dropped = repository.commit("Drop me")
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("hash-object", "-w", "--stdin", stdin=f"staged once: {OTHER}")
    assert search() == [("blob", "", 1, None), ("blob", "a", 1, dropped)]


def test_history_reads_packed_objects_and_merges(repository: GitFolder) -> None:
    repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "side")
    repository.write("side", TOKEN)
    added = repository.commit("Side")
    repository.git("checkout", "-q", "main")
    repository.write("main", "x")
    repository.commit("Main")
    repository.git("merge", "-q", "--no-edit", "side")
    repository.git("gc", "-q")
    assert search() == [("blob", "side", 1, added)]


def test_staged_finds_what_the_next_commit_adds(repository: GitFolder) -> None:
    repository.write("old", TOKEN)
    repository.commit()
    repository.write("old", f"{TOKEN}\nchanged\n")
    repository.write("new", OTHER)
    repository.write("not staged", OTHER)
    repository.git("add", "new")
    assert search(staged=True) == [("staged", "new", 1, None)]
    repository.git("add", "old")
    assert [path for _, path, _, _ in search(staged=True)] == ["new", "old"]


def test_staged_works_before_the_first_commit(repository: GitFolder) -> None:
    repository.write("new", TOKEN)
    repository.git("add", "new")
    assert search(staged=True) == [("staged", "new", 1, None)]


def test_empty_repository_has_nothing(repository: GitFolder) -> None:
    assert search() == []
    assert search(staged=True) == []
    assert Repository(".", os.environ).files() == []


def test_nothing_that_the_repository_names_is_run(repository: GitFolder, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\ncat\n")
    trap.chmod(0o755)
    repository.write(".gitattributes", "* diff=trap filter=trap\n")
    repository.write("a", TOKEN)
    repository.commit()
    for key in ("core.fsmonitor", "core.pager", "diff.external", "diff.trap.textconv", "diff.trap.command"):
        repository.git("config", key, str(trap))
    repository.git("config", "gpg.program", str(trap))
    repository.git("config", "log.showSignature", "true")
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (repository.path / ".git" / "hooks" / hook).symlink_to(trap)
    repository.write("b", OTHER)
    (tmp_path / "sprung").unlink(missing_ok=True)  # the set-up may have run it
    assert len(search()) == 1
    search(staged=True)
    Repository(".", os.environ).files()
    assert not (tmp_path / "sprung").exists()


def test_folder_without_a_repository_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert Repository(".", os.environ).root() is None
    with pytest.raises(ConfigError, match="not a git repository"):
        search()


def test_missing_git_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="git is not installed") as caught:
        search()
    assert caught.value.hint == "install git"
