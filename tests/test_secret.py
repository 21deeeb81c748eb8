"""Only `reveal()` shows a secret."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.secret import Secret, mask

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "arka_canary_0123456789abcdefghijklmnopqrs"


def never() -> str:
    raise AssertionError("the secret was fetched")


def test_reveal_returns_the_secret() -> None:
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{!r:>50}".format,
        lambda secret: f"{secret}",
        lambda secret: f"{[secret]} {(secret, {'token': secret})}",
        lambda secret: "%s and %r" % (secret, secret),  # noqa: UP031
        pprint.pformat,
        lambda secret: str(dir(secret)),
    ],
)
def test_printing_a_secret_does_not_show_it(show: object) -> None:
    assert callable(show)
    assert CANARY not in show(Secret(CANARY))


def test_logging_a_secret_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("signing in with %s, %r", Secret(CANARY), {"token": Secret(CANARY)})
    assert "Secret(…)" in caplog.text
    assert CANARY not in caplog.text


def test_traceback_with_locals_does_not_show_a_secret() -> None:
    def sign_in(token: Secret) -> None:
        held = [token]
        raise RuntimeError(f"cannot sign in with {held}")

    with pytest.raises(RuntimeError) as caught:
        sign_in(Secret(CANARY))
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "held = [Secret(…)]" in shown
    assert CANARY not in shown


@pytest.mark.parametrize("keep", [pickle.dumps, json.dumps])
def test_secret_cannot_be_pickled_or_written_as_json(keep: object) -> None:
    assert callable(keep)
    with pytest.raises(TypeError) as caught:
        keep(Secret(CANARY))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("keep", [copy.copy, copy.deepcopy])
def test_copy_of_a_secret_is_the_secret_itself(keep: Callable[[Secret], Secret]) -> None:
    secret = Secret(CANARY)
    assert keep(secret) is secret


def test_secret_has_no_dict_and_no_hash() -> None:
    assert not hasattr(Secret(CANARY), "__dict__")
    with pytest.raises(TypeError):
        hash(Secret(CANARY))


def test_secrets_are_equal_by_content_and_never_to_a_string() -> None:
    assert Secret("one") == Secret("one")
    assert Secret("one") == Secret(lambda: "one")
    assert Secret("one") != Secret("two")
    assert Secret("one") != "one"


# Fetched secrets


def test_secret_is_fetched_once_on_reveal() -> None:
    fetched = []

    def fetch() -> str:
        fetched.append("once")
        return CANARY

    secret = Secret(fetch)
    assert (secret.is_at_hand, fetched) == (False, [])
    assert (secret.reveal(), secret.reveal()) == (CANARY, CANARY)
    assert (secret.is_at_hand, fetched) == (True, ["once"])


def test_is_at_hand_does_not_fetch_the_secret() -> None:
    secret = Secret(never)
    assert repr(secret) == "Secret(…)"
    assert not secret.is_at_hand


def test_failed_fetch_is_repeated() -> None:
    tries = []

    def fetch() -> str:
        tries.append("once")
        if len(tries) == 1:
            raise OSError("not yet")
        return CANARY

    secret = Secret(fetch)
    with pytest.raises(OSError, match="not yet"):
        secret.reveal()
    assert secret.reveal() == CANARY


def test_empty_secret_is_at_hand() -> None:
    assert Secret("").is_at_hand
    assert Secret("").reveal() == ""


# Masked


@pytest.mark.parametrize(
    ("token", "prefix", "shown"),
    [
        ("arka_" + "x" * 33 + "9f3c", "arka_", "arka_…9f3c"),
        ("arka_" + "x" * 12 + "9f3c", "arka_", "arka_…9f3c"),
        ("arka_" + "x" * 11 + "9f3c", "arka_", "arka_…"),  # 15 characters: to show four would reveal too much
        ("arka_", "arka_", "arka_…"),
        ("x" * 36 + "9f3c", "arka_", "…9f3c"),  # another app's: no prefix is made up
        ("x" * 36 + "9f3c", "", "…9f3c"),
        ("", "arka_", "…"),
    ],
)
def test_mask_shows_prefix_and_last_four(token: str, prefix: str, shown: str) -> None:
    assert mask(token, prefix) == shown


@given(st.text(st.sampled_from("abc123_-"), min_size=1), st.sampled_from(["", "arka_"]), st.booleans())
def test_mask_hides_three_quarters_of_a_token(rest: str, prefix: str, with_prefix: bool) -> None:
    token = prefix + rest if with_prefix else rest
    tail = mask(token, prefix).partition("…")[2]
    unknown = token.removeprefix(prefix)
    assert len(tail) * 4 <= len(unknown)
    assert token.endswith(tail)
