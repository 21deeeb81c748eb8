"""Who may call the API: bearer tokens (RFC 6750), the Pro plan, scopes, and the end of a token."""

from __future__ import annotations

import math
import string
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from arka_config.app import App
from arka_config.arka import app
from arka_config.errors import ConfigError
from arka_config.workspace.server import tokens
from arka_config.workspace.server.tables import Token
from tests.workspace.server.calling import ANN, BOB, MANAGE, PROBLEM, UNKNOWN, Api

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


def is_refused(answer: httpx.Response, challenge: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.headers["www-authenticate"] == challenge
    assert (answer.json()["type"], answer.json()["title"]) == ("/problems/invalid-token", "Invalid token")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_a_token_the_challenge_has_no_error_code(api: Api, method: str, path: str) -> None:
    """RFC 6750, section 3.1: who has not authenticated is not told that something was wrong with it."""
    is_refused(api.ask(method, path, token="", json={"label": "x"}), 'Bearer realm="arka"')


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_token_that_does_not_work_is_an_invalid_token(api: Api, method: str, path: str) -> None:
    is_refused(api.ask(method, path, token=UNKNOWN, json={"label": "x"}), 'Bearer realm="arka", error="invalid_token"')


@pytest.mark.parametrize(
    "header", ["Basic YW5uOnNlY3JldA==", "Bearer", "Token {}", "{}", f"bearer {UNKNOWN} {UNKNOWN}"]
)
def test_a_header_of_another_form_is_no_token(api: Api, header: str) -> None:
    answer = api.get("me", token="", headers={"Authorization": header.format(api.token)})
    assert answer.status_code == 401


def test_the_scheme_s_letters_may_be_small(api: Api) -> None:
    assert api.get("me", token="", headers={"Authorization": f"bearer {api.token}"}).status_code == 200


def test_a_token_is_taken_from_the_header_alone(api: Api) -> None:
    """RFC 6750, section 2.3: in a URL it would stand in logs and histories."""
    assert api.get(f"me?access_token={api.token}", token="").status_code == 401
    form = {"access_token": api.token}
    assert api.post("tokens/current/rotate", token="", data=form).status_code in (401, 415)


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda text: text[:-1], lambda text: text + "a"])
def test_a_token_is_taken_as_it_is_or_not_at_all(api: Api, change: object) -> None:
    assert callable(change)
    assert api.get("me", token=change(api.token)).status_code == 401


@pytest.mark.parametrize(
    "token",
    ["arka_" + "é" * 37, "arka_" + "a" * 30_000, "arka_", "x", "arka_%00", "'; --"],
    ids=lambda token: ascii(token[:9]),
)
def test_what_can_be_no_token_is_refused_like_any_other(api: Api, token: str) -> None:
    answer = api.get("me", token="", headers=[("Authorization", f"Bearer {token}".encode("latin-1"))])
    is_refused(answer, 'Bearer realm="arka", error="invalid_token"')


def test_me_says_whose_it_is_and_never_what(api: Api) -> None:
    answer = api.get("me")
    assert set(answer.json()) == {"user", "token"}
    assert {"email": ANN, "plan": "pro"}.items() <= answer.json()["user"].items()
    assert {"label": "Manager", "last_four": api.token[-4:], "scopes": [MANAGE]}.items() <= answer.json()[
        "token"
    ].items()
    assert api.token not in answer.text


def test_on_the_free_plan_every_call_says_what_is_missing_and_where(workspace: RunningWorkspace, api: Api) -> None:
    workspace.add_user(BOB, "free")
    token = workspace.issue(BOB, "Phone", [MANAGE]).secret.reveal()
    for method, path in CALLS:
        answer = api.ask(method, path, token=token, json={"label": "x"})
        assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM)
        assert answer.json()["title"] == "Pro subscription required"
        assert answer.json()["billing_url"] == f"{workspace.url}/billing"
    workspace.add_user(BOB, "pro")
    assert api.accepts(token)
    workspace.add_user(BOB, "free")
    assert not api.accepts(token)


def test_a_token_without_the_scope_reads_rotates_and_revokes_itself_alone(
    workspace: RunningWorkspace, api: Api
) -> None:
    own = workspace.issue(ANN, "CI/CD Pipeline")
    token, other = own.secret.reveal(), api.get("me").json()["token"]["id"]
    for method, path in (("GET", "tokens"), ("POST", "tokens"), ("DELETE", f"tokens/{other}")):
        answer = api.ask(method, path, token=token, json={"label": "x"})
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/insufficient-scope"
        expected = 'Bearer realm="arka", error="insufficient_scope", scope="tokens:manage"'
        assert answer.headers["www-authenticate"] == expected
    assert api.accepts(api.token)
    assert api.get("me", token=token).json()["token"]["id"] == own.token.id
    assert api.post("tokens/current/rotate", token=token).status_code == 201
    assert api.delete(f"tokens/{own.token.id}", token=token).status_code == 204
    assert not api.accepts(token)


def test_a_token_ends_when_it_expires(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "Short", [MANAGE], datetime.now(UTC) + timedelta(days=1))
    token = issued.secret.reveal()
    assert api.accepts(token)
    with workspace.workspace.database.write() as session:
        session.execute(update(Token).where(Token.id == issued.token.id).values(expires=datetime.now(UTC)))
    for method, path in CALLS:
        is_refused(
            api.ask(method, path, token=token, json={"label": "x"}), 'Bearer realm="arka", error="invalid_token"'
        )
    assert issued.token.id in [token["id"] for token in api.get("tokens").json()["tokens"]]


def test_its_first_use_is_written_down_and_later_ones_once_a_minute(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "MacBook Pro")
    token, database = issued.secret.reveal(), workspace.workspace.database

    def last_used(set_to: datetime | None = None) -> datetime | None:
        with database.write() as session:
            if set_to:
                session.execute(update(Token).where(Token.id == issued.token.id).values(last_used=set_to))
            return session.scalar(select(Token.last_used).where(Token.id == issued.token.id))

    assert last_used() is None
    before = datetime.now(UTC)
    assert api.get("me", token=token).json()["token"]["last_used"] is not None
    first = last_used()
    assert first is not None
    assert before <= first <= datetime.now(UTC)
    assert api.accepts(token)
    assert last_used() == first
    earlier = last_used(first - timedelta(seconds=61))
    assert api.accepts(token)
    assert last_used() != earlier


def test_a_token_has_the_app_s_shape_and_190_bits() -> None:
    made = [tokens.new_token(app).reveal() for _ in range(2_000)]
    letters = set(string.ascii_letters + string.digits)
    assert all(len(token) == 42 and token.startswith("arka_") and letters.issuperset(token[5:]) for token in made)
    assert len(set(made)) == len(made)
    assert 37 * math.log2(len(letters)) >= 190
    # Every letter at every place: 2,000 draws miss one of 62 in one of 10^11 runs for all 37 places together.
    for place in range(5, 42):
        seen = Counter(token[place] for token in made)
        assert set(seen) == letters
        assert max(seen.values()) < 100  # 32 on average, 5.6 its deviation


def test_an_app_whose_tokens_could_be_guessed_gets_no_workspace() -> None:
    with pytest.raises(ConfigError, match="less than 190 bits"):
        tokens.new_token(App("acme", token_prefix="acme_", token_length=36))
    assert len(tokens.new_token(App("acme", token_prefix="acme_", token_length=37)).reveal()) == 37
