"""The metadata of an authorization server: its issuer, and the origin of its endpoints."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from arka_config import App, SignIn
from arka_config.arka import app
from arka_config.errors import InvalidValue, WorkspaceFault, WorkspaceUnreachable
from arka_config.opening import open_store
from arka_config.store.sign_in_cache import MAX_AGE, SignInCache
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.client.sign_in import metadata
from arka_config.workspace.client.sign_in.metadata import DEVICE_CODE, WELL_KNOWN, Metadata, fetch, parse_cached
from tests.workspace import fake as steps
from tests.workspace.client.sign_in.authorization_server import answer, document

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace, Handler

URL = "https://arka-ai.com"
EVIL = "https://arka-ai.com.evil.example"
ENDPOINTS = [name for name in document(URL) if name.endswith("_endpoint")]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "url", [f"{EVIL}/oauth", "https://arka-ai.com:8443/x", "http://arka-ai.com/x", "https://arka-ai.com@evil.example/x"]
)
def test_endpoint_on_another_origin_is_refused(endpoint: str, url: str) -> None:
    with pytest.raises(InvalidValue, match=f"{endpoint} is not on {URL}"):
        Metadata.parse(document(URL, **{endpoint: url}), URL)


@pytest.mark.parametrize("issuer", [EVIL, f"{URL}/", "https://ARKA-AI.com", None])
def test_issuer_other_than_the_one_that_was_asked_is_refused(issuer: str | None) -> None:
    with pytest.raises(InvalidValue, match="issuer"):
        Metadata.parse(document(URL, issuer=issuer), URL)


@pytest.fixture
def fake(fake: FakeWorkspace) -> FakeWorkspace:
    """A server with metadata that the tests script."""
    fake.scripts_metadata = True
    return fake


def test_fetch_raises_for_metadata_of_another_origin(fake: FakeWorkspace) -> None:
    answer(fake, (200, document(fake.url, token_endpoint=f"{EVIL}/oauth/token")))
    with pytest.raises(WorkspaceFault, match=f"{WELL_KNOWN}: token_endpoint is not on {fake.url}") as raised:
        fetch(fake.url, Connection())
    assert "--paste" in raised.value.hint


def test_redirect_of_the_metadata_is_not_followed(fake: FakeWorkspace) -> None:
    fake.script.append(steps.reply(302, Location=f"{fake.url}/elsewhere"))
    assert fetch(fake.url, Connection()) is None
    assert [request.path for request in fake.requests] == [WELL_KNOWN]


@pytest.mark.parametrize("step", [steps.reply_page(200), steps.reply_page(404), steps.reply_json(404, {})])
def test_server_without_metadata_does_not_support_signing_in(fake: FakeWorkspace, step: Any) -> None:
    fake.script.append(step)
    assert fetch(fake.url, Connection()) is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_server_that_fails_counts_as_unreachable(fake: FakeWorkspace, status: int) -> None:
    fake.script += [steps.reply(status)] * 3
    with pytest.raises(WorkspaceUnreachable):
        fetch(fake.url, Connection())


def test_request_for_metadata_has_no_token_and_a_short_timeout(
    fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stall(handler: Handler) -> None:
        time.sleep(0.5)
        handler.json(200, document(fake.url))

    monkeypatch.setattr(metadata, "TIMEOUT", 0.1)
    fake.script.append(stall)
    with pytest.raises(WorkspaceUnreachable, match=r"within 0\.1 s"):
        fetch(fake.url, Connection())
    assert "Authorization" not in fake.requests[0].headers


def test_issuer_with_a_path_has_its_metadata_below_the_well_known_path(fake: FakeWorkspace) -> None:
    issuer = f"{fake.url}/realms/acme"
    answer(fake, (200, document(fake.url, issuer=issuer)))
    found = fetch(issuer, Connection())
    assert found is not None
    assert fake.requests[0].path == f"{WELL_KNOWN}/realms/acme"


@pytest.mark.parametrize(
    ("changes", "has_code", "has_device"),
    [
        ({}, True, True),
        ({"grant_types_supported": None}, True, False),  # RFC 8414: the default
        ({"grant_types_supported": [DEVICE_CODE]}, False, True),
        ({"code_challenge_methods_supported": ["plain"]}, False, True),
    ],
)
def test_only_grants_that_the_server_supports_are_used(
    changes: dict[str, Any], has_code: bool, has_device: bool
) -> None:
    found = Metadata.parse(document(URL, **changes), URL)
    assert (bool(found.authorization_endpoint), bool(found.device_authorization_endpoint)) == (has_code, has_device)
    assert Metadata.parse(found.to_document(), URL) == found


def test_cached_metadata_is_checked_like_any_other(home: Path) -> None:
    store = open_store(app)
    cache = SignInCache(store.folders.state, store.lock)
    cache.write(URL, document(URL))
    assert parse_cached(cache.read(URL), URL) == Metadata.parse(document(URL), URL)
    cache.write(URL, document(URL, token_endpoint=f"{EVIL}/oauth/token"))
    assert parse_cached(cache.read(URL), URL) is None
    assert parse_cached(cache.read(EVIL), EVIL) is None


def test_cache_lasts_a_day_and_survives_damage(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(app)
    cache = SignInCache(store.folders.state, store.lock)
    cache.write(URL, document(URL))
    tomorrow = time.time() + MAX_AGE
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    assert (cache.read(URL), cache.has(URL)) == (None, True)
    cache.write(URL, None)
    assert not cache.has(URL)
    file = home / "state" / "sign_in.json"
    file.write_text("{")
    cache.write(URL, document(URL))
    assert (cache.has(URL), file.read_text()) == (False, "{")


def test_cache_counts_as_empty_if_its_time_is_too_large_for_a_float(home: Path) -> None:
    store = open_store(app)
    cache = SignInCache(store.folders.state, store.lock)
    cache.write(URL, document(URL))
    file = home / "state" / "sign_in.json"
    table = json.loads(file.read_text())
    for entry in table["issuers"].values():
        entry["read"] = 10**400
    file.write_text(json.dumps(table))
    assert (cache.read(URL), cache.has(URL)) == (None, True)


def test_server_has_the_workspace_s_origin_unless_the_app_names_another() -> None:
    acme = App(
        "acme", api_url="https://api.acme.example/v1", sign_in=SignIn("acme", issuer="https://id.acme.example/a")
    )
    assert acme.issuer("https://api.acme.example/v2") == "https://id.acme.example/a"
    assert acme.issuer("https://eu.acme.example/v1") == "https://eu.acme.example"  # a token is for one origin
    assert App("acme", api_url=URL).issuer(URL) == ""
