"""Precedence: the effective profile, token, URL and values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from arka_config import App, Credential, Origin, ProfileStore, Resolution, Secret, open_store
from arka_config.arka import app
from arka_config.errors import (
    InvalidName,
    InvalidUrl,
    InvalidValue,
    MalformedFile,
    NoToken,
    OriginConflict,
    TokenUnavailable,
    UnknownProfile,
)
from arka_config.precedence.values import DEFAULT, Field, ResolvedValue
from tests.store.samples import EU_URL, HOME_URL, all_text, credential, resolution, token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TIMEOUT = app.field(("timeout",))
RETRIES = app.field(("http", "retries"))
STORED = token("work")
EXPORTED = token("exported")
PASSED = token("passed")


@pytest.fixture
def three(store: ProfileStore) -> ProfileStore:
    """`work` (active), `home` and `ci`, each with its own token and timeout."""
    for timeout, name in enumerate(("work", "home", "ci"), 1):
        store.log_in(name, credential(name))
        store.edit(name, {("settings", "timeout"): timeout})
    return store


def names(store: ProfileStore, directory: str = "/", profile: str | None = None, **environ: str) -> tuple[str, str]:
    """Return the effective profile, and the layer that selects it."""
    found = resolution(store, environ, profile=profile, directory=directory)
    choice = found.choice()
    return str(found.name), "" if choice is None else choice.layer


# The profile


def test_profile_choice_order_is_flag_variable_pin_active(three: ProfileStore) -> None:
    three.log_in("pinned", credential("pinned"))
    three.pin("/srv", "pinned")
    assert names(three) == ("work", "active")
    assert names(three, "/srv") == ("pinned", "pin")
    assert names(three, "/srv", ARKA_PROFILE="home") == ("home", "env")
    assert names(three, "/srv", "ci", ARKA_PROFILE="home") == ("ci", "flag")


def test_trace_choice_lists_every_layer_in_order(three: ProfileStore) -> None:
    three.pin("/srv", "ci")
    three.create("default", {})
    found = resolution(three, profile="work", directory="/srv/x", ARKA_PROFILE="home").trace_choice()
    assert [(finding.layer, finding.value, finding.source, finding.key) for finding in found] == [
        ("flag", "work", "--profile", ""),
        ("env", "home", "ARKA_PROFILE", ""),
        ("pin", "ci", three.selection.pins_path, "/srv"),
        ("active", "work", three.selection.active_path, ""),
        ("default", "default", "", ""),
    ]


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("/srv", "home"),
        ("/srv/x/y", "home"),
        ("/srv/team", "ci"),
        ("/srv/team/deep/er", "ci"),
        ("/srv/teamwork", "home"),
        ("/srv2", "work"),
        ("/", "work"),
        ("/home/srv", "work"),
    ],
)
def test_innermost_pinned_folder_selects_the_profile(three: ProfileStore, directory: str, expected: str) -> None:
    three.pin("/srv", "home")
    three.pin("/srv/team", "ci")
    assert names(three, directory)[0] == expected


def test_pinned_root_applies_everywhere(three: ProfileStore) -> None:
    three.pin("/", "ci")
    assert names(three, "/") == names(three, "/any/where") == ("ci", "pin")


def test_pins_match_the_real_path_of_the_working_directory(
    three: ProfileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    three.pin(os.path.realpath(tmp_path / "real"), "home")
    monkeypatch.chdir(tmp_path / "link" / "deep")
    assert Resolution(three, {}).name == "home"


def test_removed_working_directory_has_no_pin(
    three: ProfileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    three.pin(str(gone), "home")
    assert Resolution(three, {}).name == "work"


def test_profile_default_is_used_if_it_exists(store: ProfileStore) -> None:
    assert resolution(store).choice() is None
    assert resolution(store).name is None
    store.create("default", {})
    assert names(store) == ("default", "default")


def test_empty_profile_variable_is_unset(three: ProfileStore) -> None:
    assert names(three, ARKA_PROFILE="") == ("work", "active")


@pytest.mark.parametrize(
    "ask",
    [
        lambda found: found.name,
        lambda found: found.token(),
        lambda found: found.resolve(TIMEOUT),
        lambda found: found.trace(TIMEOUT),
        lambda found: found.resolve(app.url_field),
    ],
    ids=["name", "token", "value", "findings", "url"],
)
def test_unknown_profile_is_an_error(three: ProfileStore, ask: Callable[[Resolution], object]) -> None:
    three.create("default", {})
    with pytest.raises(UnknownProfile, match="there is no profile 'wrok'$") as caught:
        ask(resolution(three, profile="wrok"))
    assert caught.value.hint == "did you mean 'work'?"
    with pytest.raises(UnknownProfile, match=r"there is no profile 'wrok' \(from ARKA_PROFILE\)"):
        ask(resolution(three, ARKA_PROFILE="wrok"))


def test_unknown_profile_is_an_error_despite_a_token_in_the_environment(three: ProfileStore) -> None:
    with pytest.raises(UnknownProfile):
        resolution(three, profile="wrok", ARKA_API_KEY=EXPORTED).token()


def test_missing_active_profile_is_an_error_with_the_file(three: ProfileStore) -> None:
    three.create("default", {})
    Path(three.selection.active_path).write_text("gone\n")
    with pytest.raises(UnknownProfile, match=rf"there is no profile 'gone' \(from {three.selection.active_path}\)"):
        _ = resolution(three).name


def test_pin_to_a_missing_profile_is_an_error_with_file_and_directory(
    three: ProfileStore,
) -> None:
    three.selection.write_pins({"/srv": "gone"})
    with pytest.raises(UnknownProfile, match=rf"\(from {three.selection.pins_path}: /srv\)"):
        _ = resolution(three, directory="/srv/x").name


def test_invalid_name_in_the_variable_is_an_error_with_its_source(three: ProfileStore) -> None:
    with pytest.raises(InvalidName, match=r"'Work Laptop' is not a profile name \(from ARKA_PROFILE\)") as caught:
        resolution(three, ARKA_PROFILE="Work Laptop").choice()
    assert caught.value.hint == "try 'work-laptop'"
    with pytest.raises(InvalidName):
        resolution(three, profile="../work").choice()


def test_may_be_new_accepts_a_missing_profile(three: ProfileStore) -> None:
    assert resolution(three, profile="new", may_be_new=True).name == "new"
    assert not resolution(three, profile="new", may_be_new=True).profile.exists


def test_resolution_reads_only_what_is_used(three: ProfileStore) -> None:
    Path(three.selection.active_path).write_text("broken broken broken")
    Path(three.selection.pins_path).write_text("broken")
    assert names(three, profile="home") == ("home", "flag")
    assert names(three, ARKA_PROFILE="home") == ("home", "env")
    with pytest.raises(MalformedFile):
        _ = resolution(three).name


# While another process renames the effective profile


class Interrupted:
    """A token store that calls a function just before the n-th token is read."""

    def __init__(self, store: ProfileStore, *events: Callable[[], object]) -> None:
        self._tokens = store.tokens
        self._events = list(events)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokens, name)

    def read(self, name: str) -> Any:
        if self._events:
            self._events.pop(0)()
        return self._tokens.read(name)


@pytest.mark.parametrize("directory", ["/", "/srv"])
def test_profile_renamed_while_reading_is_found(three: ProfileStore, environ: dict[str, str], directory: str) -> None:
    three.pin("/srv", "work")
    other = open_store(app, environ)
    three.tokens = Interrupted(three, lambda: other.rename("work", "office"))  # type: ignore[assignment]  # the resolution needs nothing else
    found = resolution(three, directory=directory)
    assert found.name == "office"
    assert found.token().secret.reveal() == STORED


def test_profile_renamed_away_and_back_while_reading_is_found(
    three: ProfileStore, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_store(app, environ)
    three.tokens = Interrupted(three, lambda: other.rename("work", "office"))  # type: ignore[assignment]  # the resolution needs nothing else
    active = three.selection.read_active

    def back_again() -> tuple[str | None, str | None]:
        if other.exists("office"):
            other.rename("office", "work")
        return active()

    monkeypatch.setattr(three.selection, "read_active", back_again)
    found = resolution(three)
    assert found.token().secret.reveal() == STORED
    assert found.profile.is_whole


def test_profile_removed_while_reading_is_not_effective(three: ProfileStore, environ: dict[str, str]) -> None:
    other = open_store(app, environ)
    three.tokens = Interrupted(three, lambda: other.remove("work"))  # type: ignore[assignment]  # the resolution needs nothing else
    assert resolution(three).name is None


# The token and its URL


class Case(NamedTuple):
    """What each layer has, and the effective token and URL, or the two conflicting places."""

    token: str | None = None
    url: str | None = None
    layers: tuple[str, str] | None = None
    conflict: tuple[str, str] | None = None
    environ: Mapping[str, str] = {}
    flags: Mapping[str, Any] = {}
    stored_for: str | None = HOME_URL
    file: Mapping[tuple[str, ...], Any] = {}


KEY = {"ARKA_API_KEY": EXPORTED}
FILE, STORE = "work.toml: api_url", "tokens/work.json"
BY_FLAG = {"profile": "work"}

CASES = {
    # A stored token is only sent to the origin that it was stored for.
    "stored": Case(STORED, HOME_URL, ("profile", "profile")),
    "stored for another origin": Case(STORED, EU_URL, ("profile", "profile"), stored_for=EU_URL),
    "stored, and the file's URL has a path": Case(
        STORED, EU_URL + "/api", ("profile", "profile"), stored_for=EU_URL, file={("api_url",): EU_URL + "/api"}
    ),
    "stored, and the file's URL is another origin": Case(conflict=(STORE, FILE), file={("api_url",): EU_URL}),
    "stored, and the environment names another origin": Case(
        conflict=(STORE, "ARKA_API_URL"), environ={"ARKA_API_URL": EU_URL}
    ),
    "stored, and the environment names the same origin": Case(
        STORED, HOME_URL + "/v2", ("profile", "env"), environ={"ARKA_API_URL": HOME_URL + "/v2"}
    ),
    "stored, and the flag names another origin": Case(conflict=(STORE, "--api-url"), flags={"api_url": EU_URL}),
    "stored, and the flag names the same origin": Case(
        STORED, HOME_URL + ":443/v2", ("profile", "flag"), flags={"api_url": HOME_URL + ":443/v2"}
    ),
    "stored, and flag and environment disagree": Case(
        conflict=(STORE, "ARKA_API_URL"), flags={"api_url": HOME_URL}, environ={"ARKA_API_URL": EU_URL}
    ),
    "a suffix is another origin": Case(
        conflict=(STORE, "ARKA_API_URL"), environ={"ARKA_API_URL": "https://eu.arka-ai.com"}
    ),
    "a port is another origin": Case(
        conflict=(STORE, "ARKA_API_URL"), environ={"ARKA_API_URL": "https://arka-ai.com:8443"}
    ),
    # A token from the environment is sent to ARKA_API_URL or the default, never to the profile's URL.
    "exported": Case(EXPORTED, HOME_URL, ("env", "default"), environ=KEY),
    "exported, with a URL": Case(EXPORTED, EU_URL, ("env", "env"), environ={**KEY, "ARKA_API_URL": EU_URL}),
    "exported, and the file names another origin": Case(
        EXPORTED, HOME_URL, ("env", "default"), environ=KEY, file={("api_url",): EU_URL}, stored_for=EU_URL
    ),
    "exported, and the token is stored for another origin": Case(
        EXPORTED, HOME_URL, ("env", "default"), environ=KEY, stored_for=EU_URL
    ),
    "exported, and there is no profile token": Case(
        EXPORTED, HOME_URL, ("env", "default"), environ=KEY, file={("api_url",): EU_URL}, stored_for=None
    ),
    "exported, and the flag names another origin": Case(
        conflict=("ARKA_API_KEY", "--api-url"), environ=KEY, flags={"api_url": EU_URL}
    ),
    "exported with a URL, and the flag names another origin": Case(
        conflict=("ARKA_API_KEY", "--api-url"), environ={**KEY, "ARKA_API_URL": EU_URL}, flags={"api_url": HOME_URL}
    ),
    "exported with a URL, and the flag names another path": Case(
        EXPORTED,
        EU_URL + "/x",
        ("env", "flag"),
        environ={**KEY, "ARKA_API_URL": EU_URL},
        flags={"api_url": EU_URL + "/x"},
    ),
    "exported, with white space around it": Case(
        EXPORTED, HOME_URL, ("env", "default"), environ={"ARKA_API_KEY": f" \t{EXPORTED}\r\n"}
    ),
    "exported, empty": Case(STORED, HOME_URL, ("profile", "profile"), environ={"ARKA_API_KEY": ""}),
    "exported, blank": Case(STORED, HOME_URL, ("profile", "profile"), environ={"ARKA_API_KEY": " \n"}),
    "an empty URL is unset": Case(STORED, HOME_URL, ("profile", "profile"), environ={"ARKA_API_URL": ""}),
    # A token from a flag is sent to the flag's URL, else to the environment's, else to the default.
    "passed": Case(PASSED, HOME_URL, ("flag", "default"), flags={"api_key": PASSED}),
    "passed, with a URL": Case(PASSED, EU_URL, ("flag", "flag"), flags={"api_key": PASSED, "api_url": EU_URL}),
    "passed, and the environment names a URL": Case(
        PASSED, EU_URL, ("flag", "env"), flags={"api_key": PASSED}, environ={"ARKA_API_URL": EU_URL}
    ),
    "passed, with a URL, and the environment names another": Case(
        PASSED,
        EU_URL,
        ("flag", "flag"),
        flags={"api_key": PASSED, "api_url": EU_URL},
        environ={"ARKA_API_URL": "https://us.arka-ai.com"},
    ),
    "passed, and the profile below the environment names a URL": Case(
        PASSED, HOME_URL, ("flag", "default"), flags={"api_key": PASSED}, file={("api_url",): EU_URL}, stored_for=EU_URL
    ),
    "passed, over an exported one": Case(PASSED, HOME_URL, ("flag", "default"), flags={"api_key": PASSED}, environ=KEY),
    "passed, with a profile by flag that names a URL": Case(
        PASSED,
        EU_URL,
        ("flag", "profile"),
        flags={"api_key": PASSED, **BY_FLAG},
        file={("api_url",): EU_URL},
        stored_for=EU_URL,
    ),
    # A profile that is selected by flag ranks with the flags.
    "explicit profile over an exported token": Case(
        STORED, HOME_URL, ("profile", "profile"), environ=KEY, flags=BY_FLAG
    ),
    "explicit profile over an exported token and URL": Case(
        STORED, HOME_URL, ("profile", "profile"), environ={**KEY, "ARKA_API_URL": EU_URL}, flags=BY_FLAG
    ),
    "explicit profile, and the flag names another origin": Case(
        conflict=(STORE, "--api-url"), flags={**BY_FLAG, "api_url": EU_URL}
    ),
    "explicit profile without a token, for another origin": Case(
        conflict=("ARKA_API_KEY", FILE), environ=KEY, flags=BY_FLAG, file={("api_url",): EU_URL}, stored_for=None
    ),
    "explicit profile without a token, for the same origin": Case(
        EXPORTED,
        HOME_URL + "/v2",
        ("env", "profile"),
        environ=KEY,
        flags=BY_FLAG,
        file={("api_url",): HOME_URL + "/v2"},
        stored_for=None,
    ),
    "profile by variable below the exported token": Case(
        EXPORTED, HOME_URL, ("env", "default"), environ={**KEY, "ARKA_PROFILE": "work"}
    ),
    # A token reference belongs to the profile's layer, and its token is for the profile's URL.
    "reference": Case(
        token("elsewhere"),
        EU_URL,
        ("profile", "profile"),
        environ={"WORK_TOKEN": token("elsewhere")},
        file={("api_url",): EU_URL, ("token", "env"): "WORK_TOKEN"},
        stored_for=None,
    ),
    "reference without a URL": Case(
        token("elsewhere"),
        HOME_URL,
        ("profile", "default"),
        environ={"WORK_TOKEN": token("elsewhere")},
        file={("token", "env"): "WORK_TOKEN"},
        stored_for=None,
    ),
    "reference before a stored token of another origin": Case(
        token("elsewhere"),
        HOME_URL,
        ("profile", "default"),
        environ={"WORK_TOKEN": token("elsewhere")},
        file={("token", "env"): "WORK_TOKEN"},
        stored_for=EU_URL,
    ),
    "reference, and the environment names another origin": Case(
        conflict=("work.toml: token.env", "ARKA_API_URL"),
        environ={"WORK_TOKEN": token("elsewhere"), "ARKA_API_URL": EU_URL},
        file={("token", "env"): "WORK_TOKEN"},
        stored_for=None,
    ),
}


AGREED = {what: case for what, case in CASES.items() if case.conflict is None}
CONFLICTS = {what: case for what, case in CASES.items() if case.conflict is not None}


def prepare(store: ProfileStore, case: Case) -> Resolution:
    """Return the resolution for a case."""
    store.create("work", {})
    store.use("work")
    if case.stored_for is not None:
        store.log_in("work", credential("work", case.stored_for))
    store.edit("work", case.file)
    return resolution(store, case.environ, **case.flags)


@pytest.mark.parametrize("case", AGREED.values(), ids=AGREED)
def test_token_and_url_come_from_one_place(store: ProfileStore, case: Case) -> None:
    found = prepare(store, case)
    pair = found.token()
    assert (pair.secret.reveal(), str(pair.url.value)) == (case.token, case.url)
    assert (pair.token.layer, pair.url.layer) == case.layers


@pytest.mark.parametrize("case", AGREED.values(), ids=AGREED)
def test_effective_url_is_the_url_of_the_effective_token(store: ProfileStore, case: Case) -> None:
    found = prepare(store, case).resolve(app.url_field)
    assert found is not None
    assert found.value == case.url


@pytest.mark.parametrize("ask", ["token", "effective_token", "url"])
@pytest.mark.parametrize("case", CONFLICTS.values(), ids=CONFLICTS)
def test_url_from_a_higher_layer_with_another_origin_is_an_error(store: ProfileStore, case: Case, ask: str) -> None:
    found = prepare(store, case)
    asked: dict[str, Callable[[], object]] = {
        "token": found.token,
        "effective_token": found.effective_token,
        "url": lambda: found.resolve(app.url_field),
    }
    with pytest.raises(OriginConflict, match="a token is never sent to another origin") as caught:
        asked[ask]()
    assert case.conflict is not None
    assert all(place in caught.value.message for place in case.conflict)
    assert caught.value.hint
    assert STORED not in all_text(caught.value)
    assert EXPORTED not in all_text(caught.value)


API = App("acme", api_url="https://acme.example/api/v2")


@pytest.fixture
def of_api(home: Path) -> ProfileStore:
    """A profile with a token for the app's default URL, which has a path. The token's file has only the origin."""
    store = open_store(API)
    store.log_in("work", Credential(Secret("secret-token"), Origin.of("https://acme.example/api/v2")))
    return store


def api_url(store: ProfileStore, **environ: str) -> tuple[str, str]:
    found = Resolution(store, environ)
    url, resolved = found.token().url, found.resolve(API.url_field)
    assert resolved is not None
    assert (resolved.value, resolved.place) == (url.value, url.place)
    return str(url.value), url.layer


def test_stored_token_is_sent_to_the_default_url_with_its_path(of_api: ProfileStore) -> None:
    assert api_url(of_api) == ("https://acme.example/api/v2", "profile")
    of_api.edit_preferences({("api_url",): "https://acme.example/api/v3"})
    assert api_url(of_api) == ("https://acme.example/api/v3", "profile")
    of_api.edit_preferences({("api_url",): "https://other.example/api/v4"})
    assert api_url(of_api) == ("https://acme.example/api/v2", "profile")
    of_api.edit("work", {("api_url",): "https://acme.example"})  # as `login --api-url` writes it
    assert api_url(of_api) == ("https://acme.example", "profile")
    assert api_url(of_api, ACME_API_URL="https://acme.example/beta") == ("https://acme.example/beta", "env")


def test_stored_token_of_another_origin_gets_no_path(of_api: ProfileStore) -> None:
    of_api.log_in("eu", Credential(Secret("secret-token"), Origin.of("https://eu.acme.example/")), activate=True)
    assert api_url(of_api) == ("https://eu.acme.example", "profile")


def test_logout_keeps_the_path_of_the_default_url(of_api: ProfileStore) -> None:
    of_api.log_out("work")
    assert of_api.profiles.read("work").api_url == ""
    url = Resolution(of_api, {}).resolve(API.url_field)
    assert url is not None
    assert url.value == "https://acme.example/api/v2"


def test_damaged_preferences_do_not_hide_the_path(of_api: ProfileStore) -> None:
    path = Path(of_api.preferences_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("api_url = [")
    assert api_url(open_store(API)) == ("https://acme.example/api/v2", "profile")


def test_origin_conflict_names_both_places_and_origins(three: ProfileStore) -> None:
    with pytest.raises(OriginConflict) as caught:
        resolution(three, ARKA_API_URL=EU_URL).token()
    assert caught.value.message == (
        f"the token from {three.tokens.path('work')} is for https://arka-ai.com, but ARKA_API_URL says {EU_URL}: "
        "a token is never sent to another origin"
    )
    assert caught.value.hint == "unset ARKA_API_URL"


@pytest.mark.parametrize("url", ["http://arka-ai.com", "https://arka-ai.com@evil.example", "arka-ai.com"])
def test_invalid_url_is_an_error_with_its_place(three: ProfileStore, url: str) -> None:
    for variables in ({}, KEY):
        with pytest.raises(InvalidUrl, match="^ARKA_API_URL: "):
            resolution(three, variables, ARKA_API_URL=url).token()


def test_token_with_a_line_break_is_an_error_with_its_variable(three: ProfileStore) -> None:
    with pytest.raises(InvalidValue, match="ARKA_API_KEY contains a forbidden character") as caught:
        resolution(three, ARKA_API_KEY=f"{EXPORTED}\n{EXPORTED}").token()
    assert EXPORTED not in all_text(caught.value)


def test_no_token_error_hints_how_to_get_one(store: ProfileStore) -> None:
    with pytest.raises(NoToken, match="no profile is selected, and ARKA_API_KEY is not set") as caught:
        resolution(store).token()
    assert (caught.value.hint, caught.value.exit_code) == ("arka login", 4)
    store.create("work", {})
    with pytest.raises(NoToken, match="profile 'work' has no token") as caught:
        resolution(store, profile="work").token()
    assert caught.value.hint == "arka login --profile work"
    assert resolution(store).effective_token() is None


def test_missing_referenced_token_is_not_replaced_by_another(three: ProfileStore) -> None:
    three.edit("work", {("token", "env"): "WORK_TOKEN"})
    pair = resolution(three).token()
    with pytest.raises(TokenUnavailable):
        pair.secret.reveal()
    with pytest.raises(TokenUnavailable):
        resolution(three, profile="work", ARKA_API_KEY=EXPORTED).token().secret.reveal()


def test_unreadable_token_file_is_an_error(three: ProfileStore) -> None:
    Path(three.tokens.path("work")).write_text("{")
    with pytest.raises(MalformedFile):
        resolution(three).token()


# Values


def built_in(field: Field) -> ResolvedValue | None:
    """Return a layer with the default of one setting."""
    return ResolvedValue(field, 30, DEFAULT) if field is TIMEOUT else None


def test_flag_overrides_env_overrides_profile_overrides_default(three: ProfileStore) -> None:
    def value(flags: dict[str, object], variables: dict[str, str]) -> tuple[object, str]:
        found = Resolution(three, variables, flags=flags, directory=lambda: "/", defaults=built_in).resolve(TIMEOUT)
        assert found is not None
        return found.value, found.layer

    assert value({"timeout": "7"}, {"ARKA_TIMEOUT": "5"}) == ("7", "flag")
    assert value({"timeout": None}, {"ARKA_TIMEOUT": "5"}) == ("5", "env")
    assert value({}, {"ARKA_TIMEOUT": ""}) == (1, "profile")
    three.edit("work", {("settings", "timeout"): None})
    assert value({}, {}) == (30, "default")


def test_profile_chosen_by_flag_overrides_the_environment(three: ProfileStore) -> None:
    by_flag = resolution(three, profile="ci", ARKA_TIMEOUT="5")
    by_variable = resolution(three, ARKA_PROFILE="ci", ARKA_TIMEOUT="5")
    for found, value, layers in (
        (by_flag, 3, ["profile", "env"]),
        (by_variable, "5", ["env", "profile"]),
    ):
        winner = found.resolve(TIMEOUT)
        assert winner is not None
        assert winner.value == value
        assert [finding.layer for finding in found.trace(TIMEOUT)] == layers


def test_resolved_value_has_file_and_key(three: ProfileStore) -> None:
    three.edit("work", {("settings", "http", "retries"): 3})
    found = resolution(three).resolve(RETRIES)
    assert found is not None
    assert (found.value, found.place) == (3, f"{three.profiles.path('work')}: settings.http.retries")


def test_default_is_used_if_no_layer_has_a_value(store: ProfileStore) -> None:
    found = Resolution(store, {}, directory=lambda: "/", defaults=built_in).resolve(TIMEOUT)
    assert found is not None
    assert (found.value, found.layer, found.place) == (30, "default", "built in")
    assert resolution(store).resolve(TIMEOUT) is None
    assert resolution(store).trace(TIMEOUT) == []


def test_setting_in_place_of_a_table_is_an_error_with_file_and_key(three: ProfileStore) -> None:
    three.edit("work", {("settings", "http"): "yes"})
    with pytest.raises(MalformedFile, match="work.toml: settings.http must be a table"):
        resolution(three).resolve(RETRIES)


# The notice if there are two tokens

NOTICES = {
    "only a stored token": ({}, {}, True, ""),
    "only an exported one": (KEY, {}, False, ""),
    "an exported one hides the profile's": (
        KEY,
        {},
        True,
        "using the token in ARKA_API_KEY; that of profile 'work' is not used",
    ),
    "an exported one loses to the profile's": (
        KEY,
        BY_FLAG,
        True,
        "using the token of profile 'work'; ARKA_API_KEY in the environment is not used",
    ),
    "a profile by flag has no token": (
        KEY,
        BY_FLAG,
        False,
        "profile 'work' has no token: using the one in ARKA_API_KEY",
    ),
    "an empty variable hides nothing": ({"ARKA_API_KEY": ""}, {}, True, ""),
    "a passed one needs no word": (KEY, {"api_key": PASSED}, True, ""),
}


@pytest.mark.parametrize(("variables", "flags", "has_token", "line"), NOTICES.values(), ids=NOTICES)
def test_notice_says_which_token_is_used(
    store: ProfileStore, variables: dict[str, str], flags: dict[str, Any], has_token: bool, line: str
) -> None:
    store.create("work", {})
    store.use("work")
    if has_token:
        store.log_in("work", credential("work"))
    found = resolution(store, variables, **flags)
    assert found.notice(found.token().token) == line
