"""Every kind of token reference keeps its contract, and a new kind needs only its file and its registry line."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config import ConfigError, ProfileStore, Resolution, Secret
from arka_config.arka import app
from arka_config.errors import MalformedFile, TokenUnavailable
from arka_config.references.protocol import Context
from arka_config.references.registry import KINDS, describe, kind_of, kinds, token_of
from arka_config.store.formats import ReferenceTable
from arka_config.templates import model
from tests.cli.program import arka
from tests.store.samples import all_text, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.references.protocol import Fault, ReferenceKind

MISSING = {"env": "NO_SUCH_VARIABLE", "file": "/no/such/token", "helper": "no-such-helper"}


@pytest.fixture(params=kinds())
def name(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def kind(name: str) -> ReferenceKind:
    return kind_of(name)


@pytest.fixture
def context(store: ProfileStore, environ: dict[str, str]) -> Context:
    return Context(app, environ, lambda: store.preferences)


def secret_of(store: ProfileStore, kind: str, target: str, environ: dict[str, str]) -> Secret:
    store.create("work", {("token", kind): target})
    return token_of(store.profiles.read("work"), app, environ, lambda: store.preferences)


def test_every_kind_has_a_target_to_test_with() -> None:
    assert set(MISSING) == set(kinds()), (
        "tests/references/test_contract.py: add a target that does not exist to MISSING"
    )


def test_describe_contains_the_target_and_escapes_control_characters(kind: ReferenceKind) -> None:
    assert "target" in kind.describe("target")
    assert "\x1b" not in kind.describe("a\x1bb")


def test_nothing_is_fetched_before_the_token_is_revealed(
    name: str, store: ProfileStore, environ: dict[str, str]
) -> None:
    assert not secret_of(store, name, MISSING[name], environ).is_at_hand


def test_a_missing_token_is_an_error_that_names_the_profile_and_the_reference(
    name: str, store: ProfileStore, environ: dict[str, str]
) -> None:
    with pytest.raises(TokenUnavailable) as error:
        secret_of(store, name, MISSING[name], environ).reveal()
    described = describe(name, MISSING[name])
    assert error.value.message.startswith(f"profile 'work' takes its token from {described}")
    assert error.value.hint


def test_a_missing_token_is_reported_before_it_is_fetched(name: str, kind: ReferenceKind, context: Context) -> None:
    reasons = [kind.why_missing(MISSING[name], context), *(fault.message for fault in check(name, kind, context))]
    assert any(reasons), f"{type(kind).__module__}: `missing` (or `check`, if it runs a program) must return why"


def test_every_kind_is_documented(name: str) -> None:
    assert name in ReferenceTable.__annotations__, f"arka_config/store/formats.py: add '{name}' to ReferenceTable"
    page = "docs/guides/templates.md"
    text = (Path(__file__).parents[2] / page).read_text("utf-8")
    assert f"{name} = " in text or f"token.{name}`" in text, f"{page}: describe the token reference '{name}'"


def check(name: str, kind: ReferenceKind, context: Context) -> list[Fault]:
    return list(kind.check(MISSING[name], "subject", context)) if kind.runs_program else []


def test_a_plain_token_as_target_is_not_repeated(kind: ReferenceKind) -> None:
    assert token("canary") not in kind.describe_malformed(token("canary"), app)


def test_a_profile_and_its_json_show_the_reference(name: str, store: ProfileStore, environ: dict[str, str]) -> None:
    store.create("work", {("token", name): MISSING[name]})
    done = arka("profiles", "show", "work", "--json", environ=environ)
    assert json.loads(done.out)["token"] == {
        "reference": {name: MISSING[name]},
        "expires": None,
        "expiry": "not_checked",
    }


def test_kind_of_refuses_an_unknown_kind() -> None:
    with pytest.raises(ConfigError, match="there is no kind of token reference 'help'") as error:
        kind_of("help")
    assert error.value.hint == "did you mean 'helper'?"


def test_a_profile_with_an_unknown_kind_cannot_be_read(store: ProfileStore) -> None:
    path = Path(store.profiles.path("work"))
    path.parent.mkdir(parents=True)
    path.write_text('token.oidc = "x"\n')
    with pytest.raises(MalformedFile, match="unknown key 'token.oidc'"):
        store.profiles.read("work")


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add a kind by a registry line and its file."""
    monkeypatch.setitem(KINDS, "made-up", "tests.references.made_up:MadeUpReference")
    importlib.reload(model)  # as the registry would import it for that line
    yield
    monkeypatch.undo()
    importlib.reload(model)


@pytest.mark.usefixtures("made_up")
def test_a_new_kind_works_in_profiles_commands_and_templates(
    store: ProfileStore, environ: dict[str, str], tmp_path: Path
) -> None:
    backwards = token("made")[::-1]
    assert arka("profiles", "create", "work", f"token.made-up={backwards}", environ=environ).code == 0
    assert Resolution(store, environ, profile="work").token().secret.reveal() == token("made")
    assert arka("-p", "work", "token", environ=environ).out == f"{token('made')}\n"
    shown = arka("profiles", "show", "work", environ=environ)
    assert f"made-up {backwards}" in shown.out
    template = arka("export", "template", "work", environ=environ).out
    assert f'made-up = "{backwards}"' in template
    (tmp_path / "other.toml").write_text(template.replace('name = "work"', 'name = "other"'))
    planned = arka("apply", str(tmp_path / "other.toml"), "--yes", environ=environ)
    assert planned.code == 0, all_text(RuntimeError(planned.err))
    assert store.profiles.read("other").reference == ("made-up", backwards)
    assert model.json_schema(app)["$defs"]["TokenTable"]["properties"]["made-up"]["description"]
    assert arka("doctor", "--json", environ=environ).code in (0, 1)
