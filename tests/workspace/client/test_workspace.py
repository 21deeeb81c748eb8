"""Workspace: what each answer becomes, and that the token goes nowhere else and shows nowhere."""

from __future__ import annotations

import json
import logging
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from arka_config.arka import app
from arka_config.errors import (
    ConfigError,
    InvalidToken,
    InvalidValue,
    NotPermitted,
    NoWorkspaceApi,
    ProRequired,
    RequestRefused,
    TooManyRequests,
    WorkspaceFault,
    WorkspaceUnreachable,
)
from arka_config.secret import Secret
from arka_config.workspace.client import transport
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from tests.workspace import fake as steps
from tests.workspace.fake import MANAGE, FakeWorkspace, serve_fake

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "arka_" + "w" * 33 + "9f3c"
OTHER = "arka_" + "o" * 33 + "77d1"
PAGE = "/app/personal/settings/tokens"
ME: dict[str, Any] = {
    "user": {"id": "usr_1", "email": "ann@example.com", "plan": "pro"},
    "token": {"id": "tok_1", "label": "MacBook Pro", "last_four": "9f3c", "scopes": [], "expires": None},
}


def workspace(url: str, token: str = TOKEN, **options: Any) -> WorkspaceClient:
    return WorkspaceClient(app, url, Secret(token), Connection(**options))


def raised(fake: FakeWorkspace, *script: Callable[[steps.Handler], None], timeout: float = 5) -> ConfigError:
    """The error that `me()` ends with when it meets these answers."""
    fake.script = [*script]
    with pytest.raises(ConfigError) as caught:
        workspace(fake.url, timeout=timeout).me()
    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in shown
    assert caught.value.__context__ is None
    return caught.value


# What is asked, and what is understood


def test_me_is_the_user_and_what_is_known_of_the_token(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "CI/CD Pipeline", expires="2099-01-01T00:00:00Z", scopes=(MANAGE,))
    found = workspace(fake.url).me()
    assert (found.email, found.plan, found.id) == ("ann@example.com", "pro", "usr_1")
    assert (found.token.label, found.token.expires) == ("CI/CD Pipeline", "2099-01-01T00:00:00Z")
    assert (found.token.last_four, found.token.scopes, found.token.created) == (
        "9f3c",
        (MANAGE,),
        "2026-11-24T12:00:00Z",
    )
    assert found.is_user("Ann@Example.com")
    assert found.is_user("usr_1")
    assert not found.is_user("bob@example.com")


