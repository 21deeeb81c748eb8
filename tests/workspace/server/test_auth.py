"""Authentication of API calls: bearer tokens (RFC 6750), the Pro plan, scopes, expiry, last use."""

from __future__ import annotations

import math
import string
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from arka_config import token_checksum
from arka_config.app import App
from arka_config.arka import app
from arka_config.errors import ConfigError
from arka_config.workspace.server import records, tokens
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.tables import Token
from tests.workspace.server.clients import ANN, BOB, MANAGE, PROBLEM, TOKENS_PAGE, UNKNOWN, Api, Browser

if TYPE_CHECKING:
    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace

CALLS = (
    ("GET", "me"),
    ("GET", "tokens"),
    ("POST", "tokens"),
    ("DELETE", "tokens/current"),
    ("POST", "tokens/current/rotate"),
)


def assert_rejected(response: httpx.Response, challenge: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (401, PROBLEM)
    assert response.headers["www-authenticate"] == challenge
    assert (response.json()["type"], response.json()["title"]) == ("/problems/invalid-token", "Invalid token")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_missing_token_gets_a_plain_challenge(api: Api, method: str, path: str) -> None:
    """If a request has no credentials, the challenge should not include an error code (RFC 6750, section 3.1)."""
    assert_rejected(api.request(method, path, token="", json={"label": "x"}), 'Bearer realm="arka"')


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_unknown_token_is_invalid(api: Api, method: str, path: str) -> None:
    assert_rejected(
        api.request(method, path, token=UNKNOWN, json={"label": "x"}), 'Bearer realm="arka", error="invalid_token"'
    )


@pytest.mark.parametrize(
    "header", ["Basic YW5uOnNlY3JldA==", "Bearer", "Token {}", "{}", f"bearer {UNKNOWN} {UNKNOWN}"]
)
def test_malformed_authorization_header_is_rejected(api: Api, header: str) -> None:
    response = api.get("me", token="", headers={"Authorization": header.format(api.token)})
    assert response.status_code == 401


def test_scheme_is_case_insensitive(api: Api) -> None:
    assert api.get("me", token="", headers={"Authorization": f"bearer {api.token}"}).status_code == 200


def test_token_in_query_or_form_is_ignored(api: Api) -> None:
    """RFC 6750, section 2.3: a token in a URL would appear in logs and histories."""
    assert api.get(f"me?access_token={api.token}", token="").status_code == 401
    form = {"access_token": api.token}
    assert api.post("tokens/current/rotate", token="", data=form).status_code in (401, 415)


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda text: text[:-1], lambda text: text + "a"])
def test_token_must_match_exactly(api: Api, change: object) -> None:
    assert callable(change)
    assert api.get("me", token=change(api.token)).status_code == 401


@pytest.mark.parametrize(
    "token",
    ["arka_" + "é" * 37, "arka_" + "a" * 30_000, "arka_", "x", "arka_%00", "'; --"],
    ids=lambda token: ascii(token[:9]),
)
def test_malformed_token_is_rejected_like_an_unknown_one(api: Api, token: str) -> None:
    response = api.get("me", token="", headers=[("Authorization", f"Bearer {token}".encode("latin-1"))])
    assert_rejected(response, 'Bearer realm="arka", error="invalid_token"')


def test_me_returns_user_and_details_without_the_token(api: Api) -> None:
    response = api.get("me")
    assert set(response.json()) == {"user", "token"}
    assert {"email": ANN, "plan": "pro"}.items() <= response.json()["user"].items()
    assert {"label": "Manager", "last_four": api.token[-4:], "scopes": [MANAGE]}.items() <= response.json()[
        "token"
    ].items()
    assert api.token not in response.text


def test_free_plan_is_rejected_with_the_billing_page(workspace: RunningWorkspace, api: Api) -> None:
    workspace.add_user(BOB, "free")
    token = workspace.issue(BOB, "Phone", [MANAGE]).secret.reveal()
    for method, path in CALLS:
        response = api.request(method, path, token=token, json={"label": "x"})
        assert (response.status_code, response.headers["content-type"]) == (403, PROBLEM)
        assert response.json()["title"] == "Pro subscription required"
        assert response.json()["billing_url"] == f"{workspace.url}/billing"
    workspace.add_user(BOB, "pro")
    assert api.accepts(token)
    workspace.add_user(BOB, "free")
    assert not api.accepts(token)


def test_token_without_manage_scope_can_only_read_rotate_and_revoke_itself(
    workspace: RunningWorkspace, api: Api
) -> None:
    own = workspace.issue(ANN, "CI/CD Pipeline")
    token, other = own.secret.reveal(), api.get("me").json()["token"]["id"]
    for method, path in (("GET", "tokens"), ("POST", "tokens"), ("DELETE", f"tokens/{other}")):
        response = api.request(method, path, token=token, json={"label": "x"})
        assert response.status_code == 403
        assert response.json()["type"] == "/problems/insufficient-scope"
        expected = 'Bearer realm="arka", error="insufficient_scope", scope="tokens:manage"'
        assert response.headers["www-authenticate"] == expected
    assert api.accepts(api.token)
    assert api.get("me", token=token).json()["token"]["id"] == own.token.id
    assert api.post("tokens/current/rotate", token=token).status_code == 201
    assert api.delete(f"tokens/{own.token.id}", token=token).status_code == 204
    assert not api.accepts(token)


