"""If settings were renamed or retired, older profiles, variables and templates still work, with a warning."""

from __future__ import annotations

import json
import tomllib
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field

from arka_config import App, ConfigWarning, ProfileSettings, Resolution, Secret, SettingsError, Token, open_store
from arka_config.errors import ConfigError
from arka_config.settings import renaming
from arka_config.store.child_environment import secrets_in
from arka_config.testing import Result, run_program
from arka_config.text import edit_command
from arka_config.workspace.client.connection import Connection
from tests.settings.renamed import Settings, app

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config import ProfileStore


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(home: Path) -> ProfileStore:
    return open_store(app)


def acme(*words: str, **environ: str) -> Result:
    return run_program(app.main(), words, environ=environ)


def load(**more: Any) -> tuple[Settings, list[str]]:
    """Return the settings and the warnings of loading them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        settings = Settings.load(**more)
    assert {each.category for each in caught} <= {ConfigWarning}
    return settings, [str(each.message) for each in caught]


def write_profile(home: Path, text: str) -> Path:
    path = home / "acme" / "config" / "profiles" / "work.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


# Reading


def test_old_variable_works_with_one_warning_that_names_the_new_one() -> None:
    settings, said = load(environ={"ACME_WAIT": "7"})
    assert settings.timeout == 7
    assert settings.source_of("timeout").place == "ACME_WAIT"
    hint = 'export ACME_TIMEOUT="$ACME_WAIT"; unset ACME_WAIT'
    assert said == [f"ACME_WAIT is an old name: it is ACME_TIMEOUT now; hint: {hint}"]


def test_newer_name_beats_older_ones_in_the_same_layer() -> None:
    settings, said = load(environ={"ACME_TIMEOUT": "5", "ACME_WAIT": "7"})
    assert (settings.timeout, said) == (5, [])
    assert load(environ={"ACME_PATIENCE": "8", "ACME_WAIT": "7"})[0].timeout == 7


@pytest.mark.parametrize(
    ("environ", "retries", "headers"),
    [
        ({"ACME_HTTP__ATTEMPTS": "9"}, 9, {}),
        ({"ACME_NETWORK__RETRIES": "9"}, 9, {}),
        ({"ACME_NETWORK__ATTEMPTS": "9"}, 9, {}),
        ({"ACME_NETWORK": '{"attempts": 9}'}, 9, {}),
        ({"ACME_NETWORK__HEADERS__ACCEPT": "json"}, 3, {"accept": "json"}),
    ],
)
def test_old_names_of_tables_and_within_tables_work(
    environ: dict[str, str], retries: int, headers: dict[str, str]
) -> None:
    settings, said = load(environ=environ)
    assert (settings.http.retries, settings.http.headers, len(said)) == (retries, headers, 1)


def test_old_keys_of_a_profile_work_with_a_warning_each(home: Path) -> None:
    path = write_profile(home, "[settings]\nwait = 7\n\n[settings.network]\nattempts = 9\n")
    settings, said = load(profile="work")
    assert (settings.timeout, settings.http.retries) == (7, 9)
    assert settings.source_of("timeout").key == "settings.wait"
    assert said == [
        f"{path}: settings.wait is an old name: it is settings.timeout now; hint: acme doctor --fix",
        f"{path}: settings.network.attempts is an old name: it is settings.http.retries now; hint: acme doctor --fix",
    ]
    done = acme("config", "show", "-p", "work")
    assert (done.code, done.err.count("settings.wait is an old name")) == (0, 1)


def test_old_key_beats_the_default_and_loses_to_the_environment(home: Path) -> None:
    write_profile(home, "[settings]\nwait = 7\n")
    assert acme("use", "work").code == 0
    settings, said = load(environ={"ACME_TIMEOUT": "5", "ACME_HOME": str(home / "acme")})
    assert (settings.timeout, said) == (5, [])


def test_error_in_an_old_key_names_its_place(home: Path) -> None:
    path = write_profile(home, '[settings]\nwait = "soon"\n')
    with pytest.raises(SettingsError, match="timeout: input should be a valid number") as raised:
        load(profile="work")
    assert f"{path}: settings.wait" in str(raised.value)


def test_keyword_arguments_take_old_names() -> None:
    assert load(flags={"wait": 4}, environ={})[0].timeout == 4
    assert load(flags={"network": {"attempts": 4}}, environ={})[0].http.retries == 4


def test_misspelled_key_is_still_an_error(home: Path) -> None:
    write_profile(home, "[settings]\nwiat = 7\n")
    with pytest.raises(SettingsError, match="wiat: unknown setting"):
        load(profile="work")


# Secrets


def test_secret_under_an_old_name_is_masked(home: Path) -> None:
    write_profile(home, '[settings]\npass_phrase = "hunter2"\n')
    for words in (("profiles", "show", "work"), ("profiles", "show", "work", "--json"), ("export", "template", "work")):
        done = acme(*words)
        assert "hunter2" not in done.out + done.err, words
    done = acme("config", "show", "--sources", ACME_PASS_PHRASE="hunter2")
    assert ("hunter2" in done.out + done.err, "ACME_PASS_PHRASE is an old name" in done.err) == (False, True)


def test_secret_under_an_old_name_is_not_inherited() -> None:
    assert secrets_in(app, {"ACME_PASS_PHRASE": "hunter2", "ACME_WAIT": "1"}) == {"ACME_PASS_PHRASE"}


def test_secret_stored_under_an_old_name_is_found(store: ProfileStore) -> None:
    store.create("work", {})
    store.set_secret("work", "pass_phrase", Secret("hunter2"))
    settings, said = load(profile="work")
    assert settings.password is not None
    assert settings.password.get_secret_value() == "hunter2"
    assert "the secret 'pass_phrase' has an old name: it is 'password' now" in said[0]
    assert "hunter2" not in said[0]


# Settings that requests use

OLD_ROUTES = """[settings]
wait = 7
http_proxy = "http://proxy.example:3128"
certificates = "/etc/ssl/ours.pem"
"""


def test_requests_use_settings_under_their_old_names(home: Path, store: ProfileStore) -> None:
    path = write_profile(home, OLD_ROUTES)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        connection = Connection.from_settings(Resolution(store, {}, profile="work"))
        from_environment = Connection.from_settings(Resolution(store, {"ACME_WAIT": "4"}))
    assert (connection.timeout, connection.proxy) == (7, "http://proxy.example:3128")
    assert (connection.ca_bundle, connection.place) == ("/etc/ssl/ours.pem", f"{path}: settings.certificates")
    assert from_environment.timeout == 4
    said = [str(each.message).partition(";")[0] for each in caught]
    assert f"{path}: settings.http_proxy is an old name: it is settings.proxy now" in said
    assert "ACME_WAIT is an old name: it is ACME_TIMEOUT now" in said


def test_requests_without_old_names_do_not_import_the_settings_class(store: ProfileStore) -> None:
    """Importing it takes longer than the rest of a command."""
    known = {"timeout": 7, "proxy": "http://proxy.example:1", "ca_bundle": "/etc/ssl/ours.pem"}
    store.create("work", {("settings", name): value for name, value in known.items()})
    missing = open_store(App("acme", settings="tests.nosuch:Settings", api_url="https://api.acme.example"))
    environ = {"ACME_TIMEOUT": "4", "ACME_NO_INPUT": "1"}
    assert Connection.from_settings(Resolution(missing, environ, profile="work")).timeout == 7


def test_error_in_an_old_name_that_a_request_uses_names_its_place(store: ProfileStore) -> None:
    with pytest.warns(ConfigWarning), pytest.raises(ConfigError, match="ACME_WAIT: timeout is not a number"):
        Connection.from_settings(Resolution(store, {"ACME_WAIT": "soon"}))
    with pytest.warns(ConfigWarning), pytest.raises(ConfigError, match="ACME_CERTIFICATES: a file of certificates"):
        Connection.from_settings(Resolution(store, {"ACME_CERTIFICATES": "/tmp/theirs.pem"}))


def test_proxy_with_a_password_is_not_inherited_under_its_old_name() -> None:
    proxy = "http://me:hunter2@proxy.example:3128"
    assert secrets_in(app, {"ACME_HTTP_PROXY": proxy, "ACME_PROXY": proxy}) == {"ACME_HTTP_PROXY", "ACME_PROXY"}
    assert secrets_in(app, {"ACME_HTTP_PROXY": "http://proxy.example:3128"}) == set()


def test_template_that_sets_a_proxy_under_an_old_name_needs_an_approval(home: Path) -> None:
    template = home / "work.toml"
    template.write_text('version = 1\n[profile]\nname = "work"\n[settings]\nhttp_proxy = "http://p.example:1"\n')
    done = acme("apply", str(template), "--yes", "--no-input")
    assert (done.code, "--allow-origin http://p.example:1" in done.err) == (1, True)


# Commands


def test_set_and_unset_leave_no_old_key(home: Path) -> None:
    path = write_profile(home, "# mine\n[settings]\nwait = 7\n\n[settings.network]\nattempts = 9\n")
    assert acme("profiles", "set", "work", "timeout=5", "http.retries=4").code == 0
    lines = [line for line in path.read_text().splitlines() if line]
    assert lines == ["# mine", "[settings]", "timeout = 5", "[settings.http]", "retries = 4"]
    path = write_profile(home, "[settings]\nwait = 7\n")
    assert acme("profiles", "unset", "work", "timeout").code == 0
    assert "wait" not in path.read_text()
    done = acme("profiles", "set", "work", "wait=6")
    assert "wait is an old name: it is timeout now" in done.err
    assert "timeout = 6" in path.read_text()


def test_doctor_names_variables_with_old_names() -> None:
    done = acme("doctor", "--json", ACME_WAIT="7", ACME_COLOUR="red")
    found = {each["place"]: each["message"] for each in json.loads(done.out)["problems"]}
    assert found["ACME_WAIT"] == "it is an old name: it is ACME_TIMEOUT now"
    assert found["ACME_COLOUR"] == "it has no effect: retired: NO_COLOR does it"


# Retired settings


def test_retired_key_is_a_warning_and_not_an_error(home: Path) -> None:
    path = write_profile(home, '[settings]\ncolour = "red"\n[settings.http]\nproxy = "x"\n')
    settings, said = load(profile="work")
    assert settings.timeout == 30
    assert said == [
        f"{path}: settings.colour has no effect any more: NO_COLOR does it; hint: acme doctor --fix",
        f"{path}: settings.http.proxy has no effect any more: set HTTPS_PROXY; hint: acme doctor --fix",
    ]
    found = json.loads(acme("doctor", "--json").out)["problems"]
    command = next(each["command"] for each in found if "settings.colour has no effect" in each["message"])
    assert command == "acme profiles unset work settings.colour"
    assert acme(*command.split()[1:]).code == 0
    assert "colour" not in path.read_text()


def test_hint_of_a_program_without_doctor_opens_the_file(home: Path) -> None:
    few = App("few", commands=["use"])

    class Few(ProfileSettings, app=few, retired={"colour": "gone"}):
        timeout: float = Field(default=30, validation_alias=AliasChoices("timeout", "wait"))

    path = home / "few" / "config" / "profiles" / "work.toml"
    path.parent.mkdir(parents=True)
    path.write_text("[settings]\nwait = 7\ncolour = 1\n", "utf-8")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Few.load(profile="work", environ={"FEW_HOME": str(home / "few")})
    assert {each.message.hint for each in caught} == {edit_command(str(path))}  # type: ignore[union-attr]  # ConfigWarning


def test_retired_variable_of_a_strict_table_is_accepted() -> None:
    class Strict(BaseModel, extra="forbid"):
        retries: int = Field(default=3, validation_alias=AliasChoices("retries", "attempts"))

    class Stricter(ProfileSettings, app=App("acme"), retired={"http.proxy": "set HTTPS_PROXY"}):
        http: Strict = Strict()

    environ = {"ACME_HTTP__PROXY": "x", "ACME_HTTP__RETRIES": "4", "ACME_HOME": "/nowhere"}
    assert Stricter.load(environ=environ).http.retries == 4
    with pytest.raises(SettingsError, match="unknown setting"):
        Stricter.load(environ={**environ, "ACME_HTTP__NOSUCH": "x"})


def test_retired_key_cannot_be_set(home: Path) -> None:
    write_profile(home, "[settings]\n")
    done = acme("profiles", "set", "work", "colour=red")
    assert (done.code, "'colour' is not a setting any more: NO_COLOR does it" in done.err) == (2, True)


# Templates

TEMPLATE = """\
version = 1
[profile]
name = "work"
[settings]
wait = {wait}
colour = "red"
[settings.network]
attempts = 9
"""


def test_template_with_old_names_writes_the_new_ones_and_warns(home: Path) -> None:
    template = home / "work.toml"
    template.write_text(TEMPLATE.format(wait=7))
    done = acme("apply", str(template), "--yes")
    assert done.code == 0, done.err
    assert done.err.count("work.toml:5: settings.wait is an old name: it is settings.timeout now") == 1
    assert done.err.count("work.toml:6: settings.colour has no effect any more: NO_COLOR does it") == 1
    written = (home / "acme/config/profiles/work.toml").read_text()
    assert ("timeout = 7" in written, "retries = 9" in written, "wait" in written) == (True, True, False)
    assert acme("plan", str(template)).code == 0


def test_template_that_changes_an_old_key_of_a_profile_renames_it(home: Path) -> None:
    """The profile and the ledger are those of the program's first version, when the setting had its old name."""
    template = home / "work.toml"
    template.write_text(TEMPLATE.format(wait=7))
    assert acme("apply", str(template), "--yes").code == 0
    profile, ledger = home / "acme/config/profiles/work.toml", home / "acme/state/ledger.json"
    profile.write_text(profile.read_text().replace("timeout", "wait"))
    ledger.write_text(ledger.read_text().replace("settings.timeout", "settings.wait"))
    assert acme("plan", str(template)).code == 0
    template.write_text(TEMPLATE.format(wait=8))
    assert acme("apply", str(template), "--yes").code == 0
    assert ("wait" in profile.read_text(), load(profile="work")[0].timeout) == (False, 8)