def test_the_token_is_a_header_and_stands_nowhere_else(fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    workspace(fake.url).me()
    (request,) = fake.requests
    assert (request.method, request.path, request.headers["Authorization"]) == ("GET", "/api/v1/me", f"Bearer {TOKEN}")
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["User-Agent"].startswith("arka-config/")


def test_a_path_of_the_url_stands_before_the_api_s_own(fake: FakeWorkspace) -> None:
    fake.script = [steps.reply_json(200, ME)]
    workspace(f"{fake.url}/workspaces/7/").me()
    assert fake.requests[0].path == "/workspaces/7/api/v1/me"


def test_tokens_are_read_page_by_page(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    for number in range(6):
        fake.add(f"arka_{number:037}", f"number {number}")
    found = workspace(fake.url).tokens()
    assert [each.label for each in found] == [*(f"number {number}" for number in range(5, -1, -1)), "MacBook Pro"]
    assert len(fake.requests) == 4
    assert fake.requests[0].path == "/api/v1/tokens?limit=100"


@pytest.mark.parametrize(("cursor", "requests"), [("x", 2), ("a&limit=1 /%", 2)])
def test_a_cursor_is_sent_as_it_is_and_never_round_and_round(fake: FakeWorkspace, cursor: str, requests: int) -> None:
    fake.script = [steps.reply_json(200, {"tokens": [], "next_cursor": cursor})] * 9
    assert workspace(fake.url).tokens() == []
    assert len(fake.requests) == requests
    assert "a&" not in fake.requests[1].path


def test_a_list_without_end_is_an_error(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arka_config.workspace.client.client._MOST_PAGES", 3)
    fake.script = [steps.reply_json(200, {"tokens": [], "next_cursor": str(number)}) for number in range(9)]
    with pytest.raises(WorkspaceFault, match="more than 3 pages"):
        workspace(fake.url).tokens()


def test_a_token_is_made_with_what_was_asked_for(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    issued = workspace(fake.url).create("CI/CD Pipeline", expires="2099-01-01T00:00:00Z", scopes=[MANAGE])
    assert json.loads(fake.requests[0].body) == {
        "label": "CI/CD Pipeline",
        "expires": "2099-01-01T00:00:00Z",
        "scopes": [MANAGE],
    }
    assert fake.accepts(issued.token.reveal())
    assert issued.details.expires == "2099-01-01T00:00:00Z"
    assert issued.token.reveal() not in repr(issued)


@pytest.mark.parametrize(
    ("expires", "body"),
    [(None, b""), ("", b'{"expires": null}'), ("2099-01-01T00:00:00Z", b'{"expires": "2099-01-01T00:00:00Z"}')],
)
def test_rotating_says_when_the_new_one_ends_only_where_that_was_said(
    fake: FakeWorkspace, expires: str | None, body: bytes
) -> None:
    fake.add(TOKEN)
    issued = workspace(fake.url).rotate(expires)
    assert fake.requests[0].body == body
    assert fake.accepts(TOKEN)
    assert fake.accepts(issued.token.reveal())


def test_revoking_ends_a_token(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    other = fake.add(OTHER)
    workspace(fake.url).revoke(other["id"])
    assert not fake.accepts(OTHER)
    workspace(fake.url).revoke()
    assert not fake.accepts(TOKEN)
    assert [(request.method, request.path) for request in fake.requests] == [
        ("DELETE", f"/api/v1/tokens/{other['id']}"),
        ("DELETE", "/api/v1/tokens/current"),
    ]


def test_an_id_that_is_not_there_is_no_success(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    with pytest.raises(RequestRefused, match="knows no token tok_gone of yours"):
        workspace(fake.url).revoke("tok_gone")


@pytest.mark.parametrize("wanted", ["", "..", "a/b", "a?b", "a b", "a%2fb", "a\n"])
def test_an_id_cannot_be_a_path(fake: FakeWorkspace, wanted: str) -> None:
    with pytest.raises(InvalidValue):
        workspace(fake.url).revoke(wanted)
    assert fake.requests == []


# What an answer becomes


def test_401_is_an_invalid_token_and_what_to_check(fake: FakeWorkspace) -> None:
    error = raised(fake, steps.reply_problem(401, "invalid-token"))
    assert isinstance(error, InvalidToken)
    assert error.exit_code == 4
    first, rest = error.lines
    assert first == "Invalid token"
    for check in ("starts with arka_", "copied whole", "not expired", "not been revoked"):
        assert check in rest
    assert f"{fake.url}{PAGE}" in error.hint


def test_a_token_that_no_header_holds_is_invalid_and_not_sent(fake: FakeWorkspace) -> None:
    with pytest.raises(InvalidToken):
        workspace(fake.url, token=TOKEN[:-1] + "é").me()
    assert fake.requests == []


def test_what_nobody_thought_of_ends_the_waiting_and_shows_no_request(
    fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr("arka_config.workspace.client.transport._read", fails)
    fake.add(TOKEN)
    error = raised(fake)
    assert error.message == f"{fake.url} cannot be reached: the request failed with RuntimeError"


@pytest.mark.parametrize("status", [402, 403])
@pytest.mark.parametrize("answer", ["problem", "empty", "page"])
def test_402_and_403_want_a_pro_subscription(fake: FakeWorkspace, status: int, answer: str) -> None:
    billing = f"{fake.url}/billing"
    step = {
        "problem": steps.reply_problem(status, "pro-required"),
        "empty": steps.reply(status),
        "page": steps.reply_page(status),
    }
    error = raised(fake, step[answer])
    assert isinstance(error, ProRequired)
    assert (error.exit_code, error.message, error.hint) == (
        4,
        "Pro subscription required",
        f"subscribe on {billing}",
    )


@pytest.mark.parametrize(
    ("named", "is_shown"),
    [
        ("{url}/team/billing", True),
        ("https://evil.example/billing", False),
        ("{url}.evil.example/billing", False),
        ("{url}/\u202ebilling", False),
        ("{url}/billing?next=x", False),
        ("javascript:alert(1)", False),
        (7, False),
        (None, False),
    ],
)
def test_the_billing_page_is_the_workspace_s_own(fake: FakeWorkspace, named: object, is_shown: bool) -> None:
    named = named.replace("{url}", fake.url) if isinstance(named, str) else named
    error = raised(fake, steps.reply_problem(403, "pro-required", billing_url=named))
    assert error.hint == f"subscribe on {named if is_shown else fake.url + '/billing'}"


@pytest.mark.parametrize(
    "step",
    [
        steps.reply_problem(403, "insufficient-scope"),
        steps.reply(403, WWW_Authenticate='Bearer realm="w", error="insufficient_scope", scope="tokens:manage"'),
    ],
)
def test_a_token_that_may_not_manage_tokens_is_told_so(
    fake: FakeWorkspace, step: Callable[[steps.Handler], None]
) -> None:
    error = raised(fake, step)
    assert isinstance(error, NotPermitted)
    assert (error.exit_code, error.message) == (1, "this token may not manage tokens")
    assert f"{fake.url}{PAGE}" in error.hint


NO_API = {
    "404": (steps.reply(404), "404"),
    "a 404 page": (steps.reply_page(404), "404"),
    "405": (steps.reply(405), "405"),
    "501": (steps.reply(501), "501"),
    "a page": (steps.reply_page(200), "a web page"),
    "text": (steps.reply(200, b"ok", kind="text/plain"), "text/plain in place of JSON"),
    "no type": (steps.reply(200, b"{}"), "something that is no JSON"),
    "nothing": (steps.reply(204), "something that is no JSON"),
    "a redirect": (steps.reply(302, Location="https://evil.example/"), "a redirect"),
    "a redirect to itself": (steps.reply(308, Location="/api/v1/me"), "a redirect"),
    "304": (steps.reply(304), "a redirect"),
    "a hostile type": (steps.reply(200, b"x", kind="text/\x1b[2J"), "something that is no JSON"),
}


@pytest.mark.parametrize(("step", "said"), NO_API.values(), ids=list(NO_API))
def test_where_there_is_no_api_that_is_said(
    fake: FakeWorkspace, step: Callable[[steps.Handler], None], said: str
) -> None:
    error = raised(fake, step)
    assert isinstance(error, NoWorkspaceApi)
    assert error.message.startswith(f"{fake.url} has no API to verify a token: it answers with {said}")
    assert len(fake.requests) == 1


def test_no_redirect_is_followed_so_that_the_token_arrives_nowhere_else(fake: FakeWorkspace) -> None:
    with serve_fake() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            raised(fake, steps.reply(status, Location=f"{elsewhere.url}/api/v1/me"))
        assert elsewhere.requests == []


BROKEN = {
    "not JSON": steps.reply(200, b"{", kind="application/json"),
    "not UTF-8": steps.reply(200, b'{"user": "\xff"}', kind="application/json"),
    "too deep": steps.reply(200, b"[" * 100_000, kind="application/json"),
    "a number of many digits": steps.reply(200, b"9" * 5000, kind="application/json"),
    "a list": steps.reply_json(200, []),
    "no user": steps.reply_json(200, {"token": ME["token"]}),
    "no token": steps.reply_json(200, {"user": ME["user"]}),
    "a number for a text": steps.reply_json(200, {**ME, "user": {"id": 1, "email": "a", "plan": "pro"}}),
    "no time": steps.reply_json(200, {**ME, "token": {**ME["token"], "expires": "soon"}}),
    "beyond the calendar": steps.reply_json(
        200, {**ME, "token": {**ME["token"], "expires": "0001-01-01T00:00:00+09:00"}}
    ),
    "an escape": steps.reply_json(200, {**ME, "user": {**ME["user"], "email": "a\x1b[2J"}}),
    "a direction mark": steps.reply_json(200, {**ME, "token": {**ME["token"], "label": "a\u202eb"}}),
    "a lone surrogate": steps.reply(
        200, json.dumps(ME).replace("MacBook", "\\ud800").encode(), kind="application/json"
    ),
    "a long text": steps.reply_json(200, {**ME, "token": {**ME["token"], "label": "a" * 401}}),
    "scopes of another kind": steps.reply_json(200, {**ME, "token": {**ME["token"], "scopes": {"a": 1}}}),
    "too large": steps.reply(200, b" " * (transport.LARGEST_ANSWER + 1), kind="application/json"),
    "compressed": steps.reply(200, b"x", kind="application/json", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("step", BROKEN.values(), ids=list(BROKEN))
def test_an_answer_that_makes_no_sense_is_the_workspace_s_fault(
    fake: FakeWorkspace, step: Callable[[steps.Handler], None]
) -> None:
    error = raised(fake, step)
    assert isinstance(error, WorkspaceFault)
    assert error.message.isprintable()
    assert "cannot be understood" in error.message


def test_an_answer_is_read_to_its_bound_and_no_further(fake: FakeWorkspace) -> None:
    def endless(handler: steps.Handler) -> None:
        handler.raw(200, kind="application/json", length=1 << 40)
        try:
            while True:
                handler.wfile.write(b" " * 65536)
        except OSError:
            pass

    assert "larger than 1048576 bytes" in raised(fake, endless).message


@pytest.mark.parametrize(
    ("header", "hint"),
    [("120", "try again in 120 s"), ("", "try again later"), ("soon", "try again later"), ("-1", "try again later")],
)
def test_429_says_when_to_try_again(fake: FakeWorkspace, header: str, hint: str) -> None:
    step = steps.reply(429, Retry_After=header) if header else steps.reply(429)
    error = raised(fake, *[step] * 3)
    assert isinstance(error, TooManyRequests)
    assert error.hint == hint


def test_a_date_to_try_again_at_is_understood(fake: FakeWorkspace) -> None:
    assert raised(fake, steps.reply(429, Retry_After="Fri, 31 Dec 2999 23:59:59 GMT")).hint.startswith("try again in 3")
    assert transport.seconds_of("Fri, 31 Dec 1999 23:59:59 GMT") == 0


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_5xx_is_the_workspace_s_fault(fake: FakeWorkspace, status: int) -> None:
    error = raised(fake, *[steps.reply(status)] * 3)
    assert isinstance(error, WorkspaceFault)
    assert f"{fake.url} failed: {status}" in error.message
    assert len(fake.requests) == (3 if status in (502, 503, 504) else 1)


def test_what_the_workspace_does_not_take_is_said_in_its_words(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    errors = [{"field": "label", "detail": f"too long\x1b[2J {TOKEN}"}, "nonsense"]
    fake.script = [steps.reply_problem(422, "invalid-request", detail="The label will not do.", errors=errors)]
    with pytest.raises(RequestRefused) as caught:
        workspace(fake.url).create("x" * 101)
    assert "The label will not do.; label: too long\\x1b[2J arka_…9f3c" in caught.value.message
    assert caught.value.lines[1:] == ("label: too long\\x1b[2J arka_…9f3c",)


# No answer


def test_a_reset_connection_is_tried_again_and_then_said(fake: FakeWorkspace) -> None:
    error = raised(fake, *[steps.reset_connection] * 3)
    assert isinstance(error, WorkspaceUnreachable)
    assert error.message == f"{fake.url} cannot be reached: the connection ended before its answer was whole"
    assert len(fake.requests) == 3


def test_what_passes_is_tried_again_and_forgotten(fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    for step in (
        steps.reset_connection,
        steps.reply(503),
        steps.reply(502),
        steps.reply(504),
        steps.reply(429, Retry_After="0"),
    ):
        fake.script, fake.requests = [step], []
        assert workspace(fake.url).me().email == "ann@example.com"
        assert len(fake.requests) == 2


def test_a_truncated_body_is_no_answer(fake: FakeWorkspace) -> None:
    cut = steps.reply(200, json.dumps(ME).encode(), kind="application/json", length=5000)
    assert "ended before its answer was whole" in raised(fake, *[cut] * 3).message


@pytest.mark.parametrize("step", [steps.stall(3), steps.trickle])
def test_the_time_is_bounded_whatever_the_server_does(
    fake: FakeWorkspace, step: Callable[[steps.Handler], None]
) -> None:
    began = time.monotonic()
    error = raised(fake, step, timeout=0.4)
    assert time.monotonic() - began < 1.5
    assert error.message == f"{fake.url} cannot be reached: no answer came within 0.4 s"


def test_the_time_is_bounded_over_all_tries(fake: FakeWorkspace) -> None:
    began = time.monotonic()
    error = raised(fake, steps.reply(503, Retry_After="1"), steps.stall(3), timeout=1.4)
    assert 1 < time.monotonic() - began < 2.2
    assert "within 1.4 s" in error.message


def test_no_longer_than_the_time_there_is_does_it_wait_to_try_again(fake: FakeWorkspace) -> None:
    began = time.monotonic()
    assert isinstance(raised(fake, steps.reply(503, Retry_After="5"), timeout=1), WorkspaceFault)
    assert isinstance(raised(fake, steps.reply(429, Retry_After="3600"), timeout=7200), TooManyRequests)
    assert time.monotonic() - began < 1
    assert len(fake.requests) == 2


@pytest.mark.parametrize("step", [steps.reset_connection, steps.reply(503), steps.reply(429, Retry_After="0")])
def test_what_would_be_done_twice_is_asked_once(fake: FakeWorkspace, step: Callable[[steps.Handler], None]) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    asked = workspace(fake.url)
    for method, rest in (("create", ["x"]), ("rotate", [])):
        fake.script, fake.requests = [step], []
        with pytest.raises(ConfigError):
            getattr(asked, method)(*rest)
        assert len(fake.requests) == 1


@pytest.mark.parametrize("wanted", ["current", "other"])
def test_a_revocation_whose_answer_was_lost_is_done(fake: FakeWorkspace, wanted: str) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    other = fake.add(OTHER)

    def revoked_and_reset(handler: steps.Handler) -> None:
        del fake.tokens[TOKEN if wanted == "current" else OTHER]
        steps.reset_connection(handler)

    fake.script = [revoked_and_reset]
    workspace(fake.url).revoke("current" if wanted == "current" else other["id"])
    assert [request.method for request in fake.requests] == ["DELETE", "DELETE"]


def test_a_revocation_that_was_asked_for_once_and_refused_is_not(fake: FakeWorkspace) -> None:
    with pytest.raises(InvalidToken):
        workspace(fake.url).revoke()


@pytest.mark.parametrize("step", [steps.reply_page(200), steps.reply(202), steps.reply_page(404)])
def test_a_page_that_answers_to_everything_has_revoked_nothing(
    fake: FakeWorkspace, step: Callable[[steps.Handler], None]
) -> None:
    fake.script = [step]
    with pytest.raises(NoWorkspaceApi):
        workspace(fake.url).revoke()


def test_nobody_there_is_said_at_once() -> None:
    with serve_fake() as gone:
        pass
    began = time.monotonic()
    with pytest.raises(WorkspaceUnreachable) as caught:
        workspace(gone.url).me()
    assert caught.value.message == f"{gone.url} cannot be reached: the connection was refused"
    assert time.monotonic() - began < 1


# Nothing shows the token


def test_no_log_and_no_repr_holds_the_token(fake: FakeWorkspace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fake.add(TOKEN, scopes=(MANAGE,))
    asked = workspace(fake.url)
    issued = asked.rotate()
    values = [asked, asked.me(), asked.connection, *asked.tokens(), issued, issued.details]
    fake.script = [steps.reset_connection] * 3
    with pytest.raises(WorkspaceUnreachable):
        asked.me()
    assert "httpx" in caplog.text
    for text in (caplog.text, *map(repr, values)):
        assert TOKEN not in text
        assert issued.token.reveal() not in text


@pytest.mark.parametrize("token", ["ghp_" + "x" * 38, "", "arka_" + "x" * 20])
def test_a_new_token_that_cannot_be_one_is_refused_and_not_repeated(fake: FakeWorkspace, token: str) -> None:
    fake.script = [steps.reply_json(201, {"token": token, "details": ME["token"]})]
    with pytest.raises(WorkspaceFault) as caught:
        workspace(fake.url).rotate()
    assert "x" * 8 not in "".join(traceback.format_exception(caught.value))
