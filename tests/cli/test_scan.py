"""`arka scan`: what it searches, shows, allows, verifies and revokes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config.scanning.tokens import fingerprint
from tests.cli.program import arka
from tests.scanning.conftest import GitFolder, repository

if TYPE_CHECKING:
    from tests.workspace.fake import FakeWorkspace

__all__ = ["repository"]

TOKEN = "arka_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5h"
OTHER = TOKEN.replace("aB3d", "xY4z")
MASKED = "arka_…fG5h"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside any repository, which is the working directory."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_scan_shows_the_place_and_no_token(folder: Path, home: Path) -> None:
    (folder / "a.py").write_text(f"x = 1\nTOKEN = '{TOKEN}'\n")
    done = arka("scan")
    assert done.code == 1
    assert done.out == f"LOCATION    TOKEN\na.py:2:10  {MASKED}\n".replace("LOCATION  ", "LOCATION ")
    assert TOKEN not in done.out + done.err


def test_scan_without_findings_exits_with_0(folder: Path, home: Path) -> None:
    (folder / "a.py").write_text("x = 1\n")
    done = arka("scan", ".")
    assert (done.code, done.out, done.err) == (0, "", "✓ No tokens found\n")


def test_scan_respects_gitignore_unless_all(repository: GitFolder, home: Path) -> None:
    repository.write(".gitignore", "*.log\n")
    repository.write("deep/x.log", TOKEN)
    repository.write("untracked", TOKEN)
    assert [each["path"] for each in find("scan")] == ["untracked"]
    assert [each["path"] for each in find("scan", "--all")] == ["untracked", "deep/x.log"]
    assert [each["path"] for each in find("scan", "deep/x.log")] == ["deep/x.log"]


def find(*arguments: str) -> list[dict[str, object]]:
    done = arka(*arguments, "--json")
    assert TOKEN not in done.out
    document = json.loads(done.out)
    assert done.code == bool(document["findings"])
    found: list[dict[str, object]] = document["findings"]
    return found


def test_links_and_unreadable_files_are_left_out(folder: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(TOKEN)
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to(".")
    assert find("scan") == []


def test_history_searches_shells_python_and_node(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [".bash_history", ".zsh_history", ".python_history", ".node_repl_history", ".local/share/fish/fish_history"]
    for name in names:
        path = home.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"export ARKA_API_KEY={TOKEN}\n")
    found = find("scan", "--history")
    assert [each["path"] for each in found] == [str(home.parent / name) for name in names]
    assert {each["place"] for each in found} == {"history"}


def test_git_shows_commit_and_author(repository: GitFolder, home: Path) -> None:
    repository.write("a", TOKEN)
    commit = repository.commit()
    assert find("scan", "--git") == [
        {
            "place": "blob",
            "path": "a",
            "line": 1,
            "column": 1,
            "token": MASKED,
            "secret": None,
            "fingerprint": fingerprint(TOKEN),
            "profiles": [],
            "state": None,
            "object": repository.git("rev-parse", "HEAD:a"),
            "commit": {"id": commit, "author": "Ann Example", "date": "2026-01-02T03:04:05+00:00"},
        }
    ]
    assert f"a:1:1     {MASKED}  {commit[:10]} 2026-01-02  Ann Example\n" in arka("scan", "--git").out


def test_staged_fails_a_commit(repository: GitFolder, home: Path) -> None:
    repository.write("a", TOKEN)
    assert arka("scan", "--staged").code == 0
    repository.git("add", "a")
    assert arka("scan", "--staged").code == 1


def test_allow_list_allows_by_fingerprint_and_by_path(repository: GitFolder, home: Path) -> None:
    repository.write("docs/a.md", TOKEN)
    repository.write("b", OTHER)
    repository.write("c", f"{OTHER}  # arka:allow")
    assert [each["path"] for each in find("scan")] == ["b", "docs/a.md"]
    repository.write(".arka-scan-allow", f"# examples\npath docs/*\n{fingerprint(OTHER)}  # never issued\n")
    done = arka("scan")
    assert (done.code, done.err) == (0, "✓ No tokens found\nnote: 3 allowed findings are not shown\n")
    repository.write("mine", f"{fingerprint(OTHER)}\n")
    assert [each["path"] for each in find("scan", "--allow", "mine")] == ["docs/a.md"]


@pytest.mark.parametrize("line", ["nonsense", fingerprint(TOKEN)[:-1], "paths docs/*"])
def test_malformed_allow_list_is_an_error_with_its_line(folder: Path, home: Path, line: str) -> None:
    (folder / ".arka-scan-allow").write_text(f"# mine\n{line}\n")
    done = arka("scan")
    assert done.code == 1
    assert ".arka-scan-allow:2: neither a fingerprint" in done.err


def test_missing_allow_list_is_an_error_if_it_was_named(folder: Path, home: Path) -> None:
    assert arka("scan", "--allow", "nowhere").err == "error: nowhere does not exist\n"


def test_profile_of_a_token_is_shown(folder: Path, home: Path) -> None:
    arka("login", "-p", "work", "--with-token", "--no-verify", stdin=TOKEN)
    (folder / "a").write_text(TOKEN)
    assert find("scan")[0]["profiles"] == ["work"]
    assert f"a:1:1     {MASKED}  work" in arka("scan").out


def test_verify_asks_once_for_each_token(folder: Path, home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    (folder / "a").write_text(f"{TOKEN}\n{TOKEN}\n{OTHER}\n")
    states = [each["state"] for each in find("scan", "--verify", "--api-url", fake.url)]
    assert states == ["valid", "valid", "invalid"]
    assert len(fake.requests) == 2


def test_verify_ignores_a_url_of_the_environment(folder: Path, home: Path, fake: FakeWorkspace) -> None:
    (folder / "a").write_text(TOKEN)
    arka("scan", "--verify", environ={"ARKA_API_URL": fake.url})
    assert fake.requests == []


def test_verify_sends_a_stored_token_to_its_own_origin(folder: Path, home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    arka("login", "-p", "work", "--with-token", "--no-verify", "--api-url", fake.url, stdin=TOKEN)
    (folder / "a").write_text(TOKEN)
    assert [each["state"] for each in find("scan", "--verify")] == ["valid"]


def test_revoke_revokes_what_works_and_names_the_profile(folder: Path, home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    arka("login", "-p", "work", "--with-token", "--no-verify", "--api-url", fake.url, stdin=TOKEN)
    (folder / "a").write_text(f"{TOKEN} {OTHER}")
    done = arka("scan", "--revoke", "--api-url", fake.url)
    assert done.code == 2
    assert "--yes" in done.err
    assert fake.accepts(TOKEN)
    done = arka("scan", "--revoke", "--yes", "--api-url", fake.url)
    assert done.code == 1
    assert not fake.accepts(TOKEN)
    assert f"✓ Revoked {MASKED} at {fake.url}\n" in done.err
    assert "note: profile 'work' has this token, which no longer works: arka login -p work\n" in done.err


def test_revoke_says_if_no_token_works(folder: Path, home: Path, fake: FakeWorkspace) -> None:
    (folder / "a").write_text(TOKEN)
    done = arka("scan", "--revoke", "--yes", "--api-url", fake.url)
    assert "note: none of the tokens works, so there is nothing to revoke\n" in done.err


def test_sarif_names_the_file_and_contains_no_token(folder: Path, home: Path) -> None:
    (folder / "a b.py").write_text(f"x\n  {TOKEN}\n")
    done = arka("scan", "--sarif")
    assert done.code == 1
    assert TOKEN not in done.out
    document = json.loads(done.out)
    (run,) = document["runs"]
    (result,) = run["results"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert document["version"] == "2.1.0"
    assert result["ruleId"] == rule["id"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b.py"},
        "region": {"startLine": 2, "startColumn": 3},
    }
    assert result["partialFingerprints"] == {"tokenSha256/v1": fingerprint(TOKEN)}


@pytest.mark.parametrize("words", ["--git --staged", "--history a", "--git ."])
def test_two_places_at_once_are_refused(folder: Path, home: Path, words: str) -> None:
    assert arka("scan", *words.split()).code == 2


def test_pre_commit_hook_runs_the_staged_search() -> None:
    import yaml  # type: ignore[import-untyped]  # it has no types

    (hook,) = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["entry"] == "arka scan --staged"
    assert hook["pass_filenames"] is False


@pytest.fixture
def stored(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the token store, with a token. HOME is outside any repository."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert arka("login", "-p", "work", "--with-token", "--no-verify", stdin=TOKEN).code == 0
    return home / "data" / "tokens"


@pytest.mark.parametrize("place", ["home", "store", "file", "link"])
def test_scan_leaves_out_the_token_store_with_a_note(stored: Path, home: Path, tmp_path: Path, place: str) -> None:
    (home / "data" / "note.txt").write_text(OTHER)
    (tmp_path / "link").symlink_to(stored)
    path = {"home": home, "store": stored, "file": stored / "work.json", "link": tmp_path / "link"}[place]
    done = arka("scan", str(path), "--json")
    assert [each["path"] for each in done.json["findings"]] == [str(home / "data" / "note.txt")] * (place == "home")
    assert done.json["not_searched"] == [str(stored)]
    assert "was not searched: arka stores its tokens there" in done.err


def test_scan_of_a_work_tree_around_the_token_store_leaves_it_out(
    stored: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "data" / "tokens.txt").write_text(TOKEN)
    subprocess.run(["git", "init", "-q", str(home)], check=True)
    monkeypatch.chdir(home)
    done = arka("scan", "--json")
    assert [each["path"] for each in done.json["findings"]] == ["data/tokens.txt"]
    assert len(done.json["not_searched"]) == 1
    (home / "empty").mkdir()
    assert arka("scan", "--json", "empty").json["not_searched"] == []


def test_committed_token_store_is_found(stored: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(home)], check=True)
    subprocess.run(["git", "-C", str(home), "add", "-f", "data/tokens/work.json"], check=True)
    monkeypatch.chdir(home)
    assert [each["path"] for each in find("scan", "--staged")] == ["data/tokens/work.json"]