def test_template_with_both_names_is_refused(home: Path) -> None:
    template = home / "work.toml"
    template.write_text(TEMPLATE.format(wait=7).replace("colour", "timeout").replace('"red"', "5"))
    done = acme("plan", str(template))
    assert (done.code, "this is timeout under an old name: keep one of them" in done.err) == (1, True)


# What doctor writes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("network.attempts = 9 # x\nnetwork.headers.a = '1'", "http.retries = 9 # x\nhttp.headers.a = '1'"),
        (
            "[settings.network]\nattempts=9\n[settings.network.headers]\na='1'",
            "[settings.http]\nretries=9\n[settings.http.headers]\na='1'",
        ),
        ("network.attempts = 9\nhttp.headers.a = '1'", "http.retries = 9\nhttp.headers.a = '1'"),
        ("[settings.network]\nunknown = 1\nattempts = 9\n", "[settings.http]\nunknown = 1\nretries = 9\n"),
        ("[settings.network]\nproxy = 'x'\nattempts = 9\n", "[settings.http]\nretries = 9\n"),
        ("headers.wait = 1\n", "headers.wait = 1\n"),
        ("patience = 1\nwait = 2\n", "timeout = 2\n"),
    ],
)
def test_only_the_names_of_keys_change(before: str, after: str) -> None:
    head = "# mine\nwait = 'outside'\n[settings]\n"
    assert renaming.modernize(f"{head}{before}", Settings.leaves(), Settings.retired, "p.toml") == f"{head}{after}"


