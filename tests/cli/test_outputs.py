"""If the file that a command should write is a symbolic link, as in a checkout, it is followed only on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import TOKEN, Result, arka

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = 'version = 1\n[profile]\nname = "runner"\n[token]\nprompt = true\n'
OUTPUTS = {
    "export dotenv": ("export", "dotenv", "-p", "work", "--force", "-o"),
    "export legacy": ("export", "legacy", "-p", "work", "-o"),
    "plan": ("plan", "templates", "--out"),
    "seal": ("seal", "--with-token", "--to", "{recipient}", "--template"),
}


@pytest.fixture
def repository(two_profiles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, which is the working directory."""
    folder = tmp_path / "repository"
    (folder / "templates").mkdir(parents=True)
    (folder / "templates" / "ci.toml").write_text(TEMPLATE)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of the user that every command could read and replace."""
    file = tmp_path / "precious"
    file.write_text("{}")
    return file


@pytest.fixture
def recipient(two_profiles: Path) -> str:
    assert arka("identity", "create").code == 0
    return arka("identity", "show").out.strip()


def write(name: str, path: str, recipient: str, *options: str) -> Result:
    words = [word.format(recipient=recipient) for word in OUTPUTS[name]]
    return arka(*words, path, *options, stdin=TOKEN)


@pytest.mark.parametrize("name", OUTPUTS)
def test_output_through_a_link_is_refused(name: str, repository: Path, victim: Path, recipient: str) -> None:
    if name == "seal":
        victim.write_text(TEMPLATE)
    before, mode = victim.read_text(), victim.stat().st_mode
    link = repository / "out"
    link.symlink_to(victim)
    for path in ("out", str(link)):
        done = write(name, path, recipient)
        assert victim.read_text() == before
        assert done.code == 1
        assert f"error: cannot write {path}: {path} is a symbolic link to {victim}" in done.err
        assert f"hint: write to '{victim}' itself, or add --follow-links" in done.err
    assert victim.stat().st_mode == mode
    assert link.is_symlink()


@pytest.mark.parametrize("name", OUTPUTS)
def test_output_through_a_link_is_written_if_the_user_agrees(
    name: str, repository: Path, victim: Path, recipient: str
) -> None:
    if name == "seal":
        victim.write_text(TEMPLATE)
    before = victim.read_text()
    (repository / "out").symlink_to(victim)
    done = write(name, "out", recipient, "--follow-links")
    assert done.code in (0, 3), done.err
    assert victim.read_text() != before
    assert (repository / "out").is_symlink()


@pytest.mark.parametrize("name", ["export dotenv", "export legacy", "plan"])
def test_output_through_a_link_creates_no_file(name: str, repository: Path, tmp_path: Path, recipient: str) -> None:
    (repository / "out").symlink_to(tmp_path / "new")
    assert write(name, "out", recipient).code == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["export dotenv", "export legacy", "plan"])
def test_output_through_a_linked_folder_of_the_repository_is_refused(
    name: str, repository: Path, tmp_path: Path, recipient: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (repository / "build").symlink_to(tmp_path / "elsewhere")
    done = write(name, "build/out", recipient)
    assert done.code == 1
    assert f"cannot write build/out: build is a symbolic link to {tmp_path / 'elsewhere'}" in done.err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_variables_for_github_are_not_appended_through_a_link(repository: Path, victim: Path) -> None:
    (repository / "github.env").symlink_to(victim)
    done = arka("env", "-p", "work", "--github", environ={"GITHUB_ENV": "github.env"})
    assert done.code == 1
    assert victim.read_text() == "{}"


def test_key_file_is_not_created_through_a_link(repository: Path, tmp_path: Path) -> None:
    (repository / "vault.key").symlink_to(tmp_path / "new")
    done = arka("vault", "enable", "--key-file", "vault.key")
    assert done.code == 1
    assert "is a symbolic link to" in done.err
    assert not (tmp_path / "new").exists()
