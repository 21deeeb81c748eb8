"""Responses of a hostile workspace: they are refused, or shown and stored as plain text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from arka_config.text import UNPRINTABLE
from tests.cli.program import arka
from tests.folder_snapshot import FolderSnapshot
from tests.hostile.texts import HOSTILE, MEGABYTE, check_clean
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

MINE = "arka_" + "m" * 37
FRESH = "arka_" + "f" * 37
COLOURS = st.sampled_from([{}, {"FORCE_COLOR": "1"}])
LARGE = MEGABYTE[: len(MEGABYTE) // 3]  # JSON escapes it to more than a megabyte, which no response may have
TEXTS = st.lists(HOSTILE, min_size=9, max_size=9) | st.just([LARGE] * 9)

LINES = [
    "status",
    "status --json",
    "profiles verify",
    "profiles verify --json",
    "login -p again --with-token",
    "login -p again --with-token --json",
    "login -p again --with-token --expect-user ann@example.com",
    "tokens list",
    "tokens list --json",
    "tokens create x",
    "tokens create x --json",
    "tokens create x --store-as made",
    "tokens revoke --label x --yes",
    "rotate",
    "rotate --json",
    "revoke --yes --no-browser",
    "logout --revoke",
]


def details(texts: list[str], hostile: set[str]) -> dict[str, Any]:
    """Return the details of a token. Some keys have hostile text."""
    known: dict[str, Any] = {
        "id": "tok_1",
        "label": "MacBook Pro",
        "last_four": "9f3c",
        "scopes": ["tokens:manage"],
        "created": "2026-11-24T12:00:00Z",
        "expires": None,
        "last_used": None,
    }
    return {
        key: ([text] if key == "scopes" else text) if key in hostile else known[key]
        for key, text in zip(known, texts, strict=False)
    }


def response(kind: str, texts: list[str], hostile: set[str]) -> Any:
    token = details(texts, hostile)
    user = {"id": "usr_1", "email": "ann@example.com", "plan": "pro"}
    user |= {key: text for key, text in zip(user, texts[6:], strict=True) if f"user.{key}" in hostile}
    if kind == "problem":
        errors = [{"field": texts[0], "detail": texts[1]}, texts[2], {texts[3]: texts[4]}]
        return {"type": texts[5], "title": texts[6], "detail": texts[7], "errors": errors, "billing_url": texts[8]}
    whole: dict[str, Any] = {"user": user, "token": token, "tokens": [token], "next_cursor": None, "details": token}
    if kind == "issued":
        whole["token"] = FRESH
    if "next_cursor" in hostile:
        whole["next_cursor"] = texts[8]
    return whole


KEYS = [
    *("id", "label", "last_four", "scopes", "created", "expires", "last_used"),
    *("user.id", "user.email", "user.plan", "next_cursor"),
]


def test_responses_are_shown_and_stored_as_text(home: Path, fake: FakeWorkspace) -> None:
    fake.add(MINE, scopes=("tokens:manage",))
    assert arka("login", "-p", "mine", "--with-token", "--api-url", fake.url, stdin=MINE).code == 0
    before = FolderSnapshot.take(home)

    @given(
        st.sampled_from(LINES),
        st.sampled_from(["whole", "issued", "problem"]),
        st.sampled_from([200, 201, 400, 403, 404, 409, 422, 429, 500]),
        TEXTS,
        st.sets(st.sampled_from(KEYS), min_size=1),
        COLOURS,
    )
    def check(line: str, kind: str, status: int, texts: list[str], hostile: set[str], colours: dict[str, str]) -> None:
        fake.tokens.clear()
        fake.add(MINE, scopes=("tokens:manage",))
        before.restore(home)
        environ = {"ARKA_API_URL": fake.url} if line.startswith("login") else {}
        fake.script[:] = [steps.reply_json(status, response(kind, texts, hostile))] * 8
        words = [*line.split(), *(["-p", "mine"] if "login" not in line else [])]
        done = arka(*words, stdin=MINE, environ={**environ, **colours})
        check_clean(done, (line, kind, status))
        assert len(done.out + done.err) < 50_000
        fake.script.clear()
        if "--json" in line and done.out:
            assert isinstance(json.loads(done.out), dict)
        for path in home.rglob("*.json"):
            text = path.read_text("utf-8")
            assert not (UNPRINTABLE - {"\n"}).intersection(text)
            assert json.loads(text)
        assert arka("profiles", "list").code == 0

    check()


def test_response_headers_are_shown_as_text(home: Path, fake: FakeWorkspace) -> None:
    fake.add(MINE)
    assert arka("login", "--with-token", "--api-url", fake.url, stdin=MINE).code == 0
    for value in ("\x1b[41m", "\x9b41m", "text/\x1b]0;owned\x07", "a" * 60_000):
        fake.script[:] = [steps.reply(200, b"{}", kind=value)]
        check_clean(arka("status"), value)
        fake.script[:] = [steps.reply(401, b"{}", WWW_Authenticate=f'Bearer error="{value}"')]
        check_clean(arka("status"), value)
        fake.script[:] = [steps.reply(429, b"{}", Retry_After=value)] * 5
        check_clean(arka("status"), value)