def test_expired_token_is_rejected_and_still_listed(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "Short", [MANAGE], datetime.now(UTC) + timedelta(days=1))
    token = issued.secret.reveal()
    assert api.accepts(token)
    with workspace.workspace.database.write() as session:
        session.execute(update(Token).where(Token.id == issued.token.id).values(expires=datetime.now(UTC)))
    for method, path in CALLS:
        assert_rejected(
            api.request(method, path, token=token, json={"label": "x"}), 'Bearer realm="arka", error="invalid_token"'
        )
    assert issued.token.id in [token["id"] for token in api.get("tokens").json()["tokens"]]


def test_bad_tokens_of_one_client_reject_no_other_client_behind_the_address(
    workspace: RunningWorkspace, api: Api
) -> None:
    """Only a client that repeats a bad token gets 429, and even then the response says that the token is invalid."""
    workspace.workspace.bad_token_limit = Limit("bad token", 3, timedelta(minutes=1))
    assert [api.get("me", token=UNKNOWN).status_code for _ in range(4)] == [401] * 4
    repeated = api.get("me", token=UNKNOWN)
    assert (repeated.status_code, repeated.json()["type"]) == (429, "/problems/too-many-requests")
    assert repeated.headers["www-authenticate"] == 'Bearer realm="arka", error="invalid_token"'
    assert 0 < int(repeated.headers["retry-after"]) <= 60
    challenge = 'Bearer realm="arka", error="invalid_token"'
    for letter in "abc":
        assert_rejected(api.get("me", token=f"arka_{letter * 37}"), challenge)
    assert_rejected(api.get("me", token=""), 'Bearer realm="arka"')
    assert api.accepts(api.token)


def test_bad_token_that_cannot_be_counted_in_the_database_is_invalid_and_limited(
    workspace: RunningWorkspace, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(records, "count_failure", fail)
    workspace.workspace.bad_token_limit = Limit("bad token", 3, timedelta(minutes=1))
    assert [api.get("me", token=UNKNOWN).status_code for _ in range(5)] == [401] * 4 + [429]


def test_bad_token_does_not_wait_until_it_is_counted(
    workspace: RunningWorkspace, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If others come meanwhile, all are counted together."""
    may_write, counted = threading.Event(), []

    def count(_: object, __: Limit, ___: str, *, times: int) -> int:
        assert may_write.wait(60)
        counted.append(times)
        return 0

    monkeypatch.setattr(records, "count_failure", count)
    for _ in range(5):
        assert api.get("me", token=UNKNOWN).status_code == 401
    may_write.set()
    workspace.workspace.bad_tokens.flush()
    assert sum(counted) == 5
    assert len(counted) <= 2


def test_last_use_is_updated_at_most_once_a_minute(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "MacBook Pro")
    token, database = issued.secret.reveal(), workspace.workspace.database

    def last_used(set_to: datetime | None = None) -> datetime | None:
        workspace.workspace.verifier.last_uses.flush()
        with database.write() as session:
            if set_to:
                session.execute(update(Token).where(Token.id == issued.token.id).values(last_used=set_to))
            return session.scalar(select(Token.last_used).where(Token.id == issued.token.id))

    assert last_used() is None
    start = datetime.now(UTC)
    assert api.get("me", token=token).json()["token"]["last_used"] is not None
    first = last_used()
    assert first is not None
    assert start <= first <= datetime.now(UTC)
    assert api.accepts(token)
    assert last_used() == first
    earlier = last_used(first - timedelta(seconds=61))
    assert api.accepts(token)
    assert last_used() != earlier


def test_last_use_has_the_address_and_the_program(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "MacBook Pro")
    agent = f"arka/1.0 (\x9b31m  {'x' * 10_000}".encode("latin-1")
    assert api.get("me", token=issued.secret.reveal(), headers={"User-Agent": agent}).status_code == 200
    workspace.workspace.verifier.last_uses.flush()
    listed = {each["id"]: each for each in api.get("tokens").json()["tokens"]}[issued.token.id]
    assert listed["last_used_address"] == "127.0.0.1"
    assert listed["last_used_client"].startswith("arka/1.0 (\\x9b31m xxx")
    assert len(listed["last_used_client"]) <= 120
    with Browser(workspace) as ann:
        page = ann.sign_in(ANN).open(TOKENS_PAGE).text
    assert f"127.0.0.1<br>{listed['last_used_client']}" in page


def test_new_token_has_the_app_s_format_a_checksum_and_180_bits() -> None:
    generated = [tokens.generate_token(app).reveal() for _ in range(2_000)]
    letters = set(string.ascii_letters + string.digits)
    assert all(len(token) == 42 and token.startswith("arka_") and letters.issuperset(token[5:]) for token in generated)
    assert all(token_checksum.is_valid(token, "arka_") for token in generated)
    assert len({token[:-6] for token in generated}) == len(generated)
    assert (37 - 6) * math.log2(len(letters)) >= 180
    # Each letter occurs at each position. By chance, one of 2,000 tokens lacks a letter once in 10^11 runs.
    for position in range(5, 36):
        letter_counts = Counter(token[position] for token in generated)
        assert set(letter_counts) == letters
        assert max(letter_counts.values()) < 100  # the mean is 32, the standard deviation 5.6


@pytest.mark.parametrize(("checksum", "least"), [("none", 36), ("optional", 42), ("required", 42)])
def test_new_token_refuses_a_format_with_too_few_bits(
    checksum: Literal["none", "optional", "required"], least: int
) -> None:
    def acme(length: int) -> App:
        return App("acme", token_prefix="acme_", token_length=length, token_checksum=checksum)

    with pytest.raises(ConfigError, match="less than 180 bits") as caught:
        tokens.generate_token(acme(least - 1))
    assert caught.value.hint == f"give the App a token_length of its prefix and {least - 5} or more"
    assert len(tokens.generate_token(acme(least)).reveal()) == least