def test_values_move_to_a_table_of_the_new_name_that_exists() -> None:
    text = "[settings.network] # old\nattempts = 9\n[settings.http] # new\nheaders = {a = '1'}\n"
    result = renaming.modernize(text, Settings.leaves(), Settings.retired, "p.toml")
    assert tomllib.loads(result) == {"settings": {"http": {"retries": 9, "headers": {"a": "1"}}}}
    assert "[settings.http] # new" in result


def test_tables_within_tables_of_both_names_are_merged() -> None:
    class Pool(BaseModel):
        size: int = 1
        wait: int = 1

    class Inner(BaseModel):
        pool: Pool = Pool()

    class Deep(ProfileSettings, app=App("deep")):
        http: Inner = Field(default=Inner(), validation_alias=AliasChoices("http", "network"))

    text = "[settings.network.pool]\nsize = 2\n[settings.http.pool]\nwait = 3\n"
    result = renaming.modernize(text, Deep.leaves(), {}, "p.toml")
    assert tomllib.loads(result) == {"settings": {"http": {"pool": {"size": 2, "wait": 3}}}}


# Declarations


class Inner(BaseModel):
    other: int = 1


@pytest.mark.parametrize(
    ("annotation", "alias", "message"),
    [
        (float, "wait", r"a setting has one name; for an old name, validation_alias=AliasChoices\(\"timeout\""),
        (float, AliasChoices("wait", "timeout"), 'except for old names: "timeout" must be the first'),
        (float, AliasChoices("timeout", AliasPath("a", 0)), "an old name must be a name"),
        (float, AliasChoices("timeout", "a__b"), "an old name must be a name"),
        (float, AliasChoices("timeout", "other"), "the old name 'other' is another setting's name"),
        (float, AliasChoices("timeout", "home"), "the program itself reads ACME_HOME"),
        (float, AliasChoices("timeout", "api_key"), "ACME_API_KEY is the token's variable"),
    ],
)
def test_alias_that_is_not_a_list_of_old_names_is_refused(annotation: Any, alias: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):

        class Refused(ProfileSettings, app=app):
            timeout: annotation = Field(default=30, validation_alias=alias)
            other: int = 1


def test_token_and_url_have_no_old_names() -> None:
    with pytest.raises(TypeError, match="the same name in every app"):

        class Refused(ProfileSettings, app=app):
            token: Token | None = Field(default=None, validation_alias=AliasChoices("token", "key"))


def test_setting_cannot_be_retired_too() -> None:
    with pytest.raises(TypeError, match=r"Refused.timeout: it is retired, and a setting too"):

        class Refused(ProfileSettings, app=App("acme"), retired={"timeout": "why"}):
            timeout: float = 30


def test_secrets_set_and_unset_leave_no_secret_under_an_old_name(store: ProfileStore) -> None:
    store.create("work", {})
    store.set_secret("work", "pass_phrase", Secret("hunter3"))
    assert run_program(app.main(), ("secrets", "set", "pass_phrase", "-p", "work"), stdin="hunter4").code == 0
    stored = store.secrets.read("work", "password")
    assert (store.secrets.fields("work"), stored) == (["password"], Secret("hunter4"))
    store.set_secret("work", "pass_phrase", Secret("hunter5"))
    assert "now password" in acme("secrets", "list", "-p", "work").out
    assert acme("secrets", "unset", "password", "-p", "work").code == 0
    assert store.secrets.fields("work") == []
