"""ProfileStore: changes to profiles and their effects."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.errors import (
    ConfigError,
    FileError,
    InvalidName,
    InvalidValue,
    MalformedFile,
    NoToken,
    ProfileExists,
    UnknownProfile,
)
from arka_config.store import files
from tests.store.samples import EU_URL, credential, read_tree, resolution, token

if TYPE_CHECKING:
    from collections.abc import Callable


def active(store: ProfileStore) -> tuple[str | None, str | None]:
    return store.selection.read_active()


def token_of(store: ProfileStore, name: str) -> str:
    return store.credential(name).token.reveal()


@pytest.fixture
def two_profiles(store: ProfileStore) -> ProfileStore:
    """`work` is active and has a token, settings and a pin; `home` has only a token."""
    store.create("work", {("description",): "Work", ("settings", "timeout"): 30})
    store.log_in("work", credential("work"))
    store.log_in("home", credential("home"))
    store.pin("/srv/work", "work")
    return store


# Reading


def test_reading_creates_no_file(store: ProfileStore, tmp_path: Path) -> None:
    assert (store.names(), store.exists("work"), active(store)) == ([], False, (None, None))
    assert list(tmp_path.iterdir()) == []


def test_profile_exists_if_it_has_a_file_or_a_token(store: ProfileStore) -> None:
    store.create("with-file", {})
    store.log_in("with-token", credential())
    assert store.names() == ["with-file", "with-token"]
    assert not store.profiles.holds("with-token")
    assert all(map(store.exists, store.names()))


def test_unknown_profile_error_suggests_similar_names(two_profiles: ProfileStore) -> None:
    with pytest.raises(UnknownProfile, match="there is no profile 'wrok'$") as caught:
        two_profiles.check_exists("wrok")
    assert caught.value.hint == "did you mean 'work'?"
    with pytest.raises(UnknownProfile, match=r"there is no profile 'zebra' \(from ARKA_PROFILE\)") as caught:
        two_profiles.check_exists("zebra", "ARKA_PROFILE")
    assert caught.value.hint == "arka profiles list"


def test_unknown_profile_error_without_profiles_hints_login(store: ProfileStore) -> None:
    with pytest.raises(UnknownProfile) as caught:
        store.check_exists("work")
    assert caught.value.hint == "arka login --profile work"


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.edit("zebra", {}),
        lambda store: store.log_out("zebra"),
        lambda store: store.credential("zebra"),
        lambda store: store.copy("zebra", "other"),
        lambda store: store.rename("zebra", "other"),
        lambda store: store.remove("zebra"),
        lambda store: store.use("zebra"),
        lambda store: store.pin("/srv", "zebra"),
    ],
    ids=["edit", "log out", "credential", "copy", "rename", "remove", "use", "pin"],
)
def test_changes_to_a_missing_profile_are_errors(
    two_profiles: ProfileStore, environ: dict[str, str], change: Callable[[ProfileStore], object]
) -> None:
    before = read_tree(environ["ARKA_HOME"])
    with pytest.raises(UnknownProfile):
        change(two_profiles)
    assert read_tree(environ["ARKA_HOME"]) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda store, name: store.create(name, {}),
        lambda store, name: store.log_in(name, credential()),
        lambda store, name: store.copy("work", name),
        lambda store, name: store.rename("work", name),
        lambda store, name: store.use(name),
        lambda store, name: store.remove(name),
    ],
    ids=["create", "log in", "copy", "rename", "use", "remove"],
)
@pytest.mark.parametrize("name", ["../evil", "Work", "", "con", "a\n"])
def test_only_profile_names_are_accepted(
    two_profiles: ProfileStore, environ: dict[str, str], change: Callable[[ProfileStore, str], object], name: str
) -> None:
    before = read_tree(environ["ARKA_HOME"])
    with pytest.raises(InvalidName):
        change(two_profiles, name)
    assert read_tree(environ["ARKA_HOME"]) == before


# Create and edit


def test_create_writes_the_values_and_does_not_activate(store: ProfileStore) -> None:
    store.create("work", {("description",): "Work", ("settings", "timeout"): 30})
    assert store.profiles.read("work").settings == {"timeout": 30}
    assert active(store) == (None, None)
    with pytest.raises(NoToken, match="profile 'work' has no stored token") as caught:
        store.credential("work")
    assert caught.value.hint == "arka login --profile work"


@pytest.mark.parametrize("name", ["work", "home"])
def test_create_refuses_an_existing_profile(two_profiles: ProfileStore, name: str) -> None:
    with pytest.raises(ProfileExists, match=f"profile '{name}' already exists") as caught:
        two_profiles.create(name, {("description",): "new"})
    assert caught.value.hint == f"arka profiles show {name}"
    assert two_profiles.profiles.read(name).description != "new"


def test_edit_creates_the_file_of_a_profile_that_is_only_a_token(two_profiles: ProfileStore) -> None:
    assert two_profiles.edit("home", {("settings", "timeout"): 5})
    assert not two_profiles.edit("home", {("settings", "timeout"): 5})
    assert two_profiles.profiles.read("home").settings == {"timeout": 5}
    assert token_of(two_profiles, "home") == token("home")


# Log in and out


def test_first_login_activates_and_later_ones_do_not(store: ProfileStore) -> None:
    assert store.log_in("work", credential("work"))
    assert not store.log_in("home", credential("home"))
    assert active(store) == ("work", None)
    assert store.log_in("work", credential("newer"))
    assert token_of(store, "work") == token("newer")


def test_login_activates_if_requested(two_profiles: ProfileStore) -> None:
    assert two_profiles.log_in("ci", credential("ci"), activate=True)
    assert active(two_profiles) == ("ci", "work")


def test_login_stores_a_given_url_in_the_profile(store: ProfileStore) -> None:
    store.log_in("eu", credential("eu", EU_URL), api_url=EU_URL + "/api")
    assert store.profiles.read("eu").api_url == EU_URL + "/api"
    assert str(store.credential("eu").origin) == EU_URL


def test_failed_login_stores_nothing(store: ProfileStore) -> None:
    with pytest.raises(InvalidValue):
        store.log_in("work", credential("work", label="\x1b"))
    assert (store.names(), active(store)) == ([], (None, None))


def test_login_refuses_a_profile_with_a_reference(store: ProfileStore) -> None:
    store.create("ci", {("token", "env"): "CI_TOKEN"})
    with pytest.raises(ConfigError, match="profile 'ci' has a token reference: .*ci.toml: token") as caught:
        store.log_in("ci", credential("ci"))
    assert caught.value.hint == "arka profiles unset ci token"
    assert not store.tokens.holds("ci")


def test_login_never_overwrites_a_malformed_file(store: ProfileStore, environ: dict[str, str]) -> None:
    store.create("work", {})
    Path(store.profiles.path("work")).write_text("[settings\n# mine\n")
    before = read_tree(environ["ARKA_HOME"])
    with pytest.raises(MalformedFile):
        store.log_in("work", credential("work"), api_url=EU_URL)
    assert read_tree(environ["ARKA_HOME"]) == before


def test_log_out_removes_only_the_token(two_profiles: ProfileStore) -> None:
    assert two_profiles.log_out("work")
    assert not two_profiles.log_out("work")
    assert two_profiles.names() == ["home", "work"]
    assert two_profiles.profiles.read("work").settings == {"timeout": 30}
    assert (active(two_profiles), two_profiles.selection.read_pins()) == (("work", None), {"/srv/work": "work"})


@pytest.mark.parametrize(("url", "kept"), [("https://arka-ai.com", ""), (EU_URL, EU_URL)])
def test_log_out_of_a_profile_that_is_only_a_token_keeps_its_url(store: ProfileStore, url: str, kept: str) -> None:
    store.log_in("work", credential("work", url))
    assert store.log_out("work")
    assert store.names() == ["work"]
    assert store.profiles.read("work").api_url == kept
    assert active(store) == ("work", None)


def test_log_out_removes_an_unreadable_token(two_profiles: ProfileStore) -> None:
    for name in ("work", "home"):
        Path(two_profiles.tokens.path(name)).write_text("not JSON")
        assert two_profiles.log_out(name)
        assert not two_profiles.tokens.holds(name)
    assert two_profiles.names() == ["home", "work"]


# Log in and out with a read-only config folder


def below_a_file(tmp_path: Path) -> str:
    (tmp_path / "file").touch()
    return str(tmp_path / "file" / "config")


def read_only(tmp_path: Path) -> str:
    folder = tmp_path / "config"
    folder.mkdir(0o500)
    return str(folder)


@pytest.fixture(
    params=[
        below_a_file,
        pytest.param(read_only, marks=pytest.mark.skipif(os.geteuid() == 0, reason="root writes to any folder")),
    ]
)
def without_config(request: pytest.FixtureRequest, tmp_path: Path) -> ProfileStore:
    """A store with a config folder that cannot be created or written to."""
    places = {name: str(tmp_path / name) for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    return open_store(app, {**places, "XDG_CONFIG_HOME": request.param(tmp_path)})


def test_login_use_and_logout_work_without_a_config_folder(without_config: ProfileStore) -> None:
    store = without_config
    assert store.log_in("work", credential("work"))
    store.log_in("home", credential("home"))
    store.use("home")
    store.pin("/srv/work", "work")
    assert store.names() == ["home", "work"]
    assert resolution(store).token().secret.reveal() == token("home")
    assert resolution(store, directory="/srv/work").token().secret.reveal() == token("work")

    assert store.log_out("home")
    assert store.names() == ["work"]
    assert active(store) == (None, "work")
    assert store.log_out("work")
    assert (store.names(), active(store), store.selection.read_pins()) == ([], (None, None), {})


def test_changes_that_need_the_config_folder_fail_without_touching_the_token(without_config: ProfileStore) -> None:
    store = without_config
    store.log_in("work", credential("work"))
    with pytest.raises(FileError, match="cannot write .*work.toml"):
        store.edit("work", {("settings", "timeout"): 30})
    with pytest.raises(FileError, match="cannot write .*new.toml"):
        store.log_in("new", credential("new"), api_url=EU_URL)
    assert store.names() == ["work"]
    assert token_of(store, "work") == token("work")


def test_rename_of_a_profile_that_is_only_a_token_needs_no_config_folder(without_config: ProfileStore) -> None:
    without_config.log_in("work", credential("work"))
    without_config.rename("work", "office")
    assert without_config.names() == ["office"]
    assert active(without_config) == ("office", None)


# Copy, rename, remove


def test_copy_has_the_settings_and_no_token(two_profiles: ProfileStore) -> None:
    two_profiles.copy("work", "copy")
    assert two_profiles.profiles.read("copy").settings == {"timeout": 30}
    assert not two_profiles.tokens.holds("copy")
    assert active(two_profiles) == ("work", None)


def test_copy_has_the_token_if_requested(two_profiles: ProfileStore) -> None:
    two_profiles.copy("work", "copy", with_token=True)
    assert token_of(two_profiles, "copy") == token_of(two_profiles, "work") == token("work")


def test_copy_of_a_profile_that_is_only_a_token_exists(two_profiles: ProfileStore) -> None:
    two_profiles.copy("home", "bare")
    two_profiles.copy("home", "whole", with_token=True)
    assert {"bare", "whole"} <= set(two_profiles.names())
    assert not two_profiles.tokens.holds("bare")
    assert not two_profiles.profiles.holds("whole")


@pytest.mark.parametrize("other", ["home", "work"])
def test_copy_and_rename_refuse_an_existing_profile(
    two_profiles: ProfileStore, environ: dict[str, str], other: str
) -> None:
    before = read_tree(environ["ARKA_HOME"])
    for change in (two_profiles.copy, two_profiles.rename):
        with pytest.raises(ProfileExists):
            change("work", other)
    assert read_tree(environ["ARKA_HOME"]) == before


def test_rename_moves_token_settings_active_profile_and_pins(two_profiles: ProfileStore) -> None:
    two_profiles.pin("/srv/other", "home")
    two_profiles.rename("work", "office")
    assert two_profiles.names() == ["home", "office"]
    assert token_of(two_profiles, "office") == token("work")
    assert two_profiles.profiles.read("office").settings == {"timeout": 30}
    assert active(two_profiles) == ("office", None)
    assert two_profiles.selection.read_pins() == {"/srv/work": "office", "/srv/other": "home"}


def test_rename_updates_the_previous_profile(two_profiles: ProfileStore) -> None:
    two_profiles.use("home")
    two_profiles.rename("work", "office")
    assert active(two_profiles) == ("home", "office")
    assert two_profiles.use_previous() == "office"


def test_rename_keeps_comments(two_profiles: ProfileStore) -> None:
    path = Path(two_profiles.profiles.path("work"))
    path.write_text("# mine\n" + path.read_text() + "\n\n")
    before = path.read_bytes()
    two_profiles.rename("work", "office")
    assert Path(two_profiles.profiles.path("office")).read_bytes() == before


def fail_at_step(monkeypatch: pytest.MonkeyPatch, step: int) -> Callable[[], bool]:
    """Make the n-th change of any file fail. The result tells whether there was one."""
    steps = itertools.count(1)
    failed = []

    def count_changes(change: Callable[..., bool]) -> Callable[..., bool]:
        def change_or_fail(path: str, *arguments: Any) -> bool:
            if next(steps) == step:
                failed.append(path)
                raise FileError("the disk is full", path=path)
            return change(path, *arguments)

        return change_or_fail

    monkeypatch.setattr(files, "write", count_changes(files.write))
    monkeypatch.setattr(files, "remove", count_changes(files.remove))
    return lambda: bool(failed)


def test_rename_failing_at_any_step_keeps_the_active_profile(tmp_path: Path) -> None:
    for step in itertools.count(1):
        store = open_store(app, {"ARKA_HOME": str(tmp_path / str(step))})
        store.create("work", {("settings", "timeout"): 30})
        store.log_in("work", credential("work"))
        store.pin("/srv/work", "work")
        with pytest.MonkeyPatch.context() as monkeypatch:
            failed = fail_at_step(monkeypatch, step)
            try:
                store.rename("work", "office")
            except FileError:
                assert failed()
        for directory in ("/", "/srv/work"):
            found = resolution(store, directory=directory)
            assert found.token().secret.reveal() == token("work")
            assert found.profile.profile is not None
            assert found.profile.profile.settings == {"timeout": 30}
        if not failed():
            assert step == 7  # two copies, the pins, the active profile, two removals
            return


def test_remove_clears_the_active_profile_and_pins(two_profiles: ProfileStore) -> None:
    two_profiles.pin("/srv/other", "work")
    two_profiles.pin("/srv/home", "home")
    assert sorted(two_profiles.remove("work")) == ["/srv/other", "/srv/work"]
    assert two_profiles.names() == ["home"]
    assert active(two_profiles) == (None, None)
    assert two_profiles.selection.read_pins() == {"/srv/home": "home"}
    assert not two_profiles.tokens.holds("work")


def test_remove_of_another_profile_keeps_the_active_one(two_profiles: ProfileStore) -> None:
    two_profiles.use("home")
    assert two_profiles.remove("work") == ["/srv/work"]
    assert active(two_profiles) == ("home", None)


def test_remove_accepts_an_unreadable_profile(two_profiles: ProfileStore) -> None:
    Path(two_profiles.profiles.path("work")).write_text("[broken")
    Path(two_profiles.tokens.path("work")).write_text("{")
    two_profiles.remove("work")
    assert two_profiles.names() == ["home"]


# Selecting a profile


def test_use_returns_the_previous_profile(two_profiles: ProfileStore) -> None:
    assert two_profiles.use("home") == "work"
    assert active(two_profiles) == ("home", "work")
    assert two_profiles.use_previous() == "work"
    assert active(two_profiles) == ("work", "home")
    assert two_profiles.use_previous() == "home"


def test_use_of_the_active_profile_keeps_the_previous_one(two_profiles: ProfileStore) -> None:
    two_profiles.use("home")
    assert two_profiles.use("home") == "home"
    assert active(two_profiles) == ("home", "work")


def test_use_previous_without_one_is_an_error(two_profiles: ProfileStore) -> None:
    with pytest.raises(ConfigError, match="there is no previous profile") as caught:
        two_profiles.use_previous()
    assert caught.value.hint == "arka use NAME"


def test_use_previous_works_after_the_active_profile_is_removed(two_profiles: ProfileStore) -> None:
    two_profiles.use("home")
    two_profiles.remove("home")
    assert active(two_profiles) == (None, "work")
    assert two_profiles.use_previous() == "work"


def test_use_without_an_active_profile_keeps_the_previous_one(two_profiles: ProfileStore) -> None:
    two_profiles.use("home")
    two_profiles.remove("home")
    two_profiles.create("ci", {})
    assert two_profiles.use("ci") is None
    assert active(two_profiles) == ("ci", "work")


def test_pin_replaces_and_unpin_removes(two_profiles: ProfileStore) -> None:
    two_profiles.pin("/srv/x", "work")
    two_profiles.pin("/srv/x", "home")
    assert two_profiles.selection.read_pins()["/srv/x"] == "home"
    assert two_profiles.unpin("/srv/x") == "home"
    assert two_profiles.unpin("/srv/x") is None
    assert two_profiles.selection.read_pins() == {"/srv/work": "work"}


# Preferences


def test_preferences_are_read_once_on_first_use(store: ProfileStore) -> None:
    config = Path(store.folders.config, "config.toml")
    config.parent.mkdir(parents=True)
    config.write_text("expiry_warning = '7d'")
    assert store.preferences.expiry_warning == 7
    config.write_text("broken")
    assert store.preferences.expiry_warning == 7


def test_broken_config_toml_is_an_error_only_when_needed(two_profiles: ProfileStore) -> None:
    Path(two_profiles.folders.config, "config.toml").write_text("broken")
    fresh = open_store(two_profiles.app, folders=two_profiles.folders)
    assert fresh.names() == ["home", "work"]
    assert fresh.credential("work").token.reveal()
    for name in ("work", "new"):  # config.toml says how new tokens are stored
        with pytest.raises(MalformedFile):
            fresh.log_in(name, credential("new"))
    assert fresh.names() == ["home", "work"]
