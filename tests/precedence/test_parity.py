"""Precedence is the same in the layers alone, the click commands and the typed settings."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from hypothesis import event, given
from hypothesis import strategies as st

from arka_config import ConfigError, Credential, Origin, Resolution, Secret, open_store
from arka_config.cli.output.format import HIDDEN
from arka_config.cli.runtime.run import run
from tests.acme import Settings, app

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.precedence.values import ResolvedValue

FIELDS = ("token", "api_url", "timeout", "region", "http.retries", "http.agent", "password")

TOKENS = st.sampled_from(["acme_one", "acme_two", " acme_three\n"])
URLS = st.sampled_from(
    [
        "https://api.acme.example",
        "https://api.acme.example/v2",
        "https://eu.acme.example",
        "https://eu.acme.example:444",
    ]
)
TEXTS = st.sampled_from(["", "eu", "us-1"])
NUMBERS = st.sampled_from(["", "1", "7", "12"])


class Stack(NamedTuple):
    """What each layer has, and how the profile is selected."""

    environ: Mapping[str, str]
    flags: Mapping[str, str]
    file: Mapping[tuple[str, ...], Any]
    stored: tuple[str, str] | None
    chosen: str


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


ENVIRONS = some(
    ACME_API_KEY=st.one_of(st.just(""), TOKENS),
    ACME_API_URL=st.one_of(st.just(""), URLS),
    ACME_TIMEOUT=NUMBERS,
    ACME_REGION=TEXTS,
    ACME_HTTP__RETRIES=NUMBERS,
    ACME_PASSWORD=TEXTS,
)
FILES = st.fixed_dictionaries(
    {},
    optional={
        ("api_url",): URLS,
        ("token", "env"): st.just("ELSEWHERE"),
        ("settings", "timeout"): st.sampled_from([1, 2.5]),
        ("settings", "region"): st.sampled_from(["ap", "sa"]),
        ("settings", "http", "retries"): st.integers(0, 9),
        ("settings", "http", "agent"): st.sampled_from(["x/1", "y/2"]),
    },
)
STACKS = st.builds(
    Stack,
    ENVIRONS,
    some(token=TOKENS) | some(token=TOKENS, timeout=st.sampled_from(["3"]), region=TEXTS.filter(bool)),
    FILES,
    st.none() | st.tuples(TOKENS.map(str.strip), URLS),
    st.sampled_from(["flag", "env", "active", "none"]),
)


class Answer(NamedTuple):
    """A value, its layer and its place; or an error."""

    value: object
    layer: str = ""
    source: str | None = None
    key: str | None = None

    def to_numbers(self) -> Answer:
        """Return the answer with numbers instead of their text, as in JSON and typed settings."""
        return self._replace(value=self.value if self.value is None else normalize(self.value))


@given(STACKS)
def test_layers_commands_and_settings_give_the_same_value_layer_and_place(stack: Stack) -> None:
    with tempfile.TemporaryDirectory() as home:
        environ = {"ACME_HOME": home, "ELSEWHERE": "acme_elsewhere", **stack.environ}
        profile = write_stack(stack, environ)
        loaded = load_settings(environ, profile, stack.flags)
        for name in FIELDS:
            fast = from_layers(name, environ, profile, stack.flags)
            event(f"{name} from {fast.layer or 'an error'}")
            if isinstance(loaded, Settings):
                assert from_settings(name, loaded) == fast
            elif name in ("token", "api_url"):  # if there is no token, the other fields have no answer
                assert Answer(loaded.message) == fast
            if stack.flags.keys() <= {"token"}:  # the options of every command
                is_shown = name == "token" or not Settings.leaves()[name].field.secret or not fast.layer
                shown = fast if is_shown or fast.value is None else fast._replace(value=HIDDEN)
                assert from_command(name, environ, profile, stack.flags) == shown.to_numbers()


def write_stack(stack: Stack, environ: dict[str, str]) -> str | None:
    """Write the stack's files. If a flag selects the profile, return its name."""
    store = open_store(app, environ)
    store.create("work", stack.file)
    if stack.stored is not None and ("token", "env") not in stack.file:
        token, url = stack.stored
        store.log_in("work", Credential(Secret(token), Origin.of(url)))
    store.selection.activate("work" if stack.chosen == "active" else None, previous=None)
    if stack.chosen == "env":
        environ["ACME_PROFILE"] = "work"
    return "work" if stack.chosen == "flag" else None


def from_layers(name: str, environ: Mapping[str, str], profile: str | None, flags: Mapping[str, str]) -> Answer:
    field = Settings.leaves()[name].field
    store = open_store(app, environ)
    resolution = Resolution(store, environ, profile=profile, flags=flags, defaults=Settings.defaults())
    try:
        return answer(resolution.resolve(field))
    except ConfigError as error:
        return Answer(error.message)


def load_settings(environ: Mapping[str, str], profile: str | None, flags: Mapping[str, str]) -> Settings | ConfigError:
    try:
        return Settings.load(profile=profile, flags=flags, environ=environ)
    except ConfigError as error:
        return error


def from_settings(name: str, settings: Settings) -> Answer:
    found = answer(settings.source_of(name))
    typed: Any = settings
    for part in name.split("."):
        typed = getattr(typed, part)
    assert normalize(found.value) == normalize(typed)
    return found


def from_command(name: str, environ: Mapping[str, str], profile: str | None, flags: Mapping[str, str]) -> Answer:
    arguments = [*(("--api-key", flags["token"]) if "token" in flags else ()), "config", "get", name]
    arguments += ["--json", *(["--show-token"] if name == "token" else [])]
    arguments += ["--profile", profile] if profile else []
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environ, clear=True),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        code = run(app, arguments)
    if code == 0:
        document = json.loads(stdout.getvalue())
        return Answer(document["value"], document["layer"], document["source"], document["key"]).to_numbers()
    message = stderr.getvalue().partition("error: ")[2].partition("\n")[0]
    return Answer(None, "default") if message.endswith("is not set") else Answer(message).to_numbers()


def answer(finding: ResolvedValue | None) -> Answer:
    if finding is None:
        return Answer(None, "default")  # as in typed settings, where a field must have a value
    value = finding.value.reveal() if isinstance(finding.value, Secret) else finding.value
    return Answer(value, finding.layer, finding.source or None, finding.key or None)


def normalize(value: Any) -> object:
    """Give both sides the same form: `"12"` and 12.0, a URL with and without the slash, a secret and its text."""
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    elif isinstance(value, Secret):
        value = value.reveal()
    text = str(value).rstrip("/")
    try:
        return float(text)
    except ValueError:
        return text
