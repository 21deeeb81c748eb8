"""App: the identity of one program."""

from __future__ import annotations

import re
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config import App, ConfigError, Secret, WorkspaceVerifier
from arka_config.arka import app as arka
from arka_config.errors import InvalidToken, InvalidUrl
from arka_config.store.folders import Folders
from arka_config.versions import app_version
from tests.acme import Settings
from tests.acme import app as acme

GOOD = "arka_" + "aB3-_" * 7 + "xy"


def read_refusal(app: App, token: str, url: str | None = None) -> InvalidToken:
    with pytest.raises(InvalidToken) as caught:
        app.check_token(Secret(token), url)
    return caught.value


# Names


def test_app_needs_only_a_name() -> None:
    app = App("my-cli")
    assert (app.title, app.prefix, app.variable("HOME")) == ("my-cli", "MY_CLI_", "MY_CLI_HOME")
    assert (app.token_prefixes, app.token_length, app.legacy_project) == ((), None, None)
    assert app.default_url() is None


def test_app_that_no_distribution_contains_reads_none_for_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the files of all installed distributions would take longer than the request that names the version."""
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: pytest.fail("they are read"))
    assert app_version(App("acme")) is None


def test_name_of_a_subcommand_app_gives_folder_and_prefix() -> None:
    app = App("corp acme")
    assert (app.folder, app.variable("HOME")) == ("corp-acme", "CORP_ACME_HOME")
    assert Folders.of(app, {"HOME": "/home/you"}, "linux").config == "/home/you/.config/corp-acme"


@pytest.mark.parametrize("name", ["", "../x", "a.b", "a  b", "-x", "a/b", "é", "a\nb"])
def test_name_that_cannot_name_a_folder_or_variable_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the app's name"):
        App(name)


@pytest.mark.parametrize("prefix", ["A.B_", "1A_", "A-", "A B"])
def test_prefix_that_cannot_begin_a_variable_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="the app's prefix"):
        App("acme", prefix=prefix)


def test_verifier_is_imported_on_first_use_and_a_class_is_instantiated() -> None:
    app = App("acme", verifier="arka_config.verifiers.workspace_api:WorkspaceVerifier")
    assert isinstance(app.verifier, WorkspaceVerifier)
    assert app.verifier is app.verifier
    assert app.has_workspace_api


@pytest.mark.parametrize("name", ["no.such.module:Verifier", "arka_config:NoSuchName", "arka_config"])
def test_verifier_that_does_not_exist_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"App\\('acme'\\) names the verifier '{name}', which cannot be imported: "):
        App("acme", verifier=name).verifier  # noqa: B018  # importing it raises


def test_arka_is_an_ordinary_app() -> None:
    assert type(arka) is App
    assert (arka.name, arka.prefix, arka.token_prefixes, arka.token_length) == ("arka", "ARKA_", ("arka_",), 42)


def test_token_url_and_profile_fields_have_flag_and_variable() -> None:
    fields = (arka.token_field, arka.url_field, arka.profile_field)
    assert [(field.option, field.variable) for field in fields] == [
        ("--api-key", "ARKA_API_KEY"),
        ("--api-url", "ARKA_API_URL"),
        ("--profile", "ARKA_PROFILE"),
    ]
    assert arka.token_field.secret


def test_field_of_a_setting_names_it_in_every_layer() -> None:
    field = acme.field(("http", "max_retries"))
    assert field.name == "http.max_retries"
    assert field.option == "--http-max-retries"
    assert field.variable == "ACME_HTTP__MAX_RETRIES"
    assert field.key == "settings.http.max_retries"
    assert not field.secret


def test_token_and_url_fields_are_single_objects() -> None:
    assert acme.field(("token",)) is acme.token_field
    assert acme.field(("api_url",)) is acme.url_field


def test_secret_variables_has_every_variable_with_a_secret() -> None:
    assert set(arka.secret_variables) == {
        "ARKA_API_KEY",
        "ARKA_PASSPHRASE",
        "ARKA_PASSPHRASE_FILE",
        "ARKA_PASSPHRASE_COMMAND",
        "ARKA_SESSION",
        "ARKA_DATABASE_URL",
        "ARKA_PROXY",
        "ARKA_INTROSPECTION_SECRET",
    }


# Settings class


def test_settings_class_is_imported_on_first_use() -> None:
    app = App("lazy", settings="no.such.module:Settings")
    with pytest.raises(ModuleNotFoundError):
        app.settings_class()
    assert acme.settings_class() is Settings


def test_settings_class_of_an_app_without_one_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"App\('bare'\) has no settings class"):
        App("bare").settings_class()


def test_default_url_is_the_app_s_else_the_settings_class_s() -> None:
    assert App("acme", settings="tests.acme:Settings").default_url() == "https://api.acme.example"
    assert App("acme", settings="tests.acme:Settings", api_url="https://x.example").default_url() == "https://x.example"


# Pages


def test_page_is_on_the_given_origin_or_the_app_s() -> None:
    assert arka.page("/billing") == "https://arka-ai.com/billing"
    assert arka.page("/billing", "https://eu.arka-ai.com:8443/api/v1") == "https://eu.arka-ai.com:8443/billing"


def test_page_of_an_app_without_a_url_is_its_path() -> None:
    assert App("bare").page("/tokens") == "/tokens"


def test_page_refuses_an_invalid_url() -> None:
    with pytest.raises(InvalidUrl):
        arka.page("/billing", "https://arka-ai.com@evil.example")


# Tokens


def test_check_token_accepts_the_right_format() -> None:
    arka.check_token(Secret(GOOD))
    App("any").check_token(Secret("whatever-it_is"))


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        ("ghp_" + GOOD[4:], "it does not start with arka_"),
        ("", "it does not start with arka_"),
        (
            "\u0430" + GOOD[1:],
            "it contains a character that is not ASCII, at position 1: was it copied from a formatted text?",
        ),
        (
            GOOD + "\u200b",
            "it contains a character that is not ASCII, at position 43: was it copied from a formatted text?",
        ),
        (GOOD[:-1], "it has 41 characters and not 42: was it copied whole?"),
        (GOOD + "x", "it has 43 characters and not 42: was it copied whole?"),
        (GOOD[:-1] + " ", "it contains a character that no token has"),
        (GOOD[:-1] + "\n", "it contains a character that no token has"),
    ],
)
def test_check_token_refuses_another_format_with_the_reason(token: str, fault: str) -> None:
    error = read_refusal(arka, token)
    assert error.message == f"Invalid token: {fault}"
    assert error.hint == "copy one whole from https://arka-ai.com/app/personal/settings/tokens"
    assert error.exit_code == 4


def test_check_token_hints_the_token_s_workspace() -> None:
    assert read_refusal(arka, "x", "https://eu.arka-ai.com/api").hint.endswith(
        "https://eu.arka-ai.com" + arka.tokens_page
    )


@given(st.text(min_size=6) | st.text(min_size=6).map(lambda text: "arka_" + text), st.booleans())
def test_check_token_error_does_not_contain_the_token(token: str, is_long: bool) -> None:
    token = token.ljust(42, "~") if is_long else token
    if re.fullmatch(r"arka_[A-Za-z0-9_-]{37}", token):
        return
    # A text such as `https:` or `errors` is in the message for any token.
    assert token not in read_message(token) or token in read_message("~" * len(token))


def read_message(token: str) -> str:
    error = read_refusal(arka, token)
    return "".join(traceback.format_exception(error)) + error.hint
