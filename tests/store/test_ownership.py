"""If another user owns a file or can change it, it is refused with the file, the reason and the command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, ProfileStore, Secret, open_store
from arka_config.arka import app
from arka_config.errors import ConfigError, UnsafeFile
from arka_config.store import files
from arka_config.store.preferences import Preferences
from tests.cli.program import TOKEN, arka

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STRANGER = 65534
CREDENTIAL = Credential(Secret(TOKEN), Origin.of("https://arka-ai.com"))
HELPER = '[helpers]\nop = ["touch", "{}"]\n'


@pytest.fixture
def give_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a file another user's. If this process is not root, it may not, so it becomes another user instead."""

    def give(path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, STRANGER, -1)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: STRANGER)

    return give


@pytest.fixture
def kept(store: ProfileStore) -> ProfileStore:
    """A store with a token."""
    store.log_in("work", CREDENTIAL)
    return store


def home_of(store: ProfileStore) -> Path:
    return Path(store.folders.data).parent


@pytest.mark.parametrize(
    ("user", "sudo", "owner", "is_trusted"),
    [
        (1000, None, 1000, True),
        (1000, None, 0, True),  # root can change any file anyway
        (1000, None, 1001, False),
        (0, None, 0, True),
        (0, None, 1000, False),
        (0, "1000", 1000, True),
        (0, "1000", 1001, False),
        (1000, "1001", 1001, False),  # this user is not root, so sudo did not run the program
    ],
)
def test_trusted_users_are_this_one_root_and_the_user_of_sudo(
    monkeypatch: pytest.MonkeyPatch, user: int, sudo: str | None, owner: int, is_trusted: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.delenv("SUDO_UID", raising=False)
    if sudo is not None:
        monkeypatch.setenv("SUDO_UID", sudo)
    from arka_config.store import ownership

    assert ownership.is_trusted(owner) is is_trusted


def test_read_refuses_a_secret_of_another_user(tmp_path: Path, give_away: Callable[[Path], None]) -> None:
    file = tmp_path / "token"
    file.write_text("x")
    file.chmod(0o600)
    give_away(file)
    with pytest.raises(UnsafeFile, match="token belongs to .*, but you are .*, so it is not trusted") as caught:
        files.read(str(file), secret=True)
    assert caught.value.hint.startswith("run this command as ")
    assert caught.value.hint.endswith(f" '{file}'")
    assert files.read(str(file)) == "x"  # only secrets are refused


def test_token_file_of_another_user_is_refused(kept: ProfileStore, give_away: Callable[[Path], None]) -> None:
    give_away(Path(kept.tokens.path("work")))
    with pytest.raises(UnsafeFile, match="belongs to"):
        kept.tokens.read("work")


@pytest.mark.parametrize("folder", ["data/tokens", "data", "."])
def test_token_in_a_folder_that_others_can_write_is_neither_read_nor_replaced(kept: ProfileStore, folder: str) -> None:
    path, before = home_of(kept) / folder, Path(kept.tokens.path("work")).read_text()
    path.chmod(0o777)
    for action in (lambda: kept.tokens.read("work"), lambda: kept.log_in("work", CREDENTIAL)):
        with pytest.raises(UnsafeFile, match=r"can be written by others \(mode 0777\)") as caught:
            action()
        assert caught.value.hint.endswith(f"chmod go-w '{path.resolve()}'")
    assert Path(kept.tokens.path("work")).read_text() == before


@pytest.mark.parametrize("folder", ["state", "."])
def test_state_in_a_folder_that_others_can_write_is_neither_read_nor_replaced(kept: ProfileStore, folder: str) -> None:
    (home_of(kept) / folder).chmod(0o777)
    changes: list[Callable[[], object]] = [
        kept.selection.read_active,
        kept.selection.read_pins,
        lambda: kept.use("work"),
        lambda: kept.remove("work"),
    ]
    for change in changes:
        with pytest.raises(UnsafeFile, match="can be written by others"):
            change()


@pytest.mark.parametrize("folder", [".", "data", "data/tokens"])
def test_folder_of_another_user_gets_no_token_and_gives_none(
    kept: ProfileStore, give_away: Callable[[Path], None], folder: str
) -> None:
    give_away(home_of(kept) / folder)
    with pytest.raises(UnsafeFile, match="belongs to"):
        kept.tokens.read("work")
    with pytest.raises(UnsafeFile, match="belongs to"):
        kept.log_in("new", CREDENTIAL)
    assert not os.path.exists(kept.tokens.path("new"))


def test_empty_home_variable_folder_of_another_user_gets_no_token(
    environ: dict[str, str], tmp_path: Path, give_away: Callable[[Path], None]
) -> None:
    """Another user may have prepared the folder that the variable names."""
    folder = tmp_path / "arka"
    folder.mkdir()
    give_away(folder)
    with pytest.raises(UnsafeFile, match="belongs to"):
        open_store(app, environ).log_in("work", CREDENTIAL)
    assert list(folder.iterdir()) == []


def test_folder_with_the_sticky_bit_or_a_private_group_is_accepted(
    kept: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_of(kept).chmod(0o1777)
    assert kept.tokens.read("work") is not None
    home_of(kept).chmod(0o775)
    monkeypatch.setattr("arka_config.store.ownership.has_private_group", lambda status: True)
    assert kept.tokens.read("work") is not None
    monkeypatch.setattr("arka_config.store.ownership.has_private_group", lambda status: False)
    with pytest.raises(UnsafeFile, match="mode 0775"):
        kept.tokens.read("work")


def test_token_is_not_written_through_a_link_to_another_kind_of_file(kept: ProfileStore, tmp_path: Path) -> None:
    victim, link = tmp_path / "notes", Path(kept.tokens.path("work"))
    victim.write_text("mine")
    link.unlink()
    link.symlink_to(victim)
    with pytest.raises(UnsafeFile, match="which is not a credential file"):
        kept.tokens.write("work", CREDENTIAL)
    assert victim.read_text() == "mine"


def test_refusal_by_the_system_names_the_owner_and_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sudo arka` may have created the file: then its owner is not the user of the program."""
    (tmp_path / "token").touch()
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    error = files.failure("read", str(tmp_path / "token"), PermissionError(13, "Permission denied"))
    assert error.message == f"cannot read {tmp_path}/token: permission denied"
    assert f"{tmp_path}/token belongs to " in error.hint
    assert error.hint.endswith(f"if it should be yours: sudo chown -hR 4242 '{tmp_path}/token'")


@pytest.fixture
def restricted(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file. Its owner may not write to it."""
    folder = tmp_path / "restricted"
    folder.mkdir()
    (folder / "lock").touch()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o700)


REFUSED = PermissionError(13, "Permission denied")


@pytest.mark.parametrize("path", ["lock", "missing", "missing/lock"])
def test_refusal_in_an_own_read_only_folder_names_the_chmod(restricted: Path, path: str) -> None:
    assert files.failure("write", str(restricted / path), REFUSED).hint == f"chmod u+rwx '{restricted}'"


def test_refusal_of_an_own_file_without_permissions_names_the_chmod(tmp_path: Path) -> None:
    (tmp_path / "token").touch(mode=0o000)
    assert files.failure("read", f"{tmp_path}/token", REFUSED).hint == f"chmod u+rw '{tmp_path}/token'"


def test_refusal_in_a_home_folder_of_another_user_suggests_no_takeover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If HOME is /root, `chown -hR` would take all files from root. HOME may also be a folder that does not exist."""
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    hint = files.failure("read", f"{tmp_path}/.local/state/pins.json", REFUSED).hint
    assert hint.startswith(f"{tmp_path} belongs to ")
    assert hint.endswith("but you are 4242: set HOME to a folder of yours")
    hint = files.failure("lock", "/nonexistent/.local/state/lock", REFUSED).hint
    assert hint == "/nonexistent does not exist, and / belongs to root, but you are 4242: set HOME to a folder of yours"


def test_path_below_a_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for error in (NotADirectoryError(20, "Not a directory"), FileExistsError(17, "File exists")):
        hint = files.failure("lock", f"{tmp_path}/file/state/lock", error).hint
        assert hint == f"{tmp_path}/file is not a folder; look at it: ls -ld '{tmp_path}/file'"


# Files that the user edits


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (HELPER, "helpers"),
        ('allow_env = ["AWS_SECRET_ACCESS_KEY"]\n', "allow_env"),
        ('file_roots = ["/"]\n', "file_roots"),
        ('storage = "plain"\n', "storage"),
        ("legacy_sync = true\n", "legacy_sync"),
        ('api_url = "https://elsewhere.example"\n', "api_url"),
        ('ca_bundle = "/ca.pem"\n', "ca_bundle"),
        ("trust_env_ca = true\n", "trust_env_ca"),
    ],
)
def test_preferences_that_others_can_write_may_not_set(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    Preferences(str(path))
    path.chmod(0o666)
    with pytest.raises(UnsafeFile) as caught:
        Preferences(str(path))
    assert caught.value.message == f"{path}: {key} is refused: others can write to it (mode 0666)"
    assert caught.value.hint == f"check what is in it, then: chmod go-w '{path}'"


def test_changing_preferences_does_not_make_a_key_trusted_that_others_set(store: ProfileStore) -> None:
    path = Path(store.folders.config) / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(HELPER)
    path.chmod(0o666)
    with pytest.raises(UnsafeFile, match="helpers is refused"):
        store.edit_preferences({("expiry_warning",): "3d"})
    assert path.read_text() == HELPER


def test_preferences_that_others_can_write_may_set_what_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('expiry_warning = "3d"\n')
    path.chmod(0o666)
    assert Preferences(str(path)).expiry_warning == 3


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[token]\nhelper = "op"\n', "token"),
        ('[token]\nenv = "CI_TOKEN"\n', "token"),
        ('api_url = "https://evil.example"\n', "api_url"),
        ('[settings]\nproxy = "http://evil.example:1"\n', "settings.proxy"),
        ('[settings]\nca_bundle = "/tmp/evil.pem"\n', "settings.ca_bundle"),
        ('[settings.plugins]\nrun = ["evil"]\n', "settings.plugins.run"),
    ],
)
def test_profile_that_others_can_write_may_not_set(store: ProfileStore, text: str, key: str) -> None:
    path = Path(store.profiles.path("work"))
    path.parent.mkdir(parents=True)
    path.write_text(text)
    store.profiles.read("work")
    path.chmod(0o666)
    calls: list[Callable[[], object]] = [
        lambda: store.profiles.read("work"),
        lambda: store.edit("work", {("description",): "x"}),  # that would make the file private, and so trusted
        lambda: store.copy("work", "other"),
    ]
    for call in calls:
        with pytest.raises(UnsafeFile) as caught:
            call()
        assert caught.value.message == f"{path}: {key} is refused: others can write to it (mode 0666)"
        assert caught.value.hint == f"check what is in it, then: chmod go-w '{path}'"
    assert not store.exists("other")


def test_profile_that_others_can_write_may_set_description_numbers_and_booleans(store: ProfileStore) -> None:
    path = Path(store.profiles.path("work"))
    path.parent.mkdir(parents=True)
    path.write_text('description = "Work"\n[settings]\ntimeout = 5\nverbose = true\n')
    path.chmod(0o666)
    assert store.profiles.read("work").settings == {"timeout": 5, "verbose": True}


@pytest.mark.parametrize("folder", ["config/profiles", "config", "."])
def test_profile_in_a_folder_that_others_can_write_is_not_trusted(store: ProfileStore, folder: str) -> None:
    store.create("work", {("api_url",): "https://acme.example"})
    path = home_of(store) / folder
    path.chmod(0o777)
    with pytest.raises(UnsafeFile, match="api_url is refused: others can write to its folder") as caught:
        store.profiles.read("work")
    assert f"chmod go-w '{path.resolve()}'" in caught.value.hint


def test_profile_of_another_user_is_not_trusted(store: ProfileStore, give_away: Callable[[Path], None]) -> None:
    store.create("work", {("api_url",): "https://acme.example"})
    give_away(Path(store.profiles.path("work")))
    with pytest.raises(UnsafeFile, match="api_url is refused: it belongs to") as caught:
        store.profiles.read("work")
    assert "chown" in caught.value.hint


def test_helper_that_others_can_write_does_not_run(home: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    (home / "config" / "profiles").mkdir(parents=True)
    (home / "config" / "profiles" / "work.toml").write_text('[token]\nhelper = "op"\n')
    config = home / "config" / "config.toml"
    config.write_text(HELPER.format(marker))
    config.chmod(0o666)
    done = arka("token", "-p", "work")
    assert not marker.exists()
    assert (done.code, done.out) == (1, "")
    assert f"error: {config}: helpers is refused: others can write to it (mode 0666)" in done.err
    assert f"chmod go-w '{config}'" in done.err
    config.chmod(0o644)
    arka("token", "-p", "work")
    assert marker.exists()


# The environment


@pytest.mark.parametrize("value", [".arka", "./.arka", "{proc}/.arka", "{proc}/../x/.arka", "{link}/.arka"])
@pytest.mark.parametrize("words", ["token -p work", "exec -p work -- true", "status -p work", "login -p work"])
def test_home_variable_that_depends_on_the_directory_runs_no_helper(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    """The working directory is a repository with a complete home folder for the program."""
    marker, repository = tmp_path / "ran", tmp_path / "repository"
    (repository / "x").mkdir(parents=True)
    for place in (repository / ".arka", repository / "x" / ".arka"):
        (place / "config" / "profiles").mkdir(parents=True)
        (place / "config" / "profiles" / "work.toml").write_text('[token]\nhelper = "op"\n')
        (place / "config" / "config.toml").write_text(HELPER.format(marker))
    (tmp_path / "link").symlink_to("/proc/self/cwd")
    monkeypatch.chdir(repository)
    value = value.format(proc="/proc/self/cwd", link=tmp_path / "link")
    done = arka(*words.split(), environ={"ARKA_HOME": value}, stdin=TOKEN)
    assert not marker.exists()
    assert done.code == 1
    assert f"error: ARKA_HOME={value} " in done.err
    assert "so it means something else in each directory" in done.err
    assert "unset ARKA_HOME" in done.err


@pytest.mark.parametrize("variable", ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"])
def test_folder_variable_through_proc_is_refused(variable: str) -> None:
    environ = {"HOME": "/home/ada", variable: "/proc/self/cwd/.cfg"}
    with pytest.raises(ConfigError, match=f"{variable}=/proc/self/cwd/.cfg leads through the folder of a process"):
        open_store(app, environ)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARKA_PASSPHRASE_FILE", "passphrase"),
        ("ARKA_PASSPHRASE_FILE", "/proc/self/cwd/passphrase"),
        ("ARKA_PASSPHRASE_COMMAND", "./passphrase"),
        ("ARKA_PASSPHRASE_COMMAND", "/proc/self/cwd/passphrase"),
    ],
)
def test_passphrase_is_not_taken_from_the_working_directory(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    file = tmp_path / "passphrase"
    file.write_text("#!/bin/sh\necho chosen by the repository\n")
    file.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    done = arka("vault", "enable", "--with", "passphrase", "--no-input", environ={variable: value})
    assert done.code == 1
    assert f"error: {variable}={value} " in done.err
    assert not (home / "data" / "data-key.json").exists()


def test_prompt_shows_a_question_mark_for_a_folder_variable_that_is_refused(home: Path) -> None:
    done = arka("prompt", environ={"ARKA_HOME": ".arka"})
    assert (done.code, done.out, done.err) == (0, "?\n", "")
